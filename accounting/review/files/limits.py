"""The limits of uploads, as the function has them; they are said before a file is sent."""

from __future__ import annotations

from quota_invoice.invoice.findings import Text
from quota_invoice.recognition.formats.kinds import Kind, kind_of
from quota_invoice.recognition.formats.memory import LARGEST_FILE, LARGEST_OBJECT
from quota_invoice.records.file_texts import OF_FILES

_MB = 1 << 20
LARGEST_PDF_MB, LARGEST_IMAGE_MB = LARGEST_FILE // _MB, LARGEST_OBJECT // _MB
KINDS = tuple(
    kind.value
    for kind in Kind
    if (kind.is_read_by_url or kind.is_converted) and kind is not Kind.UNKNOWN
)
"""The kinds of files that the function reads."""
ACCEPTED = "image/*,.pdf,.heic,.heif,.tif,.tiff,.jp2,.pcx,.ppm,.psd"
"""The files that a browser's dialog offers."""


def largest(beginning: bytes) -> int:
    """Return the bytes of the largest file of the kind that begins like this."""
    return LARGEST_FILE if kind_of(beginning) is Kind.PDF else LARGEST_OBJECT


def refusal(beginning: bytes) -> tuple[Text, Text] | None:
    r"""Return the cause and the next step if no file with this beginning can be read.

    >>> [message.en for message in refusal(b"PK\5\6") or ()][0]
    'This is an archive, not an image.'
    """
    code = kind_of(beginning).refusal
    return OF_FILES[code] if code else None
