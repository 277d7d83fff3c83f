"""The commands of ``python -m bench.drawing``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bench.drawing import samples as committed
from bench.drawing.invoices import draw, encode
from bench.drawing.kinds import KINDS
from bench.drawing.other_papers.draw_other import OTHER_PAPERS, draw_other
from bench.drawing.several_on_one_image import sheet as scanned_sheet
from bench.drawing.several_on_one_image import tabletop

app = typer.Typer(
    help="Draw quota invoices with the damage of photographs, and their true fields.",
    pretty_exceptions_enable=False,
)

Out = Annotated[Path, typer.Option(help="Output folder; created if missing.")]
Seeds = Annotated[str, typer.Option(help="One seed, or a range such as 1-10.")]


@app.command()
def samples(
    out: Out = Path("samples"),
    seed: Annotated[int, typer.Option(help="Selects the invoices.")] = committed.SEED,
) -> None:
    """Draw the committed samples; the files are identical every time."""
    committed.write(out, seed)
    typer.echo(f"{len(committed.SAMPLES)} samples and their truth.json are in {out}.")


@app.command(name="set")
def drawn_set(
    out: Out = Path("build/drawn"),
    kinds: Annotated[str, typer.Option(help="Comma-separated names; empty for all.")] = "",
    seeds: Seeds = "1-3",
    long_side: Annotated[int, typer.Option(help="Pixels of the longer side.")] = 1000,
) -> None:
    """Draw images of the kinds and seeds, and their gt.json."""
    known = [*KINDS, *OTHER_PAPERS]
    wanted = kinds.split(",") if kinds else known
    if unknown := sorted(set(wanted) - set(known)):
        message = f"unknown kinds {', '.join(unknown)}; known kinds are {', '.join(known)}"
        raise typer.BadParameter(message)
    out.mkdir(parents=True, exist_ok=True)
    truths = {}
    for kind in wanted:
        for seed in _numbers(seeds):
            drawing = (draw if kind in KINDS else draw_other)(kind, seed, long_side=long_side)
            name = f"{kind}-{seed}.jpg"
            (out / name).write_bytes(encode(drawing.image, "JPEG", quality=92))
            truths[name] = asdict(drawing.truth) if drawing.truth else None
    _write_truths(out, truths)


@app.command()
def sheet(
    out: Out = Path("build/drawn"),
    seeds: Seeds = "1-3",
    rows: int = 2,
    cols: int = 3,
) -> None:
    """Draw scanned sheets and table tops with several papers each, and their gt.json."""
    out.mkdir(parents=True, exist_ok=True)
    truths = {}
    for seed in _numbers(seeds):
        groups = {"sheet": scanned_sheet(seed, rows, cols), "tabletop": tabletop(seed)}
        for kind, group in groups.items():
            name = f"{kind}-{seed}.jpg"
            (out / name).write_bytes(encode(group.image, "JPEG", quality=92))
            truths[name] = [asdict(ticket) for ticket in group.tickets]
    _write_truths(out, truths)


def _numbers(seeds: str) -> range:
    first, _, last = seeds.partition("-")
    try:
        return range(int(first), int(last or first) + 1)
    except ValueError:
        message = f"{seeds} is neither a number nor a range such as 1-10"
        raise typer.BadParameter(message) from None


def _write_truths(out: Path, truths: object) -> None:
    text = json.dumps(truths, ensure_ascii=False, indent=1)
    (out / "gt.json").write_text(text + "\n", encoding="utf-8")
    typer.echo(f"Images and their gt.json are in {out}.")
