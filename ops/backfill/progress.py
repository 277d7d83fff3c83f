"""How far a backfill has come, kept in a file so that it can go on after an interruption."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Progress:
    """The file of one backfill; another bucket, path or kind has another file.

    Attributes:
        path: where it lies. It holds the key of an object, and nothing secret.
    """

    path: Path

    @classmethod
    def of(cls, folder: Path, *what: object) -> Progress:
        """Give the file of the backfill that these describe."""
        digest = hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]
        return cls(folder / f"backfill-{digest}.json")

    def read(self) -> str:
        """Give the input to go on after; empty for the beginning."""
        try:
            return str(json.loads(self.path.read_bytes())["after"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def write(self, after: str) -> None:
        """Note the last input that was dealt with; whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps({"after": after}) + "\n", encoding="utf-8")
        new.replace(self.path)

    def clear(self) -> None:
        """Forget it: the end was reached."""
        self.path.unlink(missing_ok=True)
