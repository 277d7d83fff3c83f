"""The images to read: drawn invoices, other papers, and photographs with damaged copies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from bench.drawing import (
    TWO_PAPERS,
    Group,
    draw,
    draw_other,
    draw_two,
    encode,
    sheet,
    tabletop,
)

FIELDS = ("code", "number", "amount", "location")
# Other papers that are quota invoices with an unreadable code and number.
_HIDDEN = frozenset({"quota-fields-hidden"})
_SEEDS_APART = 100_000  # drawings per run's seed, so that two runs share none
SPARE = 90_000  # index of the first drawing that only the timing uses

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Case:
    """An image and its expected fields.

    Attributes:
        name: kind and seed, or file and copy.
        kind: kind of damage.
        image: height × width × 3, RGB.
        truth: text of each field; other fields are not checked. None if the image must be refused.
    """

    name: str
    kind: str
    image: Pixels
    truth: Mapping[str, str] | None


def drawn_cases(
    seed: int, per_kind: int, kinds: Sequence[str], *, first: int = 0, long_side: int = 1000
) -> Iterator[Case]:
    """Draw invoices of these kinds, alone or beside another paper.

    Args:
        seed: another seed gives other drawings.
        per_kind: drawings of each kind.
        kinds: names from ``KINDS``, ``HARD_KINDS`` and ``TWO_PAPERS``.
        first: index of the first drawing, at most ``SPARE``.
        long_side: pixels of the longer side of an invoice that is alone.
    """
    for index in range(first, first + per_kind):
        for kind in kinds:
            number = seed * _SEEDS_APART + index
            is_alone = kind not in TWO_PAPERS
            drawing = (
                draw(kind, number, long_side=long_side) if is_alone else draw_two(kind, number)
            )
            truth = drawing.truth
            fields = {name: getattr(truth, name) for name in FIELDS} if truth else None
            yield Case(f"{kind}-{number}", kind, _stored(drawing.image), fields)


def sheet_cases(seed: int, count: int) -> Iterator[Group]:
    """Draw scanned sheets, with papers upright and turned, and table tops."""
    for index in range(count):
        number = seed * _SEEDS_APART + index
        yield sheet(number)
        yield sheet(number, is_turned=True)
        yield tabletop(number)


def other_paper_cases(seed: int, per_kind: int, kinds: Sequence[str]) -> Iterator[Case]:
    """Draw papers that are not quota invoices, and quota invoices that cannot be read."""
    for kind in kinds:
        for index in range(per_kind):
            number = seed * _SEEDS_APART + index
            truth = {"code": "", "number": ""} if kind in _HIDDEN else None
            yield Case(f"{kind}-{number}", kind, _stored(draw_other(kind, number).image), truth)


def read_truths(folder: Path) -> dict[str, Any]:
    """Return ``gt.json`` of a folder of photographs: the fields by the names of the images.

    Raises:
        OSError: there is none.
        ValueError: it is not a JSON object.
    """
    found = json.loads((folder / "gt.json").read_bytes())
    if not isinstance(found, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 - as of other wrong JSON
    return found


def photograph_cases(folder: Path) -> Iterator[Case]:
    """Load a folder's images with their fields from ``gt.json``, and damaged copies of them."""
    for name, entry in read_truths(folder).items():
        truth = {field: entry[field] for field in FIELDS if field in entry} if entry else None
        with Image.open(folder / name) as opened:
            image = ImageOps.exif_transpose(opened).convert("RGB")
        for kind, damage in _COPIES.items():
            yield Case(f"{name} {kind}", kind, np.asarray(damage(image)), truth)


def _stored(image: Image.Image) -> Pixels:
    """Return the pixels after saving the image as JPEG, in their EXIF orientation."""
    return np.asarray(_through_jpeg(image, 92))


def _through_jpeg(image: Image.Image, quality: int) -> Image.Image:
    with Image.open(BytesIO(encode(image, "JPEG", quality=quality))) as opened:
        upright = ImageOps.exif_transpose(opened)
        return upright.convert("RGB")


_COPIES: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "as it is": lambda image: image,
    "turned left": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "upside down": lambda image: image.transpose(Image.Transpose.ROTATE_180),
    "turned right": lambda image: image.transpose(Image.Transpose.ROTATE_270),
    "skewed by 8°": lambda image: image.rotate(8, Image.Resampling.BICUBIC, expand=True),
    "skewed by -12°": lambda image: image.rotate(-12, Image.Resampling.BICUBIC, expand=True),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(max(image.size) / 900)),
    "darkened": lambda image: ImageEnhance.Brightness(image).enhance(0.45),
    "shrunk": lambda image: image.resize((int(image.width * 0.7), int(image.height * 0.7))),
    "compressed": lambda image: _through_jpeg(image, 30),
}
