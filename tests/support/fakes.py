"""A bucket and an OCR service in memory, which count requests."""

from __future__ import annotations

import copy
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from functools import cache
from operator import attrgetter
from typing import Any

from pypdf import PdfWriter

from quota_invoice.deadline import Deadline
from quota_invoice.errors import QuotaInvoiceError
from quota_invoice.obs.objects import BEGINNING, Entry, Identified, Source
from quota_invoice.recognition.ocr_input import OcrInput
from quota_invoice.recognition.reading import Api, Recognition
from quota_invoice.records.record import SCHEMA
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.announce import etag

CHINESE = re.compile(r"[\u4e00-\u9fff]")
RESULT: dict[str, Any] = {
    "amount": "￥50.00",
    "code": "144031909110",
    "location": "广东省深圳市",
    "number": "91234561",
    "confidence": {"amount": 0.9971, "code": 0.9908, "location": 0.9706, "number": 0.9943},
}


FIRST_SECOND = datetime(2026, 11, 22, tzinfo=timezone.utc)


def time_of(second: int) -> str:
    """Return the bucket's time so many seconds after the first one."""
    moment = FIRST_SECOND + timedelta(seconds=second)
    return moment.isoformat().replace("+00:00", "Z")


def problems(invoice: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the findings of a record's invoice that a person should look at."""
    return [finding for finding in invoice["findings"] if finding["severity"] != "info"]


def require_failure_texts(record: Mapping[str, Any]) -> None:
    """Check that a failure record, or the record of a retry, has its texts in both languages."""
    error = record.get("error")
    if record.get("schema") != SCHEMA or error is None:
        return
    for text in (error["message"], error["hint"]):
        assert CHINESE.search(text["zh"]), record
        assert text["en"].isascii(), record
        assert text["en"], record


class FakeStore:
    """A bucket whose objects are a dict.

    Attributes:
        objects: contents by key, of inputs.
        records: JSON objects by key, but for
        markers: those of the index of appearances.
        times: seconds of the last modification by key, 0 by default.
        second: the time of writes.
        requests: actions and keys.
    """

    def __init__(self, objects: Mapping[str, bytes] | None = None) -> None:
        self.objects = dict(objects or {})
        self.records: dict[str, dict[str, Any]] = {}
        self.markers: dict[str, dict[str, Any]] = {}
        self.times: dict[str, int] = {}
        self.second = 30
        self.requests: list[tuple[str, str]] = []

    def until(self, deadline: Deadline) -> FakeStore:
        del deadline
        return self

    def identify(self, bucket: str, key: str) -> Identified | None:
        self.requests.append(("identify", key))
        source = self._source(bucket, key)
        return Identified(source, self.objects[key][:BEGINNING]) if source else None

    def signed_url(self, source: Source) -> str:
        return f"https://{source.bucket}.test/{source.key}?Signature=secret"

    def signed_put(self, bucket: str, key: str, seconds: int, content_type: str | None) -> str:
        del seconds, content_type
        return f"https://{bucket}.test/{key}?Signature=secret"

    def describe(self, bucket: str, key: str) -> Source | None:
        self.requests.append(("head", key))
        if key in self.records:
            return Source(bucket, key, "state", 1, None, self._time(key))
        return self._source(bucket, key)

    def fetch(self, source: Source, limit: int) -> bytes | None:
        self.requests.append(("fetch", source.key))
        content = self.objects.get(source.key)
        return None if content is None or len(content) > limit else content

    def listing(self, bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        """List in pages of a thousand."""
        del bucket
        contents = {**self.objects, **dict.fromkeys([*self.records, *self.markers], b"")}
        keys = sorted(key for key in contents if key.startswith(prefix) and key > after)
        for index, key in enumerate(keys or [""]):
            if index % 1000 == 0:
                self.requests.append(("list", prefix))
            if key:
                yield Entry(key, etag(contents[key]), len(contents[key]), self._time(key))

    def read(self, bucket: str, key: str) -> dict[str, Any] | None:
        del bucket
        self.requests.append(("get", key))
        return copy.deepcopy(self._shelf(key).get(key))

    def write(self, bucket: str, key: str, record: Mapping[str, Any]) -> None:
        del bucket
        self.requests.append(("put", key))
        require_failure_texts(record)
        self._shelf(key)[key] = copy.deepcopy(dict(record))
        self.times[key] = self.second

    def delete(self, bucket: str, key: str) -> None:
        del bucket
        self.requests.append(("delete", key))
        self._shelf(key).pop(key, None)

    def _shelf(self, key: str) -> dict[str, dict[str, Any]]:
        return self.markers if key.startswith(DEFAULT_LAYOUT.index_prefix) else self.records

    def _source(self, bucket: str, key: str) -> Source | None:
        content = self.objects.get(key)
        if content is None:
            return None
        return Source(bucket, key, etag(content), len(content), None, self._time(key))

    def _time(self, key: str) -> str:
        return time_of(self.times.get(key, 0))

    @property
    def writes(self) -> list[str]:
        """The keys of all writes and deletions but those of markers."""
        return [
            key
            for action, key in self.requests
            if action in {"put", "delete"} and self._shelf(key) is self.records
        ]


class IndexedStore(FakeStore):
    """A bucket whose index is listed without a look at all other objects."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: defaultdict[str, list[Entry]] = defaultdict(list)

    def write(self, bucket: str, key: str, record: Any) -> None:
        super().write(bucket, key, record)
        if key in self.markers:
            self.entries[key.rpartition("/")[0] + "/"].append(Entry(key, "e", 1, time_of(0)))

    def listing(self, bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        if prefix.startswith("index/"):
            return iter(sorted(self.entries[prefix], key=attrgetter("key")))
        return super().listing(bucket, prefix, after)


class FakeOcr:
    """Returns the given results in turn, or raises them if they are errors.

    ``given`` lists the inputs of all requests, ``pages`` the pages of Auto Classification.
    """

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.given: list[OcrInput] = []
        self.pages: list[int | None] = []
        self.seconds: list[float] = []
        self.elapsed_ms = 12
        self.meanwhile: Callable[[], None] = lambda: None

    def recognize(
        self, ocr_input: OcrInput, api: Api, page: int | None, seconds: float
    ) -> Recognition:
        default: Any = RESULT
        if api is Api.AUTO_CLASSIFICATION:
            self.pages.append(page)
            default = [ticket()]
        self.seconds.append(seconds)
        self.given.append(ocr_input)
        self.meanwhile()
        answer = self.answers.pop(0) if self.answers else default
        if isinstance(answer, QuotaInvoiceError):
            raise answer
        return Recognition(copy.deepcopy(answer), "ocr-request", self.elapsed_ms)


def ticket(code: str = "AIS.0000", message: str = "Succeeded.", **content: Any) -> dict[str, Any]:
    """Return a ticket of Auto Classification's result, read or not."""
    read = code == "AIS.0000"
    return {
        "status": {"error_code": code, "error_msg": message},
        "type": "quota_invoice",
        "location": [[10, 20], [110, 20], [110, 80], [10, 80]],
        "content": {**RESULT, **content} if read else {},
    }


@cache
def pdf_of(pages: int, title: str = "") -> bytes:
    """Return a PDF with so many blank pages; its content differs by title."""
    writer = PdfWriter()
    writer.add_metadata({"/Title": title})
    for _ in range(pages):
        writer.add_blank_page(200, 100)
    with io.BytesIO() as file:
        writer.write(file)
        return file.getvalue()
