"""Second passes over an image, for fields that the first pass did not find or is not sure of."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import median

import numpy as np

from ocr_service.reading.fields.candidates import Candidate, ranked
from ocr_service.reading.fields.code import ALPHABET
from ocr_service.reading.fields.confidence import amount_field
from ocr_service.reading.fields.extraction import Extraction
from ocr_service.reading.fields.number import ELSEWHERE
from ocr_service.reading.text.engine import Engine, crop
from ocr_service.reading.text.lines import Line, expanded, part, side_by_side
from ocr_service.reading.text.network import Image
from ocr_service.reading.text.orientation import Box, height, length
from ocr_service.reading.text.page import (
    CLEAR,
    Page,
    detect,
    is_very_long,
    read_again,
    read_boxes,
    read_rest,
    read_unknown,
    turned,
    unclear,
)
from ocr_service.reading.text.recognition import EXACT, FULL, WIDE, Mode

_LARGER = 960  # pixels
_QUARTER = 0.55  # of each side: quarters overlap, so that few lines are cut
_ENLARGE = 1.5  # maximum factor: more adds no details
# A label, the distance to its value and the maximum length of the value, in heights of the label.
_LABEL = re.compile(r"(代|号)[码碼][:：.]?")
_LABEL_GAP, _VALUE_LENGTH = 0.6, 10.0
_VALUES = {
    "代": re.compile(r"[0-9A-Z]{12}(?![0-9A-Z])"),
    "号": re.compile(r"[0-9]{8}(?![0-9A-Z])"),
}
_DIGIT = re.compile(r"\d")
_BOTH = 18  # digits: about as many as code and number have together
_SURE = 0.99  # a candidate above this chance is not read again
_SURE_AMOUNT = 0.96  # confidence above which an amount is not read again: figures confirm it
_MONEY = re.compile("[元圆￥¥]")
_GIBBERISH = 0.6  # a lower median chance of the lines suggests upside-down text
# Each quota invoice has one of these words; second passes over other papers are useless.
_HINTS = re.compile(r"定额|发票|票联|代码|号码|税务|税局|[壹贰伍拾佰仟] ?[元圆]|整$")


def pages(
    engine: Engine, image: Image, page: Page, *, angle: float | None = None
) -> Iterator[Page]:
    """Further passes, the cheapest first; the last two read only text that is not clear yet.

    A larger image shows other details to the model. The red channel alone hides a red seal, but
    red digits as well, so it comes last.

    Args:
        engine: detects and recognizes text.
        image: the image.
        page: the result of the first pass.
        angle: the direction of the text, if known.
    """
    if angle is None and _is_gibberish(page):
        other = read_rest(engine, image, turned(page))
        yield other
        page = other if has_hints(other) else page
    page = read_again(engine, image, page, unclear(page))
    yield page
    if not has_hints(page):
        return
    yield _with_labelled_values(engine, image, page)
    known = page.lines
    for variant in (image, red_channel(image)):
        seen = detect(
            engine, variant, side=_LARGER, enlarge=_ENLARGE, angle=angle, towards=page.angle
        )
        lines = read_unknown(engine, variant, seen.unread, seen.angle, known, mode=FULL)
        known = known + lines
        yield replace(seen, lines=lines, unread=[])


def doubtful_lines(page: Page, own: Extraction) -> list[Line]:
    """Return the lines that may show another value when they are read again.

    They are those of the amount if it is not certain, and unclear ones above a value: of two
    papers, the upper one may have lost its value, so that the one below was taken.
    """
    amounts = [each.line for each in (*own.words, *own.figures)]
    digits = [each.line for each in (*own.codes, *own.numbers)]
    is_certain = amount_field(own).confidence > _SURE_AMOUNT

    def may_differ(line: Line) -> bool:
        if any(_overlap(line, value) for value in amounts):
            return not is_certain and line.chance < _SURE
        if line.chance > CLEAR or any(_overlap(line, value) for value in digits):
            return False
        if line.is_complete and not is_very_long(line.box):
            return any(_is_above(line, value) for value in digits)
        return bool(_MONEY.search(line.text)) and all(_is_above(line, value) for value in amounts)

    return [line for line in page.lines if may_differ(line)]


def _is_above(line: Line, value: Line) -> bool:
    return line.middle < value.middle - value.height / 2


def _overlap(one: Line, other: Line) -> bool:
    return side_by_side(one, other) and one.left < other.right and one.right > other.left


def boxes_of_quarters(engine: Engine, image: Image, side: int) -> list[Box]:
    """Return the boxes of text in the quarters of an image, each enlarged to ``side`` pixels."""
    found: list[Box] = []
    high, wide = (math.ceil(_QUARTER * pixels) for pixels in image.shape[:2])
    for left in (0, image.shape[1] - wide):
        for top in (0, image.shape[0] - high):
            quarter = np.ascontiguousarray(image[top : top + high, left : left + wide])
            corner = np.array([left, top], np.float32)
            boxes = engine.detect(quarter, side, in_halves=True)
            found += [box + corner for box in boxes]
    return found


def has_hints(page: Page) -> bool:
    """Whether a line has words of a quota invoice."""
    return any(_HINTS.search(line.text) for line in page.lines)


def _with_labelled_values(engine: Engine, image: Image, page: Page) -> Page:
    """Read the area right of each label that has no complete value."""
    labels = [
        (line, match)
        for line in page.lines
        if not ELSEWHERE.search(line.text)
        for match in _LABEL.finditer(line.text)
        if not _VALUES[match[1]].match(line.text, match.end())
    ]
    boxes = [_value_box(line, match.end()) for line, match in labels]
    plain = read_boxes(engine, image, boxes, page.angle, mode=FULL)
    # Under a seal, 17 may look like 角: an alphabet of digits prevents this.
    strict = [
        line
        for variant in (image, blue_channel(image))
        for line in read_boxes(engine, variant, boxes, page.angle, alphabet=ALPHABET, mode=WIDE)
    ]
    # The text of a seal may join code and number to one line, which is too long to be read well.
    long = [line.box for line in page.lines if len(_DIGIT.findall(line.text)) > _BOTH]
    plain += read_boxes(engine, image, long, page.angle, mode=EXACT)
    pieces = [line.span(*match.span()) for line, match in labels]
    return Page(page.lines + pieces + plain + strict, page.unread, page.angle)


def _value_box(line: Line, end: int) -> Box:
    """Return the box to the right of a label that ends before character ``end`` of a line."""
    size = height(line.box) / max(length(line.box), 1e-6)
    start = line.places[end - 1] + _LABEL_GAP * size
    box = part(line.box, start, start + _VALUE_LENGTH * size)
    return expanded(box, 0, 0.1 * height(line.box))


def reread(
    engine: Engine,
    image: Image,
    candidates: Sequence[Candidate],
    alphabet: str,
    spelled: Callable[[str], str],
) -> list[Candidate]:
    """Read the best candidate again if it is uncertain, with the better model.

    If that is uncertain too, it is read wider, in three colours. Readings of the image and of its
    red and blue channels differ for text under a seal or a blur, and agree for clear print.
    """
    if not candidates:
        return []
    best = ranked(candidates)[0]
    if best.chance > _SURE:
        return []
    # Each pass extracts the clear lines anew: only other chances show another reading.
    readings = {each.line.chances for each in candidates if each.line.box is best.line.box}
    if len(readings) > 1:
        return []  # it was read again before

    def read(crops: list[Image], mode: Mode) -> list[Candidate]:
        readings = engine.recognize(crops, alphabet=alphabet, mode=mode)
        return [
            Candidate(
                text,
                replace(best.line, text=text, chances=reading.chances, places=reading.places),
                best.label,
                best.trust,
            )
            for reading in readings
            if (text := spelled(reading.text))
        ]

    found = read([crop(image, best.line.box)], FULL)
    if any(each.chance > _SURE for each in found):
        return found
    seen = crop(image, expanded(best.line.box, 0.1 * best.line.height, 0))
    return found + read([seen, red_channel(seen), blue_channel(seen)], WIDE)


def _is_gibberish(page: Page) -> bool:
    """Whether the text makes little sense, as upside-down text does."""
    is_unlikely = bool(page.lines) and median(line.chance for line in page.lines) < _GIBBERISH
    return is_unlikely and not has_hints(page)


def red_channel(image: Image) -> Image:
    """Return the red channel as a grey image: red ink is as bright as paper."""
    return np.repeat(image[:, :, :1], 3, axis=2)


def blue_channel(image: Image) -> Image:
    """Return the blue channel as a grey image: orange digits are black, and darker than a seal."""
    return np.repeat(image[:, :, 2:], 3, axis=2)
