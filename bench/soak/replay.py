"""``python -m bench.soak.replay [FOLDER]``: an OCR service that reads each picture only once.

Signatures, fetching, decoding, limits and error codes are those of the service. Only the results of
the engine are cached by the image's pixels. Services with the same folder share their results, and
load the engine at the first picture that none of them has read.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from ocr_service.decode.decoder import Pixels
from ocr_service.reader_pool import Reader
from ocr_service.reading.invoice import QuotaInvoice
from ocr_service.server import serve
from ocr_service.settings import Settings

_invoices = TypeAdapter(list[QuotaInvoice])


class CachingReader:
    """A thread-safe reader that caches its results.

    Args:
        load: returns the engine.
        folder: the folder of the shared results; None for results of this process only.
    """

    def __init__(self, load: Callable[[], Reader], folder: Path | None = None) -> None:
        self._load = load
        self._folder = folder
        self._engine = None if folder else load()
        self._loading = threading.Lock()
        self._results: dict[str, list[QuotaInvoice]] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def read(self, image: Pixels) -> QuotaInvoice | None:
        """Return the fields of the invoice; see ``Reader``."""
        found = self._once(
            "one", image, lambda engine: [one] if (one := engine.read(image)) else []
        )
        return found[0] if found else None

    def read_all(self, image: Pixels) -> Sequence[QuotaInvoice]:
        """Return every invoice on the image; see ``Reader``."""
        return self._once("all", image, lambda engine: list(engine.read_all(image)))

    def _once(
        self, kind: str, image: Pixels, read: Callable[[Reader], list[QuotaInvoice]]
    ) -> list[QuotaInvoice]:
        pixels = hashlib.blake2b(image.tobytes(), digest_size=20).hexdigest()
        name = f"{kind}-{'x'.join(map(str, image.shape))}-{pixels}"
        with self._locks[name]:
            if name not in self._results:
                self._results[name] = self._shared(name, read)
            return self._results[name]

    def _shared(
        self, name: str, read: Callable[[Reader], list[QuotaInvoice]]
    ) -> list[QuotaInvoice]:
        if not self._folder:
            return read(self._loaded())
        file = self._folder / f"{name}.json"
        if file.exists():
            return _invoices.validate_json(file.read_bytes())
        found = read(self._loaded())
        unfinished = file.with_suffix(f".{os.getpid()}")  # another service may write it as well
        unfinished.write_bytes(_invoices.dump_json(found))
        unfinished.replace(file)
        return found

    def _loaded(self) -> Reader:
        with self._loading:
            self._engine = self._engine or self._load()
            return self._engine


def main() -> None:
    """Serve, with the shared results in the folder that the command line names."""
    settings = Settings.read(os.environ)

    def load() -> Reader:
        from ocr_service.reading.reader import Reader as Engine  # noqa: PLC0415 - half a second

        return Engine(threads=settings.workers)

    folder = Path(sys.argv[1]) if sys.argv[1:] else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    serve(settings, CachingReader(load, folder))


if __name__ == "__main__":
    main()
