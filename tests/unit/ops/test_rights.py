"""The first smoke test of a stage waits until its rights act, and says so."""

from __future__ import annotations

import pytest

from ops.errors import OpsError
from ops.remote.rights import NoRecordError, retry_until_rights_act, rights_act_at

AGENCY = "huaweicloud_identity_agency.function[0]"
CREATED = 1_600_000_000.0  # 2020-09-13T12:26:40Z


@pytest.mark.parametrize(
    ("resources", "act_at"),
    [
        ({AGENCY: {"create_time": "2020-09-13T12:26:40.000000"}}, CREATED + 900),
        ({AGENCY: {"create_time": "2020-09-13T12:26:40Z"}}, CREATED + 900),
        ({AGENCY: {"create_time": "2020-09-13T20:26:40+08:00"}}, CREATED + 900),
        ({AGENCY: {"create_time": "unknown"}}, 0),
        ({AGENCY: {}}, 0),
        ({}, 0),  # the agency existed before the stage
    ],
)
def test_rights_act_a_quarter_of_an_hour_after_the_agency_was_made(
    resources: dict[str, dict[str, str]], act_at: float
) -> None:
    assert rights_act_at(resources) == act_at


class Attempts:
    """Attempts of two minutes each, the first ones of which fail."""

    def __init__(self, failing: int) -> None:
        self.number = 0
        self.seconds = 0.0
        self._failing = failing

    def __call__(self) -> str:
        self.number += 1
        self.seconds += 120
        if self.number <= self._failing:
            raise NoRecordError("no record")
        return "record"


@pytest.mark.parametrize("failing", [0, 1, 4])
def test_attempts_are_repeated_and_each_wait_is_said(failing: int) -> None:
    attempts, said = Attempts(failing), list[str]()
    found = retry_until_rights_act(attempts, 900, said.append, lambda: attempts.seconds)
    assert (found, attempts.number) == ("record", failing + 1)
    assert sum("take 5 to 15 minutes to act" in line for line in said) == failing


def test_one_attempt_is_made_after_the_rights_act_and_its_error_is_raised() -> None:
    attempts, said = Attempts(99), list[str]()
    with pytest.raises(NoRecordError):
        retry_until_rights_act(attempts, 900, said.append, lambda: attempts.seconds)
    assert attempts.seconds > 900
    old = Attempts(99)
    with pytest.raises(NoRecordError):
        retry_until_rights_act(old, 0, said.append, lambda: old.seconds)
    assert old.number == 1


def test_another_error_is_raised_at_once() -> None:
    def refused() -> None:
        raise OpsError("the bucket refused to put")

    with pytest.raises(OpsError, match="refused"):
        retry_until_rights_act(refused, 900, print, lambda: 0)
