"""``python -m accounting``: the command line for accountants."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

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
_INTERRUPTED = "Query interrupted"


Env = Annotated[Path | None, typer.Option(help="File of the bucket's variables.")]
CacheFolder = Annotated[Path, typer.Option(help="Folder of downloaded records.")]
_CACHE, _REVIEW_CACHE = Path("build/ledger"), Path("build/review")


@contextmanager
def _errors_in_words(at_the_end: str = "the same command continues from here") -> Iterator[None]:
    """Print the errors that a user can resolve, and exit.

    Args:
        at_the_end: the words for a command that was stopped.
    """
    import duckdb  # noqa: PLC0415 - --help stays fast

    from quota_invoice.errors import ObjectUnavailable, StoreError  # noqa: PLC0415 - as above

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except (KeyboardInterrupt, RuntimeError) as error:
        # DuckDB takes Ctrl-C during a query for itself.
        if isinstance(error, RuntimeError) and str(error) != _INTERRUPTED:
            raise
        console.print(f"\nstopped; {at_the_end}")
        raise typer.Exit(130) from None
    except (AccountingError, OSError, duckdb.OperationalError) as error:  # a full disk
        console.print(f"[bold red]error:[/] {escape(str(error))}")
        raise typer.Exit(2) from None
    except (StoreError, ObjectUnavailable) as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}")
        console.print("the same command continues from here")
        raise typer.Exit(1) from None


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
    env: Env = None,
    cache: CacheFolder = _CACHE,
    review_url: Annotated[
        str, typer.Option(help="URL of the review page: http://127.0.0.1:8302.")
    ] = "",
) -> None:
    """Write the ledger: one row per invoice.

    Bucket, endpoint and credentials come from the environment: HW_ACCESS_KEY, HW_SECRET_KEY,
    BUCKET, HW_REGION_NAME, and other settings of the function if they differ from their defaults.
    """
    # --help stays fast without DuckDB and the SDK.
    from accounting.bucket import open_bucket, read_environment  # noqa: PLC0415
    from accounting.ledger.make import make_ledger  # noqa: PLC0415
    from accounting.ledger.query import Choice  # noqa: PLC0415
    from accounting.ledger.summary import summary_lines  # noqa: PLC0415

    with _errors_in_words():
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
    if not made.reconciliation.inputs:
        days = " in the chosen days" if since or until else ""
        words = f"no input lies below {choice.prefix}{days}: check PREFIX, SINCE and UNTIL"
        console.print(words, markup=False)  # a path may have brackets
    for line in summary_lines(made.reconciliation):
        console.print(line)
    console.print(f"new or changed records: {made.downloaded}\nthe ledger is {out}", markup=False)


@app.command()
def packet(
    batch: Annotated[str, typer.Option(help="The inputs below this path, such as 2026/11/.")],
    *,
    out: Annotated[Path, typer.Option(help="The zip file.")] = Path("packet.zip"),
    env: Env = None,
    cache: CacheFolder = _CACHE,
) -> None:
    """Write the packet of a batch: paste sheets, workbook and renamed originals as a zip file.

    Only invoices that no person needs to check are filed; a duplicate never is. All others are
    listed on the cover.
    """
    # --help stays fast without DuckDB, the SDK and the PDF library.
    from accounting.bucket import open_bucket, read_environment  # noqa: PLC0415
    from accounting.ledger.query import Choice  # noqa: PLC0415
    from accounting.ledger.summary import yuan  # noqa: PLC0415
    from accounting.packet.make import make_packet  # noqa: PLC0415
    from accounting.packet.sheets import sheets_of  # noqa: PLC0415

    with _errors_in_words():
        if not batch:
            raise AccountingError("name a batch: make packet BATCH=2026/11/")
        bucket = open_bucket(read_environment(env) if env else os.environ)
        start = bucket.layout.input_prefix
        today = date.today()  # noqa: DTZ011 - as above
        choice = Choice(f"{start}{batch.removeprefix(start)}", None, None, today)
        with progress_bar(console) as notice:
            made = make_packet(bucket, choice, out, cache, notice)
    for line in made.unshown:
        console.print(f"not shown on its sheet: {line}", markup=False)
    totals = made.totals
    console.print(
        f"filed: {totals.invoices} invoices, {yuan(totals.amount)}, of {totals.files} originals "
        f"on {sheets_of(totals.pictures)} sheets\nnot filed, on the cover: "
        f"{sum(count for count, _ in totals.listed)}\nthe packet is {out}",
        markup=False,
    )


@app.command()
def erase(  # noqa: PLR0913 - the command's options
    *,
    key: Annotated[str, typer.Option(help="An input's key.")] = "",
    prefix: Annotated[str, typer.Option(help="All inputs below this path, after asking.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    env: Env = None,
    cache: CacheFolder = _CACHE,
    review_cache: Annotated[Path, typer.Option(help="Folder of the review page.")] = _REVIEW_CACHE,
) -> None:
    """Remove inputs and all their traces, versions and the caches of records included.

    Close the review page before.

    Records of other inputs that name one as a duplicate's first appearance are derived anew.

    Ledgers and packets that were made before are left as they are.
    """
    from accounting.bucket import read_environment  # noqa: PLC0415 - --help stays fast
    from accounting.erasure import erase as erasure  # noqa: PLC0415 - as above
    from accounting.erasure.inputs import inputs_below  # noqa: PLC0415 - as above
    from accounting.erasure.traces import traces  # noqa: PLC0415 - as above
    from accounting.erasure.versions import open_versions  # noqa: PLC0415 - as above
    from accounting.ledger.cache import check_unused  # noqa: PLC0415 - as above

    with _errors_in_words():
        if bool(key) == bool(prefix):
            raise AccountingError("name an input (KEY=…), or several (PREFIX=…)")
        versioned = open_versions(read_environment(env) if env else os.environ)
        start = versioned.bucket.layout.input_prefix
        named = f"{start}{(key or prefix).removeprefix(start)}"
        keys = inputs_below(versioned, named) if prefix else [named]
        found = traces(versioned, keys)
        if not found:
            console.print(f"nothing was found of {named}: nothing is erased", markup=False)
            raise typer.Exit(1)
        for folder in (cache, review_cache):
            check_unused(folder, versioned.bucket.name)
        for version in found:
            console.print(version.key, markup=False)
        question = f"Erase {len(keys)} inputs with {len(found)} objects and versions?"
        if prefix and not yes and not typer.confirm(question):
            raise typer.Exit(1)
        for changed in erasure.erase(versioned, keys, found, (cache, review_cache)):
            console.print(changed, markup=False)
    console.print(f"erased: {len(found)} objects and versions of {len(keys)} inputs")


@app.command()
def review(
    reviewer: Annotated[
        str,
        typer.Option(envvar="REVIEWER", help="Name of the person, or several with commas."),
    ] = "",
    *,
    port: Annotated[
        int | None,
        typer.Option(help="Port on this machine; 0 is any free one.", show_default="8302"),
    ] = None,
    env: Env = None,
    folder: Annotated[Path, typer.Option(help="Folder of the page's own files.")] = Path(
        "build/review"
    ),
) -> None:
    """Serve the review page on this machine until Ctrl-C, and print each person's address.

    An address works once; after that, the terminal shows another one for another browser.
    """
    from accounting.bucket import read_environment  # noqa: PLC0415 - --help stays fast
    from accounting.review.serve import USUAL_PORT, run_review  # noqa: PLC0415 - as above

    def opened(bound: int) -> None:
        if port is None and bound != USUAL_PORT:
            console.print(
                f"port {USUAL_PORT} is in use, as by the review page of make up: port {bound} "
                "is taken instead"
            )
        console.print(f"review page of the bucket {environment['BUCKET']}, until Ctrl-C:")

    def announce(name: str, address: str) -> None:
        console.print(f"  {name}: {address}", markup=False)

    with _errors_in_words("all decisions are in the bucket"):
        environment = read_environment(env) if env else os.environ
        run_review(environment, reviewer, port, folder, opened, announce)


if __name__ == "__main__":
    app(prog_name="python -m accounting")
