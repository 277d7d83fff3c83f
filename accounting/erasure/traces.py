"""The objects that an input has left in the bucket."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from accounting.erasure.versions import Version, Versioned
from quota_invoice.invoice.duplicates import hash_of_key
from quota_invoice.json_values import text_of
from quota_invoice.sweep.round import state_key

_ETAG = re.compile(r"[0-9a-f-]{1,100}\.json")
_SUFFIX = ".json"


def traces(versioned: Versioned, keys: Iterable[str]) -> list[Version]:
    """Return all versions of inputs, and of all objects that the function made for them.

    The inputs come first: once they are removed, the function writes nothing for them any more.

    Args:
        versioned: the bucket.
        keys: the inputs' keys.
    """
    chosen = list(keys)
    inputs = (found for key in chosen for found in of_key(versioned, key))
    outputs = (found for key in chosen for found in _outputs(versioned, key))
    states = _states(versioned, chosen)
    return list(dict.fromkeys(chain(inputs, outputs, states, _appearances(versioned, chosen))))


def of_key(versioned: Versioned, key: str) -> Iterator[Version]:
    """Return the versions of one object."""
    return (version for version in versioned.listing(key) if version.key == key)


def _outputs(versioned: Versioned, key: str) -> Iterator[Version]:
    layout = versioned.bucket.layout
    for output in (layout.record_key(key), layout.failure_key(key), layout.progress_key(key)):
        yield from of_key(versioned, output)
    for version in versioned.listing(layout.retry_key(key, 0).removesuffix(f"0{_SUFFIX}")):
        if layout.attempts_of(version.key, key) is not None:
            yield version
    yield from history_of(versioned, key)
    yield from _reviews(versioned, key)


def history_of(versioned: Versioned, key: str) -> Iterator[Version]:
    """Yield the versions of the records of an input's former contents."""
    start = versioned.bucket.layout.history_key(key, "").removesuffix(_SUFFIX)
    for version in versioned.listing(start):
        if _ETAG.fullmatch(version.key.removeprefix(start)):
            yield version


def _reviews(versioned: Versioned, key: str) -> Iterator[Version]:
    """Yield the entries of reviews; a folder below theirs has those on another input."""
    folder = versioned.bucket.layout.reviews_folder(key)
    for version in versioned.listing(folder):
        if "/" not in version.key.removeprefix(folder):
            yield version


def _states(versioned: Versioned, keys: Iterable[str]) -> Iterator[Version]:
    """Yield the states of sweeps that continue after an input; without one, a round begins."""
    chosen = frozenset(keys)
    start = state_key(versioned.bucket.layout)
    return _of_objects(versioned, start, lambda state: text_of(state.get("after")) in chosen)


def _of_objects(
    versioned: Versioned, prefix: str, is_trace: Callable[[dict[str, Any]], bool]
) -> Iterator[Version]:
    """Yield all versions of the objects of which any version is a trace by its content."""
    versions = list(versioned.listing(prefix))
    objects = {version.key for version in versions if is_trace(versioned.read(version))}
    return (version for version in versions if version.key in objects)


def _appearances(versioned: Versioned, keys: Iterable[str]) -> Iterator[Version]:
    """Yield the entries of the index: they end in the hash of the input's key."""
    hashes = {hash_of_key(key) for key in keys}
    for version in versioned.listing(versioned.bucket.layout.index_prefix):
        if version.key.rpartition("-")[2] in hashes:
            yield version
