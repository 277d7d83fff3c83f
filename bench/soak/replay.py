"""``python -m bench.soak.replay``: the OCR service, but its engine reads each picture once.

Signatures, fetching, decoding, limits and error codes are those of the service. Only the results of
the engine are cached by the image's pixels.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from ocr_service.decode.decoder import Pixels
from ocr_service.reader_pool import Reader
from ocr_service.reading.invoice import QuotaInvoice
from ocr_service.reading.reader import Reader as Engine
from ocr_service.server import serve
from ocr_service.settings import Settings


class CachingReader:
    """A thread-safe reader that caches its results."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._results: dict[str, Any] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def read(self, image: Pixels) -> QuotaInvoice | None:
        """Return the fields of the invoice; see ``Reader``."""
        invoice: QuotaInvoice | None = self._once("one", image, self._reader.read)
        return invoice

    def read_all(self, image: Pixels) -> Sequence[QuotaInvoice]:
        """Return every invoice on the image; see ``Reader``."""
        tickets: Sequence[QuotaInvoice] = self._once("all", image, self._reader.read_all)
        return tickets

    def _once(self, kind: str, image: Pixels, read: Callable[[Pixels], object]) -> Any:  # noqa: ANN401 - result of either method
        pixels = hashlib.blake2b(image.tobytes(), digest_size=20).hexdigest()
        name = f"{kind} {image.shape} {pixels}"
        with self._locks[name]:
            if name not in self._results:
                self._results[name] = read(image)
            return self._results[name]


if __name__ == "__main__":
    settings = Settings.read(os.environ)
    serve(settings, CachingReader(Engine(threads=settings.workers)))
