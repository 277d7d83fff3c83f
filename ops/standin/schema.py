"""Converts the schema of ``providers schema -json`` into that of Terraform's plugin protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tf.gen import tfplugin_pb2 as pb

BlockSchema = Mapping[str, Any]  # of one block: ``attributes``, ``block_types``

_NESTING = pb.Schema.NestedBlock.NestingMode


def protocol_schema(block: BlockSchema) -> pb.Schema:
    """Return the schema of a resource, data source or provider in the protocol's types."""
    return pb.Schema(version=0, block=_block(block))


def nested_blocks(block: BlockSchema) -> dict[str, BlockSchema]:
    """Return the schemas of the blocks inside a block."""
    return {name: _inner(nested) for name, nested in block.get("block_types", {}).items()}


def _block(block: BlockSchema) -> pb.Schema.Block:
    return pb.Schema.Block(
        attributes=[_attribute(name, found) for name, found in block.get("attributes", {}).items()],
        block_types=[
            pb.Schema.NestedBlock(
                type_name=name,
                block=_block(_inner(nested)),
                nesting=_NESTING.Value(nested["nesting_mode"].upper()),
                min_items=nested.get("min_items", 0),
                max_items=nested.get("max_items", 0),
            )
            for name, nested in block.get("block_types", {}).items()
        ],
    )


def _attribute(name: str, attribute: Mapping[str, Any]) -> pb.Schema.Attribute:
    flags = {flag: bool(attribute.get(flag)) for flag in ("required", "optional", "computed")}
    return pb.Schema.Attribute(
        name=name,
        type=json.dumps(attribute["type"]).encode(),
        sensitive=bool(attribute.get("sensitive")),
        **flags,
    )


def _inner(nested: Mapping[str, Any]) -> BlockSchema:
    found: BlockSchema = nested.get("block", nested)
    return found
