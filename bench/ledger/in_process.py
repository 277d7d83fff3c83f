"""``python -m bench.ledger.in_process RECORDS OUT CACHE``: a ledger without a server."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import cast

from accounting.bucket import Bucket
from accounting.ledger.make import make_ledger
from accounting.ledger.query import Choice
from accounting.progress import ignore_progress
from bench.ledger.generated import GeneratedBucket
from quota_invoice.obs.objects import ObjectStore
from quota_invoice.settings.layout import DEFAULT_LAYOUT


def main(records: int, out: Path, cache: Path) -> None:
    """Write the ledger of so many generated records."""
    store = cast("ObjectStore", GeneratedBucket(records))  # the ledger only lists and reads
    bucket = Bucket("invoices", DEFAULT_LAYOUT, store)
    choice = Choice(DEFAULT_LAYOUT.input_prefix, None, None, date(2026, 12, 31))
    make_ledger(bucket, choice, out, cache, ignore_progress)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
