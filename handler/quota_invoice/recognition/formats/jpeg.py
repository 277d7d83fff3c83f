"""A JPEG's own bytes: some cameras append a video, and some transfers lose the end.

Source: ITU-T T.81, annex B; of JPEG 2000, whose segments are alike: ITU-T T.800, annex A.
"""

from __future__ import annotations

import io
import re
from typing import NamedTuple

END = b"\xff\xd9"
MOST_SCANS = 100
"""Scans of a progressive JPEG; optimisers write up to about 20. Each covers the whole image:
thousands of empty ones would take minutes."""
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # not those within a scan's data
_SCAN, _ALONE = 0xDA, 0x01
_START = 2  # bytes of the start marker, as of any
_FILLED = 64  # zeros at the end are no image: some programs reserve a download's space first
# Any bytes that are no end marker: a decoder that still needs pixels takes them for some.
_NOISE = bytes(range(7, 247, 3)) * 4
_BEGINNING_OF_2000 = b"\xff\x4f\xff\x51"
_CODING_STYLE, _FIRST_TILE, _LEVELS = b"\xff\x52", b"\xff\x90", 9  # bytes before the number
_MCU = 16  # rows that are decoded together, at most


class OwnPart(NamedTuple):
    """The bytes of a JPEG up to its end marker; all bytes if it has none.

    Attributes:
        content: the bytes.
        has_end: whether they have an end marker.
        scans: number of scans.
    """

    content: bytes
    has_end: bool
    scans: int


def own_part(content: bytes) -> OwnPart:
    """Return a JPEG without the bytes behind it."""
    at, scans = _START, 0
    while found := _MARKER.search(content, at):
        marker, at = content[found.end() - 1], found.end()
        if marker == END[1]:
            return OwnPart(content[:at], has_end=True, scans=scans)
        scans += marker == _SCAN
        if marker != _ALONE:
            at += int.from_bytes(content[at : at + 2], "big")
    bare = content.rstrip(b"\0")
    if len(content) - len(bare) >= _FILLED:
        content = bare
    return OwnPart(content.removesuffix(b"\xff"), has_end=False, scans=scans)


def misses_pixels(part: bytes, longest: tuple[int, int]) -> bool:
    """Whether a JPEG without an end marker misses more than its last rows.

    A decoder shows missing pixels in grey, without an error. They show themselves if other bytes
    follow: these change the first pixel that is missing.

    Args:
        part: the JPEG, without an end marker.
        longest: sides of the images that are compared; a JPEG can be decoded smaller.
    """
    from PIL import Image, ImageChops  # noqa: PLC0415 - most invocations do without it

    images = []
    try:
        for end in (END, _NOISE + END):
            with Image.open(io.BytesIO(part + end), formats=["JPEG"]) as image:
                rows = image.height
                image.draft("L", longest)
                images.append(image.convert("L"))
    except (OSError, ValueError, SyntaxError):
        return True  # it is damaged, or the other bytes are no data at this place
    one, other = images
    differs = ImageChops.difference(one, other).getbbox()
    return differs is not None and differs[1] < one.height - -(-_MCU * one.height // rows) - 1


def levels(content: bytes) -> int:
    """Return the number of levels that can be left out of a JPEG 2000; 0 if it is damaged."""
    begin = content.find(_BEGINNING_OF_2000)
    at = begin + _START
    while begin >= 0 and at < len(content) - _LEVELS and not content.startswith(_FIRST_TILE, at):
        if content.startswith(_CODING_STYLE, at):
            return content[at + _LEVELS]
        at += _START + int.from_bytes(content[at + 2 : at + 4], "big")
    return 0
