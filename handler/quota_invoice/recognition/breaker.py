"""The circuit breaker between an invocation and the services that it calls."""

from __future__ import annotations

from quota_invoice.errors import QuotaInvoiceError


class CircuitBreaker:
    """Lets no further work begin once a service has refused the account or the bucket.

    The OCR service locks an account after five refusals in a row, and each result that cannot be
    written is paid without use. One breaker serves one invocation; the next one asks once again.
    Threads may share it: each one's work is a block of the breaker as a context manager.
    """

    def __init__(self) -> None:
        self._refusal: QuotaInvoiceError | None = None

    def __enter__(self) -> None:
        """Begin work.

        Raises:
            QuotaInvoiceError: that of an earlier block, if it stops the round.
        """
        if self._refusal:
            raise self._refusal

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """End work; note the error that it raises."""
        if isinstance(error, QuotaInvoiceError):
            self.note(error)

    def note(self, error: QuotaInvoiceError) -> None:
        """Open if the error, which some other work met, stops the round."""
        if error.stops_round:
            self._refusal = error
