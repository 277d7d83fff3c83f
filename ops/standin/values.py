"""The values of resources: unknown in a plan, placeholders after an apply."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from tf.types import Unknown

from ops.standin.schema import BlockSchema, nested_blocks

Fill = Callable[[str, Any], Any]  # from a name and a type to a value


def planned_values(block: BlockSchema, value: dict[str, Any]) -> dict[str, Any]:
    """Return a planned resource: computed attributes that are not set are unknown."""
    return _filled(block, value, lambda found: found is None, lambda _name, _type: Unknown)


def applied_values(block: BlockSchema, value: dict[str, Any], seed: str) -> dict[str, Any]:
    """Return an applied resource: placeholders, which the seed determines, replace unknowns."""
    return _filled(block, value, lambda found: found is Unknown, placeholders(seed))


def placeholders(seed: str) -> Fill:
    """Return a function that makes placeholders; the same seed gives the same values."""

    def make(name: str, kind: Any) -> Any:  # noqa: ANN401 - a type in the schema's notation
        if isinstance(kind, list):
            if kind[0] == "object":
                return {member: make(member, of) for member, of in kind[1].items()}
            return {} if kind[0] == "map" else [make(name, kind[1])]
        if name == "urn":  # commands read the project's id from it
            return f"urn:fss:region:{'0' * 32}:function:default:{seed.rpartition('.')[2]}:latest"
        if kind == "string":
            return hashlib.sha256(f"{seed}.{name}".encode()).hexdigest()[:32]
        return {"number": 0, "bool": False}[kind]

    return make


def _filled(
    block: BlockSchema, value: dict[str, Any], is_open: Callable[[Any], bool], fill: Fill
) -> dict[str, Any]:
    filled = dict(value)
    for name, attribute in block.get("attributes", {}).items():
        if attribute.get("computed") and is_open(filled.get(name)):
            filled[name] = fill(name, attribute["type"])
    for name, inner in nested_blocks(block).items():
        found = filled.get(name)
        if isinstance(found, list):
            filled[name] = [_filled(inner, item, is_open, fill) for item in found]
        elif isinstance(found, dict):
            filled[name] = _filled(inner, found, is_open, fill)
    return filled
