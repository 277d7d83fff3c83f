"""The mutants of the function: the tests that run on each, and those listed as equivalent."""

from __future__ import annotations

import pytest

from bench.mutants.choice import TESTS, modules, own_tests
from bench.mutants.equivalent import EQUIVALENT, Equivalent, is_equivalent
from tests.support.paths import ROOT


def test_each_module_of_the_function_has_tests_that_exist() -> None:
    assert [file for module in modules(ROOT) for file in own_tests(module) if missing(file)] == []


def missing(file: str) -> bool:
    return not (ROOT / file).exists()


@pytest.mark.parametrize("place", TESTS)
def test_each_line_of_the_table_names_a_folder_or_module(place: str) -> None:
    assert (ROOT / "handler" / place).exists()


def test_the_longest_path_decides_on_the_tests() -> None:
    assert own_tests("handler/quota_invoice/obs/walk.py") != own_tests(
        "handler/quota_invoice/obs/store.py"
    )


@pytest.mark.parametrize("mutant", EQUIVALENT)
def test_each_equivalent_mutant_changes_a_line_of_its_module(mutant: Equivalent) -> None:
    text = (ROOT / "handler" / "quota_invoice" / mutant.module).read_text(encoding="utf-8")
    assert mutant.before in {" ".join(line.split()) for line in text.splitlines()}
    assert mutant.reason
    changed = text.replace(mutant.before.replace(" #", "  #"), mutant.after, 1)
    assert is_equivalent(f"handler/quota_invoice/{mutant.module}", text, changed)
    assert not is_equivalent("handler/index.py", text, changed)
