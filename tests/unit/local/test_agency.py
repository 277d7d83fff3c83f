"""The agency's credentials: new for each invocation, or reused for some time."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from local.agency import Agency
from ocr_service.auth.keyring import Credentials, FileKeyring


def access_keys(agency: Agency) -> list[str]:
    return [agency.credentials().access_key for _ in range(3)]


def test_credentials_are_new_each_time_unless_a_reuse_time_is_set(tmp_path: Path) -> None:
    numbers = count()

    def create() -> Credentials:
        return Credentials(f"AK-{next(numbers)}", "SK")

    assert access_keys(Agency(create, tmp_path / "a.json")) == ["AK-0", "AK-1", "AK-2"]
    assert access_keys(Agency(create, tmp_path / "b.json", 60)) == ["AK-3", "AK-3", "AK-3"]
    assert access_keys(Agency(create, tmp_path / "c.json", 1e-9)) == ["AK-4", "AK-5", "AK-6"]


def test_credentials_stay_valid_while_hundreds_of_other_invocations_begin(tmp_path: Path) -> None:
    numbers = count()
    agency = Agency(lambda: Credentials(f"AK-{next(numbers)}", "SK"), tmp_path / "a.json")
    first = agency.credentials()
    for _ in range(400):
        agency.credentials()
    assert FileKeyring(tmp_path / "a.json").find(first.access_key) == first
