"""Which files of the packages go into the zip, by the rules of ``left-out.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

RULES = Path(__file__).with_name("left-out.yaml")
_MEMBERS = {"why", "files", "keep", "imports"}
_IMPORT = re.compile(r"^from ([\w.]+) import \w+$")


class PackageError(Exception):
    """The package cannot be made, or is not sound; says why in one line."""


@dataclass(frozen=True)
class Rule:
    """Files that are left out, and why.

    Attributes:
        why: the reason.
        files: patterns of what is left out.
        keep: patterns of what of these stays.
        imports: files whose imports of what is left out go with it.
    """

    why: str
    files: tuple[str, ...]
    keep: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()

    def leaves_out(self, name: str) -> bool:
        """Tell whether this rule leaves a file out."""
        return _any(name, self.files) and not _any(name, self.keep)


@dataclass(frozen=True)
class Selection:
    """What became of the packages' files.

    Attributes:
        content: what stays, by path.
        left_out: what each reason left out, as numbers of files and of bytes.
        trimmed: how many imports were taken from which file.
    """

    content: dict[str, bytes]
    left_out: dict[str, tuple[int, int]] = field(default_factory=dict)
    trimmed: dict[str, int] = field(default_factory=dict)


def read_rules(path: Path = RULES) -> list[Rule]:
    """Read the rules.

    Raises:
        PackageError: a rule has members that mean nothing, or lacks its reason.
    """
    rules = []
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
        if not {"why", "files"} <= set(entry) <= _MEMBERS:
            raise PackageError(f"{path.name}: {entry}: needs why and files, may have keep, imports")
        lists = {name: tuple(entry.get(name, ())) for name in ("files", "keep", "imports")}
        rules.append(Rule(entry["why"], **lists))
    return rules


def select(content: Mapping[str, bytes], rules: Iterable[Rule]) -> Selection:
    """Leave out what the rules say.

    Raises:
        PackageError: a pattern matches nothing: the packages have changed, the rules have not.
    """
    rules = list(rules)
    for rule in rules:
        for pattern in (*rule.files, *rule.keep, *rule.imports):
            if not any(fnmatchcase(name, pattern) for name in content):
                raise PackageError(f"{RULES.name}: {pattern} matches nothing any more")
    selection = Selection(dict(content))
    for rule in rules:
        gone = [name for name in selection.content if rule.leaves_out(name)]
        size = sum(len(selection.content.pop(name)) for name in gone)
        selection.left_out[rule.why] = (len(gone), size)
        for name in rule.imports:
            text, count = _without_imports(selection.content[name].decode(), gone)
            selection.content[name] = text.encode()
            selection.trimmed[name] = selection.trimmed.get(name, 0) + count
    return selection


def _without_imports(text: str, gone: Sequence[str]) -> tuple[str, int]:
    """Remove the lines that import modules which are gone."""
    modules = {name.removesuffix(".py").replace("/", ".") for name in gone}
    lines = text.splitlines(keepends=True)
    kept = [line for line in lines if not _imports(line, modules)]
    return "".join(kept), len(lines) - len(kept)


def _imports(line: str, modules: set[str]) -> bool:
    found = _IMPORT.match(line.rstrip())
    return found is not None and found[1] in modules


def _any(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
