"""A small PDF that needs much time to draw."""

from __future__ import annotations


def nested_forms(levels: int, each: int = 10) -> bytes:
    """A PDF whose page draws a form that draws another form ``each`` times, and so on."""
    kinds = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 400]/Contents 4 0 R/Resources<<%b>>>>"
    kinds += [page % b"/XObject<</F 5 0 R>>", _stream(b"", b"/F Do")]
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 600 400]"
    for number in range(6, 5 + levels):
        inner = b"/Resources<</XObject<</F %d 0 R>>>>" % number
        kinds.append(_stream(form + inner, b"/F Do " * each))
    kinds.append(_stream(form, b"0 0 100 100 re f"))
    return _pdf(kinds)


def _stream(entries: bytes, content: bytes) -> bytes:
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(content), content)


def _pdf(objects: list[bytes]) -> bytes:
    data, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (count, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + end
