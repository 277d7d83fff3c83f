"""The Python that runs the zip in benchmarks."""

import subprocess

import typer

from bench.console import console

RUNTIME = "3.12"


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
            f"[bold red]error:[/] {fault}: name a Python {RUNTIME}, RUNTIME_PYTHON=…",
            soft_wrap=True,
        )
        raise typer.Exit(1)
    return python
