"""What the service does to its own process: where native libraries write, what memory it keeps."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STDERR = 2
M_MMAP_THRESHOLD = -3  # glibc's <malloc.h>
LARGE = 1 << 20
OUT_OF_MEMORY = 3
"""The exit code of a process that was given too little to decode a file; see `sandboxed`."""


@contextmanager
def own_stderr() -> Iterator[None]:
    """Keep stderr for log lines: libtiff and others write there on damaged images.

    Python's own stderr goes on to where it went, and so do the traces of a crash.
    """
    kept = os.dup(STDERR)
    with open(os.devnull, "wb") as nowhere, os.fdopen(kept, "w", buffering=1) as stderr:  # noqa: PTH123 - a device
        os.dup2(nowhere.fileno(), STDERR)
        before, sys.stderr = sys.stderr, stderr
        faulthandler.enable(stderr)
        try:
            yield
        finally:
            faulthandler.disable()
            sys.stderr = before
            os.dup2(kept, STDERR)


def return_large_blocks() -> None:
    """Have glibc give back what images took as soon as they are gone.

    By itself it learns from the first freed image to keep blocks of that size, and the process
    stays at some 600 MB after a burst of large images, instead of 200. Other C libraries are left
    as they are.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, LARGE)
