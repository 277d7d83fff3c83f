"""`python -m ops.backfill`: find what has no record, and have the deployed function read it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from ops.backfill.account import Account
from ops.backfill.backlog import Backlog
from ops.backfill.invoker import InvocationRefused, Invoker
from ops.backfill.progress import Progress
from quota_invoice.errors import ConfigurationError, StoreError
from quota_invoice.obs.store import ObsStore
from quota_invoice.obs.walk import walk

console = Console(highlight=False)
_LARGEST_BATCH = 1000


def main(  # noqa: PLR0913 - what an operator can set
    prefix: Annotated[str, typer.Option(help="Only inputs below this path, such as 2026/.")] = "",
    batch: Annotated[
        int, typer.Option(help="Inputs for each invocation.", min=1, max=_LARGEST_BATCH)
    ] = 10,
    per_minute: Annotated[
        int, typer.Option(help="Invocations in a minute at the most.", min=1, max=60_000)
    ] = 120,
    *,
    failures: Annotated[
        bool, typer.Option("--failures", help="Try again what could not be read.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and send nothing.")] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew instead of where the last run ended.")
    ] = False,
    state: Annotated[Path, typer.Option(help="Folder for the file that tells how far it is.")] = (
        Path("build")
    ),
) -> None:
    """Walk inputs and records side by side; hand what has no record to the function, in batches.

    The function reads them later, on the platform's own fleet. Run it again, any time: what has
    its record is not sent. BucketLayout and addresses come from the environment: HW_ACCESS_KEY,
    HW_SECRET_KEY, HW_PROJECT_ID, HW_REGION_NAME, BUCKET, FUNCTION_URN; INPUT_PREFIX and the like,
    where the function has others than the usual ones.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        account = Account.read(os.environ)
    except ConfigurationError as error:
        for problem in error.problems:
            console.print(f"[bold red]error:[/] {problem}", soft_wrap=True)
        raise typer.Exit(2) from None
    bucket = account.settings.bucket
    prefix = prefix.removeprefix(account.settings.layout.input_prefix)
    progress = Progress.of(state, bucket, account.settings.layout.input_prefix, prefix, failures)
    if restart and not dry_run:
        progress.clear()
    backlog = Backlog(bucket, failures, batch, after="" if dry_run else progress.read())
    if backlog.after:
        console.print(f"Going on after {backlog.after}", soft_wrap=True, markup=False)
    try:
        sent = _run(account, backlog, prefix, None if dry_run else progress, per_minute)
    except KeyboardInterrupt:
        console.print("\nstopped; the same command goes on from here")
        raise typer.Exit(130) from None
    except (InvocationRefused, StoreError) as error:
        console.print(f"[bold red]error:[/] {error}", soft_wrap=True)
        console.print("the same command goes on from here")
        raise typer.Exit(1) from None
    if not dry_run:
        progress.clear()
    told = ", ".join(f"{count} {state}" for state, count in sorted(backlog.counts.items()))
    console.print(f"{sum(backlog.counts.values())} inputs: {told or 'none'}")
    if dry_run:
        console.print(f"{sent} would be sent to the function")
    else:
        console.print(f"{sent} were sent to the function; it logs what comes of each")


def _run(
    account: Account, backlog: Backlog, prefix: str, progress: Progress | None, per_minute: int
) -> int:
    """Send batch after batch; without a progress file, only count."""
    settings = account.settings
    store = ObsStore.connect(settings, account.credentials)
    invoker = Invoker(account, per_minute)
    findings = walk(
        lambda below, after: store.listing(settings.bucket, below, after),
        settings.layout,
        backlog.after,
        prefix,
    )
    sent = 0
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("listing …", total=None)
        for entries in backlog.batches(findings):
            if progress:
                invoker.send(backlog.event(entries))
                progress.write(entries[-1].key)
            sent += len(entries)
            seen = sum(backlog.counts.values())
            what = "sent" if progress else "to be sent"
            bar.update(task, description=f"{seen} inputs, {sent} {what}, at {entries[-1].key}")
    return sent


if __name__ == "__main__":
    typer.run(main)
