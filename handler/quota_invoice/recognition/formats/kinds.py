"""The kind of a file, told from its first bytes and never from its name.

``signatures`` and ``containers`` know most formats; this module knows those that have a pattern
only, the frames that tools put around a file, and text. Source of the frame in chunks: "Signature
Version 4 streaming", known as aws-chunked.
"""

from __future__ import annotations

import re

from quota_invoice.recognition.formats.containers import kind_of_container
from quota_invoice.recognition.formats.signatures import BEGINNINGS, JPEG, PNG, Kind

__all__ = ["Kind", "kind_of", "may_be_transparent", "without_head"]

_PDF_WITHIN = 1024  # bytes; readers accept other bytes before a PDF's own
_PNG_COLOURS, _PNG_ALPHA = slice(25, 26), {b"\4", b"\6"}
_BMP_SIZE = slice(14, 18)
_BMP_SIZES = {12, 16, 40, 52, 56, 64, 108, 124}  # bytes of the second header, by version
_CANON_RAW = slice(8, 10)
_EMF = slice(40, 44)
# Each part: its length in hexadecimal digits, with the part's signature.
_CHUNKED = re.compile(rb"[0-9a-fA-F]{1,8}(;chunk-signature=[0-9a-fA-F]{64})?\r\n")
_FORM = re.compile(
    rb"--[^\r\n]{1,200}\r\n(?:Content-[^\r\n]{1,200}\r\n)?Content-Disposition: form-data",
    re.IGNORECASE,
)
# The mark of UTF-8, blank lines, or the head of an HTTP response.
_HEAD = re.compile(
    rb"(?:\xef\xbb\xbf)?[\t\n\r\x20-\x7e]{0,600}(?=%b|%b)" % (re.escape(JPEG), re.escape(PNG))
)
# Not compiled before a file needs them: the first bytes of most files tell their kind.
_PATTERNS = (
    (rb"P[1-6]\s(\s*#[^\n]*\n)*\s*\d+\s", Kind.PPM),
    (rb"\x0a[\x00\x02-\x05]\x01[\x01\x02\x04\x08]", Kind.PCX),
    (rb"(?s)\0\0[\1\2]\0[^\0]\0.{3}\0", Kind.OTHER_IMAGE),  # ICO
    # TGA: with a map of colours or without, the origin, two sides, bits of a pixel, flags.
    (
        (
            rb"(?s).(?:\x01[\x01\x09]..(?!\0\0)..[\x0f-\x20]|\0[\x02\x03\x0a\x0b]\0{5})"
            rb"....(?!\0\0)..(?!\0\0)..[\x08\x0f\x10\x18\x20][\0-\x3f]"
        ),
        Kind.OTHER_IMAGE,
    ),
    (rb"\x01\xda[\0\1][\1\2]\0[\1-\3]", Kind.OTHER_IMAGE),  # SGI
    (rb"(?s)icns\0.{3}[ -~]{4}", Kind.OTHER_IMAGE),
    (rb"(?s)qoif.{8}[\3\4][\0\1]", Kind.OTHER_IMAGE),
    (rb"(?s)Image type: .{499}\x1a", Kind.OTHER_IMAGE),  # IM
    (rb"P[Ff]\s\d+\s\d+\s-?\d", Kind.OTHER_IMAGE),  # PFM
    (rb"P7\n(#[^\n]*\n)*[A-Z]+ ", Kind.OTHER_IMAGE),  # PAM
    (rb"(?s)\s*(/\*.{,200}?\*/\s*)?#define\s+\S+_width\s", Kind.OTHER_IMAGE),  # XBM
    (rb"(?s)..-l[hz][0-9a-z]-", Kind.ARCHIVE),  # LZH
    # MP3 and AAC
    (rb"\xff([\xf2\xf3\xfa\xfb][\x10-\xef]|[\xf0\xf1\xf8\xf9])", Kind.NOT_AN_IMAGE),
)
_NOT_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_FIRST_ELEMENT = re.compile(rb"<([A-Za-z][\w:]*)")
_SHORTEST_TEXT = 9  # bytes; other files may have fewer bytes that are all characters
_CODECS = ("utf-8", "gb18030")


def kind_of(beginning: bytes) -> Kind:
    r"""Return the kind of a file with this beginning, of 4 KB or more if the file is as long.

    >>> kind_of(b"").value, kind_of(b"<!DOCTYPE html>").value
    ('an empty file', 'not an image')
    >>> kind_of(b"RIFF0000WEBPVP8 ").value, kind_of(b"\r\n\xff\xd8\xff\xe0").value
    ('WebP', 'JPEG')
    """
    if not beginning:
        return Kind.EMPTY
    if not beginning.strip(b"\0"):
        return Kind.BLANK
    for signature, kind in BEGINNINGS:
        if beginning.startswith(signature):
            is_raw = kind is Kind.TIFF and beginning[_CANON_RAW] == b"CR"
            return Kind.OTHER_IMAGE if is_raw else kind
    if beginning.startswith(b"BM") and int.from_bytes(beginning[_BMP_SIZE], "little") in _BMP_SIZES:
        return Kind.BMP
    return (
        kind_of_container(beginning)
        or _behind_others(beginning)
        or _of_pattern(beginning)
        or _of_text(beginning)
    )


def may_be_transparent(beginning: bytes) -> bool:
    """Whether a file is a PNG with an alpha channel or a transparent colour."""
    if not beginning.startswith(PNG):
        return False
    return beginning[_PNG_COLOURS] in _PNG_ALPHA or b"tRNS" in beginning


def without_head(content: bytes) -> bytes:
    r"""Return a JPEG or PNG without a text that is before it; other files as they are.

    >>> without_head(b"HTTP/1.1 200 OK\r\n\r\n\xff\xd8\xff\xe0")
    b'\xff\xd8\xff\xe0'
    """
    head = _HEAD.match(content)
    # A PDF may begin with its only image.
    is_image = head and kind_of(content[: head.end() + len(PNG)]) in {Kind.JPEG, Kind.PNG}
    return content[head.end() :] if head and is_image else content


def _behind_others(beginning: bytes) -> Kind | None:
    """Return the kind of a file behind bytes that are not its own; of FRAMED if it is in parts."""
    # A frame in chunks has its lines within a PDF's images; a form holds the whole PDF.
    if _is_chunked(beginning):
        return Kind.FRAMED
    if b"%PDF-" in beginning[:_PDF_WITHIN]:
        return Kind.PDF
    if _FORM.match(beginning):
        return Kind.FRAMED
    head = _HEAD.match(beginning)
    if not head:
        return None
    if b"chunked" in head[0].lower():
        return Kind.FRAMED
    return Kind.JPEG if beginning.startswith(JPEG, head.end()) else Kind.PNG


def _is_chunked(beginning: bytes) -> bool:
    """Whether a file begins with a part's length; a text may, so a known file must follow it."""
    found = _CHUNKED.match(beginning)
    if not found or found[1]:
        return bool(found)
    content = beginning[found.end() :]
    return not _CHUNKED.match(content) and kind_of(content) not in {
        Kind.UNKNOWN,
        Kind.NOT_AN_IMAGE,
        Kind.EMPTY,
    }


def _of_pattern(beginning: bytes) -> Kind | None:
    if beginning.startswith(b"\1\0\0\0") and beginning[_EMF] == b" EMF":
        return Kind.OTHER_IMAGE
    return next((kind for pattern, kind in _PATTERNS if re.match(pattern, beginning)), None)


def _of_text(beginning: bytes) -> Kind:
    """Return the kind of a text; of UNKNOWN if the file is none."""
    element = _FIRST_ELEMENT.search(beginning)
    if element and element[1].lower() in {b"svg", b"svg:svg"}:
        return Kind.OTHER_IMAGE
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Kind.NOT_AN_IMAGE  # UTF-16
    if len(beginning) < _SHORTEST_TEXT or _NOT_IN_TEXT.search(beginning):
        return Kind.UNKNOWN
    return Kind.NOT_AN_IMAGE if any(_is_text(beginning, each) for each in _CODECS) else Kind.UNKNOWN


def _is_text(beginning: bytes, codec: str) -> bool:
    """Whether a beginning is text; its last character may be incomplete."""
    for cut in range(4):
        try:
            beginning[: len(beginning) - cut].decode(codec)
        except UnicodeDecodeError:
            continue
        return True
    return False
