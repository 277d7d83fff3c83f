"""``python -m bench.memory``: the memory of one instance after many uploads."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bench.console import console
from bench.options import OUT, ZIP_FILE, Out, Python, ZipFile, zip_python
from bench.warm.delivery import deliver, instance
from local.errors import CloudError

_FROM = 500  # uploads; the caches of connections and tables are full
_MOST = 1.03  # times the memory after so many
_LEAST_DONE = 0.99  # of the uploads: a server of a busy machine may be late
_AFTER = (100, _FROM, 1000, 2000, 5000, 10_000)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bench(
    zip_file: ZipFile = ZIP_FILE,
    python: Python = "",
    uploads: Annotated[int, typer.Option(help="Uploads.", min=1000)] = 10_000,
    out: Out = OUT,
) -> None:
    """Deliver many uploads to one instance of the extracted zip, and read its resident memory."""
    interpreter = zip_python(python)
    marks = [*(mark for mark in _AFTER if mark < uploads), uploads]
    try:
        with instance(zip_file, out / "bench-memory.log") as (cloud, folder):
            found = deliver(cloud, folder, interpreter, uploads, each=1, memory_after=marks)
    except CloudError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from None
    done = sum(each["result"] == "recognized" for each in found.invocations)
    megabytes = {mark: found.invocations[mark - 1]["mb"] for mark in marks}
    ratio = megabytes[uploads] / megabytes[_FROM]
    report = {
        "uploads": uploads,
        "recognized": done,
        "megabytes": {str(mark): round(value, 2) for mark, value in megabytes.items()},
        "growth": round(ratio, 4),
    }
    (out / "bench-memory.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    table = Table("uploads", "resident MB", box=None)
    for mark, value in megabytes.items():
        table.add_row(f"{mark:,}", f"{value:.1f}")
    console.print(table)
    console.print(f"after {uploads:,} uploads {ratio:.3f} times the memory after {_FROM}")
    if done < _LEAST_DONE * uploads:
        console.print(f"only {done:,} of them were recognized")
    raise typer.Exit(int(ratio > _MOST or done < _LEAST_DONE * uploads))


if __name__ == "__main__":
    app(prog_name="python -m bench.memory")
