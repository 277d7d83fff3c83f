"""Puts the pixels of an image into a file of its own, compressed as they are.

Source: ISO 15948 (PNG) and TIFF 6.0.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

_PNG_COLOURS, _TIFF_COLOURS = {1: 0, 3: 2}, {1: 1, 3: 2, 4: 5}  # by number of samples
_HEAD = 8  # bytes of a TIFF before its strip
_PLACE = 4  # bytes of a TIFF's value, or of its place


class Pixels(NamedTuple):
    """The form of an image's pixels.

    Attributes:
        width: pixels.
        height: pixels.
        bits: bits of a sample.
        samples: number of samples of a pixel; 0 for colours that other files cannot hold.
        palette: the colours of samples, in RGB; empty if the samples are the colours.
    """

    width: int
    height: int
    bits: int
    samples: int
    palette: bytes


def as_png(image: Pixels, rows: bytes) -> bytes:
    """Return a PNG of rows that are compressed as those of a PNG."""
    colours = 3 if image.palette else _PNG_COLOURS[image.samples]
    head = struct.pack(">IIBBBBB", image.width, image.height, image.bits, colours, 0, 0, 0)
    chunks = {b"IHDR": head, b"PLTE": image.palette, b"IDAT": rows, b"IEND": b""}
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, data in chunks.items():
        if data or name != b"PLTE":
            check = zlib.crc32(data, zlib.crc32(name))
            parts += [struct.pack(">I", len(data)), name, data, struct.pack(">I", check)]
    return b"".join(parts)  # in one step: the rows may have 100 MB


def as_tiff(image: Pixels, rows: bytes, compression: int, predictor: int) -> bytes:
    """Return a TIFF of one strip; its directory begins at an even byte, as the standard says.

    >>> [as_tiff(Pixels(n, 1, 8, 1, b""), bytes(n), 1, 1)[4] for n in (1, 2)]
    [10, 10]
    """
    palette = image.palette.ljust(3 << image.bits, b"\0") if image.palette else b""
    shorts = {258: [image.bits] * image.samples}
    if palette:
        shorts[320] = [value * 257 for channel in range(3) for value in palette[channel::3]]
    numbers = {
        256: image.width,
        257: image.height,
        259: compression,
        262: 3 if palette else _TIFF_COLOURS[image.samples],
        277: image.samples,
        278: image.height,
        279: len(rows),
        317: predictor,
    }
    return _with_directory(numbers, shorts, rows)


def _with_directory(
    numbers: Mapping[int, int], shorts: Mapping[int, Iterable[int]], strip: bytes
) -> bytes:
    """Return a TIFF with such tags, and one more for its only strip."""
    start = _HEAD + len(strip)
    tables = bytes(start % 2)
    entries = {tag: struct.pack("<HHII", tag, 4, 1, numbers[tag]) for tag in numbers}
    entries[273] = struct.pack("<HHII", 273, 4, 1, _HEAD)
    for tag, values in shorts.items():
        packed = struct.pack(f"<{len([*values])}H", *values)
        inline = packed.ljust(_PLACE, b"\0") if len(packed) <= _PLACE else None
        place = inline or struct.pack("<I", start + len(tables))
        entries[tag] = struct.pack("<HHI", tag, 3, len(packed) // 2) + place
        tables += b"" if inline else packed
    directory = struct.pack("<H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries))
    head = b"II*\0" + struct.pack("<I", start + len(tables))
    return b"".join((head, strip, tables, directory, bytes(4)))  # as above
