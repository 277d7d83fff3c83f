"""The routes: which path and method has which handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from quota_invoice.api.about import get_health, get_openapi
from quota_invoice.api.invoices import get_invoice, post_invoice
from quota_invoice.api.list_invoices import get_invoices
from quota_invoice.api.request_context import RequestContext
from quota_invoice.api.responses import Response
from quota_invoice.api.uploads import post_upload
from quota_invoice.errors import MethodRefused, NotFound
from quota_invoice.events.api_request import ApiRequest

Handler = Callable[[RequestContext], Response]

TABLE: dict[str, dict[str, Handler]] = {
    "/invoices": {"GET": get_invoices, "POST": post_invoice},
    "/invoices/{key}": {"GET": get_invoice},
    "/uploads": {"POST": post_upload},
    "/openapi.json": {"GET": get_openapi},
    "/healthz": {"GET": get_health},
}
"""Handlers by path and method. ``{key}`` stands for one or more parts of a path."""
_REST = "{key}"


@dataclass(frozen=True)
class Route:
    """The route of a request.

    Attributes:
        path: the path in the table.
        base: the part of the request's path before it.
        rest: the part that ``{key}`` stands for: decoded, and as it came if that differs.
    """

    path: str
    base: str
    rest: tuple[str, ...]

    @property
    def methods(self) -> tuple[str, ...]:
        """The path's methods, with HEAD and OPTIONS."""
        own = tuple(TABLE[self.path])
        return (*own, *(("HEAD",) if "GET" in own else ()), "OPTIONS")

    def handler(self, method: str) -> Handler:
        """Return the handler for a method.

        Raises:
            MethodRefused: the path does not have this method.
        """
        found = TABLE[self.path].get("GET" if method == "HEAD" else method)
        if found is None:
            raise MethodRefused(method, self.methods)
        return found


def find_route(request: ApiRequest) -> Route:
    """Return the route of a request; its whole path is tried first.

    Raises:
        NotFound: there is no such path.
    """
    whole = request.paths[0][1] if request.paths else ""
    for decoded, raw in request.paths:
        for path in TABLE:
            rests = [_rest(path, text) for text in (decoded, raw)]
            if rests[0] is not None:
                base = whole[: -len(raw)] if whole.endswith(raw) else ""
                return Route(path, base, tuple(dict.fromkeys(filter(None, rests))))
    raise NotFound("there is no such path: GET /openapi.json lists all paths", "Path.Unknown")


def _rest(path: str, text: str) -> str | None:
    """Return the part that ``{key}`` stands for, empty without ``{key}``; None if no match.

    >>> _rest("/invoices/{key}", "/invoices/2026/a.jpg"), _rest("/healthz", "/healthz/")
    ('2026/a.jpg', '')
    """
    if not path.endswith(_REST):
        return "" if text.rstrip("/") == path else None
    prefix = path.removesuffix(_REST)
    return text.removeprefix(prefix) or None if text.startswith(prefix) else None
