"""`python -m local`: the cloud on a laptop, by the command line."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(
    help="The cloud on a laptop: bucket, OCR service, and the function between them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks would show the values of variables: keys
)
console = Console(stderr=True, highlight=False)


def _interruptible() -> None:
    """Have a polite kill end a command as Ctrl-C does: by way of its clean-up."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)


def _run(command: Callable[[], int]) -> None:
    """Run a command to its exit code; an error of the cloud's is one line, not a traceback."""
    from local.errors import CloudError  # noqa: PLC0415 - --help does not wait for the SDKs
    from local.runtime import FunctionError  # noqa: PLC0415 - as above

    _interruptible()
    try:
        code = command()
    except KeyboardInterrupt:
        code = 130
    except (CloudError, FunctionError, OSError) as error:
        console.print(f"[bold red]error:[/] {error}", soft_wrap=True)
        code = 1
    raise typer.Exit(code)


@app.command()
def up(
    port: Annotated[
        int, typer.Option(help="Port of the bucket's door; another if taken.", min=0, max=65535)
    ] = 8300,
    log: Annotated[Path, typer.Option(help="File for what function and service print.")] = Path(
        "build/up.log"
    ),
    api_port: Annotated[
        int, typer.Option(help="Port of the function's API; another if taken.", min=0, max=65535)
    ] = 8301,
    origin: Annotated[
        list[str] | None, typer.Option(help="Origin of a web page that may call it; repeatable.")
    ] = None,
) -> None:
    """Keep the whole cloud running until Ctrl-C: drop images into the bucket, get records."""
    from local.up import keep_up  # noqa: PLC0415 - --help does not wait for the SDKs

    _run(lambda: keep_up(port, log, api_port, origin or []))


@app.command()
def demo(
    samples: Annotated[Path, typer.Option(help="Folder of images with a truth.json.")] = Path(
        "samples"
    ),
    out: Annotated[Path, typer.Option(help="Folder for records and report.")] = Path("build"),
) -> None:
    """Send every sample through the cloud, show the records, compare them with the truth."""
    from local.demo import run_demo  # noqa: PLC0415 - --help does not wait for the SDKs

    _run(lambda: run_demo(samples, out))


@app.command()
def invoke(
    event: Annotated[Path, typer.Argument(help="An event as a JSON file, such as events/….json.")],
    samples: Annotated[Path, typer.Option(help="Where the images that events name lie.")] = Path(
        "samples"
    ),
) -> None:
    """Hand one event to the function, in a cloud made for it; print its answer and records."""
    from local.invoke import run_invoke  # noqa: PLC0415 - --help does not wait for the SDKs

    _run(lambda: run_invoke(event, samples))


if __name__ == "__main__":
    app(prog_name="python -m local")
