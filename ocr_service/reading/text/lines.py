"""Lines of text and their positions on the page."""

from __future__ import annotations

import cmath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from ocr_service.reading.text.orientation import Box, corners, edges

_VALUE = 6  # digits
_SAME_HEIGHT = 0.5  # minimum ratio of the heights of two pieces of one line


@dataclass(frozen=True, eq=False)
class Line:
    """A line of text, without its spaces.

    ``chances``, ``places``: the chance of each character, and its place along the line, 0 to 1.
    ``left``, ``right``, ``middle``, ``height``: in pixels of the page with level text.
    ``box``: the corners in reading order, in pixels of the image.
    """

    text: str
    chances: tuple[float, ...]
    places: tuple[float, ...]
    left: float
    right: float
    middle: float
    height: float
    box: Box

    @property
    def chance(self) -> float:
        """The chance of the least certain character."""
        return min(self.chances, default=0.0)

    @property
    def is_complete(self) -> bool:
        """Whether the line contains a value, so that it is not the label of another value."""
        return sum(character.isdigit() for character in self.text) >= _VALUE

    def span(self, start: int, end: int) -> Line:
        """Return the characters from ``start`` to ``end`` as a separate line."""
        step = 0.55 * self.height / max(self.right - self.left, 1e-6)
        first = max(0.0, self.places[start] - step)
        last = min(1.0, self.places[end - 1] + step)
        return replace(
            self,
            text=self.text[start:end],
            chances=self.chances[start:end],
            places=tuple((p - first) / (last - first) for p in self.places[start:end]),
            left=self.left + first * (self.right - self.left),
            right=self.left + last * (self.right - self.left),
            box=part(self.box, first, last),
        )


def part(box: Box, first: float, last: float) -> Box:
    """Return the part of a box between two shares of its length, which may be below 0 or above 1.

    >>> part(np.array([[0, 0], [10, 0], [10, 2], [0, 2]], np.float32), 0.5, 2)[:, 0].tolist()
    [5.0, 20.0, 20.0, 5.0]
    """
    top, bottom = box[1] - box[0], box[2] - box[3]
    upper = [box[0] + first * top, box[0] + last * top]
    return np.array([*upper, box[3] + last * bottom, box[3] + first * bottom], np.float32)


def expanded(box: Box, along: float, across: float) -> Box:
    """Return the box with ``along`` more pixels at each end, and ``across`` more above and below.

    >>> expanded(np.array([[0, 0], [10, 0], [10, 2], [0, 2]], np.float32), 3, 1).tolist()
    [[-3.0, -1.0], [13.0, -1.0], [13.0, 3.0], [-3.0, 3.0]]
    """
    right = box[1] - box[0]
    down = box[3] - box[0]
    right = right / max(float(np.linalg.norm(right)), 1e-6) * along
    down = down / max(float(np.linalg.norm(down)), 1e-6) * across
    moves = [-right - down, right - down, right + down, down - right]
    return np.asarray(box + np.array(moves), np.float32)


def level_position(box: Box, angle: float) -> tuple[float, float, float, float]:
    """``left``, ``right``, ``middle`` and ``height`` of an aligned box with text at ``angle``.

    >>> box = np.array([[0, 9], [0, 0], [2, 0], [2, 9]], np.float32)
    >>> [round(value) for value in level_position(box, -cmath.pi / 2)]
    [-9, 0, 1, 2]
    """
    turn = cmath.rect(1, -angle)
    level = [corner * turn for corner in corners(box)]
    across = [corner.real for corner in level]
    _, right, _, left = edges(box)
    middle = sum(corner.imag for corner in level) / len(level)
    return min(across), max(across), middle, (abs(right) + abs(left)) / 2


def side_by_side(one: Line, other: Line) -> bool:
    """Whether two lines are in one row and have similar heights."""
    low, high = sorted((one.height, other.height))
    return abs(one.middle - other.middle) < 0.6 * high and low > _SAME_HEIGHT * high


def joined(lines: Sequence[Line]) -> Line:
    """Pieces of one row as one line, with spaces for the gaps."""
    left, right = lines[0].left, max(line.right for line in lines)
    width = max(right - left, 1e-6)
    text, chances, places = "", [], []
    for before, line in zip([None, *lines], lines, strict=False):
        if before and line.left - before.right > 0.5 * line.height:
            text += " "
            chances.append(1.0)
            places.append((line.left - left) / width)
        text += line.text
        chances += line.chances
        places += [(line.left - left + p * (line.right - line.left)) / width for p in line.places]
    return Line(
        text=text,
        chances=tuple(chances),
        places=tuple(places),
        left=left,
        right=right,
        middle=fmean(line.middle for line in lines),
        height=max(line.height for line in lines),
        box=np.array([lines[0].box[0], lines[-1].box[1], lines[-1].box[2], lines[0].box[3]]),
    )


def rows(lines: Iterable[Line], *, gap: float) -> list[Line]:
    """Join pieces side by side, at most ``gap`` heights apart; return lines from top to bottom."""
    found: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.left):
        fitting = [
            row
            for row in found
            if side_by_side(row[-1], line)
            and -line.height / 2 < line.left - row[-1].right < gap * line.height
        ]
        if fitting:
            min(fitting, key=lambda row: abs(row[-1].middle - line.middle)).append(line)
        else:
            found.append([line])
    return sorted((joined(row) for row in found), key=lambda line: line.middle)


def text_left_of(value: Line, lines: Iterable[Line], *, reach: float = 12) -> str:
    """Return the text to the left of a value in its row, the nearest last: its label."""
    left = [
        line
        for line in lines
        if side_by_side(line, value)
        and not line.is_complete
        and line.right < value.left + value.height
        and value.left - line.right < reach * value.height
    ]
    return " ".join(line.text for line in sorted(left, key=lambda line: line.right))


def text_above(value: Line, lines: Iterable[Line]) -> str:
    """Return the text directly above a value: its label if there is none to the left."""
    over = [
        line
        for line in lines
        if not line.is_complete
        and 0.5 * value.height < value.middle - line.middle < 2.2 * value.height
        and line.left < value.right
        and line.right > value.left
    ]
    return " ".join(line.text for line in sorted(over, key=lambda line: line.middle))
