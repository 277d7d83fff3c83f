"""A bucket and an OCR service in memory, which count what they are asked."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from quota_invoice.errors import QuotaInvoiceError
from quota_invoice.record import Recognition
from quota_invoice.store import ObjectInfo
from tests.support.announce import etag

RESULT: dict[str, Any] = {
    "amount": "￥50.00",
    "code": "144031909110",
    "location": "广东省深圳市",
    "number": "91234561",
    "confidence": {"amount": 0.9971, "code": 0.9908, "location": 0.9706, "number": 0.9943},
}


class FakeStore:
    """A bucket whose objects are a dict; ``requests`` lists what was asked of it."""

    def __init__(self, objects: Mapping[str, bytes] | None = None) -> None:
        self.objects = dict(objects or {})
        self.documents: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str]] = []

    def signed_url(self, bucket: str, key: str) -> str:
        return f"https://{bucket}.test/{key}?Signature=secret"

    def describe(self, bucket: str, key: str) -> ObjectInfo | None:
        del bucket
        self.requests.append(("head", key))
        content = self.objects.get(key)
        if content is None:
            return None
        return ObjectInfo(etag(content), len(content), None, "2026-09-30T03:24:42Z")

    def read(self, bucket: str, key: str) -> dict[str, Any] | None:
        del bucket
        self.requests.append(("get", key))
        return copy.deepcopy(self.documents.get(key))

    def write(self, bucket: str, key: str, document: Mapping[str, Any]) -> None:
        del bucket
        self.requests.append(("put", key))
        self.documents[key] = copy.deepcopy(dict(document))

    def delete(self, bucket: str, key: str) -> None:
        del bucket
        self.requests.append(("delete", key))
        self.documents.pop(key, None)

    @property
    def writes(self) -> list[str]:
        return [key for action, key in self.requests if action in {"put", "delete"}]


class FakeOcr:
    """Answers every address in turn with what it was given: a result, or an error to raise."""

    def __init__(self, *answers: Mapping[str, Any] | QuotaInvoiceError) -> None:
        self.answers = list(answers)
        self.urls: list[str] = []
        self.seconds: list[float] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def recognize(self, url: str, seconds: float) -> Recognition:
        self.seconds.append(seconds)
        self.urls.append(url)
        self.meanwhile()
        answer = self.answers.pop(0) if self.answers else RESULT
        if isinstance(answer, QuotaInvoiceError):
            raise answer
        return Recognition(dict(answer), "ocr-request", 12)
