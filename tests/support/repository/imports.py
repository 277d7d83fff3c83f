"""The modules of the repository and the imports between them, read from their source."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests.support.paths import ROOT

PACKAGES = ("bench", "ops", "local", "accounting", "ocr_service", "handler")


def modules() -> dict[str, Path]:
    """Return each module's file by the module's dotted path from the root of the repository.

    A package's ``__init__`` is a module of that name; a package that does not exist has none.
    """
    files = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in files}


def imports(files: Mapping[str, Path]) -> dict[str, set[str]]:
    """Return the modules that each module imports, anywhere in its source."""
    names = {_importable(module): module for module in files}
    found = {}
    for module, file in files.items():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        imported = {name for node in ast.walk(tree) for name in _names(node, names)}
        found[module] = {names[name] for name in imported if name in names} - {module}
    return found


def _importable(module: str) -> str:
    """Return the name by which a module is imported: ``handler`` is on the import path itself.

    >>> _importable("handler.quota_invoice.api.__init__"), _importable("local.cloud")
    ('quota_invoice.api', 'local.cloud')
    """
    return module.removeprefix("handler.").removesuffix(".__init__")


def _names(node: ast.AST, known: Mapping[str, str]) -> Iterable[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        return [name if name in known else node.module for name in inner]
    return []


def cycle(edges: Mapping[str, set[str]]) -> list[str]:
    """Return the nodes of a cycle, the first one again at the end; an empty list without a cycle.

    >>> cycle({"a": {"b"}, "b": {"c"}, "c": set()})
    []
    >>> sorted(set(cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}})))
    ['b', 'c']
    """
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []
