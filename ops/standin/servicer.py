"""The provider's side of Terraform's plugin protocol, for any schema."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc
from tf.utils import read_dynamic_value, to_dynamic_value

from ops.standin.schema import protocol_schema
from ops.standin.values import applied_values, placeholders, planned_values

# ruff: noqa: ANN401, N802, ARG002, D102 - the protocol's types, names and arguments


class Servicer(rpc.ProviderServicer):  # type: ignore[misc] # it has no types
    """Responds by the schema only; Terraform itself checks the values against the schema.

    Args:
        schema: ``provider_config``, ``resources`` and ``data_sources``.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema

    def GetMetadata(self, request: Any, context: Any) -> Any:
        return pb.GetMetadata.Response()

    def GetProviderSchema(self, request: Any, context: Any) -> Any:
        return self._provider_schema

    @cached_property
    def _provider_schema(self) -> pb.GetProviderSchema.Response:
        """The response, which Terraform requests several times for each plan."""
        schemas = {
            kind: {name: protocol_schema(block) for name, block in self._schema[kind].items()}
            for kind in ("resources", "data_sources")
        }
        return pb.GetProviderSchema.Response(
            provider=protocol_schema(self._schema["provider_config"]),
            resource_schemas=schemas["resources"],
            data_source_schemas=schemas["data_sources"],
        )

    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateResourceConfig.Response()

    def ValidateDataResourceConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateDataResourceConfig.Response()

    def ConfigureProvider(self, request: Any, context: Any) -> Any:
        return pb.ConfigureProvider.Response()

    def UpgradeResourceState(self, request: Any, context: Any) -> Any:
        state = pb.DynamicValue(json=request.raw_state.json)
        return pb.UpgradeResourceState.Response(upgraded_state=state)

    def ReadResource(self, request: Any, context: Any) -> Any:
        return pb.ReadResource.Response(new_state=request.current_state)

    def PlanResourceChange(self, request: Any, context: Any) -> Any:
        proposed = read_dynamic_value(request.proposed_new_state)
        if proposed is None:  # the resource will be destroyed
            return pb.PlanResourceChange.Response(planned_state=request.proposed_new_state)
        state = planned_values(self._schema["resources"][request.type_name], proposed)
        return pb.PlanResourceChange.Response(planned_state=to_dynamic_value(state))

    def ApplyResourceChange(self, request: Any, context: Any) -> Any:
        state = read_dynamic_value(request.planned_state)
        if state is None:
            return pb.ApplyResourceChange.Response(new_state=request.planned_state)
        seed = f"{request.type_name}.{state.get('name', '')}"
        applied = applied_values(self._schema["resources"][request.type_name], state, seed)
        return pb.ApplyResourceChange.Response(new_state=to_dynamic_value(applied))

    def ReadDataSource(self, request: Any, context: Any) -> Any:
        block = self._schema["data_sources"][request.type_name]
        make = placeholders(request.type_name)
        state = {
            name: make(name, block["attributes"][name]["type"]) if value is None else value
            for name, value in read_dynamic_value(request.config).items()
        }
        return pb.ReadDataSource.Response(state=to_dynamic_value(state))

    def GetFunctions(self, request: Any, context: Any) -> Any:
        return pb.GetFunctions.Response()

    def StopProvider(self, request: Any, context: Any) -> Any:
        return pb.StopProvider.Response()
