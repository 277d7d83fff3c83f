"""From an image to the fields of a quota invoice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ocr_service.reading import multi_invoice, second_pass, title_detection
from ocr_service.reading.fields import code, confidence, number, place
from ocr_service.reading.fields.extraction import Findings, findings
from ocr_service.reading.invoice import Corners, QuotaInvoice
from ocr_service.reading.text.engine import Box, Engine, crop
from ocr_service.reading.text.lines import Line
from ocr_service.reading.text.page import Page, is_torn, look, outline, waves

SIDE = 736  # pixels; smaller ones lose numbers, larger ones lines under seals


class Reader:
    """Reads quota invoices. Takes a second or two to make; share one between threads."""

    def __init__(self, *, threads: int | None = None) -> None:
        self._engine = Engine(threads=threads)
        place.by_title("")  # the table of places is made on first use

    def read(self, image: NDArray[np.uint8]) -> QuotaInvoice | None:
        """The quota invoice on an RGB image; None when there is none on it."""
        found, page = self._look(image)
        if not found.title or not found.is_invoice:
            return None
        found = self._verified(image, found.beside(found.title))
        return invoice(found, clipped(outline(page, page.boxes), image))

    def read_all(self, image: NDArray[np.uint8]) -> list[QuotaInvoice]:
        """Every quota invoice on an RGB image, in reading order; without fields if unreadable."""
        boxes = title_detection.boxes(self._engine, image)
        titles = title_detection.titles(self._engine, image, boxes)
        if not titles or (len(titles) == 1 and not multi_invoice.has_others(boxes, titles[0].box)):
            # It is alone, or only further looks will find one.
            one = self.read(image)
            return [one] if one else []
        found = [self._read_one(image, titles, title) for title in titles]
        return [
            found[index] for index in multi_invoice.in_reading_order([one.polygon for one in found])
        ]

    def _read_one(self, image: NDArray[np.uint8], titles: list[Line], title: Line) -> QuotaInvoice:
        """The invoice with that title, which is not all that is on the image."""
        area = multi_invoice.area(title.box)
        part, matrix = crop(image, area), multi_invoice.within(area)
        others, own = [each.box for each in titles], titles.index(title)

        def is_own(line: Line) -> bool:
            return not multi_invoice.is_foreign(multi_invoice.moved(line.box, matrix), others, own)

        found, page = self._look(part, angle=0.0, is_own=is_own)
        there = multi_invoice.moved(title.box, np.linalg.inv(matrix))
        seen = (line for line in found.titles if multi_invoice.is_same(line.box, there))
        line = next(seen, replace(title, box=there))
        if not replace(found, titles=[line]).is_invoice:
            return invoice(Findings(), self._place(page, [there], matrix, image))
        found = self._verified(part, found.beside(line))
        fields = (found.codes, found.numbers, found.words, found.figures)
        anchors = [there, *(each.line.box for field in fields for each in field)]
        return invoice(found, self._place(page, anchors, matrix, image))

    @staticmethod
    def _place(
        page: Page, anchors: list[Box], matrix: NDArray[np.float32], image: NDArray[np.uint8]
    ) -> Corners:
        """The corners, on the image, of the paper that holds what was found on its crop."""
        near = multi_invoice.near(page.boxes, anchors)
        corners = np.array(outline(page, [*near, *anchors]), np.float32)
        (a, b), (c, d), (e, f), (g, h) = multi_invoice.moved(corners, matrix).tolist()
        return clipped(((a, b), (c, d), (e, f), (g, h)), image)

    def _look(
        self,
        image: NDArray[np.uint8],
        *,
        angle: float | None = None,
        is_own: Callable[[Line], bool] | None = None,
    ) -> tuple[Findings, Page]:
        """What is found on the image, looking until every field is found.

        `angle`: of the text on the crop of a larger image; `is_own`: whether a line there is not
        another paper's.
        """

        def rules(lines: list[Line]) -> Findings:
            if is_own is None:
                return findings(lines)
            return findings(
                [line for line in multi_invoice.inside(lines, image.shape) if is_own(line)]
            )

        page, found = look(self._engine, image, side=SIDE, angle=angle), Findings()
        for seen in waves(self._engine, image, page):
            page, found = seen, rules(seen.lines)
            if found.suffice and not any(is_torn(page, each.line) for each in found.words):
                return found, page
        if found.suffice or found.suffice_without_words:
            return found, page
        for other in second_pass.looks(self._engine, image, page, angle=angle):
            found = found.with_(rules(other.lines))
            if found.suffice:
                break
        return found, page

    def _verified(self, image: NDArray[np.uint8], found: Findings) -> Findings:
        """The findings with further readings of a code or number that is not sure."""
        codes = second_pass.closer(self._engine, image, found.codes, code.ALPHABET, code.spelled)
        numbers = second_pass.closer(
            self._engine, image, found.numbers, number.ALPHABET, number.spelled
        )
        return found.with_(Findings(codes=codes, numbers=numbers))


def invoice(found: Findings, polygon: Corners) -> QuotaInvoice:
    """The conclusion from what was found."""
    code_ = confidence.code_field(found)
    return QuotaInvoice(
        code_,
        confidence.number_field(found),
        confidence.amount_field(found),
        confidence.location_field(found, code_),
        polygon,
    )


def clipped(polygon: Corners, image: NDArray[np.uint8]) -> Corners:
    """The polygon's corners, on the image.

    >>> clipped(((-2, 3), (30, 3), (30, 9), (-2, 9)), np.zeros((10, 20, 3), np.uint8))
    ((0.0, 3.0), (19.0, 3.0), (19.0, 9.0), (0.0, 9.0))
    """
    height, width = image.shape[:2]
    corners = np.clip(np.array(polygon, np.float64), 0, [width - 1, height - 1])
    (a, b), (c, d), (e, f), (g, h) = corners.tolist()
    return (a, b), (c, d), (e, f), (g, h)
