"""The circuit breaker between an invocation and the OCR service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from quota_invoice.errors import AccessRefused


class CircuitBreaker:
    """Lets no further request pass once the service has refused the account.

    The service locks an account after five refusals in a row. One breaker serves one invocation;
    the next invocation sends one request. Threads may share it.
    """

    def __init__(self) -> None:
        self._refusal: AccessRefused | None = None

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Send a request in this block.

        Raises:
            AccessRefused: of this request, or of an earlier one; then the block is not entered.
        """
        if self._refusal:
            raise self._refusal
        try:
            yield
        except AccessRefused as error:
            self._refusal = error
            raise
