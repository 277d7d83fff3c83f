"""The simulated bucket: strongly consistent, with times to the second by a clock of its own."""

from __future__ import annotations

import json
from bisect import bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache, partial
from typing import Any, TypeVar

from quota_invoice.deadline import Deadline
from quota_invoice.errors import ObjectUnavailable, StoreBusy, StoreRefused, StoreUnreachable
from quota_invoice.obs.objects import BEGINNING, Entry, Identified, Source
from quota_invoice.retry import retry
from tests.simulation.invocation import Invocation, Step
from tests.support.announce import etag

_PAGE = 3  # entries of one listing request
_LONGEST_REQUEST = 41.0  # seconds, attempts and pauses included
_START = datetime(2026, 11, 1, tzinfo=timezone.utc)
_T = TypeVar("_T")


@lru_cache(maxsize=4096)
def time_text(second: int) -> str:
    return f"{_START + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ}"


def instant(seconds: float) -> datetime:
    """Return a simulated time as a date."""
    return _START + timedelta(seconds=seconds)


def key_of(url: str) -> str:
    """Return the key of the object that a signed URL names."""
    return url.removeprefix("simulated:").rpartition("?")[0]


@dataclass(frozen=True)
class Stored:
    """An object with one content."""

    key: str
    data: bytes
    etag: str
    second: int
    version: str | None

    @property
    def source(self) -> Source:
        text = time_text(self.second)
        return Source("invoices", self.key, self.etag, len(self.data), self.version, text)

    @property
    def entry(self) -> Entry:
        return Entry(self.key, self.etag, len(self.data), time_text(self.second))


class Bucket:
    """The objects, and the versions of a bucket that keeps them.

    Args:
        clock: the simulated time, in seconds.
        skew: seconds by which the bucket's clock differs.
        versioned: whether it keeps versions.
    """

    def __init__(self, clock: Callable[[], float], skew: float, *, versioned: bool) -> None:
        self.objects: dict[str, Stored] = {}
        self.keys: list[str] = []  # in order
        self._versions: dict[str, bytes] = {}
        self._clock = clock
        self._skew = skew
        self._versioned = versioned

    def put(self, key: str, data: bytes) -> Stored:
        version = None
        if self._versioned:
            version = f"v{len(self._versions)}"
            self._versions[version] = data
        if key not in self.objects:
            insort(self.keys, key)
        stored = Stored(key, data, etag(data), int(self._clock() + self._skew), version)
        self.objects[key] = stored
        return stored

    def delete(self, key: str) -> None:
        if self.objects.pop(key, None):
            self.keys.remove(key)

    def page(self, prefix: str, after: str) -> list[Entry]:
        """Return the first entries below a prefix and after a key."""
        index = bisect_right(self.keys, max(after, prefix[:-1] + "\x20"))
        found: list[Entry] = []
        while index < len(self.keys) and len(found) < _PAGE:
            if self.keys[index].startswith(prefix):
                found.append(self.objects[self.keys[index]].entry)
            elif self.keys[index] > prefix:
                break
            index += 1
        return found

    def fetch(self, url: str) -> bytes | None:
        """Return the object, or its version, that a signed URL names; as it is now."""
        version = url.rpartition("?")[2]
        if version:
            return self._versions.get(version)
        stored = self.objects.get(key_of(url))
        return stored.data if stored else None

    def record(self, key: str) -> dict[str, Any] | None:
        stored = self.objects.get(key)
        return json.loads(stored.data) if stored else None


class SimulatedStore:
    """The function's connection to the bucket, for one invocation; an ``ObjectStore``."""

    def __init__(self, invocation: Invocation, deadline: Deadline) -> None:
        self._invocation = invocation
        self._world = invocation.world
        self._bucket = invocation.world.bucket
        self._deadline = deadline

    def until(self, deadline: Deadline) -> SimulatedStore:
        return SimulatedStore(self._invocation, deadline)

    def signed_url(self, source: Source) -> str:
        return f"simulated:{source.key}?{source.version_id or ''}"

    def signed_put(self, bucket: str, key: str, seconds: int, content_type: str | None) -> str:
        del bucket, seconds, content_type
        return f"simulated:{key}?"

    def identify(self, bucket: str, key: str) -> Identified | None:
        del bucket
        stored = self._request("identify", key, lambda _: self._bucket.objects.get(key))
        return Identified(stored.source, stored.data[:BEGINNING]) if stored else None

    def describe(self, bucket: str, key: str) -> Source | None:
        del bucket
        stored = self._request("head", key, lambda _: self._bucket.objects.get(key))
        return stored.source if stored else None

    def read(self, bucket: str, key: str) -> dict[str, Any] | None:
        del bucket
        return self._request("get", key, lambda _: self._bucket.record(key))

    def fetch(self, source: Source, limit: int) -> bytes | None:
        url = self.signed_url(source)
        data = self._request("fetch", source.key, lambda _: self._bucket.fetch(url))
        return data if data is not None and len(data) <= limit else None

    def listing(self, bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        del bucket
        while True:
            page = self._request("list", prefix, partial(self._page, prefix, after))
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].key

    def _page(self, prefix: str, after: str, step: Step) -> list[Entry]:
        del step
        return self._bucket.page(prefix, after)

    def write(self, bucket: str, key: str, record: Mapping[str, Any]) -> None:
        del bucket
        data = json.dumps(record, ensure_ascii=False, allow_nan=False).encode()
        self._request("put", key, partial(self._world.function_put, data), can_be_late=True)

    def delete(self, bucket: str, key: str) -> None:
        del bucket
        self._request("delete", key, lambda _: self._bucket.delete(key), can_be_late=True)

    def _request(
        self, action: str, key: str, effect: Callable[[Step], _T], *, can_be_late: bool = False
    ) -> _T:
        def attempt() -> _T:
            return self._attempt(action, key, effect, can_be_late=can_be_late)

        return retry(attempt, self._deadline.at_most(_LONGEST_REQUEST), self._world.sleep)[0]

    def _attempt(
        self, action: str, key: str, effect: Callable[[Step], _T], *, can_be_late: bool
    ) -> _T:
        """Send a request once: its effect may come, or not, or later, although no answer comes."""
        step = self._invocation.step(action, key)
        if self._world.is_on("bucket refuses"):
            step.fail("refused")
            raise StoreRefused("Store.AccessDenied", f"{action} {key}: 403")
        if self._world.is_on(f"archived {key}") and action in {"identify", "fetch"}:
            step.fail("archived")
            raise ObjectUnavailable("Object.Archived", f"{action} {key}: 403 InvalidObjectState")
        fault = step.fault(
            "busy",
            "lost request",
            *(("lost response", "late effect", "late effect") if can_be_late else ()),
        )
        if fault is None:
            return effect(step)
        if fault == "busy":
            raise StoreBusy("Store.SlowDown", f"{action} {key}: 503")
        if fault == "lost response":
            effect(step)
        elif fault == "late effect":
            self._world.start_late_effect(step, effect)
        self._world.sleep(step.delay / 15)
        raise StoreUnreachable("Store.Unreachable", f"{action} {key}: TimeoutError")
