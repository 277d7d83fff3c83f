"""The memory of the function's instances, as Linux tells it of our children."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

_WORKER = b"runtime/worker.py"
_PROC = Path("/proc")


class MemoryMonitor:
    """Looks at it every so often, in a thread of its own, until `stop`.

    Attributes:
        peak_mb: the most that any instance has had, in 10⁶ bytes; 0 where nothing tells.
    """

    def __init__(self, seconds: float = 0.5) -> None:
        self.peak_mb = 0.0
        self._seconds = seconds
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look a last time."""
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
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
