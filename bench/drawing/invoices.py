"""Draws one invoice: print, ink, paper, surface, camera."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from bench.drawing.hard_kinds import HARD_KINDS
from bench.drawing.invoice.content import Fixed, Invoice, Truth, make_invoice
from bench.drawing.invoice.layouts import LAYOUTS
from bench.drawing.invoice.print_style import random_print_style
from bench.drawing.invoice.printing import Printing
from bench.drawing.kinds import KINDS, Kind
from bench.drawing.paper import Pixels, blank, opaque
from bench.drawing.pen import Pen
from bench.drawing.random_numbers import Rng, pick, rng_for

_ORIENTATION = 0x0112
"""The EXIF tag of the orientation."""
_TURNS = {6: 1, 3: 2, 8: 3}
"""Quarter turns of the stored pixels, counter-clockwise, by value of the EXIF tag."""


@dataclass(frozen=True)
class Drawing:
    """A picture and its true fields."""

    image: Image.Image
    """RGB. If the kind is turned by EXIF, ``getexif()`` holds the orientation; see ``encode``."""
    truth: Truth | None
    """None if the picture shows no readable quota invoice."""
    kind: str


def draw(kind: str, seed: int, *, long_side: int = 1000, fixed: Fixed | None = None) -> Drawing:
    """Draw the picture of a kind and seed; equal arguments give equal pictures.

    Args:
        kind: one of ``KINDS`` or ``HARD_KINDS``.
        seed: any number; selects the invoice's content and its damage.
        long_side: pixels of the longer side; kinds that test low resolution give fewer.
        fixed: fields that are not random; replaces those of the kind.
    """
    wanted = KINDS[kind] if kind in KINDS else HARD_KINDS[kind]
    rng = rng_for(kind, seed)
    invoice = wanted.edit(make_invoice(rng, fixed or wanted.fixed), rng)
    sheet = opaque(print_sheet(invoice, wanted, rng, long_side).sheet)
    for bend in wanted.paper:
        sheet = bend(sheet, rng)
    picture = wanted.shot(sheet, rng, long_side)
    for step in wanted.photo:
        picture = step(picture, rng)
    image = _on_its_side(picture, rng) if wanted.by_exif else Image.fromarray(picture)
    return Drawing(image, invoice.truth, kind)


def print_sheet(invoice: Invoice, kind: Kind, rng: Rng, long_side: int) -> Pen:
    """Print an invoice with its stamps and scratches; ``boxes`` of the pen locates the fields."""
    ratio, layout = LAYOUTS[pick(rng, kind.layouts)]
    width = long_side if ratio <= 1 else round(long_side / ratio)
    pen = Pen(blank(rng, (width, round(width * ratio)), kind.net))
    layout(Printing(pen, invoice, kind.style(random_print_style(rng)), rng))
    for step in kind.ink:
        step(pen, invoice, rng)
    return pen


def _on_its_side(picture: Pixels, rng: Rng) -> Image.Image:
    orientation = pick(rng, tuple(_TURNS))
    image = Image.fromarray(np.ascontiguousarray(np.rot90(picture, _TURNS[orientation])))
    image.getexif()[_ORIENTATION] = orientation
    return image


def encode(image: Image.Image, file_format: str, *, quality: int = 88) -> bytes:
    """Return the image file as JPEG, PNG, BMP or TIFF, with its EXIF orientation if supported."""
    out = BytesIO()
    compression = "jpeg" if file_format == "TIFF" else None
    image.save(out, file_format, quality=quality, compression=compression, exif=image.getexif())
    return out.getvalue()
