"""The running review page of a test."""

from __future__ import annotations

from dataclasses import dataclass

from accounting.review.context import ReviewContext
from accounting.review.queue.index import open_index
from tests.support.waiting import wait_for

TEAM = ("王芳", "李雷")


@dataclass(frozen=True)
class ReviewPage:
    """The page's server.

    Attributes:
        url: its URL without path and token.
        addresses: the addresses of each person that were announced and not yet used.
        context: what its handlers work with.
    """

    url: str
    addresses: dict[str, list[str]]
    context: ReviewContext

    def invite(self, name: str) -> str:
        """Return an address that lets a person in."""
        return self.addresses[name].pop()

    def invite_with_index(self, name: str) -> str:
        """Return an address as soon as the queue has its rows: the page then loads only once."""
        index = self.context.part(open_index)
        wait_for(lambda: not index.status().is_running)
        return self.invite(name)
