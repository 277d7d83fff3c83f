"""Selects the files of the packages for the zip, by the rules of ``left-out.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from ops.errors import OpsError

_RULES = Path(__file__).with_name("left-out.yaml")
_MEMBERS = {"why", "files", "keep", "imports"}
_IMPORT = re.compile(r"^from ([\w.]+) import \w+$")


@dataclass(frozen=True)
class Rule:
    """A rule that leaves out files.

    Attributes:
        why: the reason.
        files: patterns of files to leave out.
        keep: patterns of exceptions.
        imports: files from which imports of the left-out files are removed.
    """

    why: str
    files: tuple[str, ...]
    keep: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()

    def leaves_out(self, name: str) -> bool:
        """Whether this rule leaves a file out."""
        return matches(name, self.files) and not matches(name, self.keep)


@dataclass(frozen=True)
class Selection:
    """The result of applying the rules.

    Attributes:
        content: the remaining files, by path.
        left_out: number of files and of bytes that each rule left out, by reason.
        trimmed: number of imports that were removed, by file.
    """

    content: dict[str, bytes]
    left_out: dict[str, tuple[int, int]] = field(default_factory=dict)
    trimmed: dict[str, int] = field(default_factory=dict)


def read_rules() -> list[Rule]:
    """Read the rules.

    Raises:
        OpsError: a rule has unknown members, or lacks its reason.
    """
    rules = []
    for entry in yaml.safe_load(_RULES.read_text(encoding="utf-8")):
        if not {"why", "files"} <= set(entry) <= _MEMBERS:
            members = "needs why and files, may have keep, imports"
            raise OpsError(f"{_RULES.name}: {entry}: {members}")
        lists = {name: tuple(entry.get(name, ())) for name in ("files", "keep", "imports")}
        rules.append(Rule(entry["why"], **lists))
    return rules


def select(content: Mapping[str, bytes], rules: Sequence[Rule]) -> Selection:
    """Apply the rules to the files.

    Raises:
        OpsError: a pattern matches no file: the rules are out of date.
    """
    for rule in rules:
        for pattern in (*rule.files, *rule.keep, *rule.imports):
            if not any(fnmatchcase(name, pattern) for name in content):
                raise OpsError(f"{_RULES.name}: {pattern} does not match any file")
    selection = Selection(dict(content))
    for rule in rules:
        removed = [name for name in selection.content if rule.leaves_out(name)]
        size = sum(len(selection.content.pop(name)) for name in removed)
        selection.left_out[rule.why] = (len(removed), size)
        for name in rule.imports:
            text, count = _without_imports(selection.content[name].decode(), removed)
            selection.content[name] = text.encode()
            selection.trimmed[name] = selection.trimmed.get(name, 0) + count
    return selection


def _without_imports(text: str, removed: Sequence[str]) -> tuple[str, int]:
    """Remove the lines that import removed modules; return the text and the number of lines."""
    modules = {name.removesuffix(".py").replace("/", ".") for name in removed}
    lines = text.splitlines(keepends=True)
    found = [_IMPORT.match(line.rstrip()) for line in lines]
    kept = [
        line for line, name in zip(lines, found, strict=True) if not (name and name[1] in modules)
    ]
    return "".join(kept), len(lines) - len(kept)


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a path matches a pattern."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
