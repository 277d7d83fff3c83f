"""The contents of inputs, and the OCR service's result for each."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from pypdf import PdfReader

from tests.support.announce import etag


class Kind(Enum):
    """The answer of a healthy OCR service to a content."""

    GOOD = "good"  # its invoice
    BAD = "bad"  # a final refusal
    MOODY = "moody"  # sometimes its invoice, sometimes a final refusal
    PDF = "pdf"  # one invoice per page


@dataclass(frozen=True)
class Content:
    """A content with its amounts, by which its readings are told from those of all others."""

    name: str
    kind: Kind
    amounts: tuple[str, ...]
    data: bytes
    etag: str

    @property
    def numbers(self) -> tuple[str, ...]:
        """The invoice numbers, one for each amount."""
        return tuple(f"{int(amount[1:-3]):08}" for amount in self.amounts)

    @property
    def may_be_refused(self) -> bool:
        return self.kind in {Kind.BAD, Kind.MOODY}


def _image(name: str, kind: Kind, amount: int) -> Content:
    data = b"\xff\xd8\xff\xe0 " + name.encode()
    return Content(name, kind, (f"￥{amount}.00",), data, etag(data))


def _pdf(name: str, first: int, pages: int) -> Content:
    amounts = tuple(f"￥{first + page}.00" for page in range(pages))
    data = _pdf_file(name, range(100 * first + 1, 100 * first + 1 + pages))
    return Content(name, Kind.PDF, amounts, data, etag(data))


def page_of(data: bytes) -> tuple[Content, int]:
    """Return the content and the page's number of a PDF that was made of one page."""
    width = int(PdfReader(io.BytesIO(data)).pages[0].mediabox.width)
    return next(each for each in PDFS if each.name == f"pdf-{width // 100}"), width % 100


def _pdf_file(name: str, widths: Sequence[int]) -> bytes:
    """Return a valid PDF with an empty page of each width."""
    pages = " ".join(f"{number} 0 R" for number in range(3, 3 + len(widths)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{pages}]/Count {len(widths)}>>".encode(),
        *(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d 9]>>" % width for width in widths),
    ]
    file = f"%PDF-1.4\n%{name}\n".encode()
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(file))
        file += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<</Size {size}/Root 1 0 R>>\n"
    return file + end.encode() + f"startxref\n{len(file)}\n%%EOF\n".encode()


IMAGES = (
    _image("good-1", Kind.GOOD, 1),
    _image("good-2", Kind.GOOD, 2),
    _image("good-3", Kind.GOOD, 3),
    _image("bad-4", Kind.BAD, 4),
    _image("moody-5", Kind.MOODY, 5),
)
PDFS = (_pdf("pdf-10", 10, 4), _pdf("pdf-20", 20, 6))
BY_DATA = {content.data: content for content in (*IMAGES, *PDFS)}
BY_ETAG = {content.etag: content for content in BY_DATA.values()}
