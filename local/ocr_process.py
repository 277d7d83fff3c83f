"""The OCR service of the local cloud, as a process of its own."""

from __future__ import annotations

import contextlib
import json
import queue
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from local.errors import CloudError
from local.processes import Process, plain_environment

_START_SECONDS = 60.0


class OcrProcess:
    """The OCR service, started.

    Args:
        module: a Python module that serves it, and its arguments.
        settings: as environment variables; it takes any free port.
        folder: where the module is found.
        output: for what it prints, but the line that tells its address.
    """

    def __init__(
        self, module: Sequence[str], settings: Mapping[str, str], folder: Path, output: IO[bytes]
    ) -> None:
        self._process = Process(
            [sys.executable, "-m", *module],
            env=plain_environment(QUOTA_OCR_PORT="0", **settings),
            cwd=folder,
            output=output,
            piped=True,
        )
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self) -> str:
        """Give the service's address once it answers.

        Raises:
            CloudError: it does not.
        """
        try:
            line = self._lines.get(timeout=_START_SECONDS)
        except queue.Empty:
            line = b""
        try:
            return str(json.loads(line)["url"])
        except (ValueError, KeyError):
            message = "the OCR service did not get ready; its log says why"
            raise CloudError(message) from None

    def stop(self) -> None:
        """End it."""
        self._process.stop()

    def _read(self) -> None:
        with contextlib.suppress(ValueError, OSError):  # closed under our hands at the end
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put(b"")
