"""Members of JSON values from outside: their names in any case, absent, or of another type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn


def member(value: object, name: str) -> Any:  # noqa: ANN401 - a member of any JSON value
    """Return a member of a JSON object by its name in any case; None if there is none.

    >>> member({"eTag": "9d37"}, "etag")
    '9d37'
    """
    if not isinstance(value, Mapping):
        return None
    if name in value:
        return value[name]
    folded = name.lower()
    return next(
        (found for key, found in value.items() if isinstance(key, str) and key.lower() == folded),
        None,
    )


def text_of(value: object) -> str | None:
    """Return the value if it is a text that is not empty, else None."""
    return value if isinstance(value, str) and value else None


def no_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, as ``parse_constant`` of ``json.loads``: RFC 8259 has neither.

    Raises:
        ValueError: always.
    """
    message = f"not JSON: {name}"
    raise ValueError(message)


def outline(value: object) -> str:
    """Return the names of a JSON object's members only: events hold tokens and signed URLs."""
    if isinstance(value, Mapping):
        return "an object with " + (", ".join(sorted(map(str, value))) or "no members")
    return f"a {type(value).__name__}"
