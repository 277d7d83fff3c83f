"""Leaves a page of a PDF only the resources that it uses.

Many programs give all pages one dictionary with the images of the whole file: a page with all of it
would be as large as the file. Source: ISO 32000-1, 7.8.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pypdf import apply_configuration
from pypdf.errors import DependencyError, PyPdfError
from pypdf.filters import decode_stream_data
from pypdf.generic import DictionaryObject, NameObject, PdfObject, StreamObject

DAMAGED = (
    PyPdfError,
    DependencyError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    NotImplementedError,
)
"""The library raises all of these for damaged files."""
_MOST_CONTENT = 4 << 20  # bytes, decoded; a page of drawings has less
_LIMITS: dict[str, Any] = {
    "zlib_maximum_output_length": _MOST_CONTENT,
    "lzw_maximum_output_length": _MOST_CONTENT,
    "run_length_maximum_output_length": _MOST_CONTENT,
    "brotli_maximum_output_length": _MOST_CONTENT,
    "stream_decoding_work_maximum_length": 4 * _MOST_CONTENT,
}
_HELD = ("/XObject", "/Pattern", "/Font", "/ExtGState")  # the resources that hold large streams
_NAME = re.compile(rb"/([^\x00\t\n\f\r ()<>\[\]{}/%]+)")
_ESCAPED = re.compile(rb"#([0-9a-fA-F]{2})")
_PLAIN = re.compile(r"/[!-~]+")
_LINKS = ("/A", "/AA", "/Dest", "/P", "/Parent", "/Popup")  # of annotations, to other pages
_Part = tuple[DictionaryObject, list[StreamObject]]


def trim(page: DictionaryObject) -> None:
    """Remove the resources of a page that its content does not name, and its links.

    The dictionaries that other pages share stay as they are. A page whose content is damaged, or
    too large to be searched, keeps its resources.
    """
    try:
        page.pop("/B", None)
        for annotation in _items(value_of(page, "/Annots")):
            for link in _LINKS:
                annotation.pop(link, None)
        with apply_configuration(**_LIMITS):
            content = value_of(page, "/Contents")
            streams = [content] if isinstance(content, StreamObject) else [*_items(content)]
            _Trimming().trim(page, streams)
    except DAMAGED:
        return


def value_of(owner: DictionaryObject, key: str) -> object:
    """Return a value that may be stored as an object of its own; None if there is none."""
    value = owner.get(key)
    return value.get_object() if isinstance(value, PdfObject) else value


def _items(array: object) -> Iterator[DictionaryObject]:
    """Yield the dictionaries and streams of an array."""
    found = (entry.get_object() for entry in array) if isinstance(array, list) else ()
    return (entry for entry in found if isinstance(entry, DictionaryObject))


def encoded(stream: StreamObject) -> bytes:
    """Return a stream's bytes as they are stored."""
    data: bytes = vars(stream)["_data"]
    return data


class _Trimming:
    """The search through one page, whose length is limited."""

    def __init__(self) -> None:
        self._left = _MOST_CONTENT
        self._trimmed: dict[int, DictionaryObject] = {}  # by identity: forms may hold each other

    def trim(self, owner: DictionaryObject, streams: Iterable[DictionaryObject]) -> None:
        """Give an owner a dictionary of the resources that its streams name."""
        resources = value_of(owner, "/Resources")
        if not isinstance(resources, DictionaryObject):
            raise TypeError
        pending = list(streams)
        named = {name for name in _names(resources) if not _PLAIN.fullmatch(name)}
        fresh = set(named)
        while pending or fresh:
            for part, contents in _parts(resources, fresh):
                if "/Resources" not in part:
                    pending += contents  # it uses those of the page
                elif id(part) not in self._trimmed:
                    self._trimmed[id(part)] = part
                    self.trim(part, contents)
            fresh = self._named(pending.pop(), resources) - named if pending else set()
            named |= fresh
        owner[NameObject("/Resources")] = _only(resources, named)

    def _named(self, stream: DictionaryObject, resources: DictionaryObject) -> set[str]:
        """Return the names of resources in a content; other bytes may look like some."""
        if not isinstance(stream, StreamObject):
            return set()
        content = decode_stream_data(stream) if "/Filter" in stream else encoded(stream)
        self._left -= max(len(content), len(encoded(stream)))
        if self._left < 0:
            raise ValueError
        content = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), content)
        names = {name[1:].encode(): name for name in _names(resources)}
        found = (each[1] for each in _NAME.finditer(content))
        return {names[name] for name in found if name in names}


def _names(resources: DictionaryObject) -> set[str]:
    return {name for _, held in _held(resources) for name in held}


def _held(resources: DictionaryObject) -> Iterator[tuple[str, DictionaryObject]]:
    found = ((kind, value_of(resources, kind)) for kind in _HELD)
    return ((kind, held) for kind, held in found if isinstance(held, DictionaryObject))


def _only(resources: DictionaryObject, named: set[str]) -> DictionaryObject:
    """Return a copy of resources with those that are named, and all of other kinds."""
    copy = DictionaryObject(resources)
    for kind, held in _held(resources):
        entries = {name: entry for name, entry in held.items() if name in named}
        copy[NameObject(kind)] = DictionaryObject(entries)
    return copy


def _parts(resources: DictionaryObject, names: set[str]) -> Iterator[_Part]:
    """Yield the named resources that have contents of their own, with their contents."""
    for kind, held in _held(resources):
        for name in names & held.keys():
            entry = value_of(held, name)
            for key in ("/SMask", "/G") if kind == "/ExtGState" else ():
                entry = value_of(entry, key) if isinstance(entry, DictionaryObject) else None
            if not isinstance(entry, DictionaryObject):
                continue
            glyphs = value_of(entry, "/CharProcs")
            if isinstance(glyphs, DictionaryObject):
                yield entry, [glyph.get_object() for glyph in glyphs.values()]
            elif isinstance(entry, StreamObject) and entry.get("/Subtype") != "/Image":
                yield entry, [entry]
