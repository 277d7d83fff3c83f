"""Members of JSON values that others made: of any case, absent, or of another kind than said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn


def member(value: object, name: str) -> Any:  # noqa: ANN401 - a member of any JSON value
    """Give a member of a JSON object by its name in any case; None if there is none.

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
    """Give a text that says something, else None."""
    return value if isinstance(value, str) and value else None


def no_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, for ``json.loads``'s ``parse_constant``: JSON has none (RFC 8259).

    Raises:
        ValueError: always.
    """
    message = f"no JSON: {name}"
    raise ValueError(message)


def outline(value: object) -> str:
    """Give the names of members only: whole events hold tokens and signed addresses."""
    if isinstance(value, Mapping):
        return "an object with " + (", ".join(sorted(map(str, value))) or "no members")
    return f"a {type(value).__name__}"
