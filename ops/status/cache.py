"""The facts of records that were read before, by the ETag of the record."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from ops.status.summary import Summary

_VERSION = 2  # a file of another version is not used


@dataclass
class SummaryCache:
    """One file per bucket, in a folder that only its owner can read.

    It holds no field of an invoice. Facts that a whole run does not ask for are of records that
    were replaced or removed: they are left out of the next file.

    Attributes:
        path: the file.
    """

    path: Path
    _stored: dict[str, Summary] = field(default_factory=dict)
    _used: dict[str, Summary] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, endpoint: str, bucket: str) -> SummaryCache:
        """Read the file of a bucket, if there is one."""
        name = sha256(json.dumps([endpoint, bucket]).encode()).hexdigest()[:16]
        cache = cls(folder / f"{name}.json")
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            found = json.loads(cache.path.read_bytes())
            if found["version"] == _VERSION:
                stored = found["records"].items()
                cache._stored = {etag: Summary(*facts) for etag, facts in stored}
        return cache

    def get(self, etag: str) -> Summary | None:
        """Return the facts of the record with this ETag; None if it was not read yet."""
        found = self._stored.get(etag)
        if found is not None:
            self._used[etag] = found
        return found

    def add(self, etag: str, summary: Summary) -> None:
        """Keep the facts of a record; threads may add at the same time."""
        self._used[etag] = summary

    @contextlib.contextmanager
    def saved(self) -> Iterator[None]:
        """Save the facts when the block ends; all of them, if it raises."""
        try:
            yield
        except BaseException:
            self._save({**self._stored, **self._used})
            raise
        self._save(self._used)

    def _save(self, records: dict[str, Summary]) -> None:
        """Replace the file, atomically."""
        folder = self.path.parent
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        descriptor, new = tempfile.mkstemp(dir=folder)  # only its owner can read it
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"version": _VERSION, "records": records}, file)
        Path(new).replace(self.path)
