"""The comparison of honest callers, quiet and under attack."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.api.callers import CallResult
from bench.attacks.__main__ import _attack, app, compare
from bench.attacks.attackers import Aim
from local.errors import CloudError


def calls(kind: str, ms: float, *, failed: int = 0) -> list[CallResult]:
    return [CallResult(kind, 429 if number < failed else 200, ms, None) for number in range(100)]


QUIET = [*calls("token", 100), *calls("health", 2)]


@pytest.mark.parametrize(
    ("attacked", "passed"),
    [
        ([*calls("token", 299), *calls("health", 50)], True),
        ([*calls("token", 301), *calls("health", 2)], False),
        ([*calls("token", 100, failed=1), *calls("health", 2)], True),
        ([*calls("token", 100, failed=2), *calls("health", 2)], False),
        ([*calls("token", 100), *calls("health", 2, failed=2)], False),
    ],
    ids=["up to three times", "slower", "one refused", "two refused", "health refused"],
)
def test_honest_callers_are_answered_within_three_times_the_quiet_time(
    attacked: list[CallResult], *, passed: bool
) -> None:
    assert compare("silent", QUIET, attacked, 1)["passed"] is passed


def test_an_unknown_attack_is_refused_before_anything_starts(tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["--attack", "sillent", "--out", str(tmp_path)])
    assert found.exit_code == 2
    assert "no such attack: sillent" in found.output
    assert list(tmp_path.iterdir()) == []


def test_a_measurement_without_an_attacker_is_an_error() -> None:
    aim = Aim("127.0.0.1", 9, "p1", "AK", "token")
    with pytest.raises(CloudError, match="nobody was attacked: none"), _attack("none", aim):
        pass
