"""JSON from outside: members of any case, and the limits of numbers and depths."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import pytest

from quota_invoice.json_values import DEEPEST, member, outline, parse_json, text_of


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"eTag": 1, "etag": 2}, 2),
        ({"ETAG": 1}, 1),
        (MappingProxyType({"Etag": 1}), 1),
        ({"etags": 1, "eta": 2, 5: 3}, None),
        (["etag"], None),
        (None, None),
    ],
)
def test_a_member_is_found_by_its_name_in_any_case(value: object, found: object) -> None:
    assert member(value, "etag") == found


def test_an_empty_text_counts_as_none() -> None:
    assert [text_of(value) for value in ("a", "", None, 1)] == ["a", None, None, None]


@pytest.mark.parametrize("text", ["9" * 19, "-" + "9" * 18, "1.5", "1e300", '"NaN"'])
def test_a_number_of_64_bits_is_read(text: str) -> None:
    assert parse_json(text) == json.loads(text)


@pytest.mark.parametrize("text", ["9" * 20, "-" + "9" * 19, "NaN", "-Infinity", "1e999", "{"])
def test_a_number_beyond_the_limits_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not|integer|Expecting"):
        parse_json(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [("9" * 30, "an integer of 30 characters"), ("9" * 400 + ".0", r"not a finite number: 9{20}")],
)
def test_a_refused_number_is_not_told_whole(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"^{told}$"):
        parse_json(text)


@pytest.mark.parametrize("make", [lambda inner: [inner], lambda inner: {"a": inner}])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_value_has_at_most_64_levels(make: Any, *, as_bytes: bool) -> None:
    value: Any = "[{" * 100  # brackets within a text are none
    for _ in range(DEEPEST):
        value = make(value)
    assert (DEEPEST, read(value, as_bytes=as_bytes)) == (64, value)
    with pytest.raises(ValueError, match="in more than 64 levels"):
        read(make(value), as_bytes=as_bytes)
    with pytest.raises(ValueError, match="in more than 64 levels"):
        parse_json("[" * 100_000)


def test_many_values_beside_each_other_are_not_deep() -> None:
    assert parse_json(json.dumps([[1], {}] * DEEPEST)) == [[1], {}] * DEEPEST


def read(value: object, *, as_bytes: bool) -> object:
    text = json.dumps(value)
    return parse_json(text.encode() if as_bytes else text)


def test_an_outline_has_no_values() -> None:
    assert outline({"token": "do-not-tell", "a": 1}) == "an object with a, token"
    assert (outline({}), outline([1])) == ("an object with no members", "a list")
