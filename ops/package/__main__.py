"""``python -m ops.package``: build the zip to deploy, and check it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated
from zipfile import BadZipFile

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from ops.command_line import command_group, reports_errors
from ops.errors import OpsError
from ops.package.build import LARGEST, BuildResult, build
from ops.package.bytecode import runtime_python

app = command_group("Build and check the zip to deploy.")
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

ZipFile = Annotated[Path, typer.Option("--zip", help="The zip.")]
Python = Annotated[
    str, typer.Option(help="A Python of the runtime's version; empty to search for one.")
]


@app.command("build")
@reports_errors(console)
def build_command(
    packages: Annotated[Path, typer.Option(help="Folder with the function's packages.")],
    zip_file: ZipFile = Path("build/function.zip"),
    python: Python = "",
) -> None:
    """Build the zip and its manifest; the same inputs give the same bytes."""
    _show(build(packages, zip_file, python or None))


@app.command("size")
@reports_errors(console)
def size_command(zip_file: ZipFile = Path("build/function.zip")) -> None:
    """Show the size of the zip by part."""
    try:
        content = zip_file.read_bytes()
        manifest = json.loads(zip_file.with_suffix(".json").read_bytes())
    except (OSError, ValueError) as error:
        raise OpsError(str(error)) from None
    _show(BuildResult(zip_file, manifest, len(content), hashlib.sha256(content).hexdigest()))


@app.command("runtime")
@reports_errors(errors)
def runtime_command(python: Python = "") -> None:
    """Print the path of the Python that compiles and runs the zip; nothing if there is none."""
    found = runtime_python(python or None)
    sys.stdout.write(f"{found}\n" if found else "")


@app.command("check")
@reports_errors(console)
def check_command(zip_file: ZipFile = Path("build/function.zip"), python: Python = "") -> None:
    """Extract the zip into an empty folder and run all its paths on the local cloud."""
    from local.errors import CloudError  # noqa: PLC0415 - as below
    from ops.package.check import check  # noqa: PLC0415 - the cloud's packages take a second

    try:
        with console.status("running the package against the local cloud"):
            found = check(zip_file, python or None)
    except (OSError, CloudError, BadZipFile, subprocess.TimeoutExpired) as error:
        raise OpsError(str(error)) from None
    console.print(
        f"{zip_file} works in isolation on Python {found.python}: {len(found.paths)} paths, "
        f"{found.modules} files loaded, ready after {found.cold_ms} ms."
    )
    if found.left_unchecked:
        console.print(f"[yellow]Not checked here:[/] {found.left_unchecked}.")


def _show(built: BuildResult) -> None:
    manifest = built.manifest
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("package", "version", "licence", "files", "kB"):
        table.add_column(name, justify="right" if name in {"files", "kB"} else "left")
    for package in manifest["packages"]:
        size = f"{package['bytes'] / 1000:,.0f}"
        row = [package[name] for name in ("name", "version", "licence")]
        table.add_row(*row, str(package["files"]), size)
    console.print(table)
    left = sum(entry["bytes"] for entry in manifest["left_out"]) / 1e6
    console.print(
        f"{built.zip_file}: {built.bytes:,} bytes of {LARGEST:,}, {manifest['files']} files for "
        f"Python {manifest['python']}; {left:.1f} MB of unused files left out.\n"
        f"sha256 {built.sha256}"
    )
    if not manifest["byte_code"]:
        console.print(
            f"[yellow]warning:[/] there is no Python {manifest['python']} on this machine, so the "
            "zip has no byte-code: it works, but starts about four times as slowly. Name one: "
            "make package RUNTIME_PYTHON=…"
        )


if __name__ == "__main__":
    app(prog_name="python -m ops.package")
