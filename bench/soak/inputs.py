"""What is uploaded, what must come of it, and what happens to it on the way."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from PIL import Image

from local.faults import FAULTS

FIELDS = ("code", "number", "location", "amount")
_BAD = 0.05  # of the uploads are none that can be read
_REPLACED = 0.05  # …replace one of those just before, under its key
_JUST_BEFORE = 20
# The requests that every new upload leads to; each may meet any fault.
_OPERATIONS = ("recognize", "fetch", "get", "head", "put")


@dataclass(frozen=True)
class Sample:
    """A file, and what must come of it: fields by name, or the code of a justified failure."""

    name: str
    content: bytes
    fields: Mapping[str, str]
    failure: str = ""


@dataclass(frozen=True)
class Upload:
    """One upload.

    Attributes:
        key: the object's key; two uploads of one key have different contents.
        sample: what is on it.
        content: the sample's bytes and a mark of the upload's own, so that each has its own ETag.
        fault: operation and name of the fault that it is to meet; None for none.
    """

    key: str
    sample: Sample
    content: bytes
    fault: tuple[str, str] | None


def samples(folder: Path) -> tuple[list[Sample], list[Sample]]:
    """Give the sample invoices with what they say, and files that are none."""
    truth: dict[str, dict[str, str]] = json.loads((folder / "truth.json").read_bytes())
    good = [Sample(name, (folder / name).read_bytes(), truth[name]) for name in sorted(truth)]
    with io.BytesIO() as file:
        Image.new("RGB", (800, 600), "white").save(file, "PNG")
        blank = file.getvalue()
    text = b"This is no picture at all.\n"
    return good, [
        Sample("blank.png", blank, {}, "AIS.0104"),
        Sample("note.txt", text, {}, "AIS.0102"),
    ]


def plan(
    count: int, seed: int, share: float, good: Sequence[Sample], bad: Sequence[Sample]
) -> list[Upload]:
    """Draw the uploads, the same ones for the same seed.

    Args:
        count: how many.
        seed: where the chances begin.
        share: of the uploads that meet a fault, 0 to 1.
        good: samples that can be read.
        bad: samples that cannot.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret
    uploads: list[Upload] = []
    for number in range(count):
        sample = chance.choice(bad if chance.random() < _BAD else good)
        replaces = uploads and chance.random() < _REPLACED
        key = f"incoming/{number:05}-{sample.name}"
        if replaces:
            key = chance.choice(uploads[-_JUST_BEFORE:]).key
        fault = _fault(chance) if chance.random() < share else None
        mark = f"\n{seed}-{number}\n".encode()
        uploads.append(Upload(key, sample, sample.content + mark, fault))
    return uploads


def _fault(chance: random.Random) -> tuple[str, str]:
    return chance.choice(_OPERATIONS), chance.choice(FAULTS)


def is_right(sample: Sample, document: Mapping[str, Any]) -> bool:
    """Tell whether a record or failure record says of a sample what is so."""
    if sample.failure:
        error = document.get("error") or {}
        return document.get("status") == "failed" and error.get("code") == sample.failure
    result = document.get("result") or {}
    if document.get("status") != "recognized":
        return False
    return all(_plain(result.get(field, "")) == _plain(sample.fields[field]) for field in FIELDS)


def _plain(text: str) -> str:
    """Give an amount without its sign and spare digits, and anything else as it is."""
    try:
        return str(Decimal(text.lstrip("￥")).normalize()) if text.startswith("￥") else text
    except InvalidOperation:
        return text
