"""``python -m ops.rederive``: apply the present rules to the records, without OCR."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from accounting.bucket import read_access, read_environment
from accounting.errors import AccountingError
from ops.command_line import reports_errors
from ops.errors import OpsError
from ops.rederive.rules import ARCHIVED, rederive_all
from ops.remote.accounting_access import stage_environment
from ops.stage import read_stage, require_credentials
from quota_invoice.errors import StoreError
from quota_invoice.obs.store import ObsStore

console = Console(highlight=False, soft_wrap=True)


@reports_errors(console)
def main(
    stage: Annotated[str, typer.Option(help="The name in stages/STAGE.yaml.")] = "",
    env: Annotated[
        Path | None, typer.Option(help="A file of variables, such as build/up.env.")
    ] = None,
    prefix: Annotated[str, typer.Option(help="Only inputs below this path, such as 2026/.")] = "",
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and write nothing.")] = False,
) -> None:
    """Apply the present rules to all records: their findings change, their results stay.

    Only records whose findings change (rederived), or only the version of their rules (renumbered),
    are written, and only while their input is unchanged. It may be stopped at any time and run
    again. Without a stage and a file, the environment names the bucket: HW_ACCESS_KEY,
    HW_SECRET_KEY, HW_REGION_NAME, BUCKET, and the function's settings.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        settings, credentials = read_access(_environment(stage, env))
    except AccountingError as error:
        raise OpsError(str(error)) from None
    below = prefix.removeprefix(settings.layout.input_prefix)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    store = ObsStore.connect(settings, credentials)
    try:
        with Bar(*columns, console=console) as bar:
            task = bar.add_task("listing …", total=None)

            def tell(counts: Counter[str], key: str) -> None:
                bar.update(task, description=f"{_in_words(counts)}, at {key}")

            counts = rederive_all(settings, store, below, tell, is_dry=dry_run)
    except KeyboardInterrupt:
        console.print("stopped; the records so far are right, and the same command goes on")
        raise
    except StoreError as error:
        raise OpsError(str(error)) from None
    console.print(f"{counts.total()} records: {_in_words(counts)}")
    if dry_run:
        console.print("nothing was written")
    if counts[ARCHIVED]:
        raise OpsError("restore the archived records, and run the command again for them")


def _environment(stage: str, env: Path | None) -> dict[str, str]:
    if env is not None:
        return {**os.environ, **read_environment(env)}
    if not stage:
        return dict(os.environ)
    chosen = read_stage(stage)
    require_credentials(chosen.environment)
    return stage_environment(chosen)


def _in_words(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "none"


if __name__ == "__main__":
    typer.run(main)
