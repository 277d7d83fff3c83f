"""A plugin of pytest: the tests run in the order of their durations in the run before.

Most mutants fail a fast test, so that the slow ones need not run.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

DURATIONS = "MUTANTS_DURATIONS"
"""The environment's variable with the path of the file that keeps the durations of tests."""
_durations: dict[str, float] = {}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests; those that the run before did not have come first."""
    known = _known()
    items.sort(key=lambda item: known.get(item.nodeid, 0))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up the durations of a test's phases."""
    _durations[report.nodeid] = _durations.get(report.nodeid, 0) + report.duration


def pytest_sessionfinish(exitstatus: int) -> None:
    """Keep the durations of a run in which all tests passed."""
    if exitstatus == 0:
        _file().write_text(json.dumps(_known() | _durations), encoding="utf-8")


def _known() -> dict[str, float]:
    """Return the durations of all runs so far."""
    known: dict[str, float] = json.loads(_file().read_text()) if _file().exists() else {}
    return known


def _file() -> Path:
    return Path(os.environ[DURATIONS])
