"""The agency's keys: other ones for each invocation, or the same for a while."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from local.agency import Agency
from ocr_service.auth.keyring import Credentials


def keys(agency: Agency) -> list[str]:
    return [agency.credentials().access_key for _ in range(3)]


def test_keys_are_other_ones_each_time_unless_told_how_long_they_are_kept(tmp_path: Path) -> None:
    numbers = count()

    def mint() -> Credentials:
        return Credentials(f"AK-{next(numbers)}", "SK")

    assert keys(Agency(mint, tmp_path / "a.json")) == ["AK-0", "AK-1", "AK-2"]
    assert keys(Agency(mint, tmp_path / "b.json", 60)) == ["AK-3", "AK-3", "AK-3"]
    assert keys(Agency(mint, tmp_path / "c.json", 1e-9)) == ["AK-4", "AK-5", "AK-6"]
