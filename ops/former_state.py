"""Moves the state of a stage from ``deploy/.state/``, where earlier versions kept it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from ops.errors import OpsError


def move_former_state(former: Path, folder: Path) -> None:
    """Move a stage's former state folder to its present place, so that nothing is created twice.

    A present folder without a state holds rendered files only: the former folder replaces it.

    Args:
        former: the folder in ``deploy/.state/``; nothing happens if it does not exist.
        folder: the folder in ``stages/.state/``.

    Raises:
        OpsError: both folders hold a state, or the folder cannot be moved.
    """
    if not former.is_dir():
        return
    try:
        _move(former, folder)
    except OSError as error:
        raise OpsError(f"{former} cannot be moved to {folder}: {error}") from None


def _move(former: Path, folder: Path) -> None:
    if folder.exists():
        if not _has_state(former):
            return
        if _has_state(folder):
            raise OpsError(
                f"{former} and {folder} both hold a state of {folder.name}: "
                "keep the one that matches the account, and move the other one away"
            )
        shutil.rmtree(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(former, folder)
    sys.stderr.write(f"Moved the state of {folder.name} from {former} to {folder}\n")


def _has_state(folder: Path) -> bool:
    return any(folder.rglob("*.tfstate*"))
