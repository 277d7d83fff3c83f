"""The function's IAM agency: temporary credentials for the bucket and the OCR service."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from ocr_service.auth.keyring import Credentials, write_key_file

# The OCR service accepts the latest credentials, up to this number: those of half a minute under
# load, since an invocation may be as long as this.
_KEPT = 500


class Agency:
    """Creates temporary credentials for invocations and registers them at the OCR service.

    Args:
        create: creates temporary credentials that the bucket accepts.
        key_file: the OCR service reads access keys from this file; only its owner can read it.
        seconds: how long credentials are reused. The platform reuses them for ten minutes; with 0,
            each invocation has its own, so that a function that keeps old ones fails at once.
    """

    def __init__(
        self, create: Callable[[], Credentials], key_file: Path, seconds: float = 0.0
    ) -> None:
        self._create = create
        self._key_file = key_file
        self._known: deque[Credentials] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()
        self._seconds = seconds
        self._reuse_until = 0.0

    def credentials(self) -> Credentials:
        """Return the credentials of one invocation."""
        with self._lock:
            if self._known and time.monotonic() < self._reuse_until:
                return self._known[-1]
        created = self._create()
        with self._lock:
            self._reuse_until = time.monotonic() + self._seconds
            self._known.append(created)
            write_key_file(self._key_file, self._known)
        return created
