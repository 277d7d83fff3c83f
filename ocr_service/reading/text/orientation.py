"""The direction of text, from the boxes around it."""

from __future__ import annotations

import cmath
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
        first, second, *_ = edges(box)
        short, long = sorted((first, second), key=abs)
        if abs(long) > _ELONGATED * abs(short):
            votes += long**2 / abs(long)
    return cmath.phase(votes) / 2


def aligned(box: Box, angle: float) -> Box:
    """Return the box with its corners in reading order, for text at ``angle`` radians.

    >>> box = np.array([[0, 0], [90, 0], [90, 10], [0, 10]], np.float32)
    >>> aligned(box, math.pi)[0].tolist()
    [90.0, 10.0]
    """
    level = cmath.rect(1, -angle)
    along = [(edge * level).real / max(abs(edge), 1e-6) for edge in edges(box)]
    first = along.index(max(along))
    return np.concatenate((box[first:], box[:first]))


def is_along(box: Box) -> bool:
    """Whether the text in an aligned box runs along the page, not across it.

    >>> is_along(np.array([[0, 0], [10, 0], [10, 90], [0, 90]], np.float32))
    False
    """
    return height(box) < 1.5 * length(box)


def corners(box: Box) -> list[complex]:
    """Return the corners as complex numbers, x + y·j: arrays of two numbers are much slower.

    >>> corners(np.array([[0, 0], [9, 0], [9, 1], [0, 1]], np.float32))
    [0j, (9+0j), (9+1j), 1j]
    """
    return [complex(x, y) for x, y in box.tolist()]


def edges(box: Box) -> list[complex]:
    """Return the edges from each corner to the next one.

    >>> edges(np.array([[0, 0], [9, 0], [9, 1], [0, 1]], np.float32))
    [(9+0j), 1j, (-9+0j), -1j]
    """
    found = corners(box)
    return [end - start for start, end in zip(found, found[1:] + found[:1], strict=True)]


def centre(box: Box) -> complex:
    """Return the centre of a box.

    >>> centre(np.array([[0, 0], [9, 0], [9, 1], [0, 1]], np.float32))
    (4.5+0.5j)
    """
    return sum(corners(box)) / len(box)


def length(box: Box) -> float:
    """Pixels along the first edge."""
    return math.dist(*box[:2].tolist())


def height(box: Box) -> float:
    """Pixels along the last edge."""
    return math.dist(*box[::3].tolist())


def is_below(box: Box, title: Box) -> bool:
    """Whether a box is below an aligned title, beside it, or at most its height above it.

    >>> title = np.array([[0, 20], [90, 20], [90, 30], [0, 30]], np.float32)
    >>> is_below(title + 40, title), is_below(title - 5, title), is_below(title - 15, title)
    (True, True, False)
    """
    down = -edges(title)[3]
    return ((centre(box) - centre(title)) * down.conjugate()).real > -(abs(down) ** 2)
