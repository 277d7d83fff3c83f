"""The progress of a backfill, in a file, so that it can continue after an interruption."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OpsError


@dataclass(frozen=True)
class Progress:
    """The progress file of one backfill.

    Attributes:
        path: the path of the file. It contains the target and one object key, and no credentials.
        target: endpoint, project, bucket and function, by name. A bucket of the same name at
            another endpoint holds other inputs.
    """

    path: Path
    target: Mapping[str, str]

    @classmethod
    def of(cls, folder: Path, target: Mapping[str, str], *options: object) -> Progress:
        """Return the progress file for a bucket, path and other options of a backfill."""
        name = json.dumps([target["bucket"], *options])
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        return cls(folder / f"backfill-{digest}.json", target)

    def read(self) -> str:
        """Return the key of the last input that was sent; empty at the beginning.

        Raises:
            OpsError: the file belongs to another endpoint, project or function, or does not say.
        """
        try:
            found = json.loads(self.path.read_bytes())
            after = str(found["after"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""
        for name, value in self.target.items():
            if found.get(name) != value:
                raise OpsError(
                    f"{self.path} is the progress of another backfill: its {name} is "
                    f"{found.get(name) or 'not named'} instead of {value}; --restart begins anew"
                )
        return after

    def write(self, after: str) -> None:
        """Save the key of the last input that was sent, atomically."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps({**self.target, "after": after}) + "\n", encoding="utf-8")
        new.replace(self.path)

    def clear(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)
