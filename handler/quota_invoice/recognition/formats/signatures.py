"""The kinds of files, what follows from each, and the bytes with which its files begin.

Source: each format's own specification.
"""

from __future__ import annotations

from enum import Enum


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
    BLANK = "zeros in place of a beginning"
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
    Kind.BLANK: "File.Blank",
    Kind.NOT_AN_IMAGE: "File.NotAnImage",
}

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
BEGINNINGS = (
    (JPEG, Kind.JPEG),
    (PNG, Kind.PNG),
    (b"II*\0", Kind.TIFF),
    (b"MM\0*", Kind.TIFF),
    (b"II+\0\x08\0", Kind.TIFF),  # with 64-bit offsets
    (b"MM\0+\0\x08", Kind.TIFF),
    (b"GIF87a", Kind.GIF),
    (b"GIF89a", Kind.GIF),
    (b"\0\0\0\x0cjP  \r\n\x87\n", Kind.JPEG_2000),
    (b"\xff\x4f\xff\x51", Kind.JPEG_2000),  # without a container
    (b"8BPS\0\x01", Kind.PSD),
    (b"8BPS\0\x02", Kind.OTHER_IMAGE),  # PSB
    (b"\0\0\0\x0cJXL \r\n\x87\n", Kind.OTHER_IMAGE),  # JPEG XL
    (b"\xff\x0a", Kind.OTHER_IMAGE),  # JPEG XL without a container
    (b"II\xbc\x01", Kind.OTHER_IMAGE),  # JPEG XR
    (b"AT&TFORM", Kind.OTHER_IMAGE),  # DjVu
    (b"%!PS", Kind.OTHER_IMAGE),
    (b"\xc5\xd0\xd3\xc6", Kind.OTHER_IMAGE),  # EPS with a preview
    (b"gimp xcf", Kind.OTHER_IMAGE),
    (b"\xd7\xcd\xc6\x9a", Kind.OTHER_IMAGE),  # WMF
    (b"DDS \x7c\0\0\0", Kind.OTHER_IMAGE),
    (b"FUJIFILMCCD-RAW", Kind.OTHER_IMAGE),
    (b"IIRO", Kind.OTHER_IMAGE),  # Olympus
    (b"IIU\0", Kind.OTHER_IMAGE),  # Panasonic
    (b"Rar!\x1a\x07", Kind.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Kind.ARCHIVE),
    (b"\x1f\x8b\x08", Kind.ARCHIVE),  # gzip
    (b"BZh", Kind.ARCHIVE),
    (b"\xfd7zXZ\0", Kind.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", Kind.ARCHIVE),  # Zstandard
    (b"\x04\x22\x4d\x18", Kind.ARCHIVE),  # LZ4
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
    (b".RMF\0\0\0", Kind.VIDEO),  # RealMedia
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
"""The bytes at the beginning of a file whose kind follows from them alone."""
