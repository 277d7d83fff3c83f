"""The kinds of files, told from their first bytes and never from their names.

Sources: the file signatures of each format's own specification; brands of ISO/IEC 14496-12 files
as registered at mp4ra.org; GB/T 33190 for OFD; "Signature Version 4 streaming" for aws-chunked.
"""

from __future__ import annotations

import re
from enum import Enum

_PDF_WITHIN = 1024  # bytes; readers accept other bytes before a PDF's own


class Kind(Enum):
    """A kind of file, by its name in records and messages."""

    # The OCR service reads these from a URL.
    JPEG = "JPEG"
    PNG = "PNG"
    BMP = "BMP"
    TIFF = "TIFF"
    PDF = "PDF"
    # The function makes a JPEG of these.
    HEIC = "HEIC"
    WEBP = "WebP"
    GIF = "GIF"
    JPEG_2000 = "JPEG 2000"
    PCX = "PCX"
    PPM = "PPM"
    PSD = "PSD"
    # These cannot be read here.
    AVIF = "AVIF"
    OTHER_IMAGE = "another image format"
    ARCHIVE = "an archive"
    OFD = "OFD"
    OFFICE = "an Office file"
    VIDEO = "a video"
    FRAMED = "a file in an upload tool's frame"
    EMPTY = "an empty file"
    BLANK = "zeros only"
    NOT_AN_IMAGE = "not an image"
    UNKNOWN = "unknown"

    @property
    def is_read_by_url(self) -> bool:
        """Whether it goes to the service by URL; an unknown file does, which decides itself."""
        return self in _BY_URL

    @property
    def is_converted(self) -> bool:
        """Whether the function makes a JPEG of it first."""
        return self in _CONVERTED

    @property
    def is_image(self) -> bool:
        """Whether the function can decode it."""
        return self.is_converted or self in _BY_URL - {Kind.PDF, Kind.UNKNOWN}

    @property
    def refusal(self) -> str | None:
        """The code of the failure of a kind that no request could read; None for the others."""
        return _REFUSALS.get(self)


_BY_URL = frozenset({Kind.JPEG, Kind.PNG, Kind.BMP, Kind.TIFF, Kind.PDF, Kind.UNKNOWN})
_CONVERTED = frozenset(
    {Kind.HEIC, Kind.WEBP, Kind.GIF, Kind.JPEG_2000, Kind.PCX, Kind.PPM, Kind.PSD}
)
_REFUSALS = {
    Kind.AVIF: "File.Avif",
    Kind.OTHER_IMAGE: "File.OtherImage",
    Kind.ARCHIVE: "File.Archive",
    Kind.OFD: "File.Ofd",
    Kind.OFFICE: "File.Office",
    Kind.VIDEO: "File.Video",
    Kind.FRAMED: "File.Chunked",
    Kind.EMPTY: "File.Empty",
    Kind.BLANK: "File.CutOff",
    Kind.NOT_AN_IMAGE: "File.NotAnImage",
}

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_COLOURS, _PNG_ALPHA = slice(25, 26), {b"\4", b"\6"}
# The bytes at the beginning of a file; those of ISO files, RIFF, ZIP and text are looked at below.
_BEGINNINGS = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (_PNG, Kind.PNG),
    (b"II*\0", Kind.TIFF),
    (b"MM\0*", Kind.TIFF),
    (b"II+\0\x08\0", Kind.TIFF),  # with 64-bit offsets
    (b"MM\0+\0\x08", Kind.TIFF),
    (b"GIF87a", Kind.GIF),
    (b"GIF89a", Kind.GIF),
    (b"\0\0\0\x0cjP  \r\n\x87\n", Kind.JPEG_2000),
    (b"\xff\x4f\xff\x51", Kind.JPEG_2000),  # without a container
    (b"8BPS\0\x01", Kind.PSD),
    (b"\0\0\0\x0cJXL \r\n\x87\n", Kind.OTHER_IMAGE),  # JPEG XL
    (b"\xff\x0a", Kind.OTHER_IMAGE),  # JPEG XL without a container
    (b"II\xbc\x01", Kind.OTHER_IMAGE),  # JPEG XR
    (b"AT&TFORM", Kind.OTHER_IMAGE),  # DjVu
    (b"%!PS", Kind.OTHER_IMAGE),
    (b"\xd7\xcd\xc6\x9a", Kind.OTHER_IMAGE),  # WMF
    (b"FUJIFILMCCD-RAW", Kind.OTHER_IMAGE),
    (b"IIRO", Kind.OTHER_IMAGE),  # Olympus
    (b"IIU\0", Kind.OTHER_IMAGE),  # Panasonic
    (b"Rar!\x1a\x07", Kind.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Kind.ARCHIVE),
    (b"\x1f\x8b\x08", Kind.ARCHIVE),  # gzip
    (b"BZh", Kind.ARCHIVE),
    (b"\xfd7zXZ\0", Kind.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", Kind.ARCHIVE),  # Zstandard
    (b"MSCF\0\0\0\0", Kind.ARCHIVE),
    (b"PK\x05\x06", Kind.ARCHIVE),  # an empty ZIP file
    (b"PK\x07\x08", Kind.ARCHIVE),  # a part of one
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.OFFICE),  # until Office 2003; WPS
    (b"{\\rtf", Kind.OFFICE),
    (b"\x1a\x45\xdf\xa3", Kind.VIDEO),  # Matroska, WebM
    (b"FLV\x01", Kind.VIDEO),
    (b"\0\0\x01\xba", Kind.VIDEO),  # MPEG
    (b"\0\0\x01\xb3", Kind.VIDEO),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Kind.VIDEO),  # WMV
    (b"#!AMR", Kind.NOT_AN_IMAGE),  # voice messages
    (b"#!SILK", Kind.NOT_AN_IMAGE),
    (b"\x02#!SILK", Kind.NOT_AN_IMAGE),
    (b"ID3", Kind.NOT_AN_IMAGE),
    (b"OggS", Kind.NOT_AN_IMAGE),
    (b"fLaC", Kind.NOT_AN_IMAGE),
    (b"bplist00", Kind.NOT_AN_IMAGE),  # the place of a file that is only in iCloud
    (b"\0\0\0\x01Bud1", Kind.NOT_AN_IMAGE),  # .DS_Store
    (b"\0\x05\x16\x07", Kind.NOT_AN_IMAGE),  # ._*
    (b"L\0\0\0\x01\x14\x02\0", Kind.NOT_AN_IMAGE),  # a shortcut of Windows
    (b"MZ", Kind.NOT_AN_IMAGE),
    (b"\x7fELF", Kind.NOT_AN_IMAGE),
    (b"SQLite format 3\0", Kind.NOT_AN_IMAGE),
)
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_BOX_TYPE = slice(4, 8)
_RIFF_TYPE = slice(8, 12)
_FIRST_BRAND, _NEXT_BRAND, _BRAND = 8, 16, 4
_TAR = slice(257, 262)
_TS_PACKET = 188  # bytes of MPEG-TS
_BMP_SIZE = slice(14, 18)
_BMP_SIZES = {12, 16, 40, 52, 56, 64, 108, 124}  # bytes of the second header, by version
_CANON_RAW = slice(8, 10)
# Each part: its length in hexadecimal digits, with the part's signature.
_CHUNKED = re.compile(rb"[0-9a-fA-F]{1,8}(;chunk-signature=[0-9a-fA-F]{64})?\r\n")
_CHUNK_TEXT = b";chunk-signature="
_FORM = re.compile(rb"--[^\r\n]{1,200}\r\nContent-Disposition: form-data", re.IGNORECASE)
_PPM = re.compile(rb"P[1-6]\s(\s*#[^\n]*\n)*\s*\d+\s")
_PCX = re.compile(rb"\x0a[\x00\x02-\x05]\x01[\x01\x02\x04\x08]")
_NOT_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_SVG = re.compile(rb"<svg[\s>]", re.IGNORECASE)
_SHORTEST_TEXT = 64  # bytes; other files may have fewer bytes that are all characters
_CODECS = ("utf-8", "gb18030")


def kind_of(beginning: bytes) -> Kind:
    """Return the kind of a file with this beginning, of 4 KB or more if the file is as long.

    >>> kind_of(b"").value, kind_of(b"<!DOCTYPE html>" * 5).value
    ('an empty file', 'not an image')
    >>> kind_of(b"RIFF0000WEBPVP8 ").value, kind_of(bytes(4096)).value
    ('WebP', 'zeros only')
    """
    if not beginning:
        return Kind.EMPTY
    if not beginning.strip(b"\0"):
        return Kind.BLANK
    for signature, kind in _BEGINNINGS:
        if beginning.startswith(signature):
            is_raw = kind is Kind.TIFF and beginning[_CANON_RAW] == b"CR"
            return Kind.OTHER_IMAGE if is_raw else kind
    if beginning.startswith(b"BM") and int.from_bytes(beginning[_BMP_SIZE], "little") in _BMP_SIZES:
        return Kind.BMP
    # A frame in chunks around a PDF has its lines within the PDF's images.
    if b"%PDF-" in beginning[:_PDF_WITHIN]:
        return Kind.FRAMED if _is_chunked(beginning) else Kind.PDF
    return _of_container(beginning) or _of_pattern(beginning) or _of_text(beginning)


def may_be_transparent(beginning: bytes) -> bool:
    """Whether a file is a PNG with an alpha channel or a transparent colour."""
    if not beginning.startswith(_PNG):
        return False
    return beginning[_PNG_COLOURS] in _PNG_ALPHA or b"tRNS" in beginning


def _of_container(beginning: bytes) -> Kind | None:
    """Return the kind of a file in a format that holds others."""
    if beginning.startswith(b"PK\x03\x04"):
        return _of_zip(beginning)
    if beginning.startswith(b"RIFF"):
        kinds = {b"WEBP": Kind.WEBP, b"AVI ": Kind.VIDEO, b"WAVE": Kind.NOT_AN_IMAGE}
        return kinds.get(beginning[_RIFF_TYPE])
    if beginning[_BOX_TYPE] == b"ftyp":
        return _of_brands(beginning)
    if beginning[_BOX_TYPE] in _QUICKTIME:
        return Kind.VIDEO
    return None


def _of_brands(beginning: bytes) -> Kind:
    """Return the kind of an ISO file; "mif1" alone says neither HEIC nor AVIF."""
    end = int.from_bytes(beginning[:4], "big")
    at = (_FIRST_BRAND, *range(_NEXT_BRAND, min(end, len(beginning)), _BRAND))
    brands = {beginning[start : start + _BRAND] for start in at}
    if brands & {b"avif", b"avis"}:
        return Kind.AVIF
    if brands & _HEIC_BRANDS:
        return Kind.HEIC
    return Kind.OTHER_IMAGE if b"crx " in brands else Kind.VIDEO


def _of_zip(beginning: bytes) -> Kind:
    """Return the kind of a ZIP file by the names of its first files."""
    if b"OFD.xml" in beginning or b"Doc_0/" in beginning:
        return Kind.OFD
    office = (b"[Content_Types].xml", b"mimetypeapplication/vnd.oasis", b"docProps/")
    return Kind.OFFICE if any(name in beginning for name in office) else Kind.ARCHIVE


def _of_pattern(beginning: bytes) -> Kind | None:
    if beginning[_TAR] == b"ustar":
        return Kind.ARCHIVE
    if len(beginning) > 2 * _TS_PACKET and beginning[: 2 * _TS_PACKET + 1 : _TS_PACKET] == b"GGG":
        return Kind.VIDEO
    if _FORM.match(beginning) or _is_chunked(beginning):
        return Kind.FRAMED
    if _PPM.match(beginning):
        return Kind.PPM
    return Kind.PCX if _PCX.match(beginning) else None


def _is_chunked(beginning: bytes) -> bool:
    """Whether a file begins with a part's length; a text may, so a known file must follow it."""
    found = _CHUNKED.match(beginning)
    if not found:
        return False
    return _CHUNK_TEXT in found[0] or kind_of(beginning[found.end() :]) not in {
        Kind.UNKNOWN,
        Kind.NOT_AN_IMAGE,
        Kind.EMPTY,
    }


def _of_text(beginning: bytes) -> Kind:
    """Return the kind of a text; of UNKNOWN if the file is none."""
    if _SVG.search(beginning):
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
