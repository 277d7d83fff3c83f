"""Checks of EventGrid's subscription for uploads."""

from __future__ import annotations

from ops.live_check.check import Finding, held, not_held, unknown
from ops.live_check.live_stage import LiveStage


def filter_works(live: LiveStage) -> Finding:
    """Upload a sample, and count the invocations in the log."""
    found = live.deliveries
    if not found.of_key:
        return unknown(found.conclusion)
    text = f"{found.of_key} invocations by the upload, {found.of_outputs} by the function's output"
    return not_held(text) if found.of_outputs else held(text)


def subscription_delivers(live: LiveStage) -> Finding:
    """Upload a sample, and look for the invocation by its event."""
    if live.variable("trigger") != "EVENTGRID":
        return unknown("the stage has no subscription of EventGrid")
    agency = f"agency {live.variable('eventgrid_agency')}"
    if live.deliveries.of_key:
        return held(f"{agency}; the upload was announced")
    return not_held(f"{agency}; the log shows no event of the upload, although it has a record")
