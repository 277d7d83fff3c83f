"""A pool of threads that decode and read images."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ocr_service.decode.decoder import Pixels
from ocr_service.decode.images import MAX_SIDE, is_pdf
from ocr_service.decode.sandbox import Sandbox
from ocr_service.errors import INTERNAL, RECOGNITION_FAILED, ApiError
from ocr_service.http.fair_shares import FairSemaphore, FairSlots
from ocr_service.http.limits import WeightedSemaphore
from ocr_service.reading.invoice import QuotaInvoice

Found = TypeVar("Found")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Turn:
    """A request that waits for a reader.

    Attributes:
        key: the key of the caller; keys take turns.
        check: called before the work on an image starts; raises if the client has disconnected.
    """

    key: str
    check: Callable[[], Awaitable[None]]


class Reader(Protocol):
    """Reads images; several threads may call it at the same time."""

    def read(self, image: Pixels) -> QuotaInvoice | None:
        """Return the invoice on the image, None for an image without one."""

    def read_all(self, image: Pixels) -> Sequence[QuotaInvoice]:
        """Return every invoice on the image."""


class ReaderPool:
    """Reads up to ``workers`` images at a time, and decodes one page of a PDF beside them.

    The images in work, without pages of PDFs, have together at most as many pixels as the largest
    image: each pixel takes about ten bytes. A page occupies a worker only once it is decoded, since
    decoding may take the full time limit. The next page is decoded after that: each waiting page
    would take 50 MB.

    Args:
        reader: reads the pixels.
        sandbox: decodes images.
        pages: decodes pages of PDFs.
        workers: the number of images read at a time.
        waiting_pages: the number of pages that may wait for their turn or be in work.
    """

    def __init__(
        self, reader: Reader, sandbox: Sandbox, pages: Sandbox, workers: int, waiting_pages: int
    ) -> None:
        self._reader = reader
        self._sandbox = sandbox
        self._page_sandbox = pages
        self._pixels = WeightedSemaphore(MAX_SIDE**2)
        self.workers = FairSemaphore(workers)
        self._pages = FairSemaphore(1)
        self._page_slots = FairSlots(waiting_pages)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="read")
        self._page_thread = ThreadPoolExecutor(1, thread_name_prefix="draw")

    def start(self) -> None:
        """Start the decoding processes."""
        self._sandbox.warm_up()

    def interrupted(self) -> int:
        """Return the number of decoding processes that were killed or hung."""
        return self._sandbox.interrupted + self._page_sandbox.interrupted

    async def read(self, data: bytes, turn: Turn) -> QuotaInvoice | None:
        """Return the invoice on an image.

        Raises:
            ApiError: decoding or reading failed.
        """
        return await self._read_image(data, self._reader.read, turn)

    async def read_all(self, data: bytes, page: int, turn: Turn) -> Sequence[QuotaInvoice]:
        """Return every invoice on an image, or on a page (from 1) of a PDF.

        Raises:
            ApiError: decoding or reading failed.
        """
        if not is_pdf(data):
            return await self._read_image(data, self._reader.read_all, turn)
        with self._page_slots.hold(turn.key):
            async with self._pages.hold(turn.key):
                await turn.check()
                pixels = await asyncio.get_running_loop().run_in_executor(
                    self._page_thread, self._page_sandbox.decode, data, page
                )
                return await self._run(lambda: _read(self._reader.read_all, pixels), turn)

    async def close(self) -> None:
        """End decoding, and wait for the reader."""
        self._sandbox.close()
        self._page_sandbox.close()
        for threads in (self._page_thread, self._threads):
            await asyncio.to_thread(threads.shutdown, cancel_futures=True)

    async def _read_image(self, data: bytes, read: Callable[[Pixels], Found], turn: Turn) -> Found:
        def work() -> Found:
            with ExitStack() as held:
                pixels = self._sandbox.decode(
                    data,
                    before_decode=lambda area: held.enter_context(self._pixels.hold(area)),
                )
                return _read(read, pixels)

        return await self._run(work, turn)

    async def _run(self, work: Callable[[], Found], turn: Turn) -> Found:
        async with self.workers.hold(turn.key):
            await turn.check()
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _read(read: Callable[[Pixels], Found], pixels: Pixels) -> Found:
    try:
        return read(pixels)
    except (MemoryError, OSError):  # the machine's failure, not the image's
        _log.exception("reader failed")
        raise ApiError(INTERNAL) from None
    except Exception:  # noqa: BLE001 - any other error of the engine becomes the same response
        _log.exception("reader failed")
        raise ApiError(RECOGNITION_FAILED) from None
