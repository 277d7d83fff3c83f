"""Decoding and reading, which take long: so many at a time, and no more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Protocol, TypeVar

from ocr_service.contract.auto_classification import Ticket
from ocr_service.contract.errors import RECOGNITION_FAILED, ApiError
from ocr_service.contract.models import Invoice
from ocr_service.decode.images import WIDEST, is_document
from ocr_service.decode.sandbox import Pixels, Sandbox
from ocr_service.http.limits import Room

Wanted = Callable[[], Awaitable[None]]

Found = TypeVar("Found")

_log = logging.getLogger(__name__)


class Reader(Protocol):
    """Reads an image; may be called by several threads at once."""

    def read(self, image: Pixels) -> Invoice | None:
        """Give what stands on the invoice, None where the image shows none."""

    def read_all(self, image: Pixels) -> Sequence[Ticket]:
        """Give every invoice on the image, and where it lies."""


class Readings:
    """Gives turns: to `workers` images at a time, and beside them to one page of a PDF.

    Together, those images have no more pixels than the largest may have; each pixel takes some ten
    bytes from its decoding to the last look at it.

    A page may take all the time that the sandbox allows. So it takes no image's turn until it is
    drawn; and the next page is not drawn until it is read, since each that waited would take 50 MB.

    What is `wanted` is called at each turn, and raises if nobody waits for the answer any more.
    """

    def __init__(self, reader: Reader, sandbox: Sandbox, workers: int) -> None:
        self._reader = reader
        self._sandbox = sandbox
        self._room = Room(WIDEST**2)
        self._turns = asyncio.Semaphore(workers)
        self._pages = asyncio.Semaphore(1)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="read")
        self._drawing = ThreadPoolExecutor(1, thread_name_prefix="draw")

    def start(self) -> None:
        """Prepare for the first image."""
        self._sandbox.warm_up()

    async def one(self, data: bytes, wanted: Wanted) -> Invoice | None:
        """Give what stands on the invoice that an image shows.

        Raises:
            ApiError: it cannot be decoded, or reading failed.
        """
        return await self._image(data, self._reader.read, wanted)

    async def every(self, data: bytes, page: int, wanted: Wanted) -> Sequence[Ticket]:
        """Give every invoice on an image, or on a page of a PDF, from 1.

        Raises:
            ApiError: it cannot be decoded, or reading failed.
        """
        if not is_document(data):
            return await self._image(data, self._reader.read_all, wanted)
        async with self._pages:
            await wanted()
            loop = asyncio.get_running_loop()
            pixels = await loop.run_in_executor(self._drawing, self._sandbox.decode, data, page)
            return await self._turn(lambda: _told(self._reader.read_all, pixels), wanted)

    async def close(self) -> None:
        """End what is being decoded, and wait for what is being read."""
        self._sandbox.close()
        for threads in (self._drawing, self._threads):
            await asyncio.to_thread(threads.shutdown, cancel_futures=True)

    async def _image(self, data: bytes, how: Callable[[Pixels], Found], wanted: Wanted) -> Found:
        def work() -> Found:
            with ExitStack() as held:
                pixels = self._sandbox.decode(
                    data, ahead=lambda area: held.enter_context(self._room.hold(area))
                )
                return _told(how, pixels)

        return await self._turn(work, wanted)

    async def _turn(self, work: Callable[[], Found], wanted: Wanted) -> Found:
        async with self._turns:
            await wanted()
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _told(how: Callable[[Pixels], Found], pixels: Pixels) -> Found:
    try:
        return how(pixels)
    except Exception:  # noqa: BLE001 - whatever the engine raises, the caller is told one thing
        _log.exception("reader failed")
        raise ApiError(RECOGNITION_FAILED) from None
