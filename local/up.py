"""`python -m local up`: keep the cloud running, and say what to do with it."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from rich.console import Console

from .cloud import BUCKET, Cloud, Options, running_cloud
from .door import door
from .serving import Serving

console = Console(highlight=False)


def keep_up(port: int, log: Path) -> int:
    """Start everything, print what to do next, and wait for Ctrl-C.

    Args:
        port: of the bucket's door.
        log: file for what the function and the OCR service print.

    Returns:
        The exit code.
    """
    log.unlink(missing_ok=True)
    with contextlib.ExitStack() as running:
        with console.status("starting bucket, OCR service and function"):
            options = Options(output=log, watch=_report, retries=3)
            cloud = running.enter_context(running_cloud(options))
        serving = Serving(door(BUCKET, cloud.bucket.client()), port)
        running.callback(serving.stop)
        running.callback(console.print, "\nstopping …")
        _say(serving.url, cloud, log)
        threading.Event().wait()
    return 0


def _say(address: str, cloud: Cloud, log: Path) -> None:
    console.print(
        f"""[bold green]The cloud is up.[/] Everything in it is gone when it stops.

  bucket [bold]{BUCKET}[/]    {address}   (object store at {cloud.bucket.endpoint})
  OCR service       {cloud.ocr_endpoint}
  function's log    {log}

Put an image into the bucket, and a moment later get its record:

  [bold]curl -T samples/beijing-10-yuan-stamped.jpg {address}/incoming/[/]
  [bold]curl {address}/results/beijing-10-yuan-stamped.jpg.json[/]

What cannot be read gets its reason under {address}/failures/….json. Ctrl-C stops everything.
""",
        soft_wrap=True,
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
