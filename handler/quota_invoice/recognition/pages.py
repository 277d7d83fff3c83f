"""The pages of a PDF, kept in the bucket until all of them are read.

One invocation may be too short for a long PDF, or may end at an error. The next one goes on after
the pages that this one kept, so that no page is paid for twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quota_invoice.errors import ObjectChanging, QuotaInvoiceError
from quota_invoice.obs.objects import ObjectStore, Source
from quota_invoice.recognition.reading import Recognition

_KEPT_EVERY = 8  # pages, in case that the invocation ends without a warning


class Pages:
    """The pages of one PDF.

    Args:
        store: the bucket.
        source: the object; None for a file that an API caller sent, of which nothing is kept.
        key: the key under which its pages are kept.

    Attributes:
        results: by page number, the pages that were read.
        refusals: code and message by page number, of the pages that could not be read.
        attempts: number of requests.
        are_kept: whether the bucket holds some of them.
    """

    def __init__(self, store: ObjectStore, source: Source | None, key: str) -> None:
        self.results: dict[int, Recognition] = {}
        self.refusals: dict[int, tuple[str, str]] = {}
        self.attempts = 0
        self.are_kept = False
        self._store = store
        self._source = source
        self._key = key
        self._unkept = 0

    def load(self) -> None:
        """Take up the pages that a former invocation kept of the same content."""
        if self._source is None:
            return
        kept = self._store.read(self._source.bucket, self._key)
        if kept is None:
            return
        self.are_kept = True
        if kept.get("etag") != self._source.etag or not isinstance(kept.get("pages"), Mapping):
            return
        for number, page in kept["pages"].items():
            if "refused" in page:
                self.refusals[int(number)] = page["refused"]["code"], page["refused"]["message"]
            else:
                self.results[int(number)] = Recognition(**page)
        self.attempts = int(kept.get("attempts", 0))

    def has(self, number: int) -> bool:
        """Whether a page needs no further request."""
        return number in self.results or number in self.refusals

    def add(self, number: int, page: Recognition | QuotaInvoiceError, attempts: int) -> None:
        """Add the result of a page, or its refusal."""
        if isinstance(page, Recognition):
            self.results[number] = page
        else:
            self.refusals[number] = page.code, page.message
        self.attempts += attempts
        self._unkept += 1

    def before_next(self) -> None:
        """Keep the pages before another one is read, if there are enough new ones.

        Raises:
            ObjectChanging: the object was replaced: the pages so far are those of two contents.
        """
        if self._source and self._unkept >= _KEPT_EVERY and not self.keep():
            raise ObjectChanging(self._source.key)

    def keep(self) -> bool:
        """Write the pages for the next invocation, unless they may be those of another content.

        Returns:
            Whether there are new pages, and all are of the source's content.
        """
        source = self._source
        if source is None or not self._unkept:
            return False
        # The service read the object's content of that moment, perhaps that of a later upload.
        if self._store.describe(source.bucket, source.key) != source:
            return False
        self._store.write(source.bucket, self._key, self._as_json(source.etag))
        self.are_kept, self._unkept = True, 0
        return True

    def _as_json(self, etag: str) -> dict[str, Any]:
        read = {
            number: {
                "result": page.result,
                "request_id": page.request_id,
                "elapsed_ms": page.elapsed_ms,
            }
            for number, page in self.results.items()
        }
        refused = {
            number: {"refused": {"code": code, "message": message}}
            for number, (code, message) in self.refusals.items()
        }
        pages = {str(number): page for number, page in sorted({**read, **refused}.items())}
        return {"etag": etag, "attempts": self.attempts, "pages": pages}
