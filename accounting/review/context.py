"""The objects that the handlers of requests work with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request

from accounting.bucket import Bucket
from quota_invoice.errors import UnusableKey

T = TypeVar("T")


@dataclass(frozen=True)
class ReviewContext:
    """A bucket that is reviewed, and the person whose request is handled.

    Attributes:
        bucket: the bucket; several threads may use it.
        folder: the folder of the page's own files: cache, ledgers, packets.
        confidence_below: a field that was read with a lower confidence is doubtful.
        reviewer: the name of the person; it stands in each entry of the person.
        language: the person's language, ``zh`` or ``en``.
    """

    bucket: Bucket
    folder: Path
    confidence_below: float
    reviewer: str = ""
    language: str = "zh"
    _parts: dict[Hashable, Any] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def part(self, make: Callable[[ReviewContext], T]) -> T:
        """Return an object that all requests share, such as the index of the queue.

        Args:
            make: its class or a function, which is called with the context on first use. An object
                with a method ``close`` is closed when the server stops.
        """
        with self._lock:
            if make not in self._parts:
                self._parts[make] = make(self)
            return cast("T", self._parts[make])

    def close(self) -> None:
        """Close the shared objects, the last one first.

        Each is closed without the lock: it may wait for a thread that asks for another one.
        """
        while True:
            with self._lock:
                if not self._parts:
                    return
                _, shared = self._parts.popitem()
            getattr(shared, "close", lambda: None)()


def context_of(request: Request) -> ReviewContext:
    """Return the context of a request."""
    return cast("ReviewContext", request.scope["review"])


def key_of(request: Request, name: str = "key") -> str:
    """Return the input key that a path parameter names.

    Raises:
        HTTPException: 404, it is not the key of an input.
    """
    layout = context_of(request).bucket.layout
    text = request.path_params[name]
    try:
        key = layout.requested_key(text)
    except UnusableKey:
        raise HTTPException(404) from None
    if key != text:  # without the prefix of the inputs
        raise HTTPException(404)
    return key
