"""``python -m bench.report``: all benchmarks in one run, as one file and one page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.console import console
from bench.options import PACKAGES, ZIP_FILE, Packages, Python, ZipFile, zip_python
from bench.report.page import draw, page
from bench.report.parts import PACKAGE, PARTS, Part, Plot
from bench.report.prices import Prices

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bench(  # noqa: PLR0913, PLR0917 - the command's options
    zip_file: ZipFile = ZIP_FILE,
    packages: Packages = PACKAGES,
    python: Python = "",
    ocr_price: Annotated[float, typer.Option(help="Of one OCR call.")] = 0.0,
    gbs_price: Annotated[float, typer.Option(help="Of a GB-second of the function.")] = 0.0,
    requests_price: Annotated[float, typer.Option(help="Of 10,000 bucket requests.")] = 0.0,
    waiting: Annotated[float, typer.Option(help="Seconds of an upload in OCR and bucket.")] = 1.0,
    out: Annotated[Path, typer.Option(help="Folder for figures, page, pictures.")] = Path("build"),
) -> None:
    """Run the parts one after another; each one runs its own sides in turn.

    A part that exceeds a limit does not stop the others; the exit status is 1 then.
    """
    options = {"zip": str(zip_file), "packages": str(packages), "python": zip_python(python)}
    out.mkdir(parents=True, exist_ok=True)
    day = datetime.now(tz=timezone.utc).date().isoformat()
    figures: dict[str, Any] = {"day": day, "cores": os.cpu_count()}
    plots: list[Plot] = []
    exceeded = []
    for part in PARTS:
        console.rule(part.name)
        if _run(part, options, out):
            exceeded.append(part.name)
        _collect(part, out / f"bench-{part.name}.json", figures, plots)
    _collect(PACKAGE, zip_file.with_suffix(".json"), figures, plots)
    prices = Prices(ocr_price, gbs_price, requests_price, waiting)
    if any(prices[:3]) and "warm" in figures:
        figures["price_of_1000"] = found = prices.of_thousand(figures["warm"])
        console.print(f"1,000 invoices: {found['sum']:.4f} in the currency of the prices")
    figures["exceeded"] = exceeded
    text = json.dumps(figures, ensure_ascii=False, indent=2) + "\n"
    (out / "bench.json").write_text(text, encoding="utf-8")
    (out / "bench.html").write_text(page(plots, figures), encoding="utf-8")
    for plot in plots:
        draw(plot, out / f"bench-{plot.name}.png")
    console.print(f"Figures: {out / 'bench.json'}; plots: {out / 'bench.html'}")
    raise typer.Exit(int(bool(exceeded)))


def _run(part: Part, options: dict[str, str], out: Path) -> int:
    """Run a part; return 1 if it exceeds a limit or fails."""
    chosen = [word for name in part.options for word in (f"--{name}", options[name])]
    chosen += part.flags
    command = [sys.executable, "-m", f"bench.{part.name}", *chosen, "--out", str(out)]
    (out / f"bench-{part.name}.json").unlink(missing_ok=True)
    return int(bool(subprocess.run(command, check=False).returncode))  # noqa: S603 - ours


def _collect(part: Part, file: Path, figures: dict[str, Any], plots: list[Plot]) -> None:
    """Read a part's figures, if it wrote them."""
    if file.is_file():
        figures[part.name] = json.loads(file.read_bytes())
        plots += part.plots(figures[part.name])


if __name__ == "__main__":
    app(prog_name="python -m bench.report")
