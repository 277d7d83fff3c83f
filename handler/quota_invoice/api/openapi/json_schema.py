"""Parts of which the schemas consist."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
TEXT_OR_NULL: Json = {"type": ["string", "null"]}
NUMBER: Json = {"type": "number"}
COUNT: Json = {"type": "integer", "minimum": 0}
COUNT_OR_NULL: Json = {"type": ["integer", "null"], "minimum": 0}
BOOLEAN: Json = {"type": "boolean"}
TIME: Json = {"type": "string", "format": "date-time"}


def ref(name: str) -> Json:
    """Return a reference to the schema of this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def one_of(*names: str) -> Json:
    """Return a choice between the schemas of these names."""
    return {"oneOf": [ref(name) for name in names]}


def any_of(*names: str) -> Json:
    """Return the schema of a value that fits at least one of the schemas of these names."""
    return {"anyOf": [ref(name) for name in names]}


def or_null(schema: Json) -> Json:
    """Return the schema of a value that may be null."""
    return {"oneOf": [schema, {"type": "null"}]}


def array_of(items: Json) -> Json:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


def object_of(members: dict[str, Json], optional: Iterable[str] = ()) -> Json:
    """Return the schema of an object with these members; later versions may add others."""
    required = [name for name in members if name not in set(optional)]
    return {"type": "object", "properties": members, "required": required}


def closed_object(members: dict[str, Json], required: list[str]) -> Json:
    """Return the schema of an object with no other members."""
    return {
        "type": "object",
        "properties": members,
        "required": required,
        "additionalProperties": False,
    }
