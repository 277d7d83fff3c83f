"""PDFs made of single objects, as programs write them that share or nest what pages use."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from PIL import Image

from tests.support.files.formats import encoded

CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
_FIRST = 3  # the number of the object behind the catalog and the pages


def whole(*bodies: bytes) -> bytes:
    """Return a PDF of numbered objects, with its table; the first one is its catalog."""
    parts = [b"%PDF-1.4\n"]
    parts += [b"%d 0 obj\n%b\nendobj\n" % item for item in enumerate(bodies, start=1)]
    content = b"".join(parts)
    places = accumulate(map(len, parts[:-1]))
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(bodies) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R>>\n" % (
        size,
        rows,
        size,
    )
    return content + table + b"startxref\n%d\n%%%%EOF\n" % len(content)


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(data), data)


def image(
    sides: tuple[int, int], data: bytes, filters: bytes, space: bytes, more: bytes = b""
) -> bytes:
    """Return an image whose samples have 8 bits."""
    head = b"/Type/XObject/Subtype/Image/BitsPerComponent 8/Width %d/Height %d" % sides
    return stream(data, head + b"/Filter%b/ColorSpace%b%b" % (filters, space, more))


def jpeg(picture: Image.Image, quality: int = 92, more: int = 0) -> bytes:
    """Return an image as a JPEG, with so many more bytes behind it."""
    data = encoded(picture, "JPEG", quality=quality) + bytes(more)
    return image(picture.size, data, b"/DCTDecode", b"/DeviceRGB")


def form(content: bytes, resources: bytes | None = None) -> bytes:
    own = b"" if resources is None else b"/Resources" + resources
    return stream(content, b"/Type/XObject/Subtype/Form/BBox[0 0 640 461]" + own)


def page(resources: bytes, content: bytes, more: bytes = b"") -> bytes:
    media = b"/Type/Page/Parent 2 0 R/MediaBox[0 0 640 461]"
    return b"<<%b/Resources%b/Contents%b%b>>" % (media, resources, content, more)


def with_pages(resources: bytes, pages: Sequence[tuple[bytes, bytes]], *others: bytes) -> bytes:
    """Return a PDF whose pages share a dictionary of resources.

    Args:
        resources: the dictionary; the first of ``others`` is the object 4.
        pages: content of each page, and further entries of it.
        others: objects.
    """
    first = _FIRST + 1 + len(others)
    numbers = range(first, first + 2 * len(pages), 2)
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    tree = b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(pages), kids)
    made = [
        body
        for number, (content, more) in zip(numbers, pages, strict=True)
        for body in (page(b" 3 0 R", b" %d 0 R" % (number + 1), more), stream(content))
    ]
    return whole(CATALOG, tree, resources, *others, *made)


def of_images(*images: bytes, more: bytes = b"") -> bytes:
    """Return a PDF with a page for each image, whose pages all hold all images."""
    names = b"".join(b"/I%d %d 0 R" % (at, _FIRST + 1 + at) for at in range(len(images)))
    contents = [(b"q 640 0 0 461 0 0 cm /I%d Do Q" % at, more) for at in range(len(images))]
    return with_pages(b"<</XObject<<" + names + b">>>>", contents, *images)
