"""The progress of a backfill, in a file, so that it can continue after an interruption."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Progress:
    """The progress file of one backfill.

    Attributes:
        path: the path of the file. It contains one object key, and no credentials.
    """

    path: Path

    @classmethod
    def of(cls, folder: Path, *options: object) -> Progress:
        """Return the progress file for a bucket, path and other options of a backfill."""
        digest = hashlib.sha256(json.dumps(options).encode()).hexdigest()[:16]
        return cls(folder / f"backfill-{digest}.json")

    def read(self) -> str:
        """Return the key of the last input that was sent; empty at the beginning."""
        try:
            return str(json.loads(self.path.read_bytes())["after"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def write(self, after: str) -> None:
        """Save the key of the last input that was sent, atomically."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps({"after": after}) + "\n", encoding="utf-8")
        new.replace(self.path)

    def clear(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)
