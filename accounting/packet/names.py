"""The names of the originals in a packet: ``date_code_number_amount``."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal

from accounting.packet.contents import Filed
from quota_invoice.recognition.formats.kinds import Kind, kind_of

_SUFFIXES = {
    Kind.JPEG: "jpg",
    Kind.PNG: "png",
    Kind.BMP: "bmp",
    Kind.TIFF: "tif",
    Kind.PDF: "pdf",
    Kind.HEIC: "heic",
    Kind.WEBP: "webp",
    Kind.GIF: "gif",
    Kind.JPEG_2000: "jp2",
    Kind.PCX: "pcx",
    Kind.PPM: "ppm",
    Kind.PSD: "psd",
}
_OTHERS = re.compile(r"[^0-9A-Za-z]+")
_LONGEST = 20  # characters of a part


class Names:
    """Gives each original of a packet a name of its own."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def name(self, invoices: list[Filed], content: bytes) -> str:
        """Return the name of an original.

        It has letters and digits of ASCII only, and its ending follows from the content: neither a
        key nor a text on an invoice can name another folder or a program.

        Args:
            invoices: the filed invoices of the original; the first one names it, the amount is
                that of all.
            content: the file.

        >>> invoice = Filed("incoming/a.exe", "e", None, None, "144/../1", "1", Decimal("5.00"))
        >>> names = Names()
        >>> names.name([invoice, invoice], b""), names.name([invoice, invoice], b"")
        ('unknown_144-1_1_10.00_2-invoices.bin', 'unknown_144-1_1_10.00_2-invoices_2.bin')
        """
        first = invoices[0]
        amount = sum((each.amount for each in invoices), Decimal("0.00"))
        day = first.uploaded_on.isoformat() if first.uploaded_on else ""
        parts = [day or "unknown", _part(first.code), _part(first.number), f"{amount:.2f}"]
        if len(invoices) > 1:
            parts.append(f"{len(invoices)}-invoices")
        name = "_".join(parts)
        # Some systems take names for the same that differ in case only.
        self._given[name.lower()] += 1
        times = self._given[name.lower()]
        return f"{name}{f'_{times}' * (times > 1)}.{_SUFFIXES.get(kind_of(content), 'bin')}"


def _part(text: str) -> str:
    r"""Return a part of a name.

    >>> _part("14403190911O"), _part("../../x"), _part("\u202e伍拾")
    ('14403190911O', 'x', 'unknown')
    """
    return _OTHERS.sub("-", text).strip("-")[:_LONGEST] or "unknown"
