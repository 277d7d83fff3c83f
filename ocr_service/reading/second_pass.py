"""Second looks, for what the first one did not find."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import median

import numpy as np

from ocr_service.reading.fields.candidates import Candidate, ranked
from ocr_service.reading.fields.code import ALPHABET
from ocr_service.reading.fields.number import ELSEWHERE
from ocr_service.reading.text.engine import Box, Engine, Image, crop
from ocr_service.reading.text.lines import Line, grown, part
from ocr_service.reading.text.orientation import aligned, height, length
from ocr_service.reading.text.page import Page, complete, look, read

LARGER = 960  # pixels
ENLARGE = 1.5  # times, at most: more makes no details
# A label and its value, which starts after so many heights of the label, and is at most so long.
LABEL = re.compile(r"(代|号)[码碼][:：.]?")
VALUES = {
    "代": re.compile(r"[0-9A-Z]{12}(?![0-9A-Z])"),
    "号": re.compile(r"[0-9]{8}(?![0-9A-Z])"),
}
DIGIT = re.compile(r"\d")
BOTH = 18  # digits: about as many as code and number have together
LABEL_GAP, VALUE_LENGTH = 0.6, 10.0
SURE = 0.98  # what is surer is not read again
WIDER = 1.25  # digits are narrow, and the model knows Chinese characters best
GIBBERISH = 0.6  # lines of which half are less sure than this may stand on their heads
# Words of which a quota invoice has one at least; on other papers further looks are in vain.
HINTS = re.compile(r"定额|发票|票联|代码|号码|税务|税局|[壹贰伍拾佰仟] ?[元圆]|整$")


def looks(
    engine: Engine, image: Image, page: Page, *, angle: float | None = None
) -> Iterator[Page]:
    """Other looks at an image, the cheapest first; the last two take as long as the first one.

    `angle`: the direction of the text, where it is known.

    A larger image shows other details to the model. Without its colours, a red seal vanishes:
    and so do red digits, which is why that look is the last one.
    """
    if angle is None and is_gibberish(page):
        page = turned(engine, image, page)
        yield page
    if not any(HINTS.search(line.text) for line in page.lines):
        return
    page = with_values(engine, image, page)
    yield page
    for variant in (image, without_red(image)):
        seen = look(engine, variant, side=LARGER, enlarge=ENLARGE, angle=angle)
        yield complete(engine, variant, seen)


def with_values(engine: Engine, image: Image, page: Page) -> Page:
    """The page with what stands to the right of labels, where no box was found or a torn one."""
    labels = [
        (line, match)
        for line in page.lines
        if not ELSEWHERE.search(line.text)
        for match in LABEL.finditer(line.text)
        if not VALUES[match[1]].match(line.text, match.end())
    ]
    boxes = [value_box(line, match.end()) for line, match in labels]
    plain = read(engine, image, boxes, page.angle)
    # A seal makes 角 of 17; where only digits are allowed, it cannot.
    strict = [
        line
        for variant in (image, in_blue(image))
        for line in read(engine, variant, boxes, page.angle, alphabet=ALPHABET, stretch=WIDER)
    ]
    # A seal's text may tie code and number to one line, too long to be read well.
    long = [line.box for line in page.lines if len(DIGIT.findall(line.text)) > BOTH]
    plain += read(engine, image, long, page.angle, stretch=1.01)
    pieces = [line.span(*match.span()) for line, match in labels]
    return Page(page.lines + pieces + plain + strict, page.rest, page.angle)


def value_box(line: Line, end: int) -> Box:
    """The box to the right of a label that ends before character `end` of a line."""
    size = height(line.box) / max(length(line.box), 1e-6)
    start = line.places[end - 1] + LABEL_GAP * size
    return grown(part(line.box, start, start + VALUE_LENGTH * size), 0, 0.1 * height(line.box))


def closer(
    engine: Engine,
    image: Image,
    candidates: Sequence[Candidate],
    alphabet: str,
    spelled: Callable[[str], str],
) -> list[Candidate]:
    """The best of the candidates read again, if it is not sure: wider, without red, in blue.

    A seal over it, or a blur, makes each of these see something else; clear print does not.
    """
    best = next(iter(ranked(candidates)), None)
    if best is None or best.chance > SURE:
        return []
    box = grown(best.line.box, 0.1 * best.line.height, 0)
    seen = crop(image, box)
    crops = [seen, without_red(seen), in_blue(seen)]
    found = []
    for reading in engine.recognise(crops, alphabet=alphabet, stretch=WIDER):
        text = spelled(reading.text)
        if text:
            line = replace(best.line, text=text, chances=reading.chances, places=reading.places)
            found.append(Candidate(text, line, best.label, best.trust))
    return found


def is_gibberish(page: Page) -> bool:
    """Whether the text is hardly text, as if read upside down."""
    return bool(page.lines) and median(line.chance for line in page.lines) < GIBBERISH


def turned(engine: Engine, image: Image, page: Page) -> Page:
    """The page read the other way up."""
    angle = page.angle + math.pi
    boxes = [aligned(line.box, angle) for line in page.lines]
    return Page(read(engine, image, boxes, angle), [], angle)


def without_red(image: Image) -> Image:
    """Its red channel as a grey image: red ink is as bright there as the paper below it."""
    return np.repeat(image[:, :, :1], 3, axis=2)


def in_blue(image: Image) -> Image:
    """Its blue channel as a grey image: orange digits are black there, and darker than a seal."""
    return np.repeat(image[:, :, 2:], 3, axis=2)
