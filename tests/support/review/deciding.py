"""People who decide on inputs of a bucket in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import Any

from accounting.review.invoice.decisions import Action, Wish
from accounting.review.invoice.reviewed import Reviewed, load, texts_at
from accounting.review.invoice.saving import Decider, Saving
from accounting.review.queue.rows import Position
from tests.support.ledger.record_store import RecordStore

KEY = "incoming/a.jpg"


Appearances = Callable[[str, str], Sequence[Position]]


class MemoryDesk:
    """People who decide on inputs of a bucket.

    Attributes:
        store: the bucket.
        appearances: see ``Decider``.
    """

    def __init__(self) -> None:
        self.store = RecordStore()
        self.appearances: Appearances = lambda *_: ()
        self._seconds = count()

    def now(self) -> datetime:
        first = datetime(2026, 11, 26, tzinfo=timezone.utc)
        return first + timedelta(seconds=next(self._seconds))

    def load(self, key: str = KEY) -> Reviewed:
        reviewed = load(self.store.bucket, key)
        assert reviewed
        return reviewed

    def decide(
        self,
        action: Action,
        *,
        by: str = "王芳",
        key: str = KEY,
        place: int = 1,
        seen: str | None = "",
        now: Callable[[], datetime] | None = None,
        **values: Any,
    ) -> Saving:
        """Decide as the page does; ``seen`` is the revision that the person saw, or the present."""
        reviewed = self.load(key)
        texts = texts_at(reviewed.effective(), place) | values.pop("texts", {})
        # Each person accepts the findings that the page shows of these texts.
        accepted = values.pop("accepted", ("malformed_number", "duplicate"))
        wish = Wish(action, texts, accepted=accepted, **values)
        revision = reviewed.seen(place).revision if seen == "" else seen
        decider = Decider(self.store.bucket, by, 0.9, self.appearances, now or self.now)
        return decider.save(reviewed, place, wish, revision)

    def texts(self, key: str = KEY, place: int = 1) -> dict[str, str]:
        return texts_at(self.load(key).effective(), place)
