"""A request that went through a proxy, and its result."""

from __future__ import annotations

import re
from dataclasses import dataclass

from local.faults.wire import Request

_SIGNED_BY = re.compile(rb"(?i)\r\nauthorization: [^\r]*?\b(?:credential|access)=([^,/\s]+)")


@dataclass(repr=False)
class Exchange:
    """A request and its result. It has no ``repr``, since URLs and headers hold signatures.

    Attributes:
        request: the request.
        operation: one of ``OPERATIONS``, or empty.
        key: key of the request's object; empty if unknown.
        fault: the injected fault, if any.
        began: time of the complete request, by ``time.monotonic``.
        ended: end of the exchange; 0 before.
        served: time of the service's response; 0 without one.
        status: status of the service's response; None without one.
        etag: ETag of the service's response, without quotes; empty without one.
        is_answered: whether the caller was sent the complete, unchanged response.
    """

    request: Request
    operation: str
    key: str
    fault: str | None
    began: float
    ended: float = 0.0
    served: float = 0.0
    status: int | None = None
    etag: str = ""
    is_answered: bool = False

    @property
    def caller(self) -> str:
        """The access key that signed the request; each invocation has its own."""
        found = _SIGNED_BY.search(self.request.raw)
        return found[1].decode() if found else ""
