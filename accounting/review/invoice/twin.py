"""The invoice that another one repeats, for a comparison side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from accounting.review.invoice.reviewed import Reviewed, invoice_at, texts_at
from accounting.review.invoice.view import page_of, siblings_of
from accounting.review.invoice.words import plain, visible
from quota_invoice.invoice.duplicates import identity
from quota_invoice.invoice.fields import NAMES
from quota_invoice.reviews.states import texts_of


class Twin(NamedTuple):
    """The input that shows the same invoice: its key, place, page, ETag and texts."""

    key: str
    place: int
    page: int
    etag: str
    texts: list[tuple[str, str, bool]]
    """Label, text, and whether it is the same, of each field."""

    @property
    def shown_key(self) -> str:
        """The key with signs that nobody sees made visible."""
        return visible(self.key)


def twin_of(own: Mapping[str, Any], other: Reviewed, language: str, own_place: int = 0) -> Twin:
    """Return the invoice of another input, or of the same one, that is the same.

    Args:
        own: the invoice that repeats it.
        other: the input that shows it first.
        language: ``zh`` or ``en``.
        own_place: the place of ``own``, if the input is the same one.
    """
    record, wanted = other.effective(), identity(own)
    places = [each.place for each in siblings_of(record, 0) if each.place != own_place]
    same = [each for each in places if wanted and identity(invoice_at(record, each)) == wanted]
    place = (same or places or [1])[0]
    texts, own_texts = texts_at(record, place), texts_of(own)
    return Twin(
        other.key,
        place,
        page_of(invoice_at(record, place) or {}),
        other.etag,
        [
            (getattr(label, language), plain(texts[name]), texts[name] == own_texts[name])
            for name, label in NAMES.items()
        ],
    )
