"""Options of several benchmarks, and the Python that runs the zip."""

import subprocess
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bench.console import console

RUNTIME = "3.12"
ZipFile = Annotated[Path, typer.Option("--zip", help="The zip.")]
Packages = Annotated[Path, typer.Option(help="The packages.")]
Python = Annotated[str, typer.Option(help="A Python of the runtime's version.")]
Out = Annotated[Path, typer.Option(help="Folder for the figures.")]
ZIP_FILE, PACKAGES, OUT = Path("build/function.zip"), Path(".venv/function"), Path("build")


def zip_python(named: str) -> str:
    """Return a Python of the runtime's version; if there is none, end the command with an error.

    Args:
        named: its path or name; empty for the one on the PATH.
    """
    python = named or f"python{RUNTIME}"
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        found = subprocess.run(  # noqa: S603 - the Python that was named
            [python, "-I", "-S", "-c", script], capture_output=True, text=True, check=False
        ).stdout.strip()
    except OSError:
        found = ""
    if found != RUNTIME:
        fault = f"{python} is Python {found}" if found else f"{python} does not run"
        console.print(
            f"[bold red]error:[/] {escape(fault)}: name a Python {RUNTIME}, RUNTIME_PYTHON=…",
            soft_wrap=True,
        )
        raise typer.Exit(1)
    return python
