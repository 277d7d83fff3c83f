"""Time in tests: waiting for a condition, and clocks and pauses that are replaced."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


def wait_for(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait until a condition gives a true value, and return that."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "timeout"
        time.sleep(0.05)
    return found


@contextmanager
def replaced_here(module: ModuleType, name: str, replacement: Callable[..., Any]) -> Iterator[None]:
    """Replace a function of a module in this block, for calls from this thread.

    Other threads of this process run servers of other tests. The timers of these servers need the
    real clock.
    """
    original, here = getattr(module, name), threading.get_ident()

    def call(*args: Any, **named: Any) -> Any:
        chosen = replacement if threading.get_ident() == here else original
        return chosen(*args, **named)

    setattr(module, name, call)
    try:
        yield
    finally:
        setattr(module, name, original)
