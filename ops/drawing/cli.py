"""Command line: draws invoices into a folder."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from . import samples as committed
from .invoices import draw, encode
from .kinds import KINDS

app = typer.Typer(help="Draw quota invoices, damaged as photographs are, with their true fields.")

Out = Annotated[Path, typer.Option(help="Folder to write into; made if missing.")]


@app.command()
def samples(
    out: Out = Path("samples"),
    seed: Annotated[int, typer.Option(help="Another seed, other invoices.")] = 3,
) -> None:
    """The samples that are committed: the same bytes every time."""
    committed.write(out, seed)
    typer.echo(f"{len(committed.SAMPLES)} samples and their truth.json are in {out}.")


@app.command(name="set")
def drawn_set(
    out: Out = Path("build/drawn"),
    kinds: Annotated[str, typer.Option(help="Names, with commas between; all if empty.")] = "",
    seeds: Annotated[str, typer.Option(help="A number, or the first and last: 1-10.")] = "1-3",
    long_side: Annotated[int, typer.Option(help="Pixels.")] = 1000,
) -> None:
    """Images of these kinds and seeds, with a gt.json."""
    wanted = kinds.split(",") if kinds else list(KINDS)
    if unknown := sorted(set(wanted) - set(KINDS)):
        raise typer.BadParameter(f"{', '.join(unknown)}: not one of {', '.join(KINDS)}")
    first, _, last = seeds.partition("-")
    out.mkdir(parents=True, exist_ok=True)
    truths = {}
    for kind in wanted:
        for seed in range(int(first), int(last or first) + 1):
            drawing = draw(kind, seed, long_side=long_side)
            name = f"{kind}-{seed}.jpg"
            (out / name).write_bytes(encode(drawing.image, "JPEG", quality=92))
            truths[name] = asdict(drawing.truth) if drawing.truth else None
    text = json.dumps(truths, ensure_ascii=False, indent=1)
    (out / "gt.json").write_text(text + "\n", encoding="utf-8")
    typer.echo(f"{len(truths)} images and gt.json are in {out}.")
