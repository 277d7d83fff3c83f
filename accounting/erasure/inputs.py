"""The inputs below a prefix, as all objects of the bucket name them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from accounting.erasure.versions import Version, Versioned
from quota_invoice.invoice.duplicates import hash_of_key
from quota_invoice.json_values import member, text_of
from quota_invoice.sweep.round import state_key

_KEPT = 50  # characters of a path with which all output keys begin: hashed ones keep 200 bytes
_SUFFIX = ".json"
_ATTEMPTS = re.compile(r"\.[0-9]+\.json\Z")
_ENTRY = re.compile(r"/[^/]*\Z")
_ETAG = re.compile(r"\.[0-9a-f-]{1,100}\.json\Z")


def inputs_below(versioned: Versioned, prefix: str) -> list[str]:
    """Return the keys of all inputs whose keys begin like this, also of removed ones.

    Removed inputs are found by the objects that the function made for them. The index is read only
    where its entry's hash is that of no input found so far.

    Args:
        versioned: the bucket.
        prefix: the beginning, with the prefix of inputs.
    """
    layout = versioned.bucket.layout
    keys = {each.key for each in versioned.listing(layout.input_prefix) if each.key[-1] != "/"}
    keys.update(_of_outputs(versioned, prefix))
    hashes = {hash_of_key(key) for key in keys}
    for version in versioned.listing(layout.index_prefix):
        if version.key.rpartition("-")[2] not in hashes:
            keys.update(_named(versioned, version))
    return sorted(key for key in keys if key.startswith(prefix))


def _of_outputs(versioned: Versioned, prefix: str) -> Iterator[str]:
    """Yield the inputs' keys that outputs tell: by their own keys, hashed ones by their content."""
    layout = versioned.bucket.layout
    path = prefix.removeprefix(layout.input_prefix)
    start = "" if layout.is_resolvable(prefix) else path[:_KEPT]
    suffixes = {
        layout.retries_prefix: _ATTEMPTS,
        layout.history_prefix: _ETAG,
        layout.reviews_prefix: _ENTRY,
    }
    for outputs in layout.output_prefixes:
        if outputs == layout.index_prefix:
            continue
        for version in versioned.listing(f"{outputs}{start}"):
            name = version.key.removeprefix(outputs)
            if outputs in suffixes:
                name = suffixes[outputs].sub(_SUFFIX, name)
            key = layout.input_key(name)
            if key is None:
                yield from _named(versioned, version)
            elif name.endswith(_SUFFIX):
                yield key
    for version in versioned.listing(state_key(layout)):
        yield from _named(versioned, version)


def _named(versioned: Versioned, version: Version) -> Iterator[str]:
    """Yield the keys of inputs that a record, a review, an entry of the index or a state names."""
    content = versioned.read(version)
    names = content.get("key"), content.get("after"), member(content.get("source"), "key")
    return filter(None, map(text_of, names))
