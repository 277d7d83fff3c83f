"""Effects of cheap copies: thermal paper, dithering, the pixels of a screen."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from bench.drawing.paper import Pixels
from bench.drawing.random_numbers import Rng, between


def thermal(picture: Pixels, rng: Rng) -> Pixels:
    """Copy to thermal paper that faded: pale grey print with light streaks."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)
    width = grey.shape[1]
    streaks = cv2.resize(rng.uniform(0.55, 1.0, (1, 40)).astype(np.float32), (width, 1))
    ink = np.clip((215 - grey) * 1.6, 0, 255) * between(rng, 0.16, 0.3) * streaks
    paper = np.asarray((236, 230, 222), np.float32)
    noise = rng.normal(0, 3, grey.shape).astype(np.float32)
    return np.asarray(np.clip(paper - (ink + noise)[..., None], 0, 255), np.uint8)


def dithered(picture: Pixels, rng: Rng) -> Pixels:
    """Copy to black and white dots, as faxes and old printers do."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)
    light = np.clip(grey * between(rng, 1.0, 1.15) + between(rng, 0, 15), 0, 255)
    dots = Image.fromarray(light.astype(np.uint8)).convert("1")
    return np.asarray(dots.convert("RGB"))


def moire(picture: Pixels, rng: Rng) -> Pixels:
    """Photograph a screen at an angle: its fine pixel grid beats with the camera's."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, pitch = between(rng, 0.03, 0.2), between(rng, 2.05, 2.3)
    across = (x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / pitch)
    down = (y * np.cos(angle) - x * np.sin(angle)) * (2 * np.pi / pitch)
    strength = between(rng, 0.12, 0.2)
    waves = [1 + strength * (np.sin(across + phase) + 0.6 * np.sin(down)) for phase in (0, 2, 4)]
    seen = np.clip(picture * np.dstack(waves), 0, 255).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(seen, (0, 0), 0.7), np.uint8)
