"""Which text to read next, so that few lines are read for all fields.

Reading takes most of the time, and half of all text is not in a field.
"""

from __future__ import annotations

from itertools import zip_longest

from ocr_service.reading.fields.extraction import Extraction
from ocr_service.reading.text.lines import Line, level_position
from ocr_service.reading.text.orientation import Box, centre, height, is_below, length
from ocr_service.reading.text.page import Page, is_very_long

_COUNT = 2  # boxes
_TALLER = 1.1  # times the height of a line, which varies by some percent from box to box
_ALIKE = 0.75  # of the larger height: lower text behind an amount in words is its figures
# The least height of figures, in heights of the words; their length, in heights of their own, from
# ￥5 to ￥: 10000.00元; and how far apart, in heights of the words, a row and the next one are.
_FIGURES, _FEW, _MANY, _ROW, _BELOW = 0.35, 1.5, 9.0, 0.6, 1.5
_REACH = 5.0  # heights between characters that belong together, as in ``amount``
# Least height and length of the same value on another paper, relative to the value that was read.
_WORDS, _DIGITS = (0.75, 0.5), (0.6, 0.9)


def next_boxes(own: Extraction, page: Page) -> list[Box]:
    """Return the few unread boxes to read next; none if reading can stop.

    While a field is missing, they are the boxes that probably contain it. After that, they are the
    boxes that may contain a part of a value, confirm it, or replace it.

    Args:
        own: the candidates on the invoice's paper.
        page: the page, with its unread boxes.
    """
    if not own.is_sufficient:
        return likely(page, is_amount_known=own.has_amount)[:_COUNT]
    words = [each.line for each in own.words]
    digits = [each.line for each in (*own.codes, *own.numbers)]
    sizes = [*((line, _WORDS) for line in words), *((line, _DIGITS) for line in digits)]
    found = [box for line in words for box in (*parts_of(page, line), *taller(page, line))]
    if not own.figures:
        found += [box for line in words for box in figures_of(page, line)]
    found += [
        box
        for line, size in sizes
        for title in own.titles
        for box in nearer(page, line, title, size)
    ]
    return _once(found)[:_COUNT]


def likely(page: Page, *, is_amount_known: bool) -> list[Box]:
    """Return the unread boxes in the order in which they probably contain the missing field.

    Code and number are long lines. If the amount is missing too, tall boxes and long boxes
    alternate.
    """
    possible = [box for box in page.unread if not is_very_long(box)]
    long = sorted(possible, key=length, reverse=True)
    if is_amount_known:
        mixed = [*long, *page.unread]
    else:
        mixed = [box for pair in zip_longest(page.unread, long) for box in pair if box is not None]
    return _once(mixed)


def parts_of(page: Page, line: Line) -> list[Box]:
    """Return the unread boxes that may contain the start or the end of this line.

    Without its start, 贰 拾 元 would be another amount, and so would 壹元 伍角 without its end.
    """

    def is_part(box: Box) -> bool:
        left, right, middle, high = level_position(box, page.angle)
        low, tall = sorted((high, line.height))
        if abs(middle - line.middle) > tall / 2:
            return False
        if tall / 2 < low and -tall < line.left - right < _REACH * tall:
            return True
        return _ALIKE * tall < low and 0 < left - line.right < _REACH * tall

    return [box for box in page.unread if is_part(box)]


def figures_of(page: Page, line: Line) -> list[Box]:
    """Return the unread boxes that may be the figures of this amount in words.

    They stand right of the words or else below them, and are often much lower. They may contradict
    the words, or show that these have lost a character.
    """
    beside, below = [], []
    for box in page.unread:
        left, right, middle, high = level_position(box, page.angle)
        if high < _FIGURES * line.height or not _FEW * high < right - left < _MANY * high:
            continue
        down = middle - line.middle
        if abs(down) < _ROW * line.height:
            if 0 < left - line.right < _REACH * line.height:
                beside.append(box)
        elif 0 < down < _BELOW * line.height and left < line.right and right > line.left:
            below.append(box)
    return beside or below


def taller(page: Page, line: Line) -> list[Box]:
    """Return the unread boxes taller than this amount: most amounts are the tallest print."""
    return [box for box in page.unread if height(box) > _TALLER * line.height]


def nearer(page: Page, line: Line, title: Line, size: tuple[float, float]) -> list[Box]:
    """Return the unread boxes that can be such a value, and are nearer below the title than it.

    Where one invoice lies on another, both may show a value, and the farther one is below.
    ``size``: the least height and length of a value, relative to this one.
    """

    def away(box: Box) -> float:
        return abs(centre(box) - centre(title.box))

    far = away(line.box)
    tall, long = size[0] * line.height, size[1] * length(line.box)
    return [
        box
        for box in page.unread
        if height(box) > tall
        and length(box) > long
        and away(box) < far
        and is_below(box, title.box)
    ]


def _once(boxes: list[Box]) -> list[Box]:
    """Return the boxes in their order, each at its first place only."""
    return list({id(box): box for box in boxes}.values())
