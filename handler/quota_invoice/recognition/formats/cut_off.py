"""Whether a file ends before its content does: an interrupted transfer, which can be repeated."""

from __future__ import annotations

from collections.abc import Callable

from quota_invoice.recognition.formats import jpeg
from quota_invoice.recognition.formats.kinds import Kind, kind_of
from quota_invoice.recognition.formats.tiff import Tiff

CUT_OFF = "File.CutOff"
"""The code of the failure."""
_NEAR_END = 4096  # bytes; some programs append a few
_BOX = 8  # bytes of a box's length and type; 8 more follow a length of 1


def is_cut_off(content: bytes) -> bool:
    """Whether the end of a file is missing, as far as its format tells."""
    kind = kind_of(content[:_NEAR_END])
    return kind in _CHECKS and _CHECKS[kind](content)


def _of_jpeg_2000(content: bytes) -> bool:
    if content.startswith(b"\xff"):  # without a container
        return not content.rstrip(b"\0").endswith(jpeg.END)
    return _end_of_boxes(content) > len(content)


def _end_of_boxes(content: bytes) -> int:
    """Return the end of the last box of a file that consists of boxes."""
    at = 0
    while 0 <= at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        if length == 1:
            length = int.from_bytes(content[at + _BOX : at + 2 * _BOX], "big")
        if length < _BOX:
            return len(content)  # the last box ends with the file, or is damaged
        at += length
    return at


_CHECKS: dict[Kind, Callable[[bytes], bool]] = {
    Kind.JPEG: lambda content: not jpeg.own_part(content).has_end,
    Kind.TIFF: lambda content: Tiff(content).is_cut_off(),
    Kind.HEIC: lambda content: _end_of_boxes(content) > len(content),
    Kind.JPEG_2000: _of_jpeg_2000,
    Kind.WEBP: lambda content: int.from_bytes(content[4:8], "little") + _BOX > len(content),
    Kind.BMP: lambda content: int.from_bytes(content[2:6], "little") > len(content),
    Kind.GIF: lambda content: not content.rstrip(b"\0").endswith(b";"),
    Kind.PNG: lambda content: b"IEND" not in content[-_NEAR_END:],
    Kind.PDF: lambda content: b"%%EOF" not in content[-_NEAR_END:],
}
