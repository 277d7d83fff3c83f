"""The titles of all quota invoices on an image, wherever they lie and however they are turned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import mean

import numpy as np

from ocr_service.reading import multi_invoice
from ocr_service.reading.fields import code
from ocr_service.reading.fields.title import is_title
from ocr_service.reading.second_pass import without_red
from ocr_service.reading.text.engine import Box, Engine, Image, crop
from ocr_service.reading.text.lines import Line, part
from ocr_service.reading.text.orientation import aligned, height, is_along, length, slope
from ocr_service.reading.text.page import read

SIDE = 1280  # pixels; at this size the titles of six invoices on a sheet are found
TITLE_LIKE = 3.0  # a title, or a half of one, is this many times as long as high
MOST = 60  # of the longest lines are looked at
EVEN = 0.5  # chance
LEGIBLE = 0.7  # mean chance of the characters of a line that stands upright
SHORTEST, USUAL = 9.0, 13.0  # characters of a title
# Where the title is, from a label 发票代码 without one: heights of the label aside, up and down.
ASIDE, UP, DOWN = 38.0, 16.0, 6.0
LARGER, ENLARGE = 960, 1.5  # how that part is seen
MOST_HIDDEN = 12


def boxes(engine: Engine, image: Image) -> list[Box]:
    """Where there is text, each box turned as its own text runs, or the other way up."""
    return [aligned(box, slope([box])) for box in engine.detect(image, SIDE)]


def titles(engine: Engine, image: Image, boxes: Sequence[Box]) -> list[Line]:
    """The titles of all quota invoices, each with its box turned as its own text runs.

    A title that a seal has hidden is looked for above the label 发票代码 that has none.
    """
    lines = _upright(engine, image, boxes)
    found = _titles(lines)
    labels = [line for line in lines if code.is_label(line.text)]
    for label in labels[:MOST_HIDDEN]:
        if not found or multi_invoice.owner(label.box, [title.box for title in found]) < 0:
            found += next(_hidden(engine, image, label.box, found), [])
    return found


def _titles(lines: Sequence[Line]) -> list[Line]:
    return [replace(line, box=whole(line.box)) for line in lines if is_title(line.text)]


def _upright(engine: Engine, image: Image, boxes: Sequence[Box]) -> list[Line]:
    """The longest lines, each read the way up that it stands."""
    long = [box for box in boxes if is_along(box) and length(box) > TITLE_LIKE * height(box)]
    long = sorted(long, key=length, reverse=True)[:MOST]
    if not long:
        return []
    down = engine.upside_down([crop(image, box) for box in long])
    upright = [
        np.roll(box, 2, axis=0) if chance > EVEN else box
        for box, chance in zip(long, down, strict=True)
    ]
    lines = read(engine, image, upright, 0.0)
    # A single line's direction is not sure.
    doubtful = [np.roll(line.box, 2, axis=0) for line in lines if mean(line.chances) < LEGIBLE]
    return lines + read(engine, image, doubtful, 0.0)


def _hidden(
    engine: Engine, image: Image, label: Box, known: Sequence[Line]
) -> Iterator[list[Line]]:
    """A title that is found on a closer look above a label, and was not known."""
    down = label[3] - label[0]
    along = (label[1] - label[0]) / max(length(label), 1e-6) * height(label)
    corners = ((-ASIDE, -UP), (ASIDE, -UP), (ASIDE, DOWN), (-ASIDE, DOWN))
    area = np.array([label[0] + u * along + v * down for u, v in corners], np.float32)
    seen, matrix = crop(image, area), multi_invoice.within(area)
    for variant in (seen, without_red(seen)):
        level = [aligned(box, 0.0) for box in engine.detect(variant, LARGER, enlarge=ENLARGE)]
        long = [box for box in level if length(box) > TITLE_LIKE * height(box)]
        for title in _titles(read(engine, variant, long, 0.0)):
            found = replace(title, box=multi_invoice.moved(title.box, matrix))
            is_known = any(multi_invoice.is_same(found.box, other.box) for other in known)
            if not is_known and multi_invoice.owner(label, [found.box]) == 0:
                yield [found]


def whole(title: Box) -> Box:
    """The box of a title that a seal has cut in two, with its other half: 定额 is in the last one.

    >>> half = np.array([[90, 0], [150, 0], [150, 10], [90, 10]], np.float32)
    >>> whole(half)[:, 0].round().tolist()
    [20.0, 150.0, 150.0, 20.0]
    """
    characters = length(title) / max(height(title), 1e-6)
    return part(title, 1 - USUAL / characters, 1) if characters < SHORTEST else title
