"""Removes objects with all their versions, and the local cache of records."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from accounting.erasure.traces import traces
from accounting.erasure.versions import Version, Versioned
from accounting.errors import AccountingError
from accounting.ledger.cache import remove_cache


def erase(
    versioned: Versioned, keys: list[str], found: Iterable[Version], cache: Path
) -> list[Path]:
    """Remove inputs, all their traces, and the cache of the bucket's records.

    Args:
        versioned: the bucket.
        keys: the inputs' keys.
        found: their traces, as ``traces`` lists them.
        cache: the folder of the cache, which holds texts of all records.

    Returns:
        The removed files of the cache.

    Raises:
        AccountingError: something is left, since the function wrote it meanwhile.
        StoreError: the bucket refused a request or cannot be reached.
    """
    files = remove_cache(cache, versioned.bucket.name)
    for version in found:
        versioned.remove(version)
    left = traces(versioned, keys)
    if left:
        raise AccountingError(
            "these objects were written meanwhile; run the same command again: "
            + ", ".join(version.key for version in left)
        )
    return files
