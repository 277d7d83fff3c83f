"""Members of JSON values from outside: their names in any case, absent, or of another type."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

DEEPEST = 64
"""Levels of a JSON value; a record has fewer than ten, and a writer may fail beyond some 300."""
_TOO_DEEP = f"objects and lists inside each other in more than {DEEPEST} levels"
_LONGEST_INTEGER = 19  # characters: 64 bits hold it
_SHOWN = 20  # characters of a refused number


def member(value: object, name: str) -> Any:  # noqa: ANN401 - a member of any JSON value
    """Return a member of a JSON object by its name in any case; None if there is none.

    >>> member({"eTag": "9d37"}, "etag")
    '9d37'
    """
    if not isinstance(value, dict | Mapping):  # the first one is known at once
        return None
    if name in value:
        return value[name]
    folded, length = name.lower(), len(name)
    for key, found in value.items():
        if isinstance(key, str) and len(key) == length and key.lower() == folded:
            return found
    return None


def text_of(value: object) -> str | None:
    """Return the value if it is a text that is not empty, else None."""
    return value if isinstance(value, str) and value else None


def parse_json(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of a JSON text that every reader takes for the same value.

    Python's parser accepts more than RFC 8259: NaN and Infinity, also as ``1e999``; and numbers
    and depths that other programs refuse.

    >>> parse_json('{"amount": "￥50.00"}')
    {'amount': '￥50.00'}

    Raises:
        ValueError: it is not JSON, or has a number or a depth beyond the limits.
    """
    try:
        value = json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, parse_int=_moderate
        )
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if _openings(text) > DEEPEST and _is_deeper(value, DEEPEST):
        raise ValueError(_TOO_DEEP)
    return value


def _openings(text: str | bytes) -> int:
    """Return how many objects and lists a text has at most; those in strings count, too."""
    if isinstance(text, bytes):  # of any encoding that the parser knows
        return text.count(b"{") + text.count(b"[")
    return text.count("{") + text.count("[")


def _no_constant(name: str) -> NoReturn:
    message = f"not JSON: {name}"
    raise ValueError(message)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        message = f"not a finite number: {text[:_SHOWN]}"
        raise ValueError(message)
    return number


def _moderate(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        message = f"an integer of {len(text)} characters"
        raise ValueError(message)
    return int(text)


def _is_deeper(value: object, levels: int) -> bool:
    """Whether objects and lists lie inside each other in more than so many levels."""
    inner = [value]
    for _ in range(levels):
        inner = [
            member
            for outer in inner
            if isinstance(outer, dict | list)
            for member in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not inner:
            return False
    return any(isinstance(one, dict | list) for one in inner)


def outline(value: object) -> str:
    """Return the names of a JSON object's members only: events hold tokens and signed URLs."""
    if isinstance(value, Mapping):
        return "an object with " + (", ".join(sorted(map(str, value))) or "no members")
    return f"a {type(value).__name__}"
