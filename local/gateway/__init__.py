"""API Gateway before the function: HTTP in, its events through the handler, HTTP out."""

from local.gateway.app import Gateway, gateway

__all__ = ["Gateway", "gateway"]
