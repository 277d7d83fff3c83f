"""The OCR service of the local cloud, in a subprocess."""

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
from local.processes import GuardedProcess, plain_environment

_START_SECONDS = 60.0


class OcrProcess:
    """A subprocess that serves the OCR API on a free port.

    Args:
        module: the Python module to run, and its arguments.
        settings: environment variables of the subprocess.
        folder: the working folder, in which Python finds the module.
        output: receives its standard error; the URL comes over standard output.
    """

    def __init__(
        self, module: Sequence[str], settings: Mapping[str, str], folder: Path, output: IO[bytes]
    ) -> None:
        self._process = GuardedProcess(
            [sys.executable, "-m", *module],
            env=plain_environment(QUOTA_OCR_PORT="0", QUOTA_OCR_DRAIN_SECONDS="0", **settings),
            cwd=folder,
            output=output,
            piped=True,
        )
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self) -> str:
        """Wait until the service is ready, and return its URL.

        Raises:
            CloudError: the service did not start.
        """
        try:
            return str(json.loads(self._lines.get(timeout=_START_SECONDS))["url"])
        except (queue.Empty, ValueError, KeyError):
            raise CloudError("the OCR service did not start; see its log") from None

    def is_running(self) -> bool:
        """Whether the service runs."""
        return self._process.is_running()

    def stop(self) -> None:
        """Stop the service."""
        self._process.stop()

    def _read(self) -> None:
        with contextlib.suppress(ValueError, OSError):  # `stop` closes the pipe during the read
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put(b"")
