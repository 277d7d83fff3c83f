"""Whether a file ends before its content does: an interrupted transfer, which can be repeated."""

from __future__ import annotations

from quota_invoice.recognition.formats import jpeg, tiff
from quota_invoice.recognition.formats.kinds import Kind, kind_of

CUT_OFF = "File.CutOff"
"""The code of the failure."""
_NEAR_END = 4096  # bytes; some programs append a few
_BOX = 8  # bytes of a box's length and type; 8 more follow a length of 1


def is_cut_off(content: bytes) -> bool:
    """Whether the end of a file is missing, as far as its format tells."""
    kind, end = kind_of(content[:_NEAR_END]), content[-_NEAR_END:]
    if kind is Kind.JPEG:
        return not jpeg.own_part(content).has_end
    if kind is Kind.TIFF:
        return tiff.is_cut_off(content)
    if kind in {Kind.HEIC, Kind.JPEG_2000} and not content.startswith(b"\xff"):
        return _end_of_boxes(content) > len(content)
    if kind is Kind.WEBP:
        return int.from_bytes(content[4:8], "little") + _BOX > len(content)
    if kind is Kind.BMP:
        return int.from_bytes(content[2:6], "little") > len(content)
    last = {Kind.PNG: b"IEND", Kind.GIF: b";", Kind.PDF: b"%%EOF", Kind.JPEG_2000: jpeg.END}
    return kind is Kind.BLANK or (kind in last and last[kind] not in end)


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
