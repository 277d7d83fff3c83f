"""The import times of ``make bench-cold``."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.cold.__main__ import import_times, slowest_first


def test_an_import_counts_for_its_package(tmp_path: Path) -> None:
    package = tmp_path / "invoices"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "slow.py").write_text("import time\ntime.sleep(0.1)\n", encoding="utf-8")
    (tmp_path / "index.py").write_text("import json, invoices.slow\n", encoding="utf-8")
    found = import_times(sys.executable, (tmp_path, "index"))
    assert {*found} == {"index", "invoices", "Python's own modules"}
    assert found["invoices"] >= 100
    assert found["index"] < found["invoices"]


def test_the_slowest_package_comes_first() -> None:
    starts = [{"a": 1.0, "b": 2.0}, {"a": 1.5, "b": 3.0}, {"a": 9.0, "b": 1.0}]
    assert slowest_first(starts) == {"b": [2.0, 3.0, 1.0], "a": [1.0, 1.5, 9.0]}


def test_a_package_of_one_start_alone_took_nothing_in_the_others() -> None:
    assert slowest_first([{"a": 1.0}, {"b": 4.0}]) == {"b": [0.0, 4.0], "a": [1.0, 0.0]}
