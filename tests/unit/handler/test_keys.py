"""The way from an input's key to its record's and back."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quota_invoice.errors import UnusableKey
from quota_invoice.settings.layout import Keys

KEYS = Keys("incoming/", "results/", "failures/")
PATHS = st.text(min_size=1, max_size=200)


@given(PATHS)
def test_the_way_to_a_record_and_back_is_exact_and_stays_below_its_prefix(path: str) -> None:
    key = f"incoming/{path}"
    try:
        result, failure = KEYS.result(key), KEYS.failure(key)
    except UnusableKey:
        assume(condition=False)
        return
    assert result == f"results/{path}.json"
    assert failure == f"failures/{path}.json"
    assert KEYS.source(result) == KEYS.source(failure) == key
    assert KEYS.why_not(result) == KEYS.why_not(failure) == "the function's own output"


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "the key is empty"),
        ("results/a.jpg.json", "the function's own output"),
        ("failures/a.jpg.json", "the function's own output"),
        ("other/a.jpg", "outside incoming/"),
        ("incoming", "outside incoming/"),
        ("incoming/", "a folder"),
        ("incoming/2026/", "a folder"),
        ("incoming/a.jpg", None),
    ],
)
def test_which_keys_announce_work(key: str, reason: str | None) -> None:
    assert KEYS.why_not(key) == reason


@pytest.mark.parametrize("key", ["incoming/../results/a.jpg", "incoming/./a.jpg"])
def test_a_key_that_readers_would_resolve_gets_no_record(key: str) -> None:
    with pytest.raises(UnusableKey, match="Key.Unusable"):
        KEYS.result(key)


def test_a_record_key_beyond_the_stores_limit_is_refused_by_name() -> None:
    longest = "incoming/" + "é" * 505  # 1,019 bytes: its record's key would have 1,023 and 1,024
    assert KEYS.failure(longest)
    with pytest.raises(UnusableKey, match="longer than 1024 bytes"):
        KEYS.failure(longest + "é")


@pytest.mark.parametrize("key", ["incoming/a.jpg", "results/a.jpg", "other/a.jpg.json"])
def test_what_is_no_records_key_has_no_source(key: str) -> None:
    with pytest.raises(ValueError, match="not the key of a record"):
        KEYS.source(key)
