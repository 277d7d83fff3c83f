"""From an image to the fields of a quota invoice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.ocr.reading import amount, code, number, place
from local.ocr.reading.engine import Engine, crop
from local.ocr.reading.fields import Field, QuotaInvoice
from local.ocr.reading.lines import grown
from local.ocr.reading.page import look
from local.ocr.reading.title import is_title

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from local.ocr.reading.evidence import Candidate

SIDE = 736  # pixels; smaller ones lose numbers, larger ones lines under seals


class Reader:
    """Reads quota invoices. Takes a second or two to make; share one between threads."""

    def __init__(self, *, threads: int | None = None) -> None:
        self._engine = Engine(threads=threads)
        place.by_title("")  # the table of places is made on first use

    def read(self, image: NDArray[np.uint8]) -> QuotaInvoice | None:
        """The quota invoice on an RGB image; None when there is none on it."""
        page = look(self._engine, image, side=SIDE)
        titles = [line for line in page.lines if is_title(line.text)]
        if not titles:
            return None
        found_code = best(code.candidates(page.lines))
        found_number = best(number.candidates(page.lines))
        found_words = best(amount.words_candidates(page.lines))
        found_figures = best(amount.figures_candidates(page.lines))
        self.trace = [found_code, found_number, found_words, found_figures]
        self.page = page
        where = place.by_code(found_code.text) if found_code else ""
        where = where or place.by_title(titles[0].text)
        height, width = image.shape[:2]
        return QuotaInvoice(
            field(found_code),
            field(found_number),
            field(found_words or found_figures),
            Field(where, 0.9 if where else 0.0),
            ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)),
        )

    def read_all(self, image: NDArray[np.uint8]) -> list[QuotaInvoice]:
        """Every quota invoice on an RGB image."""
        one = self.read(image)
        return [one] if one else []


def best(candidates: list[Candidate]) -> Candidate | None:
    """The candidate with a label of its own, and of those the surest."""
    return max(candidates, key=lambda each: (each.label, each.chance), default=None)


def field(candidate: Candidate | None) -> Field:
    """The candidate as a field; an empty one without candidate."""
    return Field(candidate.text, candidate.chance) if candidate else Field()
