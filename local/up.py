"""`python -m local up`: keep the cloud running, and say what to do with it."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from rich.console import Console

from local.bucket.proxy import door
from local.cloud import BUCKET, ROOT, Cloud, Options, running_cloud
from local.processes import Process, plain_environment
from local.serving import Serving

console = Console(highlight=False)


def keep_up(port: int, log: Path, api_port: int, origins: Sequence[str]) -> int:
    """Start everything, print what to do next, and wait for Ctrl-C.

    Args:
        port: of the bucket's door.
        api_port: of the function's own API.
        origins: of web pages that may use that API from browsers.
        log: file for what the function and the OCR service print; the operator's keys lie beside
            it, in a file that ends in ``.env``.

    Returns:
        The exit code.
    """
    log.unlink(missing_ok=True)
    with contextlib.ExitStack() as running:
        with console.status("starting bucket, OCR service and function"):
            options = Options(
                output=log,
                watch=_report,
                retries=3,
                gateway_port=api_port,
                origins=tuple(origins),
            )
            cloud = running.enter_context(running_cloud(options))
        serving = Serving(door(BUCKET, cloud.bucket.client()), port)
        running.callback(serving.stop)
        running.callback(console.print, "\nstopping …")
        keys = running.enter_context(_keys_file(log.with_suffix(".env"), cloud, log))
        _say(serving.url, cloud, keys, log)
        threading.Event().wait()
    return 0


@contextlib.contextmanager
def _keys_file(path: Path, cloud: Cloud, log: Path) -> Iterator[Path]:
    """Put an operator's environment into a file for this user alone, while the cloud runs."""
    path.unlink(missing_ok=True)
    with log.open("ab") as output:
        # Removes it even after a kill -9 of ours.
        keeper = Process(
            [], env=plain_environment(), cwd=ROOT, output=output, remove=[path.resolve()]
        )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in cloud.environment().items())
        yield path
    finally:
        keeper.stop()


def _say(address: str, cloud: Cloud, keys: Path, log: Path) -> None:
    console.print(
        f"""[bold green]The cloud is up.[/] Everything in it is gone when it stops.

  bucket [bold]{BUCKET}[/]    {address}   (object store at {cloud.bucket.endpoint})
  API               {cloud.api_endpoint}   (asks nobody who he is: for this machine alone)
  OCR service       {cloud.ocr_endpoint}
  FunctionGraph     {cloud.functiongraph_endpoint}
  its function      {cloud.function_urn}
  operator's keys   {keys}, for bucket and FunctionGraph: set -a; . {keys}; set +a
  function's log    {log}

Put an image into the bucket, and a moment later get its record:

  [bold]curl -T samples/beijing-10-yuan-stamped.jpg {address}/incoming/[/]
  [bold]curl {address}/results/beijing-10-yuan-stamped.jpg.json[/]

Or ask the API, which also gives addresses to upload to (POST /uploads) and describes itself:

  [bold]curl {cloud.api_endpoint}/invoices -d '{{"key": "beijing-10-yuan-stamped.jpg"}}'[/]
  [bold]curl '{cloud.api_endpoint}/invoices?status=recognized&limit=10'[/]
  [bold]curl {cloud.api_endpoint}/openapi.json[/]

What cannot be read gets its reason under {address}/failures/….json. Ctrl-C stops everything.
""",
        soft_wrap=True,
        emoji=False,
    )


def _report(invocation: Future[Any]) -> None:
    """Show how each invocation ended."""

    def show(ended: Future[Any]) -> None:
        if ended.cancelled():
            return
        error = ended.exception()
        if error:
            console.print(f"[red]the function raised[/] {error}", soft_wrap=True, markup=True)
        elif ended.result() != {"ignored": 1}:  # its own output, which announces itself too
            console.print(f"the function answered {ended.result()}", markup=False)

    invocation.add_done_callback(show)
