"""The pages of a TIFF, without an imaging library: most TIFFs go to the OCR service by URL.

A TIFF is a chain of directories, one for each image. Source: TIFF 6.0, and Adobe's "TIFF Technical
Note" on files with 64-bit offsets (BigTIFF).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from operator import add
from typing import NamedTuple

_SUBFILE_TYPE = 254
_WIDTH, _HEIGHT = 256, 257
_NO_PAGE = 0b101  # a smaller copy of another image, or its mask
_OFFSETS, _LENGTHS = 273, 279  # of strips
_TAGS = {_SUBFILE_TYPE, _WIDTH, _HEIGHT, _OFFSETS, _LENGTHS}
_TYPES = {3: "H", 4: "I", 16: "Q"}
# Directories may overlap, and share their tables: a small file could hold millions of numbers.
_MOST_DIRECTORIES = 1000
_MOST_ENTRIES = 50_000  # of all directories; a usual one has about 20
_MOST_STRIPS = 200_000  # of all images


class _Values(NamedTuple):
    """The place of an entry's values, which are read when they are needed.

    Attributes:
        form: the form of one value, as in ``struct``.
        number: number of values.
        place: the place of the first one.
    """

    form: str
    number: int
    place: int

    def read(self, content: bytes, most: int) -> tuple[int, ...]:
        form = f"{self.form[0]}{min(self.number, most)}{self.form[1]}"
        return struct.unpack_from(form, content, self.place)


_Directory = Mapping[int, _Values]


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


class Tiff:
    """The images of a TIFF; the file is searched once.

    Args:
        content: the file.

    Attributes:
        pages: the indices of the images that are pages. If the chain of directories leads out of
            the file, the index of the first image that is missing is the last one: a page that
            cannot be read is named, not left out.
        sizes: width and height of each image, in pixels; 0 where the file does not say them.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        found, self._is_whole = _directories(content)
        self._strips = [(each.get(_OFFSETS), each.get(_LENGTHS)) for each in found]
        numbers = [{tag: self._first(values) for tag, values in each.items()} for each in found]
        types = (each.get(_SUBFILE_TYPE, 0) for each in numbers)
        full = [index for index, number in enumerate(types) if not number & _NO_PAGE]
        self.pages = (full or [0]) + ([] if self._is_whole or not found else [len(found)])
        self.sizes = [(each.get(_WIDTH, 0), each.get(_HEIGHT, 0)) for each in numbers]

    def is_cut_off(self) -> bool:
        """Whether a directory or a strip lies behind the end of the file."""
        if not self._is_whole:
            return True
        left = _MOST_STRIPS
        for offsets, lengths in self._strips:
            if offsets is None or lengths is None:
                continue
            places = offsets.read(self._content, left), lengths.read(self._content, left)
            left -= max(map(len, places))
            if max(map(add, *places), default=0) > len(self._content):
                return True
        return False

    def _first(self, values: _Values) -> int:
        return (values.read(self._content, 1) or (0,))[0]


def _directories(content: bytes) -> tuple[list[_Directory], bool]:
    """Return the directories within the file, each once, and whether all of them are."""
    layout, seen, found = _Layout.of(content), set[int](), list[_Directory]()
    left = _MOST_ENTRIES
    try:
        [at] = struct.unpack_from(layout.order + layout.offset, content, layout.first)
        while at and at not in seen and len(seen) < _MOST_DIRECTORIES and left > 0:
            seen.add(at)
            directory, count, at = _directory(content, layout, at)
            found.append(directory)
            left -= count
    except (struct.error, OverflowError):
        return found, False
    return found, True


def _directory(content: bytes, layout: _Layout, at: int) -> tuple[_Directory, int, int]:
    """Return the directory at an offset, its number of entries, and the offset of the next one."""
    [count] = struct.unpack_from(layout.order + layout.entries, content, at)
    first = at + struct.calcsize("=" + layout.entries)
    end = first + count * layout.size
    [following] = struct.unpack_from(layout.order + layout.offset, content, end)
    places = range(first, end, layout.size)[:_MOST_ENTRIES]
    entries = (_entry(content, layout, place) for place in places)
    return dict(entry for entry in entries if entry), count, following


def _entry(content: bytes, layout: _Layout, at: int) -> tuple[int, _Values] | None:
    """Return tag and values of an entry of whole numbers.

    Raises:
        struct.error: the values lie behind the end of the file.
    """
    tag, kind, count = struct.unpack_from(f"{layout.order}HH{layout.offset}", content, at)
    if kind not in _TYPES or tag not in _TAGS:
        return None
    form = layout.order + _TYPES[kind]
    length = count * struct.calcsize(form)
    place = at + 4 + struct.calcsize("=" + layout.offset)
    if length > struct.calcsize("=" + layout.offset):
        [place] = struct.unpack_from(layout.order + layout.offset, content, place)
    if place + length > len(content):
        raise struct.error
    return tag, _Values(form, count, place)
