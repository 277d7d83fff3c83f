"""The inputs with which the check runs every path of the function."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "shanghai-10-yuan-clean.png"
_TOO_LONG = 4200  # pixels; the OCR service takes 4,096
_FORMATS = {"JPEG": "jpg", "PNG": "png", "BMP": "bmp", "TIFF": "tif"}


@dataclass(frozen=True)
class Case:
    """An upload and what must come of it.

    Attributes:
        what: the path of the function that it takes.
        key: where it is uploaded.
        content: the image.
        status: of the record: ``recognized`` or ``failed``.
        sweep: whether no event announces it, and a sweep must find it.
    """

    what: str
    key: str
    content: bytes
    status: str = "recognized"
    sweep: bool = False

    @property
    def record(self) -> str:
        """Where its record goes."""
        folder = "results" if self.status == "recognized" else "failures"
        return f"{folder}/{self.key.partition('/')[2]}.json"

    def event(self, bucket: str) -> dict[str, Any]:
        """Give the event that announces it, or the timer's."""
        if self.sweep:
            return {"version": "v2.0", "trigger_type": "TIMER", "user_event": "sweep"}
        event: dict[str, Any] = copy.deepcopy(
            json.loads((ROOT / "events" / "eventgrid.json").read_bytes())
        )
        about = event["data"]["obs"]
        about["bucket"]["name"] = bucket
        about["object"] = {"key": self.key.replace("/", "%2F"), "size": len(self.content)}
        return event


def cases(*, imaging: bool) -> Iterator[Case]:
    """Give the cases.

    Args:
        imaging: whether Pillow can be loaded where the package runs: it is built for one Python.
    """
    content = SAMPLE.read_bytes()
    yield Case("read by its address", "incoming/sample.png", content)
    if imaging:
        for name, suffix in _FORMATS.items():
            yield Case(f"too large a {name}", f"incoming/large.{suffix}", _enlarged(content, name))
    yield Case("not an image", "incoming/note.jpg", b"no image" * 20, status="failed")
    yield Case("found by a sweep", "incoming/unannounced.png", content, sweep=True)


def _enlarged(content: bytes, name: str) -> bytes:
    """Put an image onto a page that is too long for the OCR service."""
    with Image.open(io.BytesIO(content)) as image, io.BytesIO() as file:
        page = Image.new("RGB", (_TOO_LONG, image.height * 3), "white")
        page.paste(image.resize((image.width * 3, image.height * 3)))
        page.save(file, name)
        return file.getvalue()
