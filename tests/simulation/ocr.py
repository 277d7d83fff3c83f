"""The simulated OCR service: it reads the content that its URL has when it fetches it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from greenlet import getcurrent

from quota_invoice.errors import (
    AccessRefused,
    DownloadFailed,
    ImageRefused,
    NotRecognized,
    RateLimited,
    ServiceUnavailable,
    UnusableAnswer,
)
from quota_invoice.recognition.ocr_input import OcrInput
from quota_invoice.recognition.reading import Api, Recognition
from tests.simulation.bucket import key_of
from tests.simulation.contents import BY_DATA, Content, Kind, page_of
from tests.simulation.invocation import Invocation, Step
from tests.support.fakes import RESULT, ticket

_TIMEOUT = 30.0  # seconds of the function's setting


@dataclass
class Reading:
    """A content, or one page of it, that the service read.

    Attributes:
        step: the request.
        content: the content that it fetched.
        page: the page of a PDF; None for an image.
        is_answered: whether the function got the result, or a final refusal.
    """

    step: Step
    content: Content
    page: int | None
    is_answered: bool = False


class SimulatedOcr:
    """The OCR service, for one invocation; an ``OcrService``."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._world = invocation.world

    def recognize(
        self, ocr_input: OcrInput, api: Api, page: int | None, seconds: float
    ) -> Recognition:
        started = self._world.now
        key = self._invocation.fetched.get(getcurrent(), "")
        if ocr_input.url is not None:
            key = key_of(ocr_input.url)
        limit = min(seconds, _TIMEOUT)
        step = self._invocation.step("ocr fetches", key, limit)
        self._refuse(step)
        content, page = self._content(ocr_input, page)
        reading = Reading(step, content, page)
        self._world.readings.append(reading)
        self._world.trace(self._invocation.name, f"    … reads {content.name} page {page}")
        answer = self._invocation.step("ocr answers", key, limit - (self._world.now - started))
        fault = answer.fault("timeout", "not recognized", "unusable answer")
        if fault == "timeout" or self._world.now - started >= limit:
            answer.fail("timeout")
            raise ServiceUnavailable("Service.Timeout", "no response in time")
        if fault == "not recognized":
            raise NotRecognized("AIS.0105", "Recognition failed.")
        if fault == "unusable answer":
            raise UnusableAnswer("Service.BadAnswer", "the response has no result")
        reading.is_answered = True
        return self._result(content, api, page, step)

    def _refuse(self, step: Step) -> None:
        """Raise an error that comes before the service has read anything."""
        if self._world.is_on("OCR refuses"):
            step.fail("account refused")
            raise AccessRefused("ModelArts.4106", "the account is restricted")
        if self._world.is_on("OCR is down"):
            step.fail("down")
            raise ServiceUnavailable("Service.Unreachable", "the service was not reached")
        fault = step.fault("unavailable", "rate limited", "download failed")
        if fault == "unavailable":
            raise ServiceUnavailable("ModelArts.4403", "unavailable")
        if fault == "rate limited":
            raise RateLimited("APIG.0308", "throttled")
        if fault == "download failed":
            raise DownloadFailed("ModelArts.4603", "download failed")

    def _content(self, ocr_input: OcrInput, page: int | None) -> tuple[Content, int | None]:
        """Return the content that the service gets, and the page that is asked for."""
        data, url = ocr_input.image, ocr_input.url
        if url is not None and not self._world.is_on(f"archived {key_of(url)}"):
            data = self._world.bucket.fetch(url)
        if data is None:
            raise DownloadFailed("ModelArts.4603", "the object is missing")
        return (BY_DATA[data], page) if data in BY_DATA else page_of(data)

    def _result(self, content: Content, api: Api, page: int | None, step: Step) -> Recognition:
        if content.kind is Kind.BAD or (content.kind is Kind.MOODY and step.is_odd):
            raise ImageRefused("AIS.0104", "Unsupported image or poor image quality.")
        number = page or 1
        if number > len(content.amounts):
            raise ImageRefused("AIS.0101", "Invalid parameter: there is no such page.")
        amount = content.amounts[number - 1]
        fields = {"amount": amount, "number": content.numbers[number - 1]}
        result: Any = {**RESULT, **fields}
        if api is Api.AUTO_CLASSIFICATION:
            result = [ticket(**fields)]
        return Recognition(result, f"ocr-{len(self._world.readings)}", 100)
