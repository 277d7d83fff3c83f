"""Decodes files of strangers in processes of their own, of limited time and memory.

Image formats and PDF let a file of two kilobytes ask for hours of work or gigabytes of memory, and
native decoders cannot be interrupted in a thread. A process can. It costs some milliseconds for an
image, since processes are kept for the next one; a new one is only needed after a file that went
too far.
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

from ocr_service.contract.errors import BAD_FORMAT, BAD_PARAMETER, BAD_SIZE, ApiError, Code
from ocr_service.decode.images import WIDEST
from ocr_service.process import OUT_OF_MEMORY

Pixels = NDArray[np.uint8]
"""An upright image: shape (height, width, 3), RGB."""
ROOT = Path(__file__).parents[2]
MEMORY = 384 << 20
"""Bytes that a process may have; an image of 4,096 x 4,096 pixels needs some 170 MB."""
MOST_FILES = 1000
"""Files that a process decodes before another takes its place: native libraries may leak."""
ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG")
"""What a process is told of the environment: not the service's keys."""
TOO_FAR = "it takes too much time or memory to decode"


class Sandbox:
    """Lends out processes; may be called by several threads at once.

    `kept`: processes that wait for the next file; `seconds`: that a file may take.
    """

    def __init__(self, kept: int, seconds: float, memory: int = MEMORY) -> None:
        self._kept = kept
        self._arguments = [str(seconds), str(memory)]
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._end = weakref.finalize(self, _end_all, self._all)

    def warm_up(self) -> None:
        """Start processes ahead of the first file, without waiting for them."""
        for one in [self._started() for _ in range(self._kept)]:
            self._give_back(one)

    def decode(
        self, data: bytes, page: int | None = None, ahead: Callable[[int], object] = bool
    ) -> Pixels:
        """Give the picture, or the page of a PDF, from 1, as an array (height, width, 3) of RGB.

        Before it is decoded, `ahead` is called with the number of its pixels, and may wait.

        Raises:
            ApiError: it cannot be decoded, is not of a size that the contract allows, or would take
                too much time or memory.
        """
        process = self._taken()
        try:
            return process.decode(data, page, ahead)
        finally:
            self._give_back(process)

    def close(self) -> None:
        """End all processes, busy or not."""
        self._closed = True
        self._end()

    def _taken(self) -> _Process:
        with self._lock:
            while self._idle:
                process = self._idle.pop()
                if process.is_idle():
                    return process
                process.end()  # it died while nobody looked
                self._all.discard(process)
        return self._started()

    def _started(self) -> _Process:
        process = _Process(self._arguments)
        with self._lock:
            self._all.add(process)
        if self._closed:
            self._dropped(process)
        return process

    def _give_back(self, process: _Process) -> None:
        if process.is_idle() and process.files >= MOST_FILES:
            self._dropped(process)
            process = self._started()
        with self._lock:
            keep = process.is_idle() and len(self._idle) < self._kept
            if keep:
                self._idle.append(process)
        if not keep:
            self._dropped(process)

    def _dropped(self, process: _Process) -> None:
        process.end()
        with self._lock:
            self._all.discard(process)


class _Process:
    """One process, which decodes one file at a time."""

    def __init__(self, arguments: list[str]) -> None:
        self.files = 0
        self._ready = self._busy = False
        self._process = subprocess.Popen(  # noqa: S603 - this Python, and a module of ours
            [sys.executable, "-m", "ocr_service.decode.sandbox_worker", *arguments],
            cwd=ROOT,
            env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
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
        with contextlib.suppress(BrokenPipeError):  # what was not taken is lost
            self._input.close()

    def decode(self, data: bytes, page: int | None, ahead: Callable[[int], object]) -> Pixels:
        self.files += 1
        self._busy = True
        if not self._ready:
            self._ready = bool(self._answer())
        self._tell(json.dumps({"length": len(data), "page": page}).encode() + b"\n", data)
        ahead(self._answer()["area"])
        self._tell(b"\n")
        height, width = self._answer()["size"]
        if not (0 < height <= WIDEST and 0 < width <= WIDEST):
            raise RuntimeError(f"a picture of {width} x {height} pixels")
        return self._pixels(height, width)

    def _tell(self, *parts: bytes) -> None:
        try:
            self._input.writelines(parts)
            self._input.flush()
        except BrokenPipeError:
            raise self._reason() from None

    def _answer(self) -> dict[str, Any]:
        line = self._output.readline()
        if not line.endswith(b"\n"):
            raise self._reason()
        answer: dict[str, Any] = json.loads(line)
        if "code" in answer:
            self._busy = False
            raise ApiError(_CODES[answer["code"]], answer["detail"])
        return answer

    def _pixels(self, height: int, width: int) -> Pixels:
        pixels = np.empty((height, width, 3), np.uint8)
        rest = pixels.data.cast("B")
        while rest:
            count = self._output.readinto(rest)  # type: ignore[attr-defined]  # a BufferedReader
            if not count:
                raise self._reason()
            rest = rest[count:]
        self._busy = False
        return pixels

    def _reason(self) -> Exception:
        """Tell why the process ended: on account of the file, or of a fault of ours."""
        code = self._process.wait()
        if code == OUT_OF_MEMORY or code < 0:
            return ApiError(BAD_FORMAT, TOO_FAR)
        return RuntimeError(f"decoding ended with {code}")


_CODES: dict[str, Code] = {one.code: one for one in (BAD_PARAMETER, BAD_FORMAT, BAD_SIZE)}


def _end_all(processes: set[_Process]) -> None:
    for one in list(processes):
        one.end()
