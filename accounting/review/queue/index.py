"""The index of the review page: the ledger's rows with their risk, kept up to date."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from accounting.bucket import Bucket
from accounting.review.queue.filters import Filters
from accounting.review.queue.rows import (
    IndexStatus,
    Neighbours,
    Page,
    Position,
    QueueRow,
    Selection,
)

if TYPE_CHECKING:
    from typing_extensions import Self

FOLDER = Path("build/review")


class ReviewIndex:
    """The index; several threads may use it.

    As a context manager, it opens its cache and follows the bucket in a thread of its own until it
    is left. No method but ``update`` sends a request or waits for the bucket.

    Args:
        bucket: the bucket.
        folder: the folder of the cache; only its owner can read it.
    """

    def __init__(self, bucket: Bucket, folder: Path = FOLDER) -> None: ...

    def __enter__(self) -> Self:
        """Open the cache and begin to follow the bucket.

        Raises:
            AccountingError: another command uses the cache.
        """

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def status(self) -> IndexStatus:
        """Return the state of the index."""

    def refresh(self) -> None:
        """Compare the index with the bucket soon, in the background."""

    def update(self, key: str) -> None:
        """Read one input with its record and reviews again; its rows are there on return.

        Raises:
            StoreError: the bucket refused a request or cannot be reached.
        """

    def page(self, filters: Filters, after: str | None = None, size: int = 50) -> Page:
        """Return rows of a selection.

        Args:
            filters: the selection.
            after: ``Page.after`` of the page before; None for the first page. Another text counts
                as None.
            size: the number of rows at most.
        """

    def selection(self, filters: Filters) -> Selection:
        """Return the figures of a selection."""

    def rows_of(self, key: str) -> tuple[QueueRow, ...]:
        """Return the rows of one input, in the order of their places."""

    def neighbours(self, filters: Filters, key: str, place: int) -> Neighbours:
        """Return the positions before and after a row in a selection, in the queue's order.

        A decided row is among the last ones; the one after it is the first that is undecided.
        """

    def appearances(self, code: str, number: str) -> tuple[Position, ...]:
        """Return the invoices with this code and number, the first appearance first."""
