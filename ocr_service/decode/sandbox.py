"""Decodes untrusted files in resource-limited subprocesses.

An image or a PDF of two kilobytes can cause hours of work or gigabytes of memory, and a native
decoder in a thread cannot be interrupted. A subprocess can. It adds a few milliseconds per image,
since processes are reused; only a file that exceeds the limits costs a new process.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable

from ocr_service.decode.decoder import Decoder, Limits, Pixels
from ocr_service.errors import INTERNAL, ApiError

MAX_FILES = 1000
"""Files that a process decodes before it is replaced, since native libraries may leak memory."""
_MEMORY = 384 << 20
"""Bytes for a process; an image of 4,096 x 4,096 pixels needs about 170 MB."""


class Sandbox:
    """A pool of decoding processes, for use by several threads.

    Args:
        idle: the number of idle processes to keep.
        seconds: the limit of processor time per file.
        memory: the limit of memory, in bytes.
    """

    def __init__(self, idle: int, seconds: float, memory: int = _MEMORY) -> None:
        self._max_idle = idle
        self._limits = Limits(seconds, memory)
        self.interrupted = 0
        self._idle: list[Decoder] = []
        self._all: set[Decoder] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._end = weakref.finalize(self, _end_all, self._all)

    def warm_up(self) -> None:
        """Start the processes for the first files, without waiting for them."""
        for one in [self._start() for _ in range(self._max_idle)]:
            self._release(one)

    def decode(
        self, data: bytes, page: int | None = None, before_decode: Callable[[int], object] = bool
    ) -> Pixels:
        """Decode an image, or a page of a PDF (from 1), to an array (height, width, 3) of RGB.

        ``before_decode`` is called with the number of pixels, and may wait.

        Raises:
            ApiError: the file is damaged, has a wrong size, or exceeds the limits; or INTERNAL, if
                its process was killed or hung, which is not the file's fault.
        """
        process = self._acquire()
        try:
            return process.decode(data, page, before_decode)
        except ApiError as error:
            self.interrupted += error.code is INTERNAL
            raise
        finally:
            self._release(process)

    def close(self) -> None:
        """End all processes, including busy ones."""
        self._closed = True
        self._end()

    def _acquire(self) -> Decoder:
        with self._lock:
            while self._idle:
                process = self._idle.pop()
                if process.is_idle():
                    return process
                process.end()  # it died while idle
                self._all.discard(process)
        return self._start()

    def _start(self) -> Decoder:
        process = Decoder(self._limits)
        with self._lock:
            self._all.add(process)
        if self._closed:
            self._discard(process)
        return process

    def _release(self, process: Decoder) -> None:
        if process.is_idle() and process.files >= MAX_FILES:
            self._discard(process)
            process = self._start()
        with self._lock:
            keep = process.is_idle() and len(self._idle) < self._max_idle
            if keep:
                self._idle.append(process)
        if not keep:
            self._discard(process)

    def _discard(self, process: Decoder) -> None:
        process.end()
        with self._lock:
            self._all.discard(process)


def _end_all(processes: set[Decoder]) -> None:
    for one in list(processes):
        one.end()
