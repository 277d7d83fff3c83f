"""What is told of a request that went through a proxy."""

from __future__ import annotations

import re
from dataclasses import dataclass

from local.faults.wire import Request

_SIGNED_BY = re.compile(rb"(?i)\r\nauthorization: [^\r]*?\b(?:credential|access)=([^,/\s]+)")


@dataclass(repr=False)
class Exchange:
    """A request, and what came of it. It has no ``repr``: addresses and headers are signed.

    Attributes:
        request: what was asked.
        operation: one of `OPERATIONS`, or empty.
        key: of the object that it is about; empty where the request does not tell.
        fault: what happened to it, if anything did.
        began: when it had come, in seconds of ``time.monotonic``.
        ended: when all was over; 0 until then.
        status: of the service's own answer; None where it was not asked or did not answer.
        is_answered: whether the caller was sent the whole of that answer, as it was.
    """

    request: Request
    operation: str
    key: str
    fault: str | None
    began: float
    ended: float = 0.0
    status: int | None = None
    is_answered: bool = False

    @property
    def caller(self) -> str:
        """The id of the access key that signed the request: each invocation has its own."""
        found = _SIGNED_BY.search(self.request.raw)
        return found[1].decode() if found else ""
