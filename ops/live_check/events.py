"""Checks of the trigger for uploads."""

from __future__ import annotations

from typing import Any

from huaweicloudsdkfunctiongraph.v2 import ListFunctionTriggersRequest

from ops.live_check.check import Finding, held, not_held, unknown
from ops.live_check.live_stage import LiveStage
from ops.sdk.errors import readable_errors


def filter_works(live: LiveStage) -> Finding:
    """Upload a sample, and count the invocations in the log."""
    found = live.deliveries
    if not found.of_key:
        return unknown(found.conclusion)
    text = f"{found.of_key} invocations by the upload, {found.of_outputs} by the function's output"
    return not_held(text) if found.of_outputs else held(text)


def agency_delivers(live: LiveStage) -> Finding:
    """Look at the trigger, and at the event of the sample."""
    found = triggers(live, "EVENTGRID")
    if not found:
        return unknown("the stage has no trigger of EventGrid")
    agency = getattr(found[0].event_data, "agency", None) or "not named"
    text = f"trigger {found[0].trigger_status}, agency {agency}"
    if str(found[0].trigger_status).upper() != "ACTIVE":
        return not_held(text)
    delivered = live.deliveries.of_key
    return (
        held(f"{text}; the upload was announced")
        if delivered
        else not_held(f"{text}; the upload was not announced")
    )


def triggers(live: LiveStage, kind: str) -> list[Any]:
    """Return the function's triggers of a kind, as FunctionGraph's SDK has them."""
    with readable_errors("FunctionGraph"):
        request = ListFunctionTriggersRequest(function_urn=live.urn)
        found = live.functiongraph.list_function_triggers(request).body or []
    return [trigger for trigger in found if trigger.trigger_type_code == kind]
