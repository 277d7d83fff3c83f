"""Command line: draws invoices into a folder."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bench.drawing import samples as committed
from bench.drawing.invoices import Drawing, draw, encode
from bench.drawing.kinds import KINDS
from bench.drawing.other_papers.draw_other import OTHER_PAPERS, draw_other
from bench.drawing.several_on_one_image import Group, tabletop
from bench.drawing.several_on_one_image import sheet as scanned_sheet

app = typer.Typer(
    help="Draw quota invoices, damaged as photographs are, with their true fields.",
    pretty_exceptions_enable=False,
)

Out = Annotated[Path, typer.Option(help="Folder to write into; made if missing.")]
Seeds = Annotated[str, typer.Option(help="One number, or first and last: 1-10.")]


@app.command()
def samples(
    out: Out = Path("samples"),
    seed: Annotated[int, typer.Option(help="Another seed, other invoices.")] = committed.SEED,
) -> None:
    """The samples that are committed: the same bytes every time."""
    committed.write(out, seed)
    typer.echo(f"{len(committed.SAMPLES)} samples and their truth.json are in {out}.")


@app.command(name="set")
def drawn_set(
    out: Out = Path("build/drawn"),
    kinds: Annotated[str, typer.Option(help="Names, with commas between; all if empty.")] = "",
    seeds: Seeds = "1-3",
    long_side: Annotated[int, typer.Option(help="Pixels.")] = 1000,
) -> None:
    """Images of these kinds and seeds, other papers too, with a gt.json."""
    known = [*KINDS, *OTHER_PAPERS]
    wanted = kinds.split(",") if kinds else known
    if unknown := sorted(set(wanted) - set(known)):
        message = f"{', '.join(unknown)}: not one of {', '.join(known)}"
        raise typer.BadParameter(message)
    out.mkdir(parents=True, exist_ok=True)
    truths = {}
    for kind in wanted:
        for seed in _numbers(seeds):
            drawing = _drawn(kind, seed, long_side)
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
    """Scanned sheets and table tops with several papers each, with a gt.json."""
    out.mkdir(parents=True, exist_ok=True)
    truths = {}
    for seed in _numbers(seeds):
        groups = {"sheet": scanned_sheet(seed, rows, cols), "tabletop": tabletop(seed)}
        for kind, group in groups.items():
            name = f"{kind}-{seed}.jpg"
            (out / name).write_bytes(encode(group.image, "JPEG", quality=92))
            truths[name] = _tickets(group)
    _write_truths(out, truths)


def _drawn(kind: str, seed: int, long_side: int) -> Drawing:
    known = draw if kind in KINDS else draw_other
    return known(kind, seed, long_side=long_side)


def _numbers(seeds: str) -> range:
    first, _, last = seeds.partition("-")
    try:
        return range(int(first), int(last or first) + 1)
    except ValueError:
        message = f"{seeds}: not a number, nor two like 1-10"
        raise typer.BadParameter(message) from None


def _tickets(group: Group) -> list[dict[str, object]]:
    return [asdict(ticket) for ticket in group.tickets]


def _write_truths(out: Path, truths: object) -> None:
    text = json.dumps(truths, ensure_ascii=False, indent=1)
    (out / "gt.json").write_text(text + "\n", encoding="utf-8")
    typer.echo(f"Images and their gt.json are in {out}.")
