"""``python -m local``: the command line of the local cloud."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

app = typer.Typer(
    help="The cloud on a laptop: bucket, OCR service, and the function between them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they show the values of variables, secrets included
)
console = Console(stderr=True, highlight=False)


class Recognition(str, Enum):
    """The values of the function's setting of this name."""

    QUOTA = "quota"
    AUTO = "auto"


def _install_signal_handlers() -> None:
    """Install signal handlers, so that SIGTERM and SIGHUP run the clean-up as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)


def _run(command: Callable[[], int]) -> None:
    """Run a command and exit with its code; print errors of the cloud without traceback."""
    from local.errors import CloudError  # noqa: PLC0415 - --help stays fast without the SDKs
    from local.runtime import FunctionError  # noqa: PLC0415 - as above

    _install_signal_handlers()
    try:
        code = command()
    except KeyboardInterrupt:
        console.print("stopped")
        code = 130
    except (CloudError, FunctionError, OSError) as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        code = 1
    raise typer.Exit(code)


@app.command()
def up(  # noqa: PLR0913, PLR0917 - the command's options
    port: Annotated[
        int, typer.Option(help="Port of the bucket's proxy; another if in use.")
    ] = 8300,
    log: Annotated[Path, typer.Option(help="File for the log of function and OCR.")] = Path(
        "build/up.log"
    ),
    api_port: Annotated[
        int, typer.Option(help="Port of the function's API; another if in use.")
    ] = 8301,
    review_port: Annotated[
        int, typer.Option(help="Port of the review page; another if in use.")
    ] = 8302,
    origin: Annotated[
        list[str] | None, typer.Option(help="Origin of a web page that may call it; repeatable.")
    ] = None,
    recognition: Annotated[
        Recognition, typer.Option(help="auto reads several invoices on one image.")
    ] = Recognition.QUOTA,
    ocr: Annotated[
        str, typer.Option(help="Python module that serves OCR, and its arguments.")
    ] = "ocr_service",
) -> None:
    """Keep the cloud running until Ctrl-C: upload images to the bucket, download records."""
    from local.up import Ports, run_up  # noqa: PLC0415 - --help stays fast without the SDKs

    ports = Ports(port, api_port, review_port)
    _run(lambda: run_up(ports, log, origin or [], recognition.value, shlex.split(ocr)))


@app.command()
def demo(
    samples: Annotated[Path, typer.Option(help="Folder of images with a truth.json.")] = Path(
        "samples"
    ),
    out: Annotated[Path, typer.Option(help="Folder for records and report.")] = Path("build"),
) -> None:
    """Upload every sample, show its record, and compare it with the truth."""
    from local.demo import run_demo  # noqa: PLC0415 - --help stays fast without the SDKs

    _run(lambda: run_demo(samples, out))


@app.command()
def invoke(
    event: Annotated[Path, typer.Argument(help="A JSON file with an event: events/….json.")],
    samples: Annotated[Path, typer.Option(help="Folder of images that events name.")] = Path(
        "samples"
    ),
) -> None:
    """Invoke the function with one event, in a new cloud; print its answer and the records."""
    from local.invoke import run_invoke  # noqa: PLC0415 - --help stays fast without the SDKs

    _run(lambda: run_invoke(event, samples))


if __name__ == "__main__":
    app(prog_name="python -m local")
