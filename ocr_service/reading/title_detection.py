"""Finds the titles of all quota invoices on an image, in any position and direction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import mean

import numpy as np

from ocr_service.reading import multi_invoice
from ocr_service.reading.fields import code
from ocr_service.reading.fields.title import is_other_title, is_title
from ocr_service.reading.second_pass import red_channel
from ocr_service.reading.text.engine import Engine, crop
from ocr_service.reading.text.lines import Line, part
from ocr_service.reading.text.network import Image
from ocr_service.reading.text.orientation import Box, aligned, height, is_along, length, slope
from ocr_service.reading.text.page import read_boxes
from ocr_service.reading.text.reuse import known_line, moved

_SIDE = 1280  # pixels; at this size the titles of six invoices on a sheet are found
_TITLE_LIKE = 3.0  # minimum ratio of length to height of a title, or of a half of one
_MAX_LINES = 60  # only the longest lines are read
_EVEN = 0.5  # chance
_LEGIBLE = 0.7  # minimum mean chance of the characters of an upright line
_SHORTEST, _USUAL = 9, 13  # characters of a title
_PIECES_APART = 3.0  # heights at most between two pieces of a title
_ALIKE = 0.5  # minimum ratio of their heights
# The position of the title relative to a label 发票代码: heights of the label aside, up and down.
_ASIDE, _UP, _DOWN = 38.0, 16.0, 6.0
_LARGER, _ENLARGE = 960, 1.5  # size at which this area is detected
_MAX_HIDDEN = 12


def detect_boxes(engine: Engine, image: Image) -> list[Box]:
    """Return the boxes of text, each aligned with its own text or upside down."""
    boxes = engine.detect(image, _SIDE, in_halves=True)
    return [aligned(box, slope([box])) for box in boxes]


def detect_titles(
    engine: Engine, image: Image, boxes: Sequence[Box], known: Sequence[Line] = ()
) -> tuple[list[Line], list[Line]]:
    """Return the titles of all quota invoices, and those of papers of other kinds.

    The box of each is aligned with its own text. A title that a seal hides is searched above a
    label 发票代码 without a title. ``known``: lines of another pass.
    """
    lines = _read_upright(engine, image, boxes, known)
    found = _select_titles(lines)
    others = [line for line in lines if is_other_title(line.text)]
    labels = [line for line in lines if code.is_label(line.text)]
    for label in labels[:_MAX_HIDDEN]:
        titles = [title.box for title in (*found, *others)]
        if not titles or multi_invoice.nearest_title(label.box, titles) < 0:
            found += next(_hidden_titles(engine, image, label.box, found), [])
    return found, others


def _select_titles(lines: Sequence[Line]) -> list[Line]:
    return [
        replace(line, box=completed(with_start(line, lines)))
        for line in lines
        if is_title(line.text)
    ]


def with_start(title: Line, lines: Sequence[Line]) -> Line:
    """Return the title together with its first half, if a seal made that a line of its own."""
    high = height(title.box)
    along = (title.box[1] - title.box[0]) / max(length(title.box), 1e-6)
    for other in lines:
        # The title itself may be among the lines, read upside down.
        is_same_way = np.dot(other.box[1] - other.box[0], along) > 0
        is_as_high = _ALIKE * high < height(other.box) < high / _ALIKE
        apart = (title.box[[0, 3]] - other.box[[1, 2]]).mean(axis=0)
        gap, aside = float(np.dot(apart, along)), float(np.dot(apart, [-along[1], along[0]]))
        is_before = -high < gap < _PIECES_APART * high and abs(aside) < high / 2
        if is_same_way and is_as_high and is_before:
            box = np.array([other.box[0], title.box[1], title.box[2], other.box[3]], np.float32)
            return replace(title, text=other.text + title.text, box=box)
    return title


def _read_upright(
    engine: Engine, image: Image, boxes: Sequence[Box], known: Sequence[Line]
) -> list[Line]:
    """Read the longest lines, each one upright; clear ones that are known are not read again."""
    long = [box for box in boxes if is_along(box) and length(box) > _TITLE_LIKE * height(box)]
    long = sorted(long, key=length, reverse=True)[:_MAX_LINES]
    matches = [
        (box, known_line(box, known) or known_line(np.roll(box, 2, axis=0), known)) for box in long
    ]
    kept = [moved(line, line.box, 0.0) for _, line in matches if line]
    long = [box for box, line in matches if not line]
    if not long:
        return kept
    down = engine.upside_down([crop(image, box) for box in long])
    upright = [
        np.roll(box, 2, axis=0) if chance > _EVEN else box
        for box, chance in zip(long, down, strict=True)
    ]
    lines = read_boxes(engine, image, upright, 0.0)
    # The direction of a single line is not certain.
    doubtful = [np.roll(line.box, 2, axis=0) for line in lines if mean(line.chances) < _LEGIBLE]
    return kept + lines + read_boxes(engine, image, doubtful, 0.0)


def _hidden_titles(
    engine: Engine, image: Image, label: Box, known: Sequence[Line]
) -> Iterator[list[Line]]:
    """Titles above a label that only an enlarged crop shows, without the known ones."""
    down = label[3] - label[0]
    along = (label[1] - label[0]) / max(length(label), 1e-6) * height(label)
    corners = ((-_ASIDE, -_UP), (_ASIDE, -_UP), (_ASIDE, _DOWN), (-_ASIDE, _DOWN))
    area = np.array([label[0] + u * along + v * down for u, v in corners], np.float32)
    seen, matrix = crop(image, area), multi_invoice.crop_to_image(area)
    for variant in (seen, red_channel(seen)):
        level = [aligned(box, 0.0) for box in engine.detect(variant, _LARGER, enlarge=_ENLARGE)]
        long = [box for box in level if length(box) > _TITLE_LIKE * height(box)]
        for title in _select_titles(read_boxes(engine, variant, long, 0.0)):
            found = replace(title, box=multi_invoice.transformed(title.box, matrix))
            is_known = any(multi_invoice.is_same_line(found.box, other.box) for other in known)
            if not is_known and multi_invoice.nearest_title(label, [found.box]) == 0:
                yield [found]


def completed(title: Line) -> Box:
    """Return the box of a whole title, for one that a seal cuts in two: 定额 is in the right half.

    >>> box = np.array([[90, 0], [150, 0], [150, 10], [90, 10]], np.float32)
    >>> half = Line("通用定额发票", (), (), 90, 150, 5, 10, box)
    >>> completed(half)[:, 0].round().tolist()
    [20.0, 150.0, 150.0, 20.0]
    """
    characters = length(title.box) / max(height(title.box), 1e-6)
    if characters >= _SHORTEST or len(title.text) >= _USUAL:
        return title.box
    return part(title.box, 1 - _USUAL / characters, 1)
