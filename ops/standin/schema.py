"""A provider's schema, from facts in the shape of ``providers schema -json`` to the protocol's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tf.gen import tfplugin_pb2 as pb

Facts = Mapping[str, Any]  # of one block: ``attributes``, ``block_types``

_NESTING = pb.Schema.NestedBlock.NestingMode


def schema(facts: Facts) -> pb.Schema:
    """Give a resource's, data source's or provider's schema."""
    return pb.Schema(version=0, block=_block(facts))


def _block(facts: Facts) -> pb.Schema.Block:
    return pb.Schema.Block(
        attributes=[_attribute(name, fact) for name, fact in facts.get("attributes", {}).items()],
        block_types=[
            pb.Schema.NestedBlock(
                type_name=name,
                block=_block(_inner(fact)),
                nesting=_NESTING.Value(fact["nesting_mode"].upper()),
                min_items=fact.get("min_items", 0),
                max_items=fact.get("max_items", 0),
            )
            for name, fact in facts.get("block_types", {}).items()
        ],
    )


def _attribute(name: str, fact: Facts) -> pb.Schema.Attribute:
    flags = {flag: bool(fact.get(flag)) for flag in ("required", "optional", "computed")}
    return pb.Schema.Attribute(
        name=name,
        type=json.dumps(fact["type"]).encode(),
        sensitive=bool(fact.get("sensitive")),
        **flags,
    )


def _inner(fact: Facts) -> Facts:
    found: Facts = fact.get("block", fact)
    return found


def inner_blocks(facts: Facts) -> dict[str, Facts]:
    """Give the facts of the blocks inside a block."""
    return {name: _inner(fact) for name, fact in facts.get("block_types", {}).items()}
