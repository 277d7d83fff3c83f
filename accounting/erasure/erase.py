"""Removes inputs with all their traces, and the local cache of records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from accounting.erasure.duplicates import derive_duplicates
from accounting.erasure.traces import traces
from accounting.erasure.versions import Version, Versioned
from accounting.errors import AccountingError
from accounting.ledger.cache import remove_cache


def erase(
    versioned: Versioned, keys: list[str], found: Sequence[Version], caches: Sequence[Path]
) -> list[str]:
    """Remove inputs, all their traces, and the caches of the bucket's records.

    Args:
        versioned: the bucket.
        keys: the inputs' keys.
        found: their traces, as ``traces`` lists them.
        caches: the folders of the caches, which hold texts of all records.

    Returns:
        The removed files of the caches, and the keys of the records that were derived anew since
        they named an input.

    Raises:
        AccountingError: another command uses a cache; or something is left, since the function
            wrote it meanwhile.
        StoreError: the bucket refused a request or cannot be reached.
    """
    bucket = versioned.bucket.name
    changed = [str(file) for cache in caches for file in remove_cache(cache, bucket)]
    # The index's entries lead to the records of others: they are kept until those are derived.
    index = versioned.bucket.layout.index_prefix
    for version in found:
        if not version.key.startswith(index):
            versioned.remove(version)
    changed += derive_duplicates(versioned, frozenset(keys), found)
    for version in found:
        if version.key.startswith(index):
            versioned.remove(version)
    left = traces(versioned, keys)
    if left:
        raise AccountingError(
            "these objects were written meanwhile; run the same command again: "
            + ", ".join(version.key for version in left)
        )
    return changed
