"""The object store of many records in a process of its own, and the access to it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

from bench.ledger.server import BUCKET
from local.processes import plain_environment


@contextlib.contextmanager
def running_server(records: int, changed: int) -> Iterator[str]:
    """Run the object store, and give its URL; see ``GeneratedBucket``."""
    arguments = [sys.executable, "-m", "bench.ledger.server", str(records), str(changed)]
    with subprocess.Popen(  # noqa: S603 - this Python, with a module of ours
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout  # noqa: S101 - a pipe
        assert process.stdin  # noqa: S101 - as above
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def access(url: str) -> dict[str, str]:
    """Return the environment of a command for accountants that reads the store."""
    return {
        **plain_environment(),
        "HW_ACCESS_KEY": "A" * 20,
        "HW_SECRET_KEY": "none",
        "BUCKET": BUCKET,
        "OBS_ENDPOINT": url,
        "OBS_SIGNATURE": "v4",
        "OBS_PATH_STYLE": "true",
    }
