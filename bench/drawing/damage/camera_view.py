"""Surfaces on which a sheet lies, and the perspective of the camera."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from bench.drawing.paper import Pixels
from bench.drawing.random_numbers import Rng, between, either_sign, pick

Ground = Literal["wood", "dark", "cloth", "white", "page"]
Corners = npt.NDArray[np.float32]
"""Shape (4, 2): top left, top right, bottom right, bottom left, in pixels."""

_MARGIN = 24
"""Pixels around a sheet for its shadow."""
COLOURS: dict[Ground, tuple[int, int, int]] = {
    "wood": (186, 146, 104),
    "dark": (58, 56, 60),
    "cloth": (96, 120, 140),
    "white": (226, 226, 222),
    "page": (238, 236, 230),
}


@dataclass(frozen=True)
class View:
    """Ranges of random values for the position of the camera and for the surface."""

    share: tuple[float, float] = (0.86, 0.94)
    """Share of the frame that the sheet fills; above 1 its edges are cut off."""
    roll: tuple[float, float] = (0, 3)
    """Degrees in either direction, as are ``pitch`` and ``yaw``."""
    pitch: tuple[float, float] = (0, 0)
    yaw: tuple[float, float] = (0, 0)
    grounds: tuple[Ground, ...] = ("wood", "dark", "cloth", "white", "page")

    def shoot(self, sheet: Pixels, rng: Rng, long_side: int) -> Pixels:
        """Return the photograph as RGB; its longer side has ``long_side`` pixels."""
        height, width = sheet.shape[:2]
        roll, pitch, yaw = (either_sign(rng, *each) for each in (self.roll, self.pitch, self.yaw))
        corners = project(width, height, roll=roll, pitch=pitch, yaw=yaw)
        reach = np.ptp(corners, axis=0)
        frame = _frame(reach, long_side)
        size = np.asarray(frame, np.float32)
        zoom = float(np.min(size / reach)) * between(rng, *self.share)
        free = np.abs(size - reach * zoom) / 2
        shift = np.asarray([either_sign(rng, 0, 0.8), either_sign(rng, 0, 0.8)], np.float32) * free
        placed = (corners - corners.min(0) - reach / 2) * zoom + size / 2 + shift
        picture = ground(pick(rng, self.grounds), frame, rng)
        return lay(picture, sheet, placed.astype(np.float32))


def project(width: int, height: int, *, roll: float, pitch: float, yaw: float) -> Corners:
    """Return the corners of a sheet tilted by degrees, seen from above."""
    turn_x, turn_y, turn_z = np.radians((pitch, yaw, roll))
    flat = np.asarray([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], np.float64)
    flat *= (width / 2, height / 2, 0)
    lean = np.asarray(
        [(1, 0, 0), (0, np.cos(turn_x), -np.sin(turn_x)), (0, np.sin(turn_x), np.cos(turn_x))]
    )
    swing = np.asarray(
        [(np.cos(turn_y), 0, np.sin(turn_y)), (0, 1, 0), (-np.sin(turn_y), 0, np.cos(turn_y))]
    )
    spin = np.asarray([(np.cos(turn_z), -np.sin(turn_z)), (np.sin(turn_z), np.cos(turn_z))])
    solid = flat @ (swing @ lean).T
    # The usual distance of a telephone: about twice the length of the sheet.
    distance = 2.2 * max(width, height)
    seen = solid[:, :2] * (distance / (distance + solid[:, 2:]))
    return np.asarray(seen @ spin.T, np.float32)


def _frame(reach: npt.NDArray[np.float32], long_side: int) -> tuple[int, int]:
    """Return a frame size with a camera's aspect ratio, in the orientation of the sheet."""
    shape = float(np.clip(min(reach) / max(reach), 0.56, 0.78))
    short = round(long_side * shape)
    return (long_side, short) if reach[0] >= reach[1] else (short, long_side)


def lay(picture: Pixels, sheet: Pixels, corners: Corners) -> Pixels:
    """Lay an RGBA sheet with the shadow of its edge onto a picture."""
    height, width = sheet.shape[:2]
    zoom = float(np.linalg.norm(corners[1] - corners[0])) / width
    if zoom < 0.7:  # noqa: PLR2004 - below this value, warping alone would skip pixels
        sheet = np.asarray(cv2.resize(sheet, None, None, zoom, zoom, cv2.INTER_AREA), np.uint8)
        height, width = sheet.shape[:2]
    flat = np.asarray([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    # Process only the area around the sheet: a table top is large.
    left, top = np.maximum(corners.min(0).astype(int) - _MARGIN, 0)
    right, bottom = np.minimum(corners.max(0).astype(int) + _MARGIN, picture.shape[1::-1])
    matrix = cv2.getPerspectiveTransform(flat, corners - np.asarray((left, top), np.float32))
    size = int(right - left), int(bottom - top)
    laid = np.asarray(cv2.warpPerspective(sheet, matrix, size, flags=cv2.INTER_LINEAR), np.uint8)
    shade = 255 - cv2.max(_shadow(laid[..., 3]), laid[..., 3])
    below = cv2.multiply(
        picture[top:bottom, left:right], cv2.cvtColor(shade, cv2.COLOR_GRAY2RGB), scale=1 / 255
    )
    result: Pixels = picture.copy()
    result[top:bottom, left:right] = cv2.add(below, laid[..., :3])
    return result


def _shadow(cover: Pixels) -> Pixels:
    """Return a soft shadow below and to the right."""
    small = cv2.resize(cover, None, None, 0.125, 0.125, cv2.INTER_AREA)
    soft = cv2.GaussianBlur(np.roll(small, (1, 1), (0, 1)), (0, 0), 1.5)
    grown = cv2.resize(soft, (cover.shape[1], cover.shape[0]), None, 0, 0, cv2.INTER_LINEAR)
    return np.asarray(cv2.convertScaleAbs(grown, None, 0.4), np.uint8)


def ground(kind: Ground, frame: tuple[int, int], rng: Rng) -> Pixels:
    """Return a surface as RGB; ``frame`` is its width and height."""
    texture = _texture(kind)
    turned = texture if frame[0] >= frame[1] else texture.transpose(1, 0, 2)
    factor = between(rng, 0.85, 1.1)
    scaled = cv2.resize(turned, frame, None, 0, 0, cv2.INTER_LINEAR)
    return np.asarray(cv2.convertScaleAbs(scaled, None, factor), np.uint8)


@lru_cache(maxsize=8)
def _texture(kind: Ground) -> Pixels:
    rng = np.random.default_rng(11)
    height, width = 600, 900
    noise: npt.NDArray[Any] = rng.normal(0, 1, (height, width)).astype(np.float32)
    if kind == "wood":
        bands = cv2.resize(rng.normal(0, 1, (60, 5)).astype(np.float32), (width, height))
        noise = 9 * bands + 4 * cv2.GaussianBlur(noise, (0, 0), 12, None, 0.6)
    elif kind == "cloth":
        rows, columns = np.mgrid[0:height, 0:width]
        noise = 4 * noise + 8 * np.sin(rows * 1.3) * np.sin(columns * 1.3)
    else:
        noise = 3 * cv2.GaussianBlur(noise, (0, 0), 1.0)
    surface = np.asarray(COLOURS[kind], np.float32) + np.asarray(noise, np.float32)[..., None]
    if kind == "page":
        surface[40::36] -= 40
    return np.asarray(np.clip(surface, 0, 255), np.uint8)


def flat(sheet: Pixels, _: Rng, long_side: int) -> Pixels:
    """Return the sheet without a surface, like a scan."""
    height, width = sheet.shape[:2]
    shown = sheet[..., :3] + (255 - sheet[..., 3:])
    zoom = long_side / max(height, width)
    if round(max(height, width) * zoom) == max(height, width):
        return shown
    return np.asarray(cv2.resize(shown, (round(width * zoom), round(height * zoom))), np.uint8)
