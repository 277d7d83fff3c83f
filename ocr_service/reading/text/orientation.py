"""The direction of text, from the boxes around it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Box = NDArray[np.float32]

_ELONGATED = 2.0  # minimum ratio of the sides of a box that shows the direction of its text


def slope(boxes: Sequence[Box]) -> float:
    """Return the direction of the lines of text, in radians, from -π/2 to π/2; 0 is level.

    The long edges of elongated boxes vote with their lengths. The start of a line is not known
    yet, so angles are doubled, which makes opposite directions equal.

    >>> level = np.array([[0, 0], [90, 0], [90, 10], [0, 10]], np.float32)
    >>> slope([level])
    0.0
    >>> round(slope([level[:, ::-1]]), 2)
    1.57
    """
    votes = 0j
    for box in boxes:
        long, short = sorted((box[1] - box[0], box[2] - box[1]), key=np.linalg.norm, reverse=True)
        length, height = float(np.linalg.norm(long)), float(np.linalg.norm(short))
        if length > _ELONGATED * height:
            votes += length * complex(float(long[0]), float(long[1])) ** 2 / length**2
    if not votes:
        return 0.0
    return math.atan2(votes.imag, votes.real) / 2


def aligned(box: Box, angle: float) -> Box:
    """Return the box with its corners in reading order, for text at ``angle`` radians.

    >>> box = np.array([[0, 0], [90, 0], [90, 10], [0, 10]], np.float32)
    >>> aligned(box, math.pi)[0].tolist()
    [90.0, 10.0]
    """
    direction = np.array([math.cos(angle), math.sin(angle)])
    edges = np.roll(box, -1, axis=0) - box
    along = edges @ direction / np.maximum(np.linalg.norm(edges, axis=1), 1e-6)
    return np.roll(box, -int(np.argmax(along)), axis=0)


def is_along(box: Box) -> bool:
    """Whether the text in an aligned box runs along the page, not across it.

    >>> is_along(np.array([[0, 0], [10, 0], [10, 90], [0, 90]], np.float32))
    False
    """
    return bool(np.linalg.norm(box[3] - box[0]) < 1.5 * np.linalg.norm(box[1] - box[0]))


def length(box: Box) -> float:
    """Pixels along the first edge."""
    return float(np.linalg.norm(box[1] - box[0]))


def height(box: Box) -> float:
    """Pixels along the last edge."""
    return float(np.linalg.norm(box[3] - box[0]))


def is_below(box: Box, title: Box) -> bool:
    """Whether a box is below an aligned title, beside it, or at most its height above it.

    >>> title = np.array([[0, 20], [90, 20], [90, 30], [0, 30]], np.float32)
    >>> is_below(title + 40, title), is_below(title - 5, title), is_below(title - 15, title)
    (True, True, False)
    """
    down = title[3] - title[0]
    return float((box.mean(axis=0) - title.mean(axis=0)) @ down) > -float(down @ down)
