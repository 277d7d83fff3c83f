"""Waiting for a condition, bounded."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def wait_for(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait until a condition gives a true value, and return that."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "timeout"
        time.sleep(0.05)
    return found
