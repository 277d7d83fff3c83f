"""Bends and stains an RGBA sheet with premultiplied colours."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from bench.drawing.paper import Pixels
from bench.drawing.random_numbers import Rng, between, either_sign

Field = npt.NDArray[np.float32]


def wavy(sheet: Pixels, rng: Rng) -> Pixels:
    """Bend the sheet in long waves, like paper that was damp."""
    height, width = sheet.shape[:2]
    x, y = _grid(height, width)
    reach = between(rng, 0.006, 0.012) * width
    down = reach * np.sin(x / width * between(rng, 6, 14) + between(rng, 0, 6))
    across = 0.5 * reach * np.sin(y / height * between(rng, 4, 9) + between(rng, 0, 6))
    light = 1 + 0.10 * np.cos(x / width * between(rng, 6, 14)) * np.sin(y / height * 5)
    return _bend(sheet, across, down, light)


def creased(sheet: Pixels, rng: Rng) -> Pixels:
    """Fold the sheet once or twice."""
    height, width = sheet.shape[:2]
    x, y = _grid(height, width)
    light = np.ones((height, width), np.float32)
    down = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(1, 3))):
        angle = between(rng, 0, np.pi)
        middle = (x - width * between(rng, 0.3, 0.7)) * np.cos(angle)
        away = (middle + (y - height * between(rng, 0.3, 0.7)) * np.sin(angle)) / width
        light *= 1 - 0.25 * np.exp(-np.abs(away) * 120) + 0.12 * np.tanh(away * 60)
        down += 0.012 * width * np.exp(-np.abs(away) * 12)
    return _bend(sheet, np.zeros_like(down), down, light)


def folded(sheet: Pixels, rng: Rng) -> Pixels:
    """Fold the sheet across its text, so that the fold hides a thin strip and shifts one side."""
    height, width = sheet.shape[:2]
    x, y = _grid(height, width)
    away = x - width * between(rng, 0.3, 0.7) + y * either_sign(rng, 0, 0.15)
    beyond = (away > 0).astype(np.float32)
    across = beyond * width * between(rng, 0.001, 0.003)
    down = beyond * width * either_sign(rng, 0.001, 0.005)
    light = 1 - 0.35 * np.exp(-np.abs(away) / width * 250) + 0.08 * np.tanh(away / width * 60)
    return _bend(sheet, across, down, light)


def crumpled(sheet: Pixels, rng: Rng) -> Pixels:
    """Add many small bends, like paper that was crumpled and smoothed by hand."""
    height, width = sheet.shape[:2]
    rough = cv2.resize(rng.normal(0, 1, (9, 13)).astype(np.float32), (width, height), None, 0, 0, 2)
    slope = cv2.Sobel(rough, cv2.CV_32F, 1, 1, ksize=5)
    light = 1 + np.clip(slope / (np.abs(slope).max() + 1e-6), -1, 1) * 0.3
    reach = between(rng, 0.003, 0.005) * width
    return _bend(sheet, rough * reach, np.roll(rough, height // 3, 0) * reach, light)


def stained(sheet: Pixels, rng: Rng) -> Pixels:
    """Add a coffee stain: a brown ring and a spot."""
    height, width = sheet.shape[:2]
    x, y = _grid(height, width)
    away = np.hypot(x - width * between(rng, 0.2, 0.8), y - height * between(rng, 0.2, 0.8)) / width
    radius = between(rng, 0.1, 0.17)
    strength = 0.30 * np.exp(-(((away - radius) * 90) ** 2)) + 0.14 * (away < radius)
    wet = cv2.GaussianBlur(strength.astype(np.float32), (0, 0), width / 250)[..., None]
    return _lit(sheet, 1 - wet * np.asarray((0.25, 0.5, 0.9), np.float32))


def curled(sheet: Pixels, rng: Rng) -> Pixels:
    """Curve the sheet, like paper that was rolled up: the middle is nearer to the camera."""
    height, width = sheet.shape[:2]
    x, _ = _grid(height, width)
    away = x / width - between(rng, 0.35, 0.65)
    down = either_sign(rng, 0.10, 0.16) * height * (away**2 - 0.1)
    return _bend(sheet, np.zeros_like(down), down, 1.05 - 0.7 * away**2)


def _grid(height: int, width: int) -> tuple[Field, Field]:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x, y


def _bend(sheet: Pixels, across: Field, down: Field, light: Field) -> Pixels:
    """Displace every point by pixels and multiply its brightness by a factor."""
    height, width = sheet.shape[:2]
    x, y = _grid(height, width)
    moved = cv2.remap(
        sheet, (x + across).astype(np.float32), (y + down).astype(np.float32), cv2.INTER_LINEAR
    )
    return _lit(np.asarray(moved, np.uint8), light.astype(np.float32)[..., None])


def _lit(sheet: Pixels, light: Field) -> Pixels:
    colours = np.clip(sheet[..., :3] * light, 0, 255).astype(np.uint8)
    return np.dstack((colours, sheet[..., 3]))
