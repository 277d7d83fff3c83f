"""Measures the memory of the function's instances, which are child processes (Linux only)."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

_WORKER = b"runtime/worker.py"
_PROC = Path("/proc")


class MemoryMonitor:
    """Samples the memory in a thread until ``stop``.

    Attributes:
        peak_mb: maximum of any instance, in 10⁶ bytes; 0 if unknown.
    """

    def __init__(self, seconds: float = 0.5) -> None:
        self.peak_mb = 0.0
        self._seconds = seconds
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take a final sample."""
        self._end.set()
        self._thread.join()

    def _sample(self) -> None:
        while True:
            self.peak_mb = max([self.peak_mb, *map(_peak_mb, _instances())])
            if self._end.wait(self._seconds):
                return


def _instances() -> list[Path]:
    found = []
    for children in (_PROC / "self" / "task").glob("*/children"):
        for pid in _text(children).split():
            process = _PROC / pid
            if _WORKER in _text(process / "cmdline").encode():
                found.append(process)
    return found


def _peak_mb(process: Path) -> float:
    for line in _text(process / "status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def _text(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_bytes().decode(errors="replace")
    return ""
