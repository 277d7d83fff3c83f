"""The command ``python -m ocr_service``: starts the OCR service."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,  # the tracebacks would show variables, and so secrets
)
console = Console(stderr=True, highlight=False)


@app.command()
def serve_command(  # noqa: PLR0913, PLR0917 - common settings; the environment has all of them
    port: Annotated[int | None, typer.Option(help="Port; 0 selects a free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    ak: Annotated[str | None, typer.Option(help="Access key of the clients.")] = None,
    sk: Annotated[str | None, typer.Option(help="Secret key of the clients.")] = None,
    token: Annotated[str | None, typer.Option(help="A fixed X-Auth-Token.")] = None,
    project: Annotated[str | None, typer.Option(help="Project id in the URL path.")] = None,
) -> None:
    """Serve Quota Invoice OCR; a QUOTA_OCR_… variable exists for every setting."""
    from ocr_service.server import serve  # noqa: PLC0415 - loads the engine
    from ocr_service.settings import Settings, SettingsError  # noqa: PLC0415 - as above

    try:
        settings = Settings.read(
            os.environ, port=port, host=host, ak=ak, sk=sk, token=token, project=project
        )
    except SettingsError as error:
        for problem in error.problems:
            console.print(f"[bold red]error:[/] {problem}", soft_wrap=True)
        raise typer.Exit(2) from None
    serve(settings)


if __name__ == "__main__":
    app(prog_name="python -m ocr_service")
