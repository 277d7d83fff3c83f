"""The uploads with which the check runs every path of the function."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from pypdf import PdfWriter

from ops.stage import ROOT
from quota_invoice.records.record import Status
from quota_invoice.settings.layout import DEFAULT_LAYOUT

_SAMPLE = ROOT / "samples" / "shanghai-10-yuan-clean.png"
# The same invoice; Pillow cannot write this format.
_HEIC = Path(__file__).with_name("sample.heic")
_TOO_LONG = 4200  # pixels; the OCR service takes 4,096
_CONVERTED = {"WEBP": "webp", "GIF": "gif", "JPEG2000": "jp2", "PCX": "pcx", "PPM": "ppm"}
_FORMATS = {"JPEG": "jpg", "PNG": "png", "BMP": "bmp", "TIFF": "tif"}


@dataclass(frozen=True)
class Case:
    """An upload and its expected record.

    Attributes:
        name: the path through the function.
        key: the key of the upload.
        content: the image.
        status: the status of the record.
        sweep: whether no event announces the upload and a sweep must find it.
        pages: the number of pages in the record; None for an image.
    """

    name: str
    key: str
    content: bytes
    status: Status = Status.RECOGNIZED
    sweep: bool = False
    pages: int | None = None

    @property
    def record(self) -> str:
        """The key of its record."""
        failed = self.status is Status.FAILED
        return (DEFAULT_LAYOUT.failure_key if failed else DEFAULT_LAYOUT.record_key)(self.key)

    def event(self, bucket: str) -> dict[str, Any]:
        """Return the event that announces the upload, or the timer's event."""
        if self.sweep:
            return {"version": "v2.0", "trigger_type": "TIMER", "user_event": "sweep"}
        event: dict[str, Any] = json.loads((ROOT / "events" / "eventgrid.json").read_bytes())
        about = event["data"]["obs"]
        about["bucket"]["name"] = bucket
        about["object"] = {"key": self.key.replace("/", "%2F"), "size": len(self.content)}
        return event


def cases(*, imaging: bool) -> Iterator[Case]:
    """Yield the cases.

    Args:
        imaging: whether the interpreter can load the zip's Pillow, which is built for one Python.
    """
    content = _SAMPLE.read_bytes()
    yield Case("read by its URL", "incoming/sample.png", content)
    if imaging:
        for kind, suffix in _FORMATS.items():
            yield Case(f"too large a {kind}", f"incoming/large.{suffix}", _enlarged(content, kind))
        for kind, suffix in _CONVERTED.items():
            yield Case(f"converted from {kind}", f"incoming/a.{suffix}", _encoded(content, kind))
        yield Case("converted from HEIC", "incoming/a.heic", _HEIC.read_bytes())
        pages = _encoded(content, "TIFF", save_all=True, append_images=[Image.new("L", (50, 50))])
        yield Case("a TIFF of two pages", "incoming/two.tif", pages, pages=2)
    yield Case("a PDF of two pages", "incoming/two.pdf", _pdf(content, 2), pages=2)
    for cipher in ("RC4-128", "AES-256"):
        pdf = _pdf(content, 1, cipher)
        yield Case(f"a PDF encrypted by {cipher}", f"incoming/{cipher}.pdf", pdf, pages=1)
    yield Case("not an image", "incoming/note.jpg", b"no image" * 20, status=Status.FAILED)
    yield Case("found by a sweep", "incoming/unannounced.png", content, sweep=True)


def _pdf(content: bytes, pages: int, cipher: str | None = None) -> bytes:
    """Return a PDF with an image on each page; encrypted, it opens without a password."""
    with Image.open(io.BytesIO(content)) as image, io.BytesIO() as plain, io.BytesIO() as file:
        page = image.convert("RGB")
        page.save(plain, "PDF", save_all=True, append_images=[page] * (pages - 1))
        writer = PdfWriter(plain)
        if cipher:
            writer.encrypt("", "owner", algorithm=cipher)
        writer.write(file)
        return file.getvalue()


def _encoded(content: bytes, kind: str, **options: Any) -> bytes:  # noqa: ANN401 - Pillow's
    with Image.open(io.BytesIO(content)) as image, io.BytesIO() as file:
        image.convert("RGB").save(file, kind, **options)
        return file.getvalue()


def _enlarged(content: bytes, kind: str) -> bytes:
    """Paste an image onto a page that is too long for the OCR service."""
    with Image.open(io.BytesIO(content)) as image, io.BytesIO() as file:
        page = Image.new("RGB", (_TOO_LONG, image.height * 3), "white")
        page.paste(image.resize((image.width * 3, image.height * 3)))
        page.save(file, kind)
        return file.getvalue()
