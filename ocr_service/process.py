"""Settings of the process: output of native libraries, memory, exit code."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager

OUT_OF_MEMORY = 3
"""The exit code of a decoding process that reached its memory limit."""
_STDERR = 2
_M_MMAP_THRESHOLD = -3  # from glibc's <malloc.h>
_LARGE = 1 << 20  # bytes
_OPEN_FILES = 8192


@contextmanager
def private_stderr() -> Iterator[None]:
    """Reserve stderr for log lines and crash traces of Python.

    Messages of native libraries are dropped: libtiff and others print some for damaged images.
    """
    kept = os.dup(_STDERR)
    with open(os.devnull, "wb") as null, os.fdopen(kept, "w", buffering=1) as stderr:  # noqa: PTH123 - a device
        os.dup2(null.fileno(), _STDERR)
        before, sys.stderr = sys.stderr, stderr
        faulthandler.enable(stderr)
        try:
            yield
        finally:
            faulthandler.disable()
            sys.stderr = before
            os.dup2(kept, _STDERR)


def allow_open_files() -> None:
    """Raise the limit of open files: connections in a TLS handshake are not counted yet."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def return_large_blocks() -> None:
    """Configure glibc to return the memory of images to the system at once.

    By default it keeps freed blocks of their size, so that the process stays at about 600 MB after
    a burst of large images, instead of 200. Other C libraries stay unchanged.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
