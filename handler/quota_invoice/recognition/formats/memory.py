"""The memory of an instance, which the files of all its threads share.

An image is decoded only if it fits beside all that the instance may hold at any moment: so a file
is refused always or never. Files wait for their room, and one image is decoded at a time.
The factors are measured with Pillow 13.0 and pi-heif 1.4, in bytes per pixel.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from quota_invoice.errors import ImageTooLarge, OutOfTime

if TYPE_CHECKING:
    from PIL.Image import Image

    from quota_invoice.deadline import Deadline

_MB = 1 << 20
DEFAULT_FUNCTION = 1024
"""MB that the template gives the function, by default."""
LARGEST_FILE = 128 * _MB
"""Bytes. Larger files are not opened."""
LARGEST_OBJECT = 64 * _MB
"""Bytes. Larger images are not opened: they would not fit into the function's memory."""
_INSTANCE = 110 * _MB  # the interpreter with all libraries
_FILES = 0.25  # of the memory, for the files and requests that are held at once
_REQUEST = 3 * 10_000_000  # bytes of Base64 at its largest, alone and in a body, as text and bytes
_PIXEL = {"1": 1, "L": 1, "P": 1}  # bytes that Pillow holds; 4 for the others
# Copies of the whole image: colours instead of a palette, grey instead of 1 bit, 32 bits, premixed.
_COPY = {"1": 1, "P": 4, "PA": 4, "LA": 4, "RGBA": 4, "I": 4, "F": 4}
_DECODER = {"WEBP": 16.5, "HEIF": 12.0, "JPEG2000": 19.5}  # these hold the image several times
_RESULT = 4096 * 4096 * 8  # the image that is sent, at its largest, and a copy
_COEFFICIENT = 2  # bytes; a progressive JPEG is held in full size until its last scan
_TILE_SIDES, _STRIP_ROWS = (322, 323), 278  # tags of TIFF

_function = DEFAULT_FUNCTION * _MB
_room = threading.Condition()
_queue: deque[object] = deque()  # in order of arrival: many small files must not pass a large one
_held = 0  # bytes of the files and requests that are held now


def set_function(megabytes: int) -> None:
    """Take the memory that the platform gives the function."""
    global _function  # noqa: PLW0603 - an instance is one process
    _function = megabytes * _MB


@contextmanager
def room_for(size: int, deadline: Deadline) -> Iterator[None]:
    """Hold a file of so many bytes, once there is room for it beside those of other threads.

    Nobody may hold two: they could wait for each other.

    Raises:
        OutOfTime: the others took all the time that was left.
    """
    global _held  # noqa: PLW0603 - as above
    files = int(_function * _FILES)
    needed = min(size + _REQUEST, files)
    seconds = min(deadline.remaining(), threading.TIMEOUT_MAX)
    with _room:
        turn = object()
        _queue.append(turn)
        try:
            if not _room.wait_for(lambda: _queue[0] is turn and _held + needed <= files, seconds):
                raise OutOfTime(deadline.remaining())
            _held += needed
        finally:
            _queue.remove(turn)
            _room.notify_all()
    try:
        yield
    finally:
        with _room:
            _held -= needed
            _room.notify_all()


def suffices(image: Image, sides: tuple[int, int]) -> bool:
    """Whether an image can be decoded.

    Args:
        image: the opened image, with its size after decoding.
        sides: its size in the file.
    """
    return _is_free(_needed(image, sides[0] * sides[1]))


def require(image: Image, sides: tuple[int, int]) -> None:
    """Check that an image can be decoded; see ``suffices``.

    Raises:
        ImageTooLarge: there is not enough memory.
    """
    if not suffices(image, sides):
        raise too_large()


def require_pixels(number: int) -> None:
    """Check that so many pixels of any colour fit into the memory, decoded.

    Raises:
        ImageTooLarge: they do not.
    """
    if not _is_free(number * (_COPY["RGBA"] + _COPY["RGBA"]) + _RESULT):
        raise too_large()


def too_large() -> ImageTooLarge:
    """Return the error of an image that does not fit into the memory."""
    return ImageTooLarge("File.TooLarge", "the image is too large for the function's memory")


def _is_free(needed: float) -> bool:
    return needed <= _function * (1 - _FILES) - _INSTANCE


def _needed(image: Image, pixels: int) -> float:
    levels: int = getattr(image, "_reduce", 0)  # that are left out of a JPEG 2000
    decoded = image.width * image.height / 4.0**levels
    held = decoded * _PIXEL.get(image.mode, 4)
    decoding = held + _of_decoder(image, pixels)
    copies = held + decoded * _COPY.get(image.mode.partition(";")[0], 0)
    return max(decoding, copies + min(_RESULT, decoded * 8))


def _of_decoder(image: Image, pixels: int) -> float:
    """Return the bytes that a decoder takes beside Pillow's image."""
    if image.format in _DECODER:
        levels = getattr(image, "_reduce", 0)
        return float((_DECODER[image.format] - 4) * pixels / 4**levels)
    if image.format in {"JPEG", "MPO"} and image.info.get("progressive"):
        return pixels * _COEFFICIENT * _samples(image)
    tags = getattr(image, "tag_v2", {})
    width, rows = (tags.get(tag, 0) for tag in _TILE_SIDES)
    if width:
        return float(width * rows * 4)
    return float(image.width * min(image.height, tags.get(_STRIP_ROWS, 0)) * 4)


def _samples(image: Image) -> float:
    """Return the samples per pixel of a JPEG: its colours may have fewer than its grey."""
    layers = getattr(image, "layer", [])
    shares = [across * down for _, across, down, *_ in layers]
    return sum(shares) / max(shares, default=1) if shares else 4.0
