"""The files of a public forge run the project's own checks, and nothing else."""

from __future__ import annotations

import os
from typing import Any

import pytest
import yaml

from tests.support.paths import ROOT

FORGE = ROOT / ".github"


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_the_workflow_runs_the_checks_of_every_change_and_nothing_else() -> None:
    [job] = read(".github/workflows/checks.yml")["jobs"].values()
    checkout, checks = job["steps"]
    assert checkout["uses"].startswith("actions/checkout@")
    assert checks == {"run": ".ci/run"}
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_hook_runs_the_linters_of_make() -> None:
    [repository] = read(".pre-commit-config.yaml")["repos"]
    [hook] = repository["hooks"]
    assert (repository["repo"], hook["language"]) == ("local", "system")
    assert (hook["entry"], hook["pass_filenames"]) == ("make lint", False)


@pytest.mark.parametrize("form", ["bug", "proposal"])
def test_each_form_asks_in_both_languages(form: str) -> None:
    found = read(f".github/ISSUE_TEMPLATE/{form}.yml")
    fields = [each for each in found["body"] if each["type"] != "markdown"]
    assert len({each["id"] for each in fields}) == len(fields)
    assert all(
        " / " in label for label in [found["name"], *(f["attributes"]["label"] for f in fields)]
    )


def test_no_file_of_the_forge_is_without_a_test() -> None:
    files = sorted(str(file.relative_to(FORGE)) for file in FORGE.rglob("*") if file.is_file())
    assert files == [
        "ISSUE_TEMPLATE/bug.yml",
        "ISSUE_TEMPLATE/config.yml",
        "ISSUE_TEMPLATE/proposal.yml",
        "PULL_REQUEST_TEMPLATE.md",
        "workflows/checks.yml",
    ]
