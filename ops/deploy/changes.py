"""What a plan would do, as far as people want to read it before it happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.table import Table

_SIGNS = {
    ("create",): "[green]+ make",
    ("update",): "[yellow]~ change",
    ("delete",): "[red]- remove",
    ("delete", "create"): "[red]± replace",
    ("create", "delete"): "[red]± replace",
}


@dataclass(frozen=True)
class Change:
    """A resource that will not stay as it is: its address, and what is done in which order."""

    address: str
    actions: tuple[str, ...]


def read_changes(plan: Mapping[str, Any]) -> list[Change]:
    """Read a plan, as ``show -json`` gives it; values, which may be anyone's, are not looked at."""
    found = [
        Change(entry["address"], tuple(entry["change"]["actions"]))
        for entry in plan.get("resource_changes", [])
    ]
    return [change for change in found if change.actions in _SIGNS]


def change_table(changes: list[Change]) -> Table:
    """Give the plan's summary."""
    table = Table(box=box.SIMPLE, show_header=False)
    for change in sorted(changes, key=lambda change: change.address):
        table.add_row(_SIGNS[change.actions], change.address)
    return table


def summary(changes: list[Change]) -> str:
    """Say in one line how much there is to do."""
    if not changes:
        return "No changes: everything is as template.yaml and the stage have it."
    counts = Counter(_SIGNS[change.actions].partition(" ")[2] for change in changes)
    return "Plan: " + ", ".join(f"{number} to {what}" for what, number in counts.items()) + "."
