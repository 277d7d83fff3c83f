"""``python -m accounting``: the command line for accountants."""

from __future__ import annotations

import os
import signal
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from accounting.errors import AccountingError
from accounting.progress import progress_bar

app = typer.Typer(
    help="From the records in the bucket to a ledger.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they show the values of variables, secrets included
)
console = Console(stderr=True, highlight=False, soft_wrap=True)
_DAY = ["%Y-%m-%d"]


@app.callback()
def main() -> None:
    """Keep ``ledger`` a command of its own."""


@app.command()
def ledger(  # noqa: PLR0913 - the command's options
    out: Annotated[Path, typer.Option(help="The file: .xlsx, .csv, .jsonl or .parquet.")],
    *,
    prefix: Annotated[str, typer.Option(help="Only inputs below this path, such as 2026/.")] = "",
    since: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="First day of the upload, in China.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Last day of the upload, in China.")
    ] = None,
    env: Annotated[Path | None, typer.Option(help="File of the bucket's variables.")] = None,
    cache: Annotated[Path, typer.Option(help="Folder of downloaded records.")] = Path(
        "build/ledger"
    ),
    review_url: Annotated[str, typer.Option(help="URL of the review page.")] = "",
) -> None:
    """Write the ledger: one row per invoice.

    Bucket, endpoint and credentials come from the environment: HW_ACCESS_KEY, HW_SECRET_KEY,
    BUCKET, HW_REGION_NAME, and other settings of the function if they differ from their defaults.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # --help stays fast without DuckDB and the SDK.
    from accounting.bucket import open_bucket, read_environment  # noqa: PLC0415
    from accounting.ledger.make import make_ledger  # noqa: PLC0415
    from accounting.ledger.query import Choice  # noqa: PLC0415
    from accounting.ledger.summary import summary_lines  # noqa: PLC0415
    from quota_invoice.errors import StoreError  # noqa: PLC0415

    try:
        bucket = open_bucket(read_environment(env) if env else os.environ)
        start = bucket.layout.input_prefix
        choice = Choice(
            f"{start}{prefix.removeprefix(start)}",
            since.date() if since else None,
            until.date() if until else None,
            date.today(),  # noqa: DTZ011 - the day of the person who makes the ledger
            review_url,
        )
        with progress_bar(console) as notice:
            made = make_ledger(bucket, choice, out, cache, notice)
    except KeyboardInterrupt:
        console.print("\nstopped; the same command continues from here")
        raise typer.Exit(130) from None
    except AccountingError as error:
        console.print(f"[bold red]error:[/] {error}")
        raise typer.Exit(2) from None
    except StoreError as error:
        console.print(f"[bold red]error:[/] {error}\nthe same command continues from here")
        raise typer.Exit(1) from None
    for line in summary_lines(made.reconciliation):
        console.print(line)
    console.print(f"new or changed records: {made.downloaded}\nthe ledger is {out}")


if __name__ == "__main__":
    app(prog_name="python -m accounting")
