"""Blank invoice paper: a tint, fibres, and a security pattern of fine lines."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from bench.drawing.pen import Ink
from bench.drawing.random_numbers import Rng, pick

Net = Literal["waves", "rosette", "fans", "mesh", "none"]
Pixels = npt.NDArray[np.uint8]
Curve = npt.NDArray[np.float64]
"""Points of a curve, shape (n, 2); the unit is the width of the sheet."""

_TINTS: tuple[Ink, ...] = (
    (250, 250, 246),
    (244, 247, 250),
    (250, 243, 240),
    (242, 248, 240),
    (252, 248, 232),
    (226, 233, 236),
)
_LINES: tuple[Ink, ...] = (
    (170, 190, 220),
    (215, 185, 190),
    (180, 210, 185),
    (220, 205, 170),
    (205, 190, 215),
)


def blank(rng: Rng, size: tuple[int, int], net: Net | None = None) -> Image.Image:
    """Return a blank sheet.

    Args:
        rng: chooses tint, line colour and pattern.
        size: width and height in pixels.
        net: the security pattern; None chooses at random.
    """
    chosen = net or pick(rng, ("waves", "rosette", "fans", "mesh", "none"))
    tint, line = pick(rng, _TINTS), pick(rng, _LINES)
    return Image.fromarray(_printed(chosen, tint, line, *size).copy())


def opaque(sheet: Image.Image) -> Pixels:
    """Return the sheet as opaque RGBA, so that bending can change its outline."""
    colours = np.asarray(sheet, np.uint8)
    return np.dstack((colours, np.full(colours.shape[:2], 255, np.uint8)))


@lru_cache(maxsize=8)
def _printed(net: Net, tint: Ink, line: Ink, width: int, height: int) -> Pixels:
    sheet = np.full((height, width, 3), tint, np.uint8)
    # Four bits of fraction keep the fine lines smooth.
    curves = [np.round(each * width * 16).astype(np.int32) for each in _curves(net, height / width)]
    cv2.polylines(sheet, curves, False, line, max(1, width // 1200), cv2.LINE_AA, shift=4)  # noqa: FBT003 - cv2's own order
    grain = cv2.resize(_grain(), (width, height), interpolation=cv2.INTER_LINEAR)
    lit = np.clip(sheet.astype(np.int16) + grain[..., None], 0, 255)
    return np.asarray(lit, np.uint8)


@lru_cache(maxsize=1)
def _grain() -> npt.NDArray[np.int16]:
    """Return the paper fibres, the same for every sheet."""
    noise = np.random.default_rng(7).normal(0, 3.0, (500, 700))
    return np.asarray(np.round(cv2.GaussianBlur(noise, (0, 0), 0.8)), np.int16)


def _curves(net: Net, ratio: float) -> list[Curve]:
    if net == "waves":
        return _waves(ratio)
    if net == "mesh":
        return _waves(ratio) + [each[:, ::-1] * (1 / ratio, ratio) for each in _waves(1 / ratio)]
    if net == "rosette":
        return [_rosette(0.5, ratio / 2, 0.1 + 0.012 * step, step / 10) for step in range(18)]
    if net == "fans":
        corners = ((0.06, 0.04), (0.94, 0.05), (0.5, ratio * 0.55), (0.08, ratio), (0.93, ratio))
        return [_ring(x, y, 0.02 + 0.011 * step) for x, y in corners for step in range(20)]
    return []


def _waves(ratio: float) -> list[Curve]:
    x = np.linspace(0, 1, 160)
    rows = np.arange(0, ratio, 0.012)
    return [np.column_stack((x, row + 0.02 * np.sin(12 * x + 25 * row))) for row in rows]


def _rosette(x: float, y: float, radius: float, phase: float) -> Curve:
    angle = np.linspace(0, 2 * np.pi, 240)
    reach = radius * (1 + 0.25 * np.cos(8 * angle + phase))
    return np.column_stack((x + 1.4 * reach * np.cos(angle), y + reach * np.sin(angle)))


def _ring(x: float, y: float, radius: float) -> Curve:
    angle = np.linspace(0, 2 * np.pi, 120)
    reach = radius * (1 + 0.06 * np.sin(5 * angle))
    return np.column_stack((x + reach * np.cos(angle), y + reach * np.sin(angle)))
