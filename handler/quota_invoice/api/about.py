"""GET /healthz and GET /openapi.json: the API about itself."""

from __future__ import annotations

from quota_invoice.api.request_context import RequestContext
from quota_invoice.api.responses import Response


def get_health(context: RequestContext) -> Response:
    """Say that the function answers, and that its settings and credentials are valid.

    Both were read before this handler was called. No request is sent.
    """
    return Response(200, {"status": "ok", "region": context.settings.region})


def get_openapi(context: RequestContext) -> Response:
    """Return the description of the API, with the URL at which it was requested."""
    from quota_invoice.api.openapi.describe import describe  # noqa: PLC0415 - rarely requested

    return Response(200, describe(context.base), tagged=True)
