"""Uses the lines of one pass again in the next: reading takes most of the time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ocr_service.reading.text.lines import Line, level_position
from ocr_service.reading.text.orientation import Box, height

_CLEAR = 0.95  # minimum chance of every character of a line that is not read again
_SAME = 0.35  # heights between the corners of two boxes around the same text


def known_line(box: Box, known: Iterable[Line]) -> Line | None:
    """Return the clear line that fills this box in its direction; None if there is none.

    >>> box = np.array([[0, 0], [90, 0], [90, 10], [0, 10]], np.float32)
    >>> line = Line("定额", (0.99, 0.97), (0.2, 0.8), 0, 90, 5, 10, box)
    >>> known_line(box + 2, [line]).text, known_line(np.roll(box, 2, axis=0), [line])
    ('定额', None)
    """
    near = _SAME * height(box)
    for line in known:
        if line.chance > _CLEAR and float(np.abs(line.box - box).max()) < near:
            return line
    return None


def moved(line: Line, box: Box, angle: float) -> Line:
    """Return the line in another box, of a page with text at ``angle`` radians."""
    left, right, middle, high = level_position(box, angle)
    return replace(line, left=left, right=right, middle=middle, height=high, box=box)
