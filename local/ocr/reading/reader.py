"""From an image to the fields of a quota invoice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.ocr.reading import again, code, confidence, number, place
from local.ocr.reading.engine import Engine
from local.ocr.reading.fields import QuotaInvoice
from local.ocr.reading.findings import Findings, findings
from local.ocr.reading.page import look, waves

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 736  # pixels; smaller ones lose numbers, larger ones lines under seals


class Reader:
    """Reads quota invoices. Takes a second or two to make; share one between threads."""

    def __init__(self, *, threads: int | None = None) -> None:
        self._engine = Engine(threads=threads)
        place.by_title("")  # the table of places is made on first use

    def read(self, image: NDArray[np.uint8]) -> QuotaInvoice | None:
        """The quota invoice on an RGB image; None when there is none on it."""
        found = self._findings(image)
        if not found.title:
            return None
        height, width = image.shape[:2]
        code_field = confidence.code_field(found)
        return QuotaInvoice(
            code_field,
            confidence.settled(found.numbers),
            confidence.amount_field(found),
            confidence.location_field(found, code_field),
            ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)),
        )

    def read_all(self, image: NDArray[np.uint8]) -> list[QuotaInvoice]:
        """Every quota invoice on an RGB image."""
        one = self.read(image)
        return [one] if one else []

    def _findings(self, image: NDArray[np.uint8]) -> Findings:
        page = look(self._engine, image, side=SIDE)
        found = Findings()
        self.looks = 0
        for page in waves(self._engine, image, page):
            found = findings(page.lines)
            if found.suffice:
                break
        self.page = page
        if not found.suffice:
            for other in again.looks(self._engine, image, page):
                self.looks += 1
                found = found.with_(findings(other.lines))
                if found.suffice:
                    break
        found.codes.extend(
            again.closer(self._engine, image, found.codes, code.ALPHABET, code.spelled)
        )
        found.numbers.extend(
            again.closer(self._engine, image, found.numbers, number.ALPHABET, number.spelled)
        )
        self.found = found
        return found
