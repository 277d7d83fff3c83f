"""GET /healthz and GET /openapi.json: what the API tells of itself."""

from __future__ import annotations

from quota_invoice.api.request_context import Call
from quota_invoice.api.responses import Answer


def get_health(call: Call) -> Answer:
    """Say that the function answers, and that its settings and credentials make sense.

    That a call is here says so: they were read before it was made. Nothing else is asked.
    """
    return Answer(200, {"status": "ok", "region": call.parts.settings.region})


def get_openapi(call: Call) -> Answer:
    """Give the description of the API, for the address that it was asked at."""
    from quota_invoice.api.openapi.describe import describe  # noqa: PLC0415 - few ever ask

    return Answer(200, describe(call.base), tagged=True)
