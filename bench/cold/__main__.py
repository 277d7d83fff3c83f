"""``python -m bench.cold``: cold starts of the zip, of the usual packing, of a smaller function."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.table import Table

from bench.console import console
from bench.options import OUT, PACKAGES, ZIP_FILE, Out, Packages, Python, ZipFile, zip_python

_ROOT = Path(__file__).parents[2]
_START = Path(__file__).with_name("start.py")
_ZIP, _USUAL, _REQUESTS = "the zip", "packed as usual", "requests alone"
_PYTHON = "Python's own modules"
_MOST_OF = {_USUAL: 0.20, _REQUESTS: 1.4}  # times the other side's
_MOST_MB = 36.0
_ISOLATED = ("-I", "-S", "-B", "-W", "ignore")
_UNCHECKED = ("--invalidation-mode", "unchecked-hash")  # as the zip's
_IMPORT = re.compile(r"^import time: +(\d+) \|[ \d]+\| +(\S+)$", re.MULTILINE)  # own µs, module
_SHOWN = 10  # packages
_NEEDS = ("requests", "urllib3", "certifi", "idna", "charset_normalizer")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Start:
    """One cold start: milliseconds, those of the CPU with the interpreter's own, peak MB."""

    ms: float
    cpu_ms: float
    megabytes: float


Side = tuple[Path, str]  # a tree of modules, and the one that is imported


@app.command()
def bench(
    zip_file: ZipFile = ZIP_FILE,
    packages: Packages = PACKAGES,
    python: Python = "",
    runs: Annotated[int, typer.Option(help="Cold starts of each side.", min=2)] = 15,
    out: Out = OUT,
) -> None:
    """Start each side in fresh processes, in turn, and compare the starts of one round.

    A start is the import of the module and its initializer, without the first request. Packed as
    usual: handler and packages in full, extracted from a zip, so that their byte-code is not valid.
    ``requests`` alone, with valid byte-code, is the least that a function with HTTP imports.
    Further starts of the zip measure the import of each package, which makes them slower.
    """
    interpreter = zip_python(python)
    with tempfile.TemporaryDirectory() as folder:
        sides = _sides(Path(folder), zip_file, packages, interpreter)
        starts: dict[str, list[Start]] = {name: [] for name in sides}
        for side in sides.values():
            _start(interpreter, side)  # the files are in the system's cache from now on
        with console.status(f"{runs} cold starts of each side"):
            for number in range(runs):
                for name in list(sides)[:: 1 if number % 2 else -1]:
                    starts[name].append(_start(interpreter, sides[name]))
            imports = slowest_first([import_times(interpreter, sides[_ZIP]) for _ in range(runs)])
    ratios = {
        name: median(
            ours.ms / theirs.ms for ours, theirs in zip(starts[_ZIP], starts[name], strict=True)
        )
        for name in _MOST_OF
    }
    _show(starts, ratios)
    _show_imports(imports)
    out.mkdir(parents=True, exist_ok=True)
    report = {
        "runs": runs,
        "ratios": {name: round(ratio, 3) for name, ratio in ratios.items()},
        "starts": {name: [asdict(each) for each in found] for name, found in starts.items()},
        "imports_ms": imports,
    }
    (out / "bench-cold.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    exceeded = [
        f"over {most:g} times {name}" for name, most in _MOST_OF.items() if ratios[name] > most
    ]
    if _median(starts[_ZIP], "megabytes") > _MOST_MB:
        exceeded.append(f"over {_MOST_MB:g} MB")
    limits = ", ".join(f"{most:g} times {name}" for name, most in _MOST_OF.items())
    console.print("\n".join(exceeded) or f"within {limits} and {_MOST_MB:g} MB")
    raise typer.Exit(int(bool(exceeded)))


def _sides(folder: Path, zip_file: Path, packages: Path, interpreter: str) -> dict[str, Side]:
    """Make the trees of modules."""
    ours, usual, alone = folder / "zip", folder / "usual", folder / "requests"
    with zipfile.ZipFile(zip_file) as archive:
        archive.extractall(ours)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(packages, usual, ignore=ignored)
    shutil.copytree(_ROOT / "handler", usual, dirs_exist_ok=True, ignore=ignored)
    for name in _NEEDS:
        shutil.copytree(packages / name, alone / name, ignore=ignored)
    compiling = [interpreter, *_ISOLATED[:2], "-m", "compileall", "-q", *_UNCHECKED, str(alone)]
    subprocess.run(compiling, check=True)  # noqa: S603 - the Python that was named
    return {_ZIP: (ours, "index"), _USUAL: (usual, "index"), _REQUESTS: (alone, "requests")}


def _start(interpreter: str, side: Side) -> Start:
    """Start one side. It writes no byte-code: each cold start of the platform has a new folder."""
    completed = subprocess.run(  # noqa: S603 - as above
        [interpreter, *_ISOLATED, _START, *side],
        check=True,
        env={"PATH": os.defpath},
        stdout=subprocess.PIPE,
    )
    return Start(*json.loads(completed.stdout.splitlines()[-1]))


def import_times(interpreter: str, side: Side) -> dict[str, float]:
    """Start a side once; return the milliseconds of each package's own modules."""
    completed = subprocess.run(  # noqa: S603 - as above
        [interpreter, *_ISOLATED, "-X", "importtime", _START, *side],
        check=True,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
    )
    times: dict[str, float] = {}
    for own, module in _IMPORT.findall(completed.stderr):
        package = module.partition(".")[0]
        name = _PYTHON if package in sys.stdlib_module_names else package
        times[name] = times.get(name, 0) + int(own) / 1000
    return times


def slowest_first(starts: list[dict[str, float]]) -> dict[str, list[float]]:
    """Return each package's milliseconds of all starts, the slowest package first."""
    names = {name for start in starts for name in start}
    found = {name: [round(start.get(name, 0.0), 3) for start in starts] for name in sorted(names)}
    return dict(sorted(found.items(), key=lambda item: -median(item[1])))


def _median(starts: list[Start], name: str) -> float:
    return float(median(getattr(each, name) for each in starts))


def _show(starts: dict[str, list[Start]], ratios: dict[str, float]) -> None:
    table = Table("cold start", box=None)
    for name in ("ms: median", "least", "most", "CPU ms", "peak MB", "the zip is"):
        table.add_column(name, justify="right")
    for name, found in starts.items():
        times = [each.ms for each in found]
        figures = [median(times), min(times), max(times), _median(found, "cpu_ms")]
        memory = f"{_median(found, 'megabytes'):.1f}"
        ratio = f"{ratios[name]:.2f} x" if name in ratios else ""
        table.add_row(name, *(f"{value:.0f}" for value in figures), memory, ratio)
    console.print(table)


def _show_imports(imports: dict[str, list[float]]) -> None:
    table = Table("import of", box=None)
    for name in ("ms: median", "least", "most"):
        table.add_column(name, justify="right")
    for name, times in list(imports.items())[:_SHOWN]:
        table.add_row(name, *(f"{value:.1f}" for value in (median(times), min(times), max(times))))
    console.print(table)


if __name__ == "__main__":
    app(prog_name="python -m bench.cold")
