"""Whether the service wants requests: ``/readyz`` turns false before a graceful stop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Readiness:
    """Shared by server and application.

    A load balancer that follows ``/readyz`` sends no more requests once ``is_stopping`` is set.
    The service still answers all that come, and then asks their clients to close the connection.
    """

    is_stopping: bool = False
