"""The command ``python -m ocr_service``: starts the OCR service."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,  # the tracebacks would show variables, and so secrets
)
console = Console(stderr=True, highlight=False)


def _refuse_credentials(value: str | None) -> None:
    if value is not None:
        raise typer.BadParameter(
            "other users of the machine see the command line: set QUOTA_OCR_AK and QUOTA_OCR_SK, "
            "or QUOTA_OCR_TOKEN, in the environment; QUOTA_OCR_SK_FILE and QUOTA_OCR_TOKEN_FILE "
            "name files"
        )


@app.command()
def serve_command(
    port: Annotated[int | None, typer.Option(help="Port; 0 selects a free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    project: Annotated[str | None, typer.Option(help="Project id in the URL path.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM file of the certificate.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM file of its private key.")] = None,
    _credentials: Annotated[
        str | None,
        typer.Option("--ak", "--sk", "--token", hidden=True, callback=_refuse_credentials),
    ] = None,
) -> None:
    """Serve Quota Invoice OCR; a QUOTA_OCR_… variable exists for every setting.

    Secrets come from the environment, or from files: QUOTA_OCR_SK_FILE, QUOTA_OCR_TOKEN_FILE.
    """
    from ocr_service.reading.text.models import ModelsMissingError  # noqa: PLC0415 - as below
    from ocr_service.server import serve  # noqa: PLC0415 - loads the engine
    from ocr_service.settings import Settings, SettingsError  # noqa: PLC0415 - as above

    try:
        settings = Settings.read(
            os.environ,
            port=port,
            host=host,
            project=project,
            tls_cert=tls_cert,
            tls_key=tls_key,
        )
    except SettingsError as error:
        for problem in error.problems:
            console.print(f"[bold red]error:[/] {escape(problem)}", soft_wrap=True)
        raise typer.Exit(2) from None
    try:
        serve(settings)
    except (ModelsMissingError, OSError) as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    app(prog_name="python -m ocr_service")
