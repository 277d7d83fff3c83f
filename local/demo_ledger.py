"""The end of the demo: a duplicate and a failure among the samples, and the ledger of all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from accounting.bucket import open_bucket
from accounting.ledger.make import make_ledger
from accounting.ledger.query import Choice
from accounting.ledger.reconciliation import Reconciliation
from accounting.ledger.summary import yuan
from accounting.progress import ignore_progress
from local.cloud import Cloud
from quota_invoice.settings.layout import DEFAULT_LAYOUT


def add_copy_and_failure(samples: Sequence[Path], folder: Path) -> tuple[Path, Path]:
    """Write a copy of the first sample, and the first half of the last one.

    Returns:
        The copy, which becomes a duplicate, and the half, which becomes a failure.
    """
    folder.mkdir(parents=True)
    first, last = samples[0], samples[-1]
    copy, half = folder / f"{first.stem}-again{first.suffix}", folder / f"cut-off{last.suffix}"
    copy.write_bytes(first.read_bytes())
    content = last.read_bytes()
    half.write_bytes(content[: len(content) // 2])
    return copy, half


def write_ledger(cloud: Cloud, path: Path) -> Reconciliation:
    """Write the ledger of the cloud's bucket, and return its counts and totals."""
    choice = Choice(DEFAULT_LAYOUT.input_prefix, None, None, date.today())  # noqa: DTZ011 - the user's day
    bucket = open_bucket(cloud.environment())
    return make_ledger(bucket, choice, path, path.parent / "cache", ignore_progress).reconciliation


def print_ledger(console: Console, found: Reconciliation, path: Path) -> None:
    """Print the ledger's totals, and how to open it."""
    table = Table("ledger", "invoices", "amount", box=None, header_style="bold", pad_edge=False)
    for label, (count, amount) in {
        "counted": found.counted,
        "of these to review": found.to_review,
        "duplicates, not counted": found.duplicates,
    }.items():
        table.add_row(label, str(count), yuan(amount))
    table.add_row("images without an invoice", str(found.inputs - found.states["recognized"]), "")
    console.print()
    console.print(table)
    console.print(
        f"The ledger is {path}: open it in Excel, WPS or LibreOffice. That of your own images, "
        "while make up is running:\n  make ledger LOCAL=1",
        soft_wrap=True,
    )
