"""The Python that runs the zip in benchmarks."""

import typer

from bench.console import console
from ops.errors import OpsError
from ops.package.bytecode import runtime_python


def zip_python(named: str) -> str:
    """Return a Python of the runtime's version; if there is none, end the command with an error.

    Args:
        named: its path or name; empty to look for one, as ``make package`` does.
    """
    try:
        found = runtime_python(named or None)
        message = "there is no Python of the runtime's version"
    except OpsError as error:
        found, message = None, str(error)
    if found is None:
        console.print(f"[bold red]error:[/] {message}; name one: RUNTIME_PYTHON=…")
        raise typer.Exit(1)
    return str(found)
