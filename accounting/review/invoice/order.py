"""The order of the queue, as one invoice's page needs it: the ones before and after."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from starlette.requests import Request

from accounting.review.context import context_of
from accounting.review.pages import failure_url, invoice_url
from accounting.review.queue.filters import Filters
from accounting.review.queue.index import open_index
from accounting.review.queue.rows import Position
from quota_invoice.errors import ObjectUnavailable, StoreError


class Order:
    """The queue of one request, with the filters of its URL.

    Attributes:
        queue_url: the URL of the queue.
    """

    def __init__(self, request: Request) -> None:
        self._index = context_of(request).part(open_index)
        self._filters = Filters.of(request.query_params)
        self._query = self._filters.query()
        self.queue_url = f"/?{self._query}" if self._query else "/"

    def around(self, key: str, place: int) -> tuple[str | None, str | None]:
        """Return the URLs of the rows before and after an invoice; None at the ends."""
        found = self._index.neighbours(self._filters, key, place)
        return self._url(found.previous), self._url(found.next)

    def going_on(self, key: str, place: int) -> str | None:
        """Return the URL of the row after an invoice that is saved; None at the end.

        Rows that are decided come last: a person ends before them, unless this one was one of them.
        """
        following = self._index.neighbours(self._filters, key, place).next
        if following == Position(key, 0):
            return None  # its failure ends, since a person enters its first invoice
        if following and self._is_decided(following) and not self._is_decided((key, place)):
            return None
        return self._url(following)

    def first_open(self, key: str, place: int) -> str | None:
        """Return the URL of the first row that is undecided, after a decision; None if none is."""
        found = self._index.page(self._filters, size=1).rows
        if not found or found[0].is_decided or (found[0].key, found[0].place) == (key, place):
            return None
        return self._url(Position(found[0].key, found[0].place))

    def _is_decided(self, position: tuple[str, int]) -> bool:
        key, place = position
        return any(row.is_decided for row in self._index.rows_of(key) if row.place == place)

    def update(self, key: str) -> None:
        """Read an input again after a decision.

        The decision is saved: if the bucket does not answer now, the index finds it later.
        """
        with suppress(StoreError, ObjectUnavailable):
            self._index.update(key)

    def appearances(self, code: str, number: str) -> Sequence[Position]:
        """Return the inputs with this code and number, the first appearance first."""
        return self._index.appearances(code, number)

    def inputs_named(self, text: str) -> Sequence[str]:
        """Return the inputs with a file name, or with an invoice of a number; at most 3."""
        return self._index.inputs_named(text)

    def url(self, key: str, place: int) -> str:
        """Return the URL of an invoice, with the filters."""
        return f"{invoice_url(key, place)}{'&' if self._query else ''}{self._query}"

    def decisions_url(self, key: str, place: int) -> str:
        """Return the URL that takes the decisions on an invoice."""
        return self.url(key, place).replace("?", "/decisions?", 1)

    def _url(self, position: Position | None) -> str | None:
        if position is None:
            return None
        if position.place:
            return self.url(position.key, position.place)
        return f"{failure_url(position.key)}{'?' if self._query else ''}{self._query}"
