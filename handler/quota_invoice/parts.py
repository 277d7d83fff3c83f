"""What an invocation works with: the parts, put together for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .objects import Entry, ObjectInfo
from .pipeline import Pipeline
from .recognition import Recognizer
from .settings import Settings
from .stopwatch import Stopwatch


class Bucket(Protocol):
    """All that is done with the bucket; ``store.Store`` does it."""

    def signed_url(self, bucket: str, key: str) -> str: ...  # noqa: D102 - see Store
    def signed_put(  # noqa: D102 - see Store
        self, bucket: str, key: str, seconds: int, content_type: str | None
    ) -> str: ...
    def describe(self, bucket: str, key: str) -> ObjectInfo | None: ...  # noqa: D102 - see Store
    def read(self, bucket: str, key: str) -> dict[str, Any] | None: ...  # noqa: D102 - see Store
    def fetch(self, bucket: str, key: str, limit: int) -> bytes | None: ...  # noqa: D102 - see Store
    def listing(self, bucket: str, prefix: str, after: str = "") -> Iterator[Entry]: ...  # noqa: D102 - see Store
    def write(self, bucket: str, key: str, document: Mapping[str, Any]) -> None: ...  # noqa: D102 - see Store
    def delete(self, bucket: str, key: str) -> None: ...  # noqa: D102 - see Store


@dataclass(frozen=True)
class Parts:
    """The parts of an invocation.

    Attributes:
        settings: the function's.
        store: the bucket.
        recognizer: has images read.
        pipeline: brings records up to date.
        watch: counts the time that OCR service and bucket take.
        seconds_left: of the invocation, or until its caller is given up.
    """

    settings: Settings
    store: Bucket
    recognizer: Recognizer
    pipeline: Pipeline
    watch: Stopwatch
    seconds_left: Callable[[], float]
