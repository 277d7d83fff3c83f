"""``python -m bench.mutants``: how many mutants of the function its tests notice.

A mutant is a module with one small change, such as ``<`` for ``<=``. Cosmic Ray makes it, in a copy
of the repository, and runs the tests of the module. A mutant that fails none has survived: a
rule is without a test, or code is without use.
"""

from __future__ import annotations

import json
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_and_test, mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_item import MutationSpec, TestOutcome
from rich.progress import TimeElapsedColumn

from bench.console import console, progress_bar
from bench.mutants.choice import OPERATORS, is_another_program, modules, own_tests
from bench.mutants.equivalent import is_equivalent
from bench.mutants.fastest_first import DURATIONS

_ROOT = Path(__file__).parents[2]
_PLUGINS = ("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "bench.mutants.fastest_first")
_PYTEST = (sys.executable, "-m", "pytest", "-x", "-q", *_PLUGINS)
_SHARE = 0.96

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def measure(
    sample: Annotated[int, typer.Option(help="Mutants.", min=1)] = 300,
    seed: Annotated[int, typer.Option(help="Seed of the sample.")] = 1,
    only: Annotated[str, typer.Option(help="Modules whose path holds this text.")] = "",
) -> None:
    """Make mutants, and run the tests of each one's module.

    A mutant's tests may take three times as long as the module's, and ten seconds: a mutant that
    takes longer waits for something that never comes, and is killed.

    Exit code 0 if 96 % are killed, besides those listed as equivalent; 1 otherwise.
    """
    if not any(only in module for module in modules(_ROOT)):
        raise typer.BadParameter(f"no module of the function has {only!r} in its path")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        _copy_project(copy)
        os.chdir(copy)
        os.environ["PYTHONPATH"] = os.pathsep.join((str(copy / "handler"), str(copy)))
        os.environ[DURATIONS] = str(Path(folder) / "durations.json")
        durations = _durations([module for module in modules(copy) if only in module])
        killed, survived, equivalent = _run(_drawn(copy, only, sample, seed), sample, durations)
    counted = killed + survived
    console.print(
        f"{killed} of {counted} killed, {killed / max(counted, 1):.1%}; {equivalent} more are "
        f"equivalent (seed {seed})"
    )
    raise typer.Exit(0 if killed >= _SHARE * counted else 1)


def _copy_project(copy: Path) -> None:
    """Copy the repository, without environments, caches and results."""

    def ignored(folder: str, names: list[str]) -> set[str]:
        return {
            name
            for name in names
            if name.startswith(".")
            or name in {"build", "__pycache__"}
            or Path(folder, name, "pyvenv.cfg").exists()
        }

    shutil.copytree(_ROOT, copy, ignore=ignored)


def _drawn(copy: Path, only: str, sample: int, seed: int) -> Iterator[tuple[MutationSpec, bool]]:
    """Draw mutants; tell with each whether it is listed as equivalent."""
    chosen = [module for module in modules(copy) if only in module]
    source = {module: (copy / module).read_text(encoding="utf-8") for module in chosen}
    specs = [spec for module in chosen for spec in _specs(module, source[module])]
    random.Random(seed).shuffle(specs)  # noqa: S311 - a sample
    for spec in specs:
        module = str(spec.module_path)
        before = source[module]
        try:
            after = mutate_code(before, get_operator(spec.operator_name)(), spec.occurrence)
        except AttributeError:  # Cosmic Ray cannot replace a dotted name, such as struct.error
            continue
        if is_another_program(before, after):
            yield spec, is_equivalent(module, before, after)
            sample -= 1
        if not sample:
            return


def _specs(module: str, source: str) -> Iterator[MutationSpec]:
    """Yield all mutants of a module."""
    tree = get_ast(source)
    for name in OPERATORS:
        operator = get_operator(f"core/{name}")()
        places = (place for node in ast_nodes(tree) for place in operator.mutation_positions(node))
        for occurrence, (start, end) in enumerate(places):
            yield MutationSpec(module, f"core/{name}", occurrence, start, end)


def _durations(chosen: list[str]) -> dict[str, float]:
    """Run all tests of the modules without a mutant; return their durations in seconds."""
    console.print("Running the tests without a mutant …")
    tests = sorted({test for module in chosen for test in own_tests(module)})
    # Not by Cosmic Ray, which would leave no byte-code for the runs that follow.
    done = subprocess.run([*_PYTEST, *tests], check=False, capture_output=True, text=True)  # noqa: S603 - pytest
    if done.returncode:
        console.print(done.stdout, markup=False)
        console.print("[bold red]error:[/] the tests fail without a mutant")
        raise typer.Exit(1)
    durations: dict[str, float] = json.loads(Path(os.environ[DURATIONS]).read_text())
    return durations


def _run(
    drawn: Iterator[tuple[MutationSpec, bool]], sample: int, durations: Mapping[str, float]
) -> tuple[int, int, int]:
    """Test mutants; return the numbers of killed, survived and equivalent ones."""
    counts = {True: 0, False: 0}
    equivalent = 0
    with progress_bar(TimeElapsedColumn()) as progress:
        task = progress.add_task("mutants", total=sample)
        for number, (spec, is_listed) in enumerate(drawn):
            progress.update(task, completed=number)
            if number and number % 25 == 0 and not console.is_terminal:
                console.print(f"{number} of {sample}, {counts[True]} survived")
            if is_listed:
                equivalent += 1
                continue
            tests = own_tests(str(spec.module_path))
            seconds = sum(took for test, took in durations.items() if test.startswith(tests))
            result = mutate_and_test([spec], shlex.join((*_PYTEST, *tests)), 10 + 3 * seconds)
            survived = result.test_outcome == TestOutcome.SURVIVED
            counts[survived] += 1
            if survived:
                _show(spec, result.diff or "")
    return counts[False], counts[True], equivalent


def _show(spec: MutationSpec, diff: str) -> None:
    changed = [line for line in diff.splitlines()[3:] if line[:1] in {"+", "-"}]
    lines = "\n".join(f"  {line}" for line in changed)
    console.print(f"{spec.module_path}:{spec.start_pos[0]} survived\n{lines}", markup=False)


if __name__ == "__main__":
    app()
