"""A bucket with any number of records, each made when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import md5
from typing import Any

from quota_invoice.invoice.interpret import interpret
from quota_invoice.obs.objects import Entry
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from quota_invoice.times import format_time

_FIRST_DAY = datetime(2026, 1, 1, tzinfo=timezone.utc)
_PLACES = (("1440319", "广东省深圳市"), ("0110019", "北京市"), ("1310020", "上海市"))
_DENOMINATIONS = (1, 2, 5, 10, 20, 50, 100)
_DUPLICATE_EACH = 100  # one record of so many is a duplicate of the one before
_DOUBTFUL_EACH = 30  # one of so many has no amount
_CODES = 700  # of each place
_SPREAD = 7_919_993  # a prime: numbers of one code do not follow each other
_OCR_SECONDS = 5
_CONFIDENCE = {"amount": 0.99, "code": 0.98, "location": 0.97, "number": 0.96}


@dataclass(frozen=True)
class GeneratedBucket:
    """The objects of the bucket.

    Attributes:
        records: the number of inputs, each with a record.
        changed: the number of records that differ from those of a bucket with none.
    """

    records: int
    changed: int = 0

    def listing(self, bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        """Yield the objects under a prefix whose keys come after one."""
        del bucket
        suffix = {DEFAULT_LAYOUT.input_prefix: "", DEFAULT_LAYOUT.results_prefix: ".json"}
        if prefix not in suffix:
            return
        first = _number(after) if after else 0
        for number in range(first, self.records):
            key = f"{prefix}{_path(number)}{suffix[prefix]}"
            version = int(bool(suffix[prefix]) and number < self.changed)
            # A record is written a moment after the upload.
            moment = _uploaded_at(number, _OCR_SECONDS if suffix[prefix] else 0)
            if key > after:
                yield Entry(key, _etag(number, version), 2000, moment)

    def read(self, bucket: str, key: str) -> dict[str, Any]:
        """Return the record that lies under a key."""
        number = _number(key)
        source_key = f"{DEFAULT_LAYOUT.input_prefix}{_path(number)}"
        return {
            "schema": "quota-invoice-record/2",
            "status": "recognized",
            "source": {"bucket": bucket, "key": source_key, "etag": _etag(number, 0)},
            "invoices": [interpret(_result(number, is_changed=number < self.changed))],
        }


def _result(number: int, *, is_changed: bool) -> dict[str, Any]:
    """Return the OCR service's result for an input."""
    of_invoice = number - 1 if number % _DUPLICATE_EACH == 1 else number
    start, location = _PLACES[of_invoice % len(_PLACES)]
    is_doubtful = number % _DOUBTFUL_EACH == 0 and not is_changed
    return {
        "code": f"{start}{of_invoice % _CODES:05}",
        "number": f"{of_invoice * _SPREAD % 10**8:08}",
        "location": location,
        "amount": "" if is_doubtful else f"￥{_DENOMINATIONS[of_invoice % 7]}.00",
        "confidence": _CONFIDENCE,
    }


def _path(number: int) -> str:
    return f"2026/{number:08}.jpg"


def _number(key: str) -> int:
    return int(key.partition(".")[0][-8:])


def _etag(number: int, version: int) -> str:
    return md5(f"{number}-{version}".encode(), usedforsecurity=False).hexdigest()


def _uploaded_at(number: int, later: int) -> str:
    return format_time(_FIRST_DAY + timedelta(seconds=20 * number + later))
