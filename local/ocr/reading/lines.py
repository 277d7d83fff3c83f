"""Lines of text: what they say and where they stand on the page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Box = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Line:
    """A line of text.

    `chances`: how sure each character is, 0 to 1; `places`: how far along the line, 0 to 1.
    `left`, `right`, `middle`, `height`: in pixels, on a page turned so that text runs level.
    `box`: its corners in reading order, in pixels of the image.
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
    def confidence(self) -> float:
        """The least sure character decides."""
        return min(self.chances, default=0.0)


def placed(box: Box, angle: float) -> tuple[float, float, float, float]:
    """`left`, `right`, `middle` and `height` of an aligned box, text running at `angle`."""
    turn = np.array(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]], np.float32
    )
    level = box @ turn
    height = float(np.linalg.norm(box[3] - box[0]) + np.linalg.norm(box[2] - box[1])) / 2
    return (
        float(level[:, 0].min()),
        float(level[:, 0].max()),
        float(level[:, 1].mean()),
        height,
    )


def joined(lines: Sequence[Line]) -> Line:
    """Pieces of one line as one line."""
    left, right = lines[0].left, lines[-1].right
    width = max(right - left, 1e-6)
    return Line(
        text="".join(line.text for line in lines),
        chances=tuple(chance for line in lines for chance in line.chances),
        places=tuple(
            (line.left - left + place * (line.right - line.left)) / width
            for line in lines
            for place in line.places
        ),
        left=left,
        right=right,
        middle=float(np.mean([line.middle for line in lines])),
        height=max(line.height for line in lines),
        box=np.array([lines[0].box[0], lines[-1].box[1], lines[-1].box[2], lines[0].box[3]]),
    )


def rows(lines: Iterable[Line], *, gap: float = 3.0) -> list[Line]:
    """Pieces that stand side by side, of like height and at most `gap` heights apart, joined."""
    waiting = sorted(lines, key=lambda line: line.left)
    found: list[list[Line]] = []
    for line in waiting:
        for row in found:
            last = row[-1]
            height = max(last.height, line.height)
            if (
                abs(last.middle - line.middle) < height / 2
                and min(last.height, line.height) > height / 2
                and -height / 2 < line.left - last.right < gap * height
            ):
                row.append(line)
                break
        else:
            found.append([line])
    return sorted((joined(row) for row in found), key=lambda line: line.middle)
