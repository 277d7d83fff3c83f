"""Small files that need much time or memory to decode."""

from __future__ import annotations

import struct
import zlib


def png_chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def repeated(block: bytes, times: int, *, is_gzip: bool = False) -> bytes:
    """Return a block, repeated, in the format of zlib or gzip; the block is packed once."""
    packer = zlib.compressobj(9, wbits=31 if is_gzip else 15)
    start = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    one = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)  # the same each time
    checked, check = (zlib.crc32, 0) if is_gzip else (zlib.adler32, 1)
    for _ in range(times):
        check = checked(block, check)
    # An empty last block, and the check of all blocks; gzip has their length, too.
    end = struct.pack("<II", check, len(block) * times) if is_gzip else struct.pack(">I", check)
    return start + one * times + b"\x03\x00" + end


def black_png(side: int) -> bytes:
    """Return a PNG of ``side`` x ``side`` black 1-bit pixels; ``side`` is a multiple of 800."""
    packed = repeated(bytes((1 + side // 8) * 100), side // 100)
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name, content) for name, content in chunks)


def tiff_tile(side: int, size: int = 100) -> bytes:
    """Return a TIFF of ``size`` x ``size`` grey pixels in one packed tile.

    The tile has ``side`` x ``side`` pixels; ``side`` is a multiple of 16.
    """
    packed = repeated(bytes(16 * side), side // 16)
    tags = [(256, 4, size), (257, 4, size), (258, 3, 8), (259, 3, 8), (262, 3, 1), (277, 3, 1)]
    tags += [(322, 4, side), (323, 4, side), (324, 4, 8), (325, 4, len(packed))]
    packed += bytes(len(packed) % 2)
    directory = b"".join(struct.pack("<HHII", name, kind, 1, value) for name, kind, value in tags)
    head = b"II*\0" + struct.pack("<I", 8 + len(packed))
    return head + packed + struct.pack("<H", len(tags)) + directory + bytes(4)
