"""Finds the names that Python files use of given modules, without running them."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

Uses = Mapping[str, set[str]]
"""The used names, by the file that uses them."""


def module_name(path: str) -> str:
    """Return the name of a module by its path.

    >>> module_name("bson/son.py"), module_name("bson/__init__.py")
    ('bson.son', 'bson')
    """
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def uses_of(modules: AbstractSet[str], content: Mapping[str, bytes]) -> dict[str, set[str]]:
    """Return the names of modules that files import, or reach as an attribute of the module.

    The name "import" is the module itself. A module that is imported by a computed name is not
    found.
    """
    kept = {module_name(path) for path in content if path.endswith(".py")}
    uses = {}
    for path, text in content.items():
        if path.endswith(".py") and any(_may_name(module, path, text) for module in modules):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of old code, which is not ours
                tree = ast.parse(text)
            if found := set(_names(tree, modules, kept, path)):
                uses[path] = found
    return uses


def _may_name(module: str, path: str, text: bytes) -> bool:
    """Whether a file has the parts of a module's name, as an import of it needs."""
    top, last = module.partition(".")[0], module.rpartition(".")[2]
    return last.encode() in text and (top.encode() in text or path.startswith(f"{top}/"))


def _names(
    tree: ast.Module, modules: AbstractSet[str], kept: AbstractSet[str], path: str
) -> Iterator[str]:
    def is_replaced(name: str) -> bool:
        inside = any(name.startswith(f"{module}.") for module in modules)
        return name in modules or (inside and name not in kept)

    nodes = list(ast.walk(tree))
    bound = set()
    for name, alias in _imports(nodes, path):
        module, _, last = name.rpartition(".")
        if is_replaced(module):
            yield last
        elif is_replaced(name):
            yield "import"
            bound.add(alias)
    for node in nodes if bound else ():
        if isinstance(node, ast.Attribute) and _dotted(node.value) in bound:
            yield node.attr


def _imports(nodes: Iterable[ast.AST], path: str) -> Iterator[tuple[str, str]]:
    """Yield the full names of what a file imports, and the names that it gives them."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            module = _absolute(node, path)
            yield from ((f"{module}.{each.name}", each.asname or each.name) for each in node.names)
        elif isinstance(node, ast.Import):
            yield from ((each.name, each.asname or each.name) for each in node.names)


def _dotted(node: ast.expr) -> str:
    """Return the name of a module that an expression is; empty if it is something else."""
    if isinstance(node, ast.Name):
        return node.id
    inner = _dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{inner}.{node.attr}" if inner and isinstance(node, ast.Attribute) else ""


def _absolute(node: ast.ImportFrom, path: str) -> str:
    """Return the full name of the module of a ``from`` import."""
    if not node.level:
        return node.module or ""
    package = module_name(path).split(".")
    if not path.endswith("/__init__.py"):
        package.pop()
    package = package[: len(package) - node.level + 1]
    return ".".join([*package, *filter(None, [node.module])])
