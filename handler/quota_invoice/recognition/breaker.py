"""The circuit breaker between an invocation and the services that it calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from quota_invoice.errors import QuotaInvoiceError


class CircuitBreaker:
    """Lets no further work begin once a service has refused the account or the bucket.

    The OCR service locks an account after five refusals in a row, and each result that cannot be
    written is paid without use. One breaker serves one invocation; the next one asks once again.
    Threads may share it.
    """

    def __init__(self) -> None:
        self._refusal: QuotaInvoiceError | None = None

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Work in this block.

        Raises:
            QuotaInvoiceError: of this block, or an earlier one that stops the round; then the block
                is not entered.
        """
        if self._refusal:
            raise self._refusal
        try:
            yield
        except QuotaInvoiceError as error:
            self.note(error)
            raise

    def note(self, error: QuotaInvoiceError) -> None:
        """Open if the error, which some other work met, stops the round."""
        if error.stops_round:
            self._refusal = error
