"""Seals: the supervision seal over the title, and the seal of the issuing company."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image

from bench.drawing.invoice.content import Invoice
from bench.drawing.pen import Ink, Pen, Point, TextStyle, letters
from bench.drawing.random_numbers import Rng

RED: Ink = (196, 42, 48)


@dataclass(frozen=True)
class Seal:
    """An oval with text along its upper and lower arc and lines in its middle."""

    width: float
    """In design units, like all lengths of this class."""
    height: float
    upper: str
    lower: str
    middle: tuple[tuple[str, float, float], ...]
    """Lines: text, size, distance below the centre."""
    rim: float = 5.0
    size: float = 22.0
    """Size of the text along the arcs."""


def supervision(invoice: Invoice) -> Seal:
    """Return the supervision seal, which is printed over the title."""
    size = min(24.0, 150 / max(len(invoice.issuer), 1))
    return Seal(
        230, 150, "全国统一发票监制章", invoice.supervisor, ((invoice.issuer, size, 0.0),), size=19
    )


def company(invoice: Invoice) -> Seal:
    """Return the issuing company's seal with its tax number."""
    middle = ((invoice.tax_number, 21.0, -2.0), ("发票专用章", 24.0, 38.0))
    return Seal(
        300, 215, invoice.company, "", middle, rim=4.5, size=min(25, 430 / len(invoice.company))
    )


@dataclass(frozen=True)
class Imprint:
    """Colour, strength and angle of a stamped seal."""

    ink: Ink = RED
    strength: float = 0.8
    """From 0, invisible, to 1, full colour."""
    angle: float = 0.0
    """Degrees counter-clockwise."""


def stamp_seal(pen: Pen, seal: Seal, centre: Point, mark: Imprint, worn: Rng | None = None) -> None:
    """Stamp a translucent seal on a sheet; the print below it stays visible.

    Args:
        pen: the sheet.
        seal: the seal.
        centre: its position in design units.
        mark: colour, strength and angle.
        worn: if set, chooses patches where ink is missing.
    """
    mask = _mask(seal, pen.unit)
    if mark.angle:
        mask = mask.rotate(mark.angle, Image.Resampling.BICUBIC, expand=True)
    shape = np.asarray(mask, np.float32) * (mark.strength / 255)
    if worn is not None:
        patches = worn.uniform(0.35, 1.15, (12, 16)).astype(np.float32)
        shape *= np.clip(cv2.resize(patches, (mask.width, mask.height)), 0, 1)
    left = round(centre[0] * pen.unit - mask.width / 2)
    top = round(centre[1] * pen.unit - mask.height / 2)
    area = (left, top, left + mask.width, top + mask.height)
    below = np.asarray(pen.sheet.crop(area), np.float32)
    # Ink filters the light: it darkens the print below instead of hiding it.
    filtered = below * (1 - shape[..., None] * (1 - np.asarray(mark.ink, np.float32) / 255))
    pen.sheet.paste(Image.fromarray(filtered.astype(np.uint8)), (left, top))


@lru_cache(maxsize=16)
def _mask(seal: Seal, unit: float) -> Image.Image:
    width, height = round(seal.width * unit), round(seal.height * unit)
    # OpenCV draws a smooth rim; Pillow draws a jagged one.
    empty = np.zeros((height + 4, width + 4), np.uint8)
    middle = ((width + 4) / 2, (height + 4) / 2)
    rim = max(2, round(seal.rim * unit))
    oval = (middle, (width - rim, height - rim), 0.0)
    mask = Image.fromarray(cv2.ellipse(empty, oval, 255, rim, cv2.LINE_AA))
    gap = seal.size * 0.85 + seal.rim
    across, down = (seal.width / 2 - gap) * unit, (seal.height / 2 - gap) * unit
    _write_along_arc(mask, seal.upper, seal.size * unit, (across, -down))
    _write_along_arc(mask, seal.lower, seal.size * unit, (across, down))
    for text, size, drop in seal.middle:
        line = letters(text, TextStyle("sans", size, RED, bold=0.02), unit)
        widest = round((seal.width - 2 * seal.rim - 16) * unit)
        if line.width > widest:
            line = line.resize((widest, line.height))
        corner = (
            (mask.width - line.width) // 2,
            round(mask.height / 2 + drop * unit - line.height / 2),
        )
        mask.paste(255, corner, line)
    return mask


def _write_along_arc(mask: Image.Image, text: str, size: float, axes: tuple[float, float]) -> None:
    """Write text along half an ellipse, evenly spaced.

    Args:
        mask: the mask of the seal; changed in place.
        text: the text.
        size: size of the letters in pixels.
        axes: half-axes of the ellipse in pixels; the second is negative for the upper half.
    """
    across, down = axes
    turn = np.linspace(-np.pi / 2, np.pi / 2, 181)
    length = np.cumsum(np.hypot(np.cos(turn) * across, np.sin(turn) * down)) * (turn[1] - turn[0])
    widest = length[-1] * (0.97 if down < 0 else 0.7)
    step = min(widest / max(len(text), 1), 2.2 * size)
    for place, each in enumerate(text):
        at = length[-1] / 2 + (place - (len(text) - 1) / 2) * step
        theta = float(np.interp(at, length, turn))
        x, y = mask.width / 2 + across * np.sin(theta), mask.height / 2 + down * np.cos(theta)
        # The letter is perpendicular to the ellipse, not to a circle.
        lean = np.degrees(np.arctan2(np.sin(theta) * down, np.cos(theta) * across))
        glyph = letters(each, TextStyle("serif", size, RED, bold=0.03), 1)
        glyph = glyph.rotate(lean, Image.Resampling.BICUBIC, expand=True)
        mask.paste(255, (round(x - glyph.width / 2), round(y - glyph.height / 2)), glyph)
