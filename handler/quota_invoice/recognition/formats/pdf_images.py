"""Makes the images of a PDF smaller, where a page would be too large for the OCR service.

Each becomes a JPEG within the service's limits, in its former place: turned pages, text and stamps
stay as they are. Images are put into files of their own without being decoded, so that
``conversion`` checks the memory that they need. Source: ISO 32000-1, 7.4 and 8.9.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

from pypdf import PdfWriter
from pypdf.filters import decode_stream_data
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject

from quota_invoice.errors import ImageRefused
from quota_invoice.recognition.formats.conversion import to_jpeg
from quota_invoice.recognition.formats.pdf_resources import DAMAGED, encoded, value_of

_AS_FILES = {"/DCTDecode", "/JPXDecode", "/CCITTFaxDecode"}  # the library returns files of these
# A JPEG's own orientation, which a PDF does not heed: the first one in a file counts.
_UPRIGHT = b"\xff\xe1\0\x22Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 274, 3, 1, 1, 0, 0)
_SAMPLES = {"/DeviceGray": 1, "/CalGray": 1, "/DeviceRGB": 3, "/CalRGB": 3, "/DeviceCMYK": 4}
_PNG_COLOURS, _TIFF_COLOURS = {1: 0, 3: 2}, {1: 1, 3: 2, 4: 5}  # by number of samples
_PNG_PREDICTORS = 10
_TIFF_COMPRESSIONS = {None: 1, "/FlateDecode": 8}
_OF_ENCODING = ("/DecodeParms", "/Decode", "/Intent", "/Metadata", "/Alternates")
_EIGHT = 8  # bits of a sample; bytes of a TIFF's head
_PLACE = 4  # bytes of a TIFF's value, or of its place


class _Image(NamedTuple):
    """The form of an image's pixels.

    Attributes:
        width: pixels.
        height: pixels.
        bits: bits of a sample.
        samples: number of samples of a pixel; None for colours that other files cannot hold.
        palette: the colours of samples, in RGB; empty if the samples are the colours.
    """

    width: int
    height: int
    bits: int
    samples: int | None
    palette: bytes


def scale_images(writer: PdfWriter, excess: int) -> None:
    """Replace the largest images, until a PDF has so many bytes less, or all are replaced.

    Images in unusual forms stay as they are, and so do masks, whose samples are no colours.
    """
    objects = [each for each in vars(writer)["_objects"] if isinstance(each, StreamObject)]
    images = [each for each in objects if each.get("/Subtype") == "/Image"]
    masks = {id(value_of(each, key)) for each in images for key in ("/SMask", "/Mask")}
    for image in sorted(images, key=lambda each: len(encoded(each)), reverse=True):
        if excess <= 0:
            return
        if id(image) in masks or "/ImageMask" in image or isinstance(image.get("/Mask"), list):
            continue
        with suppress(ImageRefused, *DAMAGED):
            excess -= _replace(image)


def _replace(image: StreamObject) -> int:
    """Replace an image; return the number of bytes that this saves.

    Raises:
        ImageRefused: it cannot be decoded, or does not fit into the memory.
        ValueError: it has a form that is left as it is.
    """
    made = to_jpeg(_file_of(image)).image
    saved = len(encoded(image)) - len(made)
    if saved <= 0:
        return 0
    width, height = _sides(made)
    vars(image).update(_data=made, decoded_self=None)
    for key in _OF_ENCODING:
        image.pop(key, None)
    image[NameObject("/Filter")] = NameObject("/DCTDecode")
    image[NameObject("/ColorSpace")] = NameObject("/DeviceRGB")
    image[NameObject("/BitsPerComponent")] = NumberObject(_EIGHT)
    image[NameObject("/Width")], image[NameObject("/Height")] = map(NumberObject, (width, height))
    return saved


def _sides(jpeg: bytes) -> tuple[int, int]:
    from PIL import Image  # noqa: PLC0415 - few files need it

    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as opened:
        width, height = opened.size
        return width, height


def _file_of(image: StreamObject) -> bytes:
    """Return an image as a file.

    Raises:
        ValueError: it has an unusual form.
    """
    filters, parameters = _list(image, "/Filter"), _list(image, "/DecodeParms")
    found = _form(image)
    inverted = [1, 0] * (found.samples or 1)
    decode = value_of(image, "/Decode")
    if filters and filters[-1] in _AS_FILES:
        is_jpx = filters[-1] == "/JPXDecode"
        # Both PDF and JPEG say that colours of print are stored inverted.
        is_usual = decode != inverted or found.samples == _SAMPLES["/DeviceCMYK"]
        if not is_usual or found.palette or not (found.samples or is_jpx):
            raise ValueError
        content = decode_stream_data(image)
        is_jpeg = content.startswith(b"\xff\xd8")
        return content[:2] + _UPRIGHT + content[2:] if is_jpeg else content
    if len(filters) > 1 or decode == inverted or not found.samples:
        raise ValueError
    parameter = parameters[0] if parameters else None
    options = parameter if isinstance(parameter, DictionaryObject) else DictionaryObject()
    predictor = int(str(options.get("/Predictor", 1)))
    if filters and predictor >= _PNG_PREDICTORS:
        return _png(found, encoded(image))
    compression = _TIFF_COMPRESSIONS[str(filters[0]) if filters else None]
    return _tiff(found, encoded(image), compression, predictor)


def _list(owner: DictionaryObject, key: str) -> list[object]:
    value = value_of(owner, key)
    if value is None:
        return []
    return [each.get_object() for each in value] if isinstance(value, ArrayObject) else [value]


def _form(image: StreamObject) -> _Image:
    width, height, bits = (
        int(str(value_of(image, key) or 0)) for key in ("/Width", "/Height", "/BitsPerComponent")
    )
    space = value_of(image, "/ColorSpace")
    name, *rest = _list(image, "/ColorSpace") or [None]
    if name != "/Indexed":
        return _Image(width, height, bits, _samples(space), b"")
    base, _, table = rest
    colours = table.get_data() if isinstance(table, StreamObject) else bytes(_raw(table))
    if _samples(base) == _SAMPLES["/DeviceGray"]:
        colours = bytes(value for value in colours for _ in range(3))
    elif _samples(base) != _SAMPLES["/DeviceRGB"]:
        raise ValueError
    return _Image(width, height, bits, 1, colours[: 3 << bits])


def _raw(text: object) -> bytes:
    original = getattr(text, "original_bytes", text)
    return original if isinstance(original, bytes) else b""


def _samples(space: object) -> int | None:
    """Return the number of samples of a colour space, if they are light or colours of print."""
    name, *rest = space if isinstance(space, ArrayObject) else ArrayObject([space])
    profile = rest[0].get_object() if rest else None
    if name == "/ICCBased" and isinstance(profile, DictionaryObject):
        return int(str(value_of(profile, "/N")))
    return _SAMPLES.get(str(name))


def _png(image: _Image, rows: bytes) -> bytes:
    """Return a PNG of rows that are compressed as those of a PNG."""
    colours = 3 if image.palette else _PNG_COLOURS[image.samples or 0]
    head = struct.pack(">IIBBBBB", image.width, image.height, image.bits, colours, 0, 0, 0)
    chunks = {b"IHDR": head, b"PLTE": image.palette, b"IDAT": rows, b"IEND": b""}
    packed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
        if data or name != b"PLTE"
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _tiff(image: _Image, rows: bytes, compression: int, predictor: int) -> bytes:
    """Return a TIFF of one strip."""
    samples = image.samples or 0
    palette = image.palette.ljust(3 << image.bits, b"\0") if image.palette else b""
    shorts = {258: [image.bits] * samples}
    if palette:
        shorts[320] = [value * 257 for channel in range(3) for value in palette[channel::3]]
    numbers = {
        256: image.width,
        257: image.height,
        259: compression,
        262: 3 if palette else _TIFF_COLOURS[samples],
        277: samples,
        278: image.height,
        279: len(rows),
        317: predictor,
    }
    return _with_directory(numbers, shorts, rows)


def _with_directory(
    numbers: Mapping[int, int], shorts: Mapping[int, Iterable[int]], strip: bytes
) -> bytes:
    """Return a TIFF with such tags, and one more for its only strip."""
    tables, entries = strip, {tag: struct.pack("<HHII", tag, 4, 1, numbers[tag]) for tag in numbers}
    entries[273] = struct.pack("<HHII", 273, 4, 1, _EIGHT)
    for tag, values in shorts.items():
        packed = struct.pack(f"<{len([*values])}H", *values)
        tables += b"\0" * (len(tables) % 2)
        inline = packed.ljust(_PLACE, b"\0") if len(packed) <= _PLACE else None
        place = inline or struct.pack("<I", _EIGHT + len(tables))
        entries[tag] = struct.pack("<HHI", tag, 3, len(packed) // 2) + place
        tables += b"" if inline else packed
    tables += b"\0" * (len(tables) % 2)
    directory = struct.pack("<H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries))
    return b"II*\0" + struct.pack("<I", _EIGHT + len(tables)) + tables + directory + bytes(4)
