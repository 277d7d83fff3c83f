"""Values of resources: what a plan leaves open, and what an apply makes up for it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from tf.types import Unknown

from ops.standin.schema import Facts, inner_blocks

Fill = Callable[[str, Any], Any]  # from a name and a type to a value


def planned(facts: Facts, value: dict[str, Any]) -> dict[str, Any]:
    """Give what a resource will be: what only the cloud can say is unknown."""
    return _filled(facts, value, lambda found: found is None, lambda _name, _type: Unknown)


def applied(facts: Facts, value: dict[str, Any], seed: str) -> dict[str, Any]:
    """Give what a resource is: what was unknown is made up, the same for the same seed."""
    return _filled(facts, value, lambda found: found is Unknown, made_up(seed))


def made_up(seed: str) -> Fill:
    """Make up values that look like the cloud's, the same for the same seed."""

    def make(name: str, kind: Any) -> Any:  # noqa: ANN401 - a type as the schema has it
        if isinstance(kind, list):
            if kind[0] == "object":
                return {member: make(member, of) for member, of in kind[1].items()}
            return {} if kind[0] == "map" else [make(name, kind[1])]
        if kind == "string":
            return hashlib.sha256(f"{seed}.{name}".encode()).hexdigest()[:32]
        return {"number": 0, "bool": False}[kind]

    return make


def _filled(
    facts: Facts, value: dict[str, Any], is_open: Callable[[Any], bool], fill: Fill
) -> dict[str, Any]:
    done = dict(value)
    for name, fact in facts.get("attributes", {}).items():
        if fact.get("computed") and is_open(done.get(name)):
            done[name] = fill(name, fact["type"])
    for name, inner in inner_blocks(facts).items():
        found = done.get(name)
        if isinstance(found, list):
            done[name] = [_filled(inner, item, is_open, fill) for item in found]
        elif isinstance(found, dict):
            done[name] = _filled(inner, found, is_open, fill)
    return done
