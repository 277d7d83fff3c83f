"""``python -m ops.status``: show the status of a stage, or of the local cloud."""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ops.command_line import Choices, EngineName, States, reports_errors
from ops.errors import OpsError
from ops.sdk.errors import store_errors
from ops.stage import CHOICES, STATES
from ops.status.cache import SummaryCache
from ops.status.inventory import InventoryTaker
from ops.status.report import Report, digest_of
from ops.status.sweeps import last_sweep
from ops.status.target import Target, local_target, stage_target
from quota_invoice.obs.store import ObsStore
from quota_invoice.times import utc_now

_USUAL_SECONDS = 2.0  # for listing and reading, so that the command takes less than three
_LEAST_SECONDS = 0.25  # for reading: each run has to know more than the one before
console = Console(stderr=True, highlight=False, soft_wrap=True)


@reports_errors(console)
def main(  # noqa: PLR0913, PLR0917 - the command's options
    name: Annotated[str, typer.Argument(metavar="[STAGE]", help="Empty with --local.")] = "",
    local: Annotated[Path | None, typer.Option(help="The local cloud's file of `make up`.")] = None,
    price: Annotated[str, typer.Option(help="Price of one billed OCR result.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002 - a flag
    read_seconds: Annotated[
        float | None,
        typer.Option(help="Seconds for reading records that were not read before.", min=0),
    ] = None,
    code: Annotated[Path, typer.Option(help="The working tree's zip.")] = Path(
        "build/function.zip"
    ),
    cache: Annotated[Path, typer.Option(help="Folder for facts of records.")] = Path(
        "build/status"
    ),
    engine: EngineName = "",
    states: States = STATES,
    choices: Choices = CHOICES,
) -> None:
    """Show inputs, records, failures, the last sweep, the code and the cost of OCR.

    The exit code is 1 if something needs a person.
    """
    each = _price(price)
    target = local_target(local) if local else stage_target(name, engine, states, choices)
    report = _report(target, read_seconds, digest_of(code), cache, each)
    points = report.needs_a_person
    if as_json:
        sys.stdout.write(json.dumps(report.to_json(), ensure_ascii=False, indent=2) + "\n")
    else:
        output = Console(highlight=False)
        output.print(report.to_table())
        for point in points:
            output.print(f"[bold red]needs a person:[/] {point}", soft_wrap=True)
    if points:
        raise typer.Exit(1)


def _report(
    target: Target, seconds: float | None, built: str | None, folder: Path, price: Decimal | None
) -> Report:
    settings = target.settings
    store = ObsStore.connect(settings, target.credentials)
    cache = SummaryCache.open(folder, settings.obs_endpoint, settings.bucket)
    with store_errors():
        taker = InventoryTaker(store, settings.bucket, settings.layout, cache)
        with cache.saved():
            started = time.monotonic()
            taker.list()
            left = _USUAL_SECONDS - (time.monotonic() - started)
            inventory = taker.read(max(left, _LEAST_SECONDS) if seconds is None else seconds)
        now = utc_now()
        sweep = last_sweep(
            store,
            settings.bucket,
            settings.layout,
            target.schedule,
            target.sweep_line(),
            inventory.oldest.modified_at if inventory.oldest else None,
            now,
        )
    deployed = target.digest() if target.digest else None
    return Report(target.name, now, inventory, sweep, deployed, built, price)


def _price(text: str) -> Decimal | None:
    try:
        price = Decimal(text) if text else None
    except InvalidOperation:
        price = Decimal(-1)
    if price is not None and not (price.is_finite() and price >= 0):
        raise OpsError(f"{text!r} is not a price: PRICE=0.05")
    return price


if __name__ == "__main__":
    typer.run(main)
