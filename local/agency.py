"""The function's agency: temporary keys that bucket and OCR service both accept."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from ocr_service.auth.keyring import Credentials, write_key_file

_KEPT = 200  # the latest keys that the OCR service still knows


class Agency:
    """Mints other keys for each invocation, and tells the OCR service of them.

    Args:
        mint: gives new temporary keys that the bucket accepts.
        key_file: where the OCR service looks for keys; readable by the owner alone.
        seconds: how long the same keys are given again. The platform does so for ten minutes; 0,
            for other ones each time, shows at once what is kept too long.
    """

    def __init__(
        self, mint: Callable[[], Credentials], key_file: Path, seconds: float = 0.0
    ) -> None:
        self._mint = mint
        self._key_file = key_file
        self._known: deque[Credentials] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()
        self._seconds = seconds
        self._until = 0.0

    def credentials(self) -> Credentials:
        """Give the credentials of one invocation."""
        with self._lock:
            if self._known and time.monotonic() < self._until:
                return self._known[-1]
        minted = self._mint()
        with self._lock:
            self._until = time.monotonic() + self._seconds
            self._known.append(minted)
            write_key_file(self._key_file, self._known)
        return minted
