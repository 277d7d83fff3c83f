"""Decodes untrusted files in resource-limited subprocesses.

An image or a PDF of two kilobytes can cause hours of work or gigabytes of memory, and a native
decoder in a thread cannot be interrupted. A subprocess can. It adds a few milliseconds per image,
since processes are reused; only a file that exceeds the limits costs a new process.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from ocr_service.decode.images import MAX_SIDE
from ocr_service.errors import BAD_FORMAT, BAD_PARAMETER, BAD_SIZE, ApiError, Code
from ocr_service.process import OUT_OF_MEMORY

Pixels = NDArray[np.uint8]
"""An upright image: shape (height, width, 3), RGB."""
MAX_FILES = 1000
"""Files that a process decodes before it is replaced, since native libraries may leak memory."""
LIMIT_EXCEEDED = "it takes too much time or memory to decode"
_ROOT = Path(__file__).parents[2]
_MEMORY = 384 << 20
"""Bytes for a process; an image of 4,096 x 4,096 pixels needs about 170 MB."""
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG")
"""Variables that a process inherits; the service's credentials are in others."""


class Sandbox:
    """A pool of decoding processes, for use by several threads.

    ``idle``: the number of idle processes to keep; ``seconds``: the time limit per file.
    """

    def __init__(self, idle: int, seconds: float, memory: int = _MEMORY) -> None:
        self._max_idle = idle
        self._arguments = [str(seconds), str(memory)]
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
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
            ApiError: the file is damaged, has a wrong size, or exceeds the limits.
        """
        process = self._acquire()
        try:
            return process.decode(data, page, before_decode)
        finally:
            self._release(process)

    def close(self) -> None:
        """End all processes, including busy ones."""
        self._closed = True
        self._end()

    def _acquire(self) -> _Worker:
        with self._lock:
            while self._idle:
                process = self._idle.pop()
                if process.is_idle():
                    return process
                process.end()  # it died while idle
                self._all.discard(process)
        return self._start()

    def _start(self) -> _Worker:
        process = _Worker(self._arguments)
        with self._lock:
            self._all.add(process)
        if self._closed:
            self._discard(process)
        return process

    def _release(self, process: _Worker) -> None:
        if process.is_idle() and process.files >= MAX_FILES:
            self._discard(process)
            process = self._start()
        with self._lock:
            keep = process.is_idle() and len(self._idle) < self._max_idle
            if keep:
                self._idle.append(process)
        if not keep:
            self._discard(process)

    def _discard(self, process: _Worker) -> None:
        process.end()
        with self._lock:
            self._all.discard(process)


class _Worker:
    """A process that decodes one file at a time."""

    def __init__(self, arguments: list[str]) -> None:
        self.files = 0
        self._ready = self._busy = False
        self._process = subprocess.Popen(  # noqa: S603 - this Python, and a module of this package
            [sys.executable, "-m", "ocr_service.decode.sandbox_worker", *arguments],
            cwd=_ROOT,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._input = cast("BinaryIO", self._process.stdin)
        self._output = cast("BinaryIO", self._process.stdout)

    def is_idle(self) -> bool:
        return not self._busy and self._process.poll() is None

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._output.close()
        with contextlib.suppress(BrokenPipeError):  # unsent input is lost
            self._input.close()

    def decode(
        self, data: bytes, page: int | None, before_decode: Callable[[int], object]
    ) -> Pixels:
        self.files += 1
        self._busy = True
        if not self._ready:
            self._ready = bool(self._receive())
        self._send(json.dumps({"length": len(data), "page": page}).encode() + b"\n", data)
        before_decode(self._receive()["area"])
        self._send(b"\n")
        height, width = self._receive()["size"]
        if not (0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE):
            raise RuntimeError(f"an image of {width} x {height} pixels")
        return self._pixels(height, width)

    def _send(self, *parts: bytes) -> None:
        try:
            self._input.writelines(parts)
            self._input.flush()
        except BrokenPipeError:
            raise self._exit_error() from None

    def _receive(self) -> dict[str, Any]:
        line = self._output.readline()
        if not line.endswith(b"\n"):
            raise self._exit_error()
        response: dict[str, Any] = json.loads(line)
        if "code" in response:
            self._busy = False
            raise ApiError(_CODES[response["code"]], response["detail"])
        return response

    def _pixels(self, height: int, width: int) -> Pixels:
        pixels = np.empty((height, width, 3), np.uint8)
        rest = pixels.data.cast("B")
        while rest:
            count = self._output.readinto(rest)  # type: ignore[attr-defined]  # a BufferedReader
            if not count:
                raise self._exit_error()
            rest = rest[count:]
        self._busy = False
        return pixels

    def _exit_error(self) -> Exception:
        """Return the error for an ended process: caused by the file, or a bug."""
        code = self._process.wait()
        if code == OUT_OF_MEMORY or code < 0:
            return ApiError(BAD_FORMAT, LIMIT_EXCEEDED)
        return RuntimeError(f"decoding ended with {code}")


_CODES: dict[str, Code] = {one.code: one for one in (BAD_PARAMETER, BAD_FORMAT, BAD_SIZE)}


def _end_all(processes: set[_Worker]) -> None:
    for one in list(processes):
        one.end()
