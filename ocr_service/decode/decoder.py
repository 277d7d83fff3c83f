"""A process that decodes untrusted files, one at a time."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from ocr_service.decode.images import MAX_SIDE
from ocr_service.errors import BAD_FORMAT, BAD_PARAMETER, BAD_SIZE, INTERNAL, ApiError, Code
from ocr_service.process import OUT_OF_MEMORY

Pixels = NDArray[np.uint8]
"""An upright image: shape (height, width, 3), RGB."""
LIMIT_EXCEEDED = "it takes too much time or memory to decode"
_START_SECONDS = 2
"""Seconds for a process to start, in addition to the time for a file."""
_LEAST_SECONDS = 0.02
"""Processor time that a process uses at least, even on a busy machine, unless it hangs."""
_OWN_SIGNALS = {
    signal.SIGPROF,  # the limit of processor time
    *(signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL),  # a crash
}
"""Signals that the file in work causes; others come from outside, such as the kernel's SIGKILL when
the machine has no more memory."""
_ROOT = Path(__file__).parents[2]
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG")
"""Variables that a process inherits; the service's credentials are in others."""
_CODES: dict[str, Code] = {one.code: one for one in (BAD_PARAMETER, BAD_FORMAT, BAD_SIZE)}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """The limits of a process; see ``Sandbox``."""

    seconds: float
    memory: int


class Decoder:
    """A process that decodes one file at a time."""

    def __init__(self, limits: Limits) -> None:
        self.files = 0
        self._hang_seconds = limits.seconds + _START_SECONDS
        self._ready = self._busy = False
        arguments = [str(limits.seconds), str(limits.memory)]
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
        """Return whether it can decode a file."""
        return not self._busy and self._process.poll() is None

    def end(self) -> None:
        """Kill the process, and wait until it is gone."""
        self._process.kill()
        self._process.wait()
        self._output.close()
        with contextlib.suppress(BrokenPipeError):  # unsent input is lost
            self._input.close()

    def decode(
        self, data: bytes, page: int | None, before_decode: Callable[[int], object]
    ) -> Pixels:
        """See ``Sandbox.decode``."""
        self.files += 1
        self._busy = True
        with self._ended_if_hung():
            if not self._ready:
                self._ready = bool(self._receive())
            self._send(json.dumps({"length": len(data), "page": page}).encode() + b"\n", data)
            area = self._receive()["area"]
        before_decode(area)
        with self._ended_if_hung():
            self._send(b"\n")
            height, width = self._receive()["size"]
            if not (0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE):
                raise RuntimeError(f"an image of {width} x {height} pixels")
            return self._pixels(height, width)

    @contextlib.contextmanager
    def _ended_if_hung(self) -> Iterator[None]:
        """Kill the process if it stands still, which ends the block with an error.

        A process that only gets little processor time goes on until its own limit.
        """
        done = threading.Event()

        def watch() -> None:
            before = _processor_seconds(self._process.pid)
            while not done.wait(self._hang_seconds):
                now = _processor_seconds(self._process.pid)
                if now - before < _LEAST_SECONDS:
                    self._process.kill()
                before = now

        threading.Thread(target=watch, daemon=True).start()
        try:
            yield
        finally:
            done.set()

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
        """Return the error for an ended process: caused by the file, from outside, or a bug."""
        code = self._process.wait()
        if code == OUT_OF_MEMORY or -code in _OWN_SIGNALS:
            return ApiError(BAD_FORMAT, LIMIT_EXCEEDED)
        _log.error("decoder ended with %d", code)
        return ApiError(INTERNAL, "decoding was interrupted")


def _processor_seconds(pid: int) -> float:
    """Return the processor time of a process; 0 where the system does not tell."""
    try:
        times = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")  # user and system
