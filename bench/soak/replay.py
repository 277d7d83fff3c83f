"""`python -m bench.soak.replay`: the local OCR service, which reads each picture once.

Everything else is the service itself: signatures, fetching, decoding, limits, codes. Only where the
engine was given the same pixels before, its answer of then is given again.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from ocr_service.app import Reader
from ocr_service.contract.models import Invoice
from ocr_service.contract.tickets import Ticket
from ocr_service.decode.sandbox import Pixels
from ocr_service.reading import Reader as Engine
from ocr_service.server import serve
from ocr_service.settings import Settings


class CachingReader:
    """A reader that remembers what it read; threads may share it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[str, Any] = {}
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def read(self, image: Pixels) -> Invoice | None:
        """Give what stands on the invoice; see ``Reader``."""
        found: Invoice | None = self._once("one", image, self._reader.read)
        return found

    def read_all(self, image: Pixels) -> Sequence[Ticket]:
        """Give every invoice on the image; see ``Reader``."""
        found: Sequence[Ticket] = self._once("all", image, self._reader.read_all)
        return found

    def _once(self, kind: str, image: Pixels, read: Callable[[Pixels], object]) -> Any:  # noqa: ANN401 - either kind's answer
        pixels = hashlib.blake2b(image.tobytes(), digest_size=20).hexdigest()
        name = f"{kind} {image.shape} {pixels}"
        with self._turns[name]:
            if name not in self._known:
                self._known[name] = read(image)
            return self._known[name]


if __name__ == "__main__":
    settings = Settings.read(os.environ)
    serve(settings, CachingReader(Engine(threads=settings.workers)))
