"""Small files that need much time or memory to decode."""

from __future__ import annotations

import struct
import zlib


def png_chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def black_png(side: int) -> bytes:
    """Return a PNG of ``side`` x ``side`` black 1-bit pixels; ``side`` is a multiple of 800."""
    rows = bytes((1 + side // 8) * 100)
    packer = zlib.compressobj(9)
    start = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    hundred = packer.compress(rows) + packer.flush(zlib.Z_FULL_FLUSH)  # the same each time
    check = 1
    for _ in range(side // 100):
        check = zlib.adler32(rows, check)
    # An empty last block, and the check of all rows.
    packed = start + hundred * (side // 100) + b"\x03\x00" + struct.pack(">I", check)
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name, content) for name, content in chunks)


def tiff_tile(side: int, size: int = 100) -> bytes:
    """A TIFF of ``size`` x ``size`` grey pixels in one packed tile of ``side`` x ``side``."""
    packer, packed, left = zlib.compressobj(9), b"", side * side
    while left > 0:
        packed += packer.compress(bytes(min(left, 64 << 20)))
        left -= 64 << 20
    packed += packer.flush()
    tags = [(256, 4, size), (257, 4, size), (258, 3, 8), (259, 3, 8), (262, 3, 1), (277, 3, 1)]
    tags += [(322, 4, side), (323, 4, side), (324, 4, 8), (325, 4, len(packed))]
    packed += bytes(len(packed) % 2)
    directory = b"".join(struct.pack("<HHII", name, kind, 1, value) for name, kind, value in tags)
    head = b"II*\0" + struct.pack("<I", 8 + len(packed))
    return head + packed + struct.pack("<H", len(tags)) + directory + bytes(4)
