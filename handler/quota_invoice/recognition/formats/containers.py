"""The kinds of files in formats that hold other files or streams.

Sources: APPNOTE.TXT for ZIP, GB/T 33190 for OFD, ECMA-376 for Office, ISO/IEC 14496-12 with the
brands that are registered at mp4ra.org, ISO/IEC 13818-1 for MPEG-TS.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from quota_invoice.recognition.formats.signatures import Kind

_RIFF_TYPE, _BOX_TYPE, _TAR = slice(8, 12), slice(4, 8), slice(257, 262)
_RIFF_KINDS = {b"WEBP": Kind.WEBP, b"AVI ": Kind.VIDEO, b"WAVE": Kind.NOT_AN_IMAGE}
_QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_FIRST_BRAND, _NEXT_BRAND, _BRAND = 8, 16, 4
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_SOUND = {b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "}
_TS_PACKETS = ((0, 188), (4, 192))  # bytes before the first one's mark, and from mark to mark
_LOCAL = b"PK\3\4"
_LOCAL_HEADER = struct.Struct("<6xHH8xI4xHH")
_OFD = re.compile(rb"OFD\.xml|Doc_\d+/")
_OFFICE = re.compile(
    rb"\[Content_Types\]\.xml|_rels/\.rels|docProps/|(word|xl|ppt)/(.*\.(xml|rels|bin)$|media/)|"
    rb"Index/.*\.iwa$|Metadata/BuildVersionHistory\.plist$"  # of Apple's programs
)
_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis"


def kind_of_container(beginning: bytes) -> Kind | None:
    """Return the kind of a container with this beginning; None if it is none."""
    if beginning.startswith(_LOCAL):
        return _of_zip(beginning)
    if beginning.startswith(b"RIFF"):
        return _RIFF_KINDS.get(beginning[_RIFF_TYPE])
    if beginning[_BOX_TYPE] == b"ftyp":
        return _of_brands(beginning)
    if beginning[_BOX_TYPE] in _QUICKTIME:
        return Kind.VIDEO
    if beginning[_TAR] == b"ustar":
        return Kind.ARCHIVE
    marks = (beginning[first::length][:3] for first, length in _TS_PACKETS)
    return Kind.VIDEO if b"GGG" in marks else None


def _of_brands(beginning: bytes) -> Kind:
    """Return the kind of an ISO file; "mif1" alone says neither HEIC nor AVIF."""
    end = int.from_bytes(beginning[:4], "big")
    at = (_FIRST_BRAND, *range(_NEXT_BRAND, min(end, len(beginning)), _BRAND))
    first, *others = (beginning[start : start + _BRAND] for start in at)
    brands = {first, *others}
    if brands & {b"avif", b"avis"}:
        return Kind.AVIF
    if brands & _HEIC_BRANDS:
        return Kind.HEIC
    if first in _SOUND:
        return Kind.NOT_AN_IMAGE
    return Kind.OTHER_IMAGE if b"crx " in brands else Kind.VIDEO


def _of_zip(beginning: bytes) -> Kind:
    """Return the kind of a ZIP file by the names of its first files, not of files within these."""
    if beginning.startswith(_OPEN_DOCUMENT, _LOCAL_HEADER.size):
        return Kind.OFFICE
    for name in _names(beginning):
        if _OFD.match(name):
            return Kind.OFD
        if _OFFICE.match(name):
            return Kind.OFFICE
    return Kind.ARCHIVE


def _names(beginning: bytes) -> Iterator[bytes]:
    """Yield the names of a ZIP file's first files.

    A file that was written as a stream says its size behind its content only. The next one is
    searched for then, unless the content is stored as it is: it may be a ZIP file.
    """
    at = 0
    while beginning.startswith(_LOCAL, at) and at + _LOCAL_HEADER.size <= len(beginning):
        flags, method, size, length, extra = _LOCAL_HEADER.unpack_from(beginning, at)
        start = at + _LOCAL_HEADER.size
        yield beginning[start : start + length]
        at = start + length + extra + size
        if flags & 8 and not size:
            at = beginning.find(_LOCAL, at) if method else len(beginning)
