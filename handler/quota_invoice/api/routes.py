"""The table: which path and which method is which function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from quota_invoice.api.about import get_health, get_openapi
from quota_invoice.api.invoices import get_invoice, post_invoice
from quota_invoice.api.list_invoices import get_invoices
from quota_invoice.api.request_context import Call
from quota_invoice.api.responses import Answer
from quota_invoice.api.uploads import post_upload
from quota_invoice.errors import MethodRefused, NotFound
from quota_invoice.events.api_request import ApiRequest

Act = Callable[[Call], Answer]

TABLE: dict[str, dict[str, Act]] = {
    "/invoices": {"GET": get_invoices, "POST": post_invoice},
    "/invoices/{key}": {"GET": get_invoice},
    "/uploads": {"POST": post_upload},
    "/openapi.json": {"GET": get_openapi},
    "/healthz": {"GET": get_health},
}
"""Functions by path and method. ``{key}`` stands for one or more parts of a path."""
_REST = "{key}"


@dataclass(frozen=True)
class Route:
    """The line of the table that a request is for.

    Attributes:
        path: as it stands in the table.
        base: what comes before it in the address that was called.
        rest: what its ``{key}`` stands for: decoded, and as it came if that differs.
    """

    path: str
    base: str
    rest: tuple[str, ...]

    @property
    def methods(self) -> tuple[str, ...]:
        """Which methods it has, with those that come by themselves."""
        own = tuple(TABLE[self.path])
        return (*own, *(("HEAD",) if "GET" in own else ()), "OPTIONS")

    def act(self, method: str) -> Act:
        """Give the function for a method.

        Raises:
            MethodRefused: it has none.
        """
        found = TABLE[self.path].get("GET" if method == "HEAD" else method)
        if found is None:
            raise MethodRefused(method, self.methods)
        return found


def route(request: ApiRequest) -> Route:
    """Find the line that a request is for, by its whole path first.

    Raises:
        NotFound: there is none.
    """
    whole = request.paths[0][1] if request.paths else ""
    for decoded, raw in request.paths:
        for path in TABLE:
            rests = [_rest(path, text) for text in (decoded, raw)]
            if rests[0] is not None:
                base = whole[: -len(raw)] if whole.endswith(raw) else ""
                return Route(path, base, tuple(dict.fromkeys(filter(None, rests))))
    raise NotFound("there is no such path: GET /openapi.json tells which there are", "Path.Unknown")


def _rest(path: str, text: str) -> str | None:
    """Give what ``{key}`` stands for in a path, empty if there is none in it; None if no match.

    >>> _rest("/invoices/{key}", "/invoices/2026/a.jpg"), _rest("/healthz", "/healthz/")
    ('2026/a.jpg', '')
    """
    if not path.endswith(_REST):
        return "" if text.rstrip("/") == path else None
    prefix = path.removesuffix(_REST)
    return text.removeprefix(prefix) or None if text.startswith(prefix) else None
