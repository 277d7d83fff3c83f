"""The OCR service that reads each picture only once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.soak.replay import CachingReader
from ocr_service.decode.decoder import Pixels
from ocr_service.reading.invoice import Field, QuotaInvoice

CORNERS = ((0.1, 0.0), (9.7, 0.0), (9.7, 5.0), (0.1, 5.0))
PICTURE = np.zeros((5, 9, 3), np.uint8)


@dataclass
class Engine:
    """Finds two invoices on any picture but a white one, and counts its readings."""

    loaded: int = 0
    readings: int = 0

    def load(self) -> Engine:
        self.loaded += 1
        return self

    def read(self, image: Pixels) -> QuotaInvoice | None:
        self.readings += 1
        field = Field("13100139T713", 0.1 + 0.2)
        return None if image.all() else QuotaInvoice(field, field, Field(), field, CORNERS)

    def read_all(self, image: Pixels) -> list[QuotaInvoice]:
        return [found, found] if (found := self.read(image)) else []


def test_a_picture_is_read_once() -> None:
    engine = Engine()
    reader = CachingReader(engine.load)
    assert engine.loaded == 1
    assert reader.read(PICTURE) == reader.read(PICTURE) == Engine().read(PICTURE)
    assert list(reader.read_all(PICTURE)) == Engine().read_all(PICTURE)
    assert reader.read(PICTURE + np.uint8(1)) is None
    assert engine.readings == 3


def test_services_share_their_results_without_loading_the_engine_again(tmp_path: Path) -> None:
    first, second = Engine(), Engine()
    white = np.full_like(PICTURE, 255)
    for engine in (first, second):
        reader = CachingReader(engine.load, tmp_path)
        assert engine.loaded == 0
        assert reader.read(PICTURE) == Engine().read(PICTURE)
        assert list(reader.read_all(PICTURE)) == Engine().read_all(PICTURE)
        assert reader.read(white) is None
        assert list(reader.read_all(white)) == []
    assert (first.loaded, first.readings) == (1, 4)
    assert (second.loaded, second.readings) == (0, 0)
