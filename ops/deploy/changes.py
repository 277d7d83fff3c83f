"""The changes of a plan, as a table and as one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.table import Table

_SIGNS = {
    ("create",): "[green]+ create",
    ("update",): "[yellow]~ change",
    ("delete",): "[red]- remove",
    ("delete", "create"): "[red]± replace",
    ("create", "delete"): "[red]± replace",
}


@dataclass(frozen=True)
class Change:
    """A resource that a plan changes: its address, and the actions in their order."""

    address: str
    actions: tuple[str, ...]


def read_changes(plan: Mapping[str, Any]) -> list[Change]:
    """Read the changes of a plan from ``show -json``; ignores values, which may be confidential."""
    found = [
        Change(entry["address"], tuple(entry["change"]["actions"]))
        for entry in plan.get("resource_changes", [])
    ]
    return [change for change in found if change.actions in _SIGNS]


def change_table(changes: list[Change]) -> Table:
    """Return a table with a row for each change."""
    table = Table(box=box.SIMPLE, show_header=False)
    for change in sorted(changes, key=lambda change: change.address):
        table.add_row(_SIGNS[change.actions], change.address)
    return table


def summary(changes: list[Change]) -> str:
    """Return the number of changes of each kind as one line."""
    if not changes:
        return "No changes: the account matches template.yaml and the stage."
    counts = Counter(_SIGNS[change.actions].partition(" ")[2] for change in changes)
    return "Plan: " + ", ".join(f"{number} to {action}" for action, number in counts.items()) + "."
