"""Reads the quota invoices on an image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ocr_service.reading import multi_invoice, second_pass, several_papers
from ocr_service.reading.fields import code, number, place
from ocr_service.reading.fields.confidence import to_invoice
from ocr_service.reading.fields.extraction import Extraction, extract
from ocr_service.reading.invoice import Corners, QuotaInvoice
from ocr_service.reading.multi_invoice import transformed
from ocr_service.reading.next_boxes import next_boxes
from ocr_service.reading.paper_edges import paper_on_image
from ocr_service.reading.text.engine import Engine, crop
from ocr_service.reading.text.lines import Line
from ocr_service.reading.text.network import Image
from ocr_service.reading.text.orientation import length
from ocr_service.reading.text.page import (
    CLEAR,
    FIRST,
    Page,
    as_corners,
    detect,
    is_upside_down,
    is_very_long,
    near,
    paper_corners,
    read_again,
    read_rest,
    read_some,
    text_area,
    text_share,
    turned,
)
from ocr_service.reading.text.reuse import moved
from ocr_service.reading.title_detection import completed, detect_boxes, detect_titles

_SMALL = 0.6  # of an image: a part with all of its text that is worth a look of its own
_SMALL_TITLE = 0.35  # of the longer side of an image
_SPARSE = 4  # boxes
_LARGE = 1200  # pixels: an image that shows more when it is enlarged
# Pixels for the first look. Smaller ones lose amounts and codes; larger ones take longer, and show
# the small text of an image that is not full of text.
_SIDE, _LARGER_SIDE = 544, 736
_FULL = 0.7  # of one side of an image


@dataclass(frozen=True)
class _Seen:
    """The titles on an image of several papers, and the lines that were read on it.

    ``others``: the titles of papers of other kinds.
    """

    titles: list[Line] = field(default_factory=list)
    others: list[Line] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


class Reader:
    """Reads quota invoices. Creation takes half a second; threads may share a reader."""

    def __init__(self, *, threads: int | None = None) -> None:
        self._engine = Engine(threads=threads)
        place.by_title("")  # builds the table of places, which is made on first use

    def read(self, image: Image) -> QuotaInvoice | None:
        """Return one quota invoice on an RGB image; None for an image without one.

        ``several_papers`` has the rule for an image of several papers.
        """
        found, page = self._extract(image)
        is_likely = several_papers.are_likely(page, found)
        title = found.title if found.is_invoice else None
        seen = self._seen(image, page.lines) if is_likely else _Seen()
        if len(seen.titles) > 1:
            return self._read_one_of(image, seen)
        found = found.nearest_to(title, seen.others) if title else found
        if seen.titles and not (title and several_papers.is_on_paper(found, title)):
            one = self._read_one(image, seen, seen.titles[0])
            return self._marked(one, image, page, seen) if any(one.fields) else None
        if found.title and _is_small(found.title, image) and not found.is_sufficient:
            seen = seen if is_likely else self._seen(image, page.lines)
            if seen.titles:
                return self._read_one_of(image, seen)
        if not title:
            return self._read_part(image, page)
        found = found.merged_with(self._reread(image, found))
        one = to_invoice(found, clipped(paper_corners(page, page.boxes), image))
        seen = replace(seen, titles=[title])
        one = self._marked(one, image, page, seen) if is_likely else one
        return one if any(one.fields) else None

    def read_all(self, image: Image) -> list[QuotaInvoice]:
        """Return the quota invoices on an RGB image, in reading order; some may lack fields."""
        boxes = detect_boxes(self._engine, image)
        seen = _Seen(*detect_titles(self._engine, image, boxes))
        titles = seen.titles
        if several_papers.are_too_many(titles):
            return []
        if len(titles) > 1 or (titles and multi_invoice.has_other_text(boxes, titles[0].box)):
            found = [self._read_one(image, seen, title) for title in titles]
            order = multi_invoice.reading_order([one.polygon for one in found])
            return [found[index] for index in order]
        # A single invoice, or an image where only a second pass can find one.
        one = self.read(image)
        return [one] if one else []

    def _read_part(self, image: Image, page: Page) -> QuotaInvoice | None:
        """Return the invoice on a small part of the image that has all of its text."""
        # Of an invoice that is very small, the first pass finds only the largest print.
        is_sparse = len(page.boxes) <= _SPARSE and max(image.shape) > _LARGE
        if is_sparse:
            boxes = second_pass.boxes_of_quarters(self._engine, image, _LARGER_SIDE)
            # Other boxes are the grain of a table, which looks like text when it is enlarged.
            page = replace(page, unread=near(boxes, page.boxes))
        left, top, right, bottom = text_area(page, image)
        is_small = max((right - left) / image.shape[1], (bottom - top) / image.shape[0]) < _SMALL
        if not (is_small and (is_sparse or second_pass.has_hints(page))):
            return None
        found = self.read(np.ascontiguousarray(image[top:bottom, left:right]))
        if not found:
            return None
        corner = np.array([left, top])
        return replace(found, polygon=as_corners(np.array(found.polygon) + corner))

    def _seen(self, image: Image, known: list[Line]) -> _Seen:
        boxes = detect_boxes(self._engine, image)
        return _Seen(*detect_titles(self._engine, image, boxes, known), known)

    def _read_one_of(self, image: Image, seen: _Seen) -> QuotaInvoice | None:
        """Return the first complete invoice with one of these titles, or else the fullest."""
        if several_papers.are_too_many(seen.titles):
            return None
        areas = [as_corners(multi_invoice.invoice_area(title.box)) for title in seen.titles]
        found: list[QuotaInvoice] = []
        for index in multi_invoice.reading_order(areas):
            found.append(self._read_one(image, seen, seen.titles[index]))
            if all(several_papers.fullest(found).fields) and several_papers.are_different(found):
                break  # further invoices would not change the result
        one = several_papers.fullest(found)
        if not any(one.fields):
            return None
        return several_papers.one_of_several(one) if several_papers.are_different(found) else one

    def _marked(self, one: QuotaInvoice, image: Image, page: Page, seen: _Seen) -> QuotaInvoice:
        """Return the invoice with the only title, doubtful if there is another without a title."""
        if seen.others:
            return one
        page = read_rest(self._engine, image, page)
        page = read_again(self._engine, image, page, [*filter(_lost_value, page.lines)])
        lines = page.lines
        has_other = several_papers.has_untitled_invoice(extract(lines), seen.titles[0], lines)
        return several_papers.one_of_several(one) if has_other else one

    def _read_one(self, image: Image, seen: _Seen, title: Line) -> QuotaInvoice:
        """Return the invoice with this title, on an image with more text than one invoice."""
        area = multi_invoice.invoice_area(title.box)
        part, matrix = crop(image, area), multi_invoice.crop_to_image(area)
        boxes = [each.box for each in (*seen.titles, *seen.others)]
        own, to_part = seen.titles.index(title), np.linalg.inv(matrix)
        known = [moved(each, transformed(each.box, to_part), 0.0) for each in seen.lines]

        def is_own(line: Line) -> bool:
            return multi_invoice.may_have_field(transformed(line.box, matrix), boxes, own)

        found, page = self._extract(part, known, is_own=is_own)
        on_part = transformed(title.box, to_part)
        same = (line for line in found.titles if multi_invoice.is_same_line(line.box, on_part))
        line = next(same, replace(title, box=on_part))
        anchors = [line.box]
        if replace(found, titles=[line]).is_invoice:
            found = found.nearest_to(line)
            found = found.merged_with(self._reread(part, found))
            fields = (found.codes, found.numbers, found.words, found.figures)
            anchors += [each.line.box for field in fields for each in field]
        else:
            found = Extraction()
        near = [
            box
            for box in multi_invoice.boxes_near(page.boxes, anchors)
            if multi_invoice.nearest_title(transformed(box, matrix), boxes) == own
        ]
        paper = paper_on_image(image, area, on_part, [*near, *anchors])
        return to_invoice(found, clipped(as_corners(paper), image))

    def _extract(
        self,
        image: Image,
        known: Sequence[Line] = (),
        *,
        is_own: Callable[[Line], bool] | None = None,
    ) -> tuple[Extraction, Page]:
        """Extract the fields; text is read, and passes are added, until every field is found.

        Args:
            image: the whole image, or a crop of it with level text.
            known: lines on a crop that were read on the whole image.
            is_own: whether a line on a crop may belong to this invoice.
        """

        def extracted(lines: list[Line]) -> Extraction:
            if is_own:
                lines = [line for line in multi_invoice.uncut(lines, image.shape) if is_own(line)]
            return extract(lines)

        angle = 0.0 if is_own else None
        seen = detect(self._engine, image, side=_SIDE, angle=angle, is_quick=True)
        seen = self._upright(image, seen) if angle is None else seen
        found, page = self._first_pass(image, seen, known, extracted)
        if not _is_enough(found) and angle is None and text_share(page, image) < _FULL:
            seen = detect(self._engine, image, side=_LARGER_SIDE, towards=page.angle)
            found, page = self._first_pass(image, seen, page.lines, extracted)
        if _is_enough(found):
            return found, page
        if not is_own and (found.is_other_paper or _is_small(found.title, image)):
            return found, page
        for other in second_pass.pages(self._engine, image, page, angle=angle):
            found = found.merged_with(extracted(other.lines))
            if found.of_one_paper().is_sufficient:
                break
        return found, page

    def _upright(self, image: Image, page: Page) -> Page:
        """Read the first lines of a page, and turn it if these are upside down.

        A page with words of an invoice is upright. The direction model judges only other pages.
        """
        first = read_some(self._engine, image, page, page.unread[:FIRST])
        if second_pass.has_hints(first) or not is_upside_down(self._engine, image, page):
            return first
        return turned(page)

    def _first_pass(
        self,
        image: Image,
        page: Page,
        known: Sequence[Line],
        extracted: Callable[[list[Line]], Extraction],
    ) -> tuple[Extraction, Page]:
        """Read the text of a page that may have a field, until every field is found."""
        if not page.lines:
            page = read_some(self._engine, image, page, page.unread[:FIRST], known)
        found, again = extracted(page.lines), Extraction()
        if not (found.codes and found.numbers):
            page = read_again(self._engine, image, page, [*filter(_lost_value, page.lines)])
            found = extracted(page.lines)
        while True:
            own = found.of_one_paper()
            if own.is_complete and not (own.is_sufficient or again.codes or again.numbers):
                again = self._reread(image, own)
                found = found.merged_with(again)
                own = found.of_one_paper()
            boxes = next_boxes(own, page)
            if not boxes:
                break
            page = read_some(self._engine, image, page, boxes, known)
            found = extracted(page.lines).merged_with(again)
        if lines := second_pass.doubtful_lines(page, own):
            page = read_again(self._engine, image, page, lines)
            found = extracted(page.lines).merged_with(again)
        return found, page

    def _reread(self, image: Image, found: Extraction) -> Extraction:
        """Return further readings of an uncertain code or number."""
        engine = self._engine
        codes = second_pass.reread(engine, image, found.codes, code.ALPHABET, code.spelled)
        numbers = second_pass.reread(engine, image, found.numbers, number.ALPHABET, number.spelled)
        return Extraction(codes=codes, numbers=numbers)


def _is_enough(found: Extraction) -> bool:
    """Whether further passes would not change the result."""
    own = found.of_one_paper()
    return own.is_sufficient or own.is_sufficient_without_words


def _lost_value(line: Line) -> bool:
    """Whether a line of digits has no clear code or number, as one that lacks a digit."""
    if not line.is_complete or is_very_long(line.box):
        return False
    found = extract([line])
    return all(each.chance < CLEAR for each in (*found.codes, *found.numbers))


def _is_small(title: Line | None, image: Image) -> bool:
    """Whether the fields of this invoice can be too small for passes over the whole image."""
    return bool(title and length(completed(title)) < _SMALL_TITLE * max(image.shape[:2]))


def clipped(polygon: Corners, image: Image) -> Corners:
    """Return the polygon, with corners outside of the image moved to its edge.

    >>> clipped(((-2, 3), (30, 3), (30, 9), (-2, 9)), np.zeros((10, 20, 3), np.uint8))
    ((0.0, 3.0), (19.0, 3.0), (19.0, 9.0), (0.0, 9.0))
    """
    height, width = image.shape[:2]
    return as_corners(np.clip(np.array(polygon, np.float64), 0, [width - 1, height - 1]))
