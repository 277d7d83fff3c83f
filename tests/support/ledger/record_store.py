"""A bucket of records in memory, for programs that read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from accounting.bucket import Bucket
from accounting.ledger.query import Choice
from quota_invoice.errors import ObjectUnavailable
from quota_invoice.invoice.interpret import interpret
from quota_invoice.obs.objects import Entry
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.announce import etag
from tests.support.fakes import RESULT, FakeStore, time_of

ALL = Choice("incoming/", None, None, date(2026, 11, 26))
SCHEMA = "quota-invoice-record/2"
# Texts that programs may take for something else.
HOSTILE = [
    '=HYPERLINK("http://host.test","x")',
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1+1",
    "\t=1",
    "{=1}",
    "1E5",
    "00012",
    "TRUE",
    "http://host.test/",
    "internal:Sheet1!A1",
    "a\x00b\x01\x1b\x7f",
    "_x0041_",
    "<b>&amp;]]></b>",
    "a\r\nb\n",
    "\u202eabc\u2066",
    " שלום ",
    "\u2028",
    "😀" * 100,
    "长" * 10_000,
]


class RecordStore(FakeStore):
    """A bucket whose records have ETags of their own.

    Attributes:
        archived: keys of records that cannot be read.
    """

    def __init__(self) -> None:
        super().__init__()
        self.archived: set[str] = set()

    def read(self, bucket: str, key: str) -> dict[str, Any] | None:
        if key in self.archived:
            raise ObjectUnavailable("Object.Archived", f"get {key}")
        return super().read(bucket, key)

    def listing(self, bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        for entry in super().listing(bucket, prefix, after):
            record = self.records.get(entry.key)
            own = etag(json.dumps(record).encode()) if record is not None else entry.etag
            yield Entry(entry.key, own, entry.size, entry.modified_at)

    @property
    def bucket(self) -> Bucket:
        return Bucket("invoices", DEFAULT_LAYOUT, self)

    def upload(self, path: str, second: int = 0, content: bytes | None = None) -> str:
        """Put an input into the bucket, and return its key."""
        key = f"{DEFAULT_LAYOUT.input_prefix}{path}"
        self.objects[key] = path.encode() if content is None else content
        self.times[key] = second
        return key

    def add(self, path: str, *invoices: dict[str, Any], second: int = 0) -> str:
        """Put an input and its record into the bucket, and return the input's key."""
        key = self.upload(path, second)
        self.records[DEFAULT_LAYOUT.record_key(key)] = {
            "schema": SCHEMA,
            "status": "recognized",
            "source": self.source(key),
            "invoices": list(invoices),
        }
        return key

    def add_failure(self, path: str, code: str = "File.Empty") -> str:
        key = self.upload(path)
        self.records[DEFAULT_LAYOUT.failure_key(key)] = {
            "schema": SCHEMA,
            "status": "failed",
            "source": self.source(key),
            "error": {
                "code": code,
                "message": {"zh": "文件是空的。", "en": "The file is empty."},
                "hint": {"zh": "请重新上传。", "en": "Upload it again."},
            },
        }
        return key

    def source(self, key: str) -> dict[str, Any]:
        uploaded_at = time_of(self.times[key])
        return {
            "bucket": "invoices",
            "key": key,
            "etag": etag(self.objects[key]),
            "uploaded_at": uploaded_at,
        }


def invoice(**fields: Any) -> dict[str, Any]:
    """Return an invoice of a record, as the function makes it from an OCR result."""
    return interpret({**RESULT, **fields})
