"""The pages of a TIFF, without an imaging library: most TIFFs go to the OCR service by URL.

A TIFF is a chain of directories, one for each image. Source: TIFF 6.0, and Adobe's "TIFF Technical
Note" on files with 64-bit offsets (BigTIFF).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_COMPRESSION, _WEBP = 259, 50001
_SUBFILE_TYPE = 254
_WIDTH, _HEIGHT = 256, 257
_NO_PAGE = 0b101  # a smaller copy of another image, or its mask
_OFFSETS, _LENGTHS = 273, 279  # of strips
_MOST_DIRECTORIES = 1000
_MOST_VALUES = 100_000
_TAGS = {_SUBFILE_TYPE, _WIDTH, _HEIGHT, _COMPRESSION, _OFFSETS, _LENGTHS}
_TYPES = {3: "H", 4: "I", 16: "Q"}
_Directory = Mapping[int, tuple[int, ...]]


class _Layout(NamedTuple):
    """The forms of a file's numbers, as in ``struct``.

    Attributes:
        order: the order of bytes.
        offset: the form of an offset.
        entries: the form of a directory's number of entries.
        size: bytes of an entry.
        first: the place of the first directory's offset.
    """

    order: str
    offset: str
    entries: str
    size: int
    first: int

    @classmethod
    def of(cls, content: bytes) -> _Layout:
        order = "<" if content.startswith(b"II") else ">"
        is_big = content[2:4] in {b"+\0", b"\0+"}
        return cls(order, "Q", "Q", 20, 8) if is_big else cls(order, "I", "H", 12, 4)


def pages(content: bytes) -> list[int]:
    """Return the indices of a TIFF's images that are pages.

    If the chain of directories leads out of the file, the index of the first image that is missing
    is the last one: a page that cannot be read is named, not left out.
    """
    found, is_whole = _directories(content)
    types = (_number(each, _SUBFILE_TYPE) for each in found)
    full = [index for index, number in enumerate(types) if not number & _NO_PAGE]
    return (full or [0]) + ([] if is_whole or not found else [len(found)])


def sizes(content: bytes) -> list[tuple[int, int]]:
    """Return width and height of each image, in pixels; 0 where the file does not say them."""
    found, _ = _directories(content)
    return [(_number(each, _WIDTH), _number(each, _HEIGHT)) for each in found]


def webp_strips(content: bytes, index: int) -> list[bytes]:
    """Return the strips of an image that are WebP files, which Pillow's own library cannot read."""
    found, _ = _directories(content)
    if index >= len(found) or _number(found[index], _COMPRESSION) != _WEBP:
        return []
    return [content[start:end] for start, end in _strips(found[index])]


def is_cut_off(content: bytes) -> bool:
    """Whether a directory or a strip lies behind the end of the file."""
    found, is_whole = _directories(content)
    ends = [end for each in found for _, end in _strips(each)]
    return not is_whole or max(ends, default=0) > len(content)


def _strips(directory: _Directory) -> Iterator[tuple[int, int]]:
    """Yield beginning and end of each strip."""
    places = zip(directory.get(_OFFSETS, ()), directory.get(_LENGTHS, ()), strict=False)
    return ((start, start + length) for start, length in places)


def _number(directory: _Directory, tag: int) -> int:
    return (directory.get(tag) or (0,))[0]


def _directories(content: bytes) -> tuple[list[_Directory], bool]:
    """Return the directories within the file, each once, and whether all of them are."""
    layout, seen, found = _Layout.of(content), set[int](), list[_Directory]()
    try:
        [at] = struct.unpack_from(layout.order + layout.offset, content, layout.first)
        while at and at not in seen and len(seen) < _MOST_DIRECTORIES:
            seen.add(at)
            directory, at = _directory(content, layout, at)
            found.append(directory)
    except (struct.error, OverflowError):
        return found, False
    return found, True


def _directory(content: bytes, layout: _Layout, at: int) -> tuple[_Directory, int]:
    """Return the directory at an offset, and the offset of the next one."""
    [count] = struct.unpack_from(layout.order + layout.entries, content, at)
    first = at + struct.calcsize("=" + layout.entries)
    end = first + count * layout.size
    [following] = struct.unpack_from(layout.order + layout.offset, content, end)
    entries = (_entry(content, layout, place) for place in range(first, end, layout.size))
    return dict(entry for entry in entries if entry), following


def _entry(content: bytes, layout: _Layout, at: int) -> tuple[int, tuple[int, ...]] | None:
    """Return tag and values of an entry of whole numbers."""
    tag, kind, count = struct.unpack_from(f"{layout.order}HH{layout.offset}", content, at)
    if kind not in _TYPES or tag not in _TAGS:
        return None
    form = f"{layout.order}{min(count, _MOST_VALUES)}{_TYPES[kind]}"
    place = at + 4 + struct.calcsize("=" + layout.offset)
    if struct.calcsize(form) > struct.calcsize("=" + layout.offset):
        [place] = struct.unpack_from(layout.order + layout.offset, content, place)
    return tag, struct.unpack_from(form, content, place)
