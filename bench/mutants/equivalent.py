"""Mutants that no test can tell from the code: ``equivalent.yaml`` has each with the reason."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import NamedTuple

import yaml


class Equivalent(NamedTuple):
    """A mutant that no test can tell from the code, or only by the machine's speed.

    Attributes:
        module: the module's path below handler/quota_invoice/.
        before: the changed line of the code, without indentation.
        after: this line of the mutant.
        reason: why both do the same.
    """

    module: str
    before: str
    after: str
    reason: str


_TABLE = Path(__file__).with_suffix(".yaml")
EQUIVALENT = tuple(Equivalent(**each) for each in yaml.safe_load(_TABLE.read_text("utf-8")))


def is_equivalent(module: str, before: str, after: str) -> bool:
    """Whether the mutant of a module is listed.

    Args:
        module: its path from the root of the repository.
        before: its code.
        after: the mutant's code.
    """
    name = module.removeprefix("handler/quota_invoice/")
    removed, added = changed_lines(before, after)
    return any((name, removed, added) == one[:3] for one in EQUIVALENT)


def changed_lines(before: str, after: str) -> tuple[str, str]:
    r"""Return the changed lines of two texts, with single spaces.

    >>> changed_lines("a\n  b <= 1\nc", "a\n  b <  1\nc")
    ('b <= 1', 'b < 1')
    """
    head = 2  # lines, with the names of the files
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0))[head:]
    removed, added = (
        " ".join(" ".join(line[1:] for line in lines if line.startswith(sign)).split())
        for sign in "-+"
    )
    return removed, added
