"""``python -m ops.backfill``: find the inputs without a record, and send them to the function."""

from __future__ import annotations

import functools
import os
import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from ops.backfill.account import Account, stage_account
from ops.backfill.backlog import Backlog
from ops.backfill.invoker import Invoker
from ops.backfill.progress import Progress
from ops.command_line import EngineName
from ops.errors import OpsError, hint
from quota_invoice.errors import ConfigurationError, StoreError
from quota_invoice.obs.store import ObsStore
from quota_invoice.obs.walk import walk

console = Console(highlight=False)
_LARGEST_BATCH = 1000


def main(  # noqa: PLR0913 - the command's options
    stage: Annotated[str, typer.Option(help="The name in stages/STAGE.yaml.")] = "",
    engine: EngineName = "",
    prefix: Annotated[str, typer.Option(help="Only inputs below this path, such as 2026/.")] = "",
    batch: Annotated[
        int, typer.Option(help="Inputs per invocation.", min=1, max=_LARGEST_BATCH)
    ] = 10,
    per_minute: Annotated[
        int, typer.Option(help="Maximum invocations per minute.", min=1, max=60_000)
    ] = 120,
    *,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", "--failures", help="Retry failed inputs too.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and send nothing.")] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Start again instead of where the last run ended.")
    ] = False,
    state: Annotated[Path, typer.Option(help="Folder for the progress file.")] = Path("build"),
) -> None:
    """Compare inputs with records; send inputs without a record to the function, in batches.

    The function processes them later, on the platform's own instances. The command can run again at
    any time: inputs that have a record are not sent. The progress file of another endpoint, project
    or function is refused. Without a stage, the environment names bucket and function:
    HW_PROJECT_ID, HW_REGION_NAME, BUCKET, FUNCTION_URN, and FUNCTIONGRAPH_ENDPOINT if it is not
    the region's; INPUT_PREFIX and other settings of the function if they differ from the defaults.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        account = stage_account(stage, engine) if stage else Account.read(os.environ)
    except (ConfigurationError, OpsError) as error:
        for problem in error.problems:
            console.print(f"[bold red]error:[/] {escape(problem)}", soft_wrap=True)
        raise typer.Exit(2) from None
    if not stage:  # reading the stage has told it
        console.print(f"Credentials: {account.source}", soft_wrap=True, markup=False)
    bucket = account.settings.bucket
    prefix = prefix.removeprefix(account.settings.layout.input_prefix)
    progress = Progress.of(
        state, account.target, account.settings.layout.input_prefix, prefix, retry_failed
    )
    if restart and not dry_run:
        progress.clear()
    try:
        backlog = Backlog(bucket, retry_failed, batch, after="" if dry_run else progress.read())
    except OpsError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(2) from None
    if backlog.after:
        console.print(f"Continuing after {backlog.after}", soft_wrap=True, markup=False)
    try:
        sent = _run(account, backlog, prefix, None if dry_run else progress, per_minute)
    except KeyboardInterrupt:
        console.print("\nstopped; the same command continues from here")
        raise typer.Exit(130) from None
    except (OpsError, StoreError) as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}{hint(str(error))}", soft_wrap=True)
        console.print("the same command continues from here")
        raise typer.Exit(1) from None
    if not dry_run:
        progress.clear()
    states = ", ".join(f"{count} {state}" for state, count in sorted(backlog.counts.items()))
    console.print(f"{sum(backlog.counts.values())} inputs: {states or 'none'}")
    verb = (
        "would be sent to the function" if dry_run else "were sent; the function logs the results"
    )
    console.print(f"{sent} {verb}")


def _run(
    account: Account, backlog: Backlog, prefix: str, progress: Progress | None, per_minute: int
) -> int:
    """Send each batch and return the number of inputs; without a progress file, only count."""
    settings = account.settings
    store = ObsStore.connect(settings, account.credentials)
    invoker = Invoker(account, per_minute)
    listing = functools.partial(store.listing, settings.bucket)
    findings = walk(listing, settings.layout, backlog.after, prefix)
    sent = 0
    verb = "sent" if progress else "to be sent"
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("listing …", total=None)
        for entries in backlog.batches(findings):
            if progress:
                invoker.send(backlog.event(entries))
                progress.write(entries[-1].key)
            sent += len(entries)
            seen = sum(backlog.counts.values())
            bar.update(task, description=f"{seen} inputs, {sent} {verb}, at {entries[-1].key}")
    return sent


if __name__ == "__main__":
    typer.run(main)
