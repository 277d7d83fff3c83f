"""A file is stored once more only if all of its bytes are there: nothing replaces an original."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from accounting.errors import AccountingError
from accounting.review.files.sending import TooLargeToRenew, Uploader
from quota_invoice.obs.objects import Source
from quota_invoice.recognition.formats.memory import LARGEST_FILE

KEY = "incoming/scan.pdf"


def uploader(content: bytes | None, source: Source, sent: list[Any]) -> Uploader:
    """An uploader whose bucket hands out this content."""
    store = SimpleNamespace(fetch=lambda *_: content, describe=lambda *_: source)
    found = Uploader.__new__(Uploader)
    bucket = SimpleNamespace(name="invoices", store=store)
    sender = SimpleNamespace(client=None, send=lambda *call: sent.append(call))
    vars(found).update(_bucket=bucket, _sender=sender)
    return found


@pytest.mark.parametrize(
    ("content", "size", "error"),
    [
        (None, LARGEST_FILE + 1, TooLargeToRenew),
        (None, 9, AccountingError),  # it was removed at this moment
        (b"a part", 9, AccountingError),
    ],
)
def test_a_file_whose_bytes_are_not_all_there_is_not_stored_over(
    content: bytes | None, size: int, error: type[AccountingError]
) -> None:
    source = Source("invoices", KEY, "0123456789abcdef-2", size, None, "2026-11-22T00:00:00Z")
    sent: list[Any] = []
    with pytest.raises(error):
        uploader(content, source, sent).renew(source)
    assert sent == []
