"""Makes the images of a PDF smaller, where a page would be too large for the OCR service.

Each becomes a JPEG within the service's limits, in its former place: turned pages, text and stamps
stay as they are. Images are put into files of their own without being decoded, so that
``conversion`` checks the memory that they need. Source: ISO 32000-1, 7.4 and 8.9.
"""

from __future__ import annotations

import io
import struct
from contextlib import suppress

from pypdf import PdfWriter
from pypdf.filters import decode_stream_data
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject

from quota_invoice.errors import ImageRefused
from quota_invoice.recognition.formats.conversion import to_jpeg
from quota_invoice.recognition.formats.image_files import Pixels, as_png, as_tiff
from quota_invoice.recognition.formats.pdf_resources import DAMAGED, encoded, value_of

_AS_FILES = {"/DCTDecode", "/JPXDecode", "/CCITTFaxDecode"}  # the library returns files of these
# A JPEG's own orientation, which a PDF does not heed: the first one in a file counts.
_UPRIGHT = b"\xff\xe1\0\x22Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 274, 3, 1, 1, 0, 0)
_SAMPLES = {"/DeviceGray": 1, "/CalGray": 1, "/DeviceRGB": 3, "/CalRGB": 3, "/DeviceCMYK": 4}
_PNG_PREDICTORS = 10
_TIFF_COMPRESSIONS = {None: 1, "/FlateDecode": 8}
_OF_ENCODING = ("/DecodeParms", "/Decode", "/Intent", "/Metadata", "/Alternates")
_EIGHT = 8  # bits of a sample
_INVERTED = [1, 0] * 3


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
        is_stencil = getattr(value_of(image, "/ImageMask"), "value", False)
        has_no_colour = isinstance(value_of(image, "/Mask"), list)  # one that is not painted
        if id(image) in masks or is_stencil or has_no_colour:
            continue
        with suppress(ImageRefused, *DAMAGED):
            excess -= _replace(image)


def _replace(image: StreamObject) -> int:
    """Replace an image; return the number of bytes that this saves.

    Raises:
        ImageRefused: it cannot be decoded, or does not fit into the memory.
        ValueError: it has a form that is left as it is.
    """
    made = to_jpeg(_file_of(image), shortest=1).image
    saved = len(encoded(image)) - len(made)
    if saved <= 0:
        return 0
    width, height = _sides(made)
    is_ink = _is_ink(value_of(image, "/ColorSpace"))
    vars(image).update(_data=made, decoded_self=None)
    for key in _OF_ENCODING:
        image.pop(key, None)
    image[NameObject("/Filter")] = NameObject("/DCTDecode")
    image[NameObject("/ColorSpace")] = NameObject("/DeviceRGB")
    if is_ink:
        image[NameObject("/Decode")] = ArrayObject(map(NumberObject, _INVERTED))
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
        return as_png(found, encoded(image))
    compression = _TIFF_COMPRESSIONS[str(filters[0]) if filters else None]
    return as_tiff(found, encoded(image), compression, predictor)


def _list(owner: DictionaryObject, key: str) -> list[object]:
    value = value_of(owner, key)
    if value is None:
        return []
    return [each.get_object() for each in value] if isinstance(value, ArrayObject) else [value]


def _form(image: StreamObject) -> Pixels:
    width, height, bits = (
        int(str(value_of(image, key) or 0)) for key in ("/Width", "/Height", "/BitsPerComponent")
    )
    space = value_of(image, "/ColorSpace")
    name, *rest = _list(image, "/ColorSpace") or [None]
    if name != "/Indexed":
        return Pixels(width, height, bits, 1 if _is_ink(space) else _samples(space), b"")
    base, _, table = rest
    colours = table.get_data() if isinstance(table, StreamObject) else bytes(_raw(table))
    if _samples(base) == _SAMPLES["/DeviceGray"]:
        colours = bytes(value for value in colours for _ in range(3))
    elif _samples(base) != _SAMPLES["/DeviceRGB"]:
        raise ValueError
    return Pixels(width, height, bits, 1, colours[: 3 << bits])


def _raw(text: object) -> bytes:
    original = getattr(text, "original_bytes", text)
    return original if isinstance(original, bytes) else b""


def _is_ink(space: object) -> bool:
    """Whether a colour space has one sample, of black ink: more of it is darker."""
    return isinstance(space, ArrayObject) and space[:2] == ["/Separation", "/Black"]


def _samples(space: object) -> int:
    """Return the number of samples of a colour space; 0 unless they are light or print."""
    name, *rest = space if isinstance(space, ArrayObject) else ArrayObject([space])
    profile = rest[0].get_object() if rest else None
    if name == "/ICCBased" and isinstance(profile, DictionaryObject):
        return int(str(value_of(profile, "/N")))
    return _SAMPLES.get(str(name), 0)
