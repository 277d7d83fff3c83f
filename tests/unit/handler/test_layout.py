"""Keys of inputs and records."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quota_invoice.errors import UnusableKey
from quota_invoice.settings.layout import DEFAULT_LAYOUT

PATHS = st.text(min_size=1, max_size=200)


@given(PATHS)
def test_record_keys_are_reversible_and_stay_below_their_prefix(path: str) -> None:
    key = f"incoming/{path}"
    try:
        result, failure = DEFAULT_LAYOUT.record_key(key), DEFAULT_LAYOUT.failure_key(key)
    except UnusableKey:
        assume(condition=False)
        return
    assert result == f"results/{path}.json"
    assert failure == f"failures/{path}.json"
    assert DEFAULT_LAYOUT.input_key(result) == DEFAULT_LAYOUT.input_key(failure) == key
    assert (
        DEFAULT_LAYOUT.reason_to_ignore(result)
        == DEFAULT_LAYOUT.reason_to_ignore(failure)
        == "the function's own output"
    )


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
def test_the_reason_to_ignore_a_key(key: str, reason: str | None) -> None:
    assert DEFAULT_LAYOUT.reason_to_ignore(key) == reason


@pytest.mark.parametrize("key", ["incoming/../results/a.jpg", "incoming/./a.jpg"])
def test_a_key_with_dots_as_a_part_is_unusable(key: str) -> None:
    with pytest.raises(UnusableKey, match="Key.Unusable"):
        DEFAULT_LAYOUT.record_key(key)


def test_a_record_key_beyond_the_stores_limit_is_unusable() -> None:
    longest = "incoming/" + "é" * 505  # 1,019 bytes: its record's key would have 1,023 and 1,024
    assert DEFAULT_LAYOUT.failure_key(longest)
    with pytest.raises(UnusableKey, match="longer than 1024 bytes"):
        DEFAULT_LAYOUT.failure_key(longest + "é")


@pytest.mark.parametrize("key", ["incoming/a.jpg", "results/a.jpg", "other/a.jpg.json"])
def test_other_keys_have_no_input_key(key: str) -> None:
    with pytest.raises(ValueError, match="not the key of a record"):
        DEFAULT_LAYOUT.input_key(key)
