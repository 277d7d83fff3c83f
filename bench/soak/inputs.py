"""The uploads of a soak, with their expected records and their faults."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from PIL import Image

from local.faults import FAULTS, LATE
from quota_invoice.errors import StoreUnreachable
from quota_invoice.records.record import Status
from quota_invoice.settings.layout import DEFAULT_LAYOUT

_FIELDS = ("code", "number", "location", "amount")
_BAD = 0.05  # share of the uploads that cannot be read
_REPLACED = 0.05  # share of the uploads that replace a recent one under its key
_RECENT = 20
_OVERTAKEN = 0.5  # share of the replaced uploads whose record is late, so that it may come last
_MENDING = 0.3  # share of the replacing uploads that replace one that cannot be read
_TIDYING = 0.5  # share of these for which the removal of the failure record meets a fault
# The requests that every new upload causes; each may meet any fault.
_OPERATIONS = ("recognize", "fetch", "identify", "get", "head", "put")
_REPEATED = ("stall", LATE)
_TIMES = (1, StoreUnreachable.tries)  # one attempt of a request, or all of them
_LATE_SECONDS = (3.0, 12.0)


@dataclass(frozen=True)
class Sample:
    """A file with its true fields, or with the code of its justified failure."""

    name: str
    content: bytes
    fields: Mapping[str, str]
    failure: str = ""


@dataclass(frozen=True)
class UploadFault:
    """The fault that an upload meets.

    Attributes:
        operation: the operation of the requests that meet it.
        name: the fault's name.
        times: number of requests, one after the other.
        seconds: delay of a late request.
    """

    operation: str
    name: str
    times: int = 1
    seconds: float = 0.0


@dataclass(frozen=True)
class Upload:
    """One upload.

    Attributes:
        key: the object's key; two uploads of one key have different contents.
        sample: the sample that it contains.
        content: the sample's bytes and a unique mark, so that each upload has its own ETag.
        fault: the fault that it meets, if any.
    """

    key: str
    sample: Sample
    content: bytes
    fault: UploadFault | None

    @property
    def etag(self) -> str:
        """The content's ETag."""
        return hashlib.md5(self.content, usedforsecurity=False).hexdigest()


def samples(folder: Path) -> tuple[list[Sample], list[Sample]]:
    """Return the sample invoices with their fields, and files that are not invoices."""
    truth: dict[str, dict[str, str]] = json.loads((folder / "truth.json").read_bytes())
    good = [Sample(name, (folder / name).read_bytes(), truth[name]) for name in sorted(truth)]
    with io.BytesIO() as file:
        Image.new("RGB", (800, 600), "white").save(file, "PNG")
        blank = file.getvalue()
    note = Sample("note.txt", b"\0This is no picture at all.\n", {}, "AIS.0102")
    return good, [Sample("blank.png", blank, {}, "AIS.0104"), note]


def plan(
    count: int, seed: int, share: float, good: Sequence[Sample], bad: Sequence[Sample]
) -> list[Upload]:
    """Return random uploads; equal arguments give equal uploads.

    Args:
        count: number of uploads.
        seed: seed of the random choices.
        share: share of the uploads that meet a fault, 0 to 1.
        good: samples that can be read.
        bad: samples that cannot be read.
    """
    rng = random.Random(seed)  # noqa: S311 - no secret
    uploads: list[Upload] = []
    for number in range(count):
        sample = rng.choice(bad if rng.random() < _BAD else good)
        key, fault = f"{DEFAULT_LAYOUT.input_prefix}{number:05}-{sample.name}", None
        if rng.random() < share:
            fault = _fault(rng, rng.choice(_OPERATIONS), rng.choice(FAULTS))
        if uploads and rng.random() < _REPLACED:
            at = _replaced(rng, uploads)
            former = uploads[at]
            key = former.key
            if share and rng.random() < _OVERTAKEN:
                uploads[at] = replace(former, fault=_fault(rng, "put", LATE))
            elif share and former.sample.failure and rng.random() < _TIDYING:
                fault = _fault(rng, "delete", rng.choice((LATE, rng.choice(FAULTS))))
        mark = f"\n{seed}-{number}\n".encode()
        uploads.append(Upload(key, sample, sample.content + mark, fault))
    return uploads


def contents_by_key(uploads: Iterable[Upload]) -> dict[str, list[str]]:
    """Return the ETags of each key's contents, in the order of their uploads."""
    found = defaultdict(list)
    for upload in uploads:
        found[upload.key].append(upload.etag)
    return dict(found)


def _replaced(rng: random.Random, uploads: Sequence[Upload]) -> int:
    """Return the index of a recent upload, often of one that cannot be read."""
    recent = range(max(0, len(uploads) - _RECENT), len(uploads))
    bad = [at for at in recent if uploads[at].sample.failure]
    return rng.choice(bad if bad and rng.random() < _MENDING else recent)


def _fault(rng: random.Random, operation: str, name: str) -> UploadFault:
    times = rng.choice(_TIMES) if name in _REPEATED else 1
    return UploadFault(operation, name, times, rng.uniform(*_LATE_SECONDS) if name == LATE else 0.0)


def is_right(sample: Sample, record: Mapping[str, Any]) -> bool:
    """Whether a record or failure record of a sample is right."""
    if sample.failure:
        error = record.get("error") or {}
        return record.get("status") == Status.FAILED and error.get("code") == sample.failure
    result = record.get("result") or {}
    if record.get("status") != Status.RECOGNIZED:
        return False
    return all(_plain(result.get(field, "")) == _plain(sample.fields[field]) for field in _FIELDS)


def _plain(text: str) -> str:
    """Return an amount without its sign and trailing zeros, or any other text unchanged."""
    try:
        return str(Decimal(text.lstrip("￥")).normalize()) if text.startswith("￥") else text
    except InvalidOperation:
        return text
