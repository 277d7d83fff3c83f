"""From an image to the fields of a quota invoice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from local.ocr.reading import again, code, confidence, number, place, several
from local.ocr.reading.engine import Engine, crop
from local.ocr.reading.fields import Corners, QuotaInvoice
from local.ocr.reading.findings import Findings, findings
from local.ocr.reading.page import Page, is_torn, look, outline, waves

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local.ocr.reading.lines import Line

SIDE = 736  # pixels; smaller ones lose numbers, larger ones lines under seals


class Reader:
    """Reads quota invoices. Takes a second or two to make; share one between threads."""

    def __init__(self, *, threads: int | None = None) -> None:
        self._engine = Engine(threads=threads)
        place.by_title("")  # the table of places is made on first use

    def read(self, image: NDArray[np.uint8]) -> QuotaInvoice | None:
        """The quota invoice on an RGB image; None when there is none on it."""
        found, page = self._look(image)
        if not found.title:
            return None
        found = self._verified(image, found.beside(found.title))
        return invoice(found, outline(page, page.boxes))

    def read_all(self, image: NDArray[np.uint8]) -> list[QuotaInvoice]:
        """Every quota invoice on an RGB image, in reading order of their titles."""
        titles = several.titles(self._engine, image)
        if len(titles) < 2:  # noqa: PLR2004 - one, or one that only further looks will find
            one = self.read(image)
            return [one] if one else []
        return [self._read_one(image, titles, title) for title in titles]

    def _read_one(self, image: NDArray[np.uint8], titles: list[Line], title: Line) -> QuotaInvoice:
        """The invoice with that title, which is one of several on the image."""
        area = several.area(title.box)
        part, matrix = crop(image, area), several.within(area)
        found, page = self._look(part, angle=0.0)
        there = several.moved(title.box, np.linalg.inv(matrix))
        seen = (line for line in found.titles if several.is_same(line.box, there))
        line = next(seen, replace(title, box=there))
        others = [each.box for each in titles]
        own = [
            box
            for box in page.boxes
            if several.owner(several.moved(box, matrix), others) == titles.index(title)
        ]
        corners = np.array(outline(page, [*own, there]), np.float32)
        (a, b), (c, d), (e, f), (g, h) = several.moved(corners, matrix).tolist()
        found = self._verified(part, found.beside(line))
        return invoice(found, ((a, b), (c, d), (e, f), (g, h)))

    def _look(
        self, image: NDArray[np.uint8], *, angle: float | None = None
    ) -> tuple[Findings, Page]:
        """What is found on the image, looking until every field is found.

        `angle`: of the text on the crop of a larger image.
        """

        def rules(lines: list[Line]) -> Findings:
            return findings(lines if angle is None else several.inside(lines, image.shape))

        page, found = look(self._engine, image, side=SIDE, angle=angle), Findings()
        for seen in waves(self._engine, image, page):
            page, found = seen, rules(seen.lines)
            if found.suffice and not any(is_torn(page, each.line) for each in found.words):
                return found, page
        if found.suffice or found.suffice_without_words:
            return found, page
        for other in again.looks(self._engine, image, page, angle=angle):
            found = found.with_(rules(other.lines))
            if found.suffice:
                break
        return found, page

    def _verified(self, image: NDArray[np.uint8], found: Findings) -> Findings:
        """The findings with further readings of a code or number that is not sure."""
        codes = again.closer(self._engine, image, found.codes, code.ALPHABET, code.spelled)
        numbers = again.closer(self._engine, image, found.numbers, number.ALPHABET, number.spelled)
        return found.with_(Findings(codes=codes, numbers=numbers))


def invoice(found: Findings, polygon: Corners) -> QuotaInvoice:
    """The conclusion from what was found."""
    code_ = confidence.code_field(found)
    return QuotaInvoice(
        code_,
        confidence.settled(found.numbers),
        confidence.amount_field(found),
        confidence.location_field(found, code_),
        polygon,
    )
