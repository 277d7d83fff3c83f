"""Effects of light, camera and file format on a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bench.drawing.paper import Pixels
from bench.drawing.random_numbers import Rng, between, either_sign, happens, pick

PhotoStep = Callable[[Pixels, Rng], Pixels]
Range = tuple[float, float]


def _scale(picture: Pixels) -> float:
    """Return the scale for lengths, which are given for pictures of 1000 pixels."""
    return float(max(picture.shape[:2])) / 1000


def _clipped(values: npt.NDArray[Any]) -> Pixels:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def out_of_focus(sigma: Range) -> PhotoStep:
    """Return a step that blurs by ``sigma`` pixels per 1000 pixels of the picture."""

    def step(picture: Pixels, rng: Rng) -> Pixels:
        spread = between(rng, *sigma) * _scale(picture)
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), spread), np.uint8)

    return step


def shaken(length: Range, angles: Range = (0, np.pi)) -> PhotoStep:
    """Return a step that blurs along a line of ``length`` pixels per 1000.

    Args:
        length: range of the length.
        angles: range of the line's angle in radians; 0 is along level text.
    """

    def step(picture: Pixels, rng: Rng) -> Pixels:
        reach = max(3, round(between(rng, *length) * _scale(picture)))
        angle = between(rng, *angles)
        kernel = np.zeros((reach, reach), np.float32)
        along = (np.linspace(-0.5, 0.5, 4 * reach) * (reach - 1))[:, None]
        places = np.round(along * (np.sin(angle), np.cos(angle)) + (reach - 1) / 2).astype(int)
        kernel[places[:, 0], places[:, 1]] = 1
        return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)

    return step


def grainy(sigma: Range) -> PhotoStep:
    """Return a step that adds sensor noise; ``sigma`` is in grey levels."""

    def step(picture: Pixels, rng: Rng) -> Pixels:
        height, width = picture.shape[:2]
        noise = rng.standard_normal((height, width, 3), dtype=np.float32)
        return _clipped(picture + noise * between(rng, *sigma))

    return step


def speckled(share: Range) -> PhotoStep:
    """Return a step that adds black and white dots, like dirt on a scanner."""

    def step(picture: Pixels, rng: Rng) -> Pixels:
        noise = rng.random(picture.shape[:2], dtype=np.float32)
        limit = between(rng, *share) / 2
        spotted: Pixels = picture.copy()
        spotted[noise < limit] = 30
        spotted[noise > 1 - limit] = 245
        return spotted

    return step


def exposed(gain: Range, lift: Range = (0, 0)) -> PhotoStep:
    """Return a step that multiplies by ``gain`` and adds ``lift`` grey levels."""

    def step(picture: Pixels, rng: Rng) -> Pixels:
        factor, extra = between(rng, *gain), between(rng, *lift)
        return _clipped(picture.astype(np.float32) * factor + extra)

    return step


def tinted(colours: tuple[tuple[float, float, float], ...]) -> PhotoStep:
    """Return a step that sets a wrong white balance: factors for red, green and blue."""

    def step(picture: Pixels, rng: Rng) -> Pixels:
        return _clipped(picture * np.asarray(pick(rng, colours), np.float32))

    return step


def grey(picture: Pixels, _: Rng) -> Pixels:
    """Remove the colours, like a black-and-white copier."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))


def shadowed(picture: Pixels, rng: Rng) -> Pixels:
    """Add the photographer's shadow on one side."""
    x, y = _unit_grid(picture)
    angle = between(rng, 0, 2 * np.pi)
    away = (x - between(rng, 0.35, 0.65)) * np.cos(angle) + (y - 0.5) * np.sin(angle)
    light = 1 - between(rng, 0.4, 0.6) / (1 + np.exp(away * 40))
    return _clipped(picture * light[..., None].astype(np.float32))


def side_lit(picture: Pixels, rng: Rng) -> Pixels:
    """Light the picture from one side."""
    x, y = _unit_grid(picture)
    angle = between(rng, 0, 2 * np.pi)
    light = 0.75 + 0.5 * ((x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle))
    return _clipped(picture * light[..., None].astype(np.float32))


def glaring(picture: Pixels, rng: Rng) -> Pixels:
    """Add the reflection of a lamp; the text below it is pale but visible."""
    x, y = _unit_grid(picture)
    centre = between(rng, 0.25, 0.75), between(rng, 0.25, 0.75)
    away = ((x - centre[0]) / between(rng, 0.12, 0.25)) ** 2 + ((y - centre[1]) / 0.15) ** 2
    light = between(rng, 70, 105) * np.exp(-away)
    return _clipped(picture + light[..., None].astype(np.float32))


def off_screen(picture: Pixels, rng: Rng) -> Pixels:
    """Add coloured moiré bands, like a photograph of a screen."""
    x, y = _unit_grid(picture)
    slant = between(rng, 0.3, 2.0)
    waves = [np.sin(2 * np.pi * (x * 38 + y * 24 * slant) + phase) for phase in (0, 1, 2)]
    return _clipped(picture * (1 + 0.07 * np.dstack(waves)).astype(np.float32))


def compressed(quality: tuple[int, int]) -> PhotoStep:
    """Return a step that compresses as JPEG with a quality from the range."""

    def step(picture: Pixels, rng: Rng) -> Pixels:
        level = int(rng.integers(quality[0], quality[1] + 1))
        _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, level])
        decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
        return np.ascontiguousarray(decoded[..., ::-1])

    return step


def shrunk(long_side: tuple[int, int], *, back: bool = False) -> PhotoStep:
    """Return a step that reduces the picture; ``back`` enlarges it to its former size again."""

    def step(picture: Pixels, rng: Rng) -> Pixels:
        height, width = picture.shape[:2]
        zoom = min(1.0, int(rng.integers(*long_side)) / max(height, width))
        size = round(width * zoom), round(height * zoom)
        small = cv2.resize(picture, size, None, 0, 0, cv2.INTER_AREA)
        if back:
            small = cv2.resize(small, (width, height), None, 0, 0, cv2.INTER_CUBIC)
        return np.asarray(small, np.uint8)

    return step


def turned(quarters: int) -> PhotoStep:
    """Return a step that makes quarter turns counter-clockwise."""

    def step(picture: Pixels, _: Rng) -> Pixels:
        return np.ascontiguousarray(np.rot90(picture, quarters))

    return step


def fingers(picture: Pixels, rng: Rng) -> Pixels:
    """Add a thumb at the edge of the frame."""
    height, width = picture.shape[:2]
    x, y = _unit_grid(picture)
    side = 0.0 if happens(rng, 0.5) else 1.0
    away = ((x - side) * width / height / 0.10) ** 2 + ((y - between(rng, 0.55, 0.9)) / 0.07) ** 2
    cover = 1 / (1 + np.exp((away.clip(0, 4) - 1) * 12))
    skin = np.asarray((214, 164, 140), np.float32) * (1 - 0.12 * away.clip(0, 1))[..., None]
    return _clipped(picture * (1 - cover[..., None]) + skin * cover[..., None])


def banded(picture: Pixels, rng: Rng) -> Pixels:
    """Add dark bands, like the light of a flickering lamp."""
    _, y = _unit_grid(picture)
    light = 0.85 + 0.15 * np.sin(y * between(rng, 25, 50) + either_sign(rng, 0, 3))
    return _clipped(picture * light[..., None].astype(np.float32))


def _unit_grid(picture: Pixels) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the x and y coordinates of every pixel, from 0 to 1."""
    height, width = picture.shape[:2]
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :].repeat(height, 0)
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None].repeat(width, 1)
    return x, y
