"""From an image to the fields of a quota invoice."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from local.ocr.reading import amount, code, number, place
from local.ocr.reading.engine import Engine, crop
from local.ocr.reading.fields import Field, QuotaInvoice
from local.ocr.reading.lines import Line, placed, rows
from local.ocr.reading.orientation import aligned, is_along, slope
from local.ocr.reading.title import is_title

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 736  # pixels; smaller ones lose numbers, larger ones lines under seals


class Reader:
    """Reads quota invoices. Takes a second or two to make; share one between threads."""

    def __init__(self, *, threads: int | None = None) -> None:
        self._engine = Engine(threads=threads)

    def read(self, image: NDArray[np.uint8]) -> QuotaInvoice | None:
        """The quota invoice on an RGB image; None when there is none on it."""
        lines = self.lines(image)
        if not any(is_title(line.text) for line in lines):
            return None
        title = next(line.text for line in lines if is_title(line.text))
        found_code, found_number, found_amount = Field(), Field(), Field()
        for line in rows(lines, gap=8):
            if not found_code and (text := code.find(line.text)):
                found_code = Field(text, line.confidence)
            if not found_number and (text := number.find(line.text)):
                found_number = Field(text, line.confidence)
            yuan = amount.in_words(line.text) or amount.in_figures(line.text)
            if not found_amount and yuan:
                found_amount = Field(amount.written(yuan), line.confidence)
        where = place.by_code(found_code.text) or place.by_title(title)
        height, width = image.shape[:2]
        return QuotaInvoice(
            found_code,
            found_number,
            found_amount,
            Field(where, 0.9 if where else 0.0),
            ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)),
        )

    def read_all(self, image: NDArray[np.uint8]) -> list[QuotaInvoice]:
        """Every quota invoice on an RGB image."""
        one = self.read(image)
        return [one] if one else []

    def lines(self, image: NDArray[np.uint8]) -> list[Line]:
        """All lines of text on an RGB image, from top to bottom."""
        boxes = self._engine.detect(image, SIDE)
        if not boxes:
            return []
        angle = slope(boxes)
        boxes = [box for box in (aligned(box, angle) for box in boxes) if is_along(box)]
        longest = sorted(boxes, key=lambda box: -float(((box[1] - box[0]) ** 2).sum()))[:5]
        if self._engine.upside_down([crop(image, box) for box in longest]) > 0.5:
            angle += math.pi
            boxes = [aligned(box, angle) for box in boxes]
        readings = self._engine.recognise([crop(image, box) for box in boxes])
        found = [
            Line(reading.text, reading.chances, reading.places, *placed(box, angle), box)
            for reading, box in zip(readings, boxes, strict=True)
        ]
        return sorted(found, key=lambda line: line.middle)
