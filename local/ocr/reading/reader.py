"""From an image to the fields of a quota invoice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.ocr.reading import place
from local.ocr.reading.engine import Engine, crop
from local.ocr.reading.fields import Field, QuotaInvoice
from local.ocr.reading.lines import grown
from local.ocr.reading.findings import findings
from local.ocr.reading.page import complete, look

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
        found = findings(page.lines)
        if not found.suffice:
            page = complete(self._engine, image, page)
            found = findings(page.lines)
        if not found.title:
            return None
        self.found = found
        self.page = page
        where = place.by_code(found.code.text) if found.code else ""
        where = where or place.by_title(found.title.text)
        height, width = image.shape[:2]
        return QuotaInvoice(
            field(found.code),
            field(found.number),
            field(found.words or found.figures),
            Field(where, 0.9 if where else 0.0),
            ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)),
        )

    def read_all(self, image: NDArray[np.uint8]) -> list[QuotaInvoice]:
        """Every quota invoice on an RGB image."""
        one = self.read(image)
        return [one] if one else []


def field(candidate: Candidate | None) -> Field:
    """The candidate as a field; an empty one without candidate."""
    return Field(candidate.text, candidate.chance) if candidate else Field()
