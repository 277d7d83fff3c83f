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
        first, second, *_ = _edges(box)
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
    along = [(edge * level).real / max(abs(edge), 1e-6) for edge in _edges(box)]
    first = along.index(max(along))
    return np.concatenate((box[first:], box[:first]))


def is_along(box: Box) -> bool:
    """Whether the text in an aligned box runs along the page, not across it.

    >>> is_along(np.array([[0, 0], [10, 0], [10, 90], [0, 90]], np.float32))
    False
    """
    return height(box) < 1.5 * length(box)


def length(box: Box) -> float:
    """Pixels along the first edge."""
    return math.dist(*box[:2].tolist())


def height(box: Box) -> float:
    """Pixels along the last edge."""
    return math.dist(*box[::3].tolist())


def _edges(box: Box) -> list[complex]:
    """Return the four edges as complex numbers: these are quicker than arrays of two numbers."""
    corners = [complex(x, y) for x, y in box.tolist()]
    return [end - start for start, end in zip(corners, corners[1:] + corners[:1], strict=True)]


def is_below(box: Box, title: Box) -> bool:
    """Whether a box is below an aligned title, beside it, or at most its height above it.

    >>> title = np.array([[0, 20], [90, 20], [90, 30], [0, 30]], np.float32)
    >>> is_below(title + 40, title), is_below(title - 5, title), is_below(title - 15, title)
    (True, True, False)
    """
    down = title[3] - title[0]
    return float((box.mean(axis=0) - title.mean(axis=0)) @ down) > -float(down @ down)
