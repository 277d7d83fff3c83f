"""Makes a JPEG within the OCR service's limits of any image that the function can decode.

The imaging libraries are imported when the first image needs them; most invocations do without.
"""

from __future__ import annotations

import io
import struct
import threading
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from quota_invoice.errors import FileRefused, ImageTooLarge
from quota_invoice.recognition.formats import jpeg, memory
from quota_invoice.recognition.formats.cut_off import CUT_OFF, is_cut_off
from quota_invoice.recognition.formats.kinds import Kind, kind_of
from quota_invoice.recognition.reading import View

if TYPE_CHECKING:
    from PIL import Image as Images

# The API's limits: sides of 15 to 4,096 pixels, and 10 MB of Base64, which holds 3 bytes in 4.
_SIDES = (15, 4096)
_LARGEST = 10_000_000 * 3 // 4
_FORMATS = {
    Kind.JPEG: "JPEG",
    Kind.PNG: "PNG",
    Kind.BMP: "BMP",
    Kind.TIFF: "TIFF",
    Kind.HEIC: "HEIF",
    Kind.WEBP: "WEBP",
    Kind.GIF: "GIF",
    Kind.JPEG_2000: "JPEG2000",
    Kind.PCX: "PCX",
    Kind.PPM: "PPM",
    Kind.PSD: "PSD",
}
# Less than the longest side: many cameras' images have sides of a little less than twice this.
_DRAFT = 3600
_ONE_AT_A_TIME = threading.Lock()  # one image at a time fits into the function's memory
_QUALITY = 90
_EIGHT_BITS = 255.0
_SMALLER = 0.75  # times the sides, while the file is still too large
_TRANSPARENT = {"RGBA", "LA", "PA", "RGBa", "La"}
_PRINT = 160  # grey of print on white paper, at most
_LEAST_PRINT = 0.001  # share of the pixels
_ORIENTATION = 0x0112  # tag of EXIF
_COMPRESSION, _WEBP, _OFFSETS, _LENGTHS = 259, 50001, 273, 279  # tags of TIFF
_COARSE = 4  # pixels that are looked at as one
_NOISE, _WHITE = 24, 255  # difference of a scanner's glass from itself, at most
_MARGIN = 20  # of a paper's side: a twentieth
_MOST_OF_IT = 0.5
# The libraries raise all of these for damaged files.
_DAMAGED = (
    OSError,
    ValueError,
    SyntaxError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    EOFError,
    struct.error,
)


class Jpeg(NamedTuple):
    """An upright JPEG within the service's limits.

    Attributes:
        image: its bytes.
        view: the part of the original that it shows.
        is_on_black: whether it was print in white on a transparent ground.
    """

    image: bytes
    view: View
    is_on_black: bool


def fits(content: bytes) -> bool:
    """Whether a file has few enough bytes to be sent unchanged."""
    return len(content) <= _LARGEST


def is_plain(content: bytes) -> bool:
    """Whether a file is an image and nothing else: a JPEG may lack its end, or hold a video."""
    if kind_of(content) is not Kind.JPEG:
        return True
    part = jpeg.own_part(content)
    return part.has_end and part.content == content


def to_jpeg(
    content: bytes, frame: int = 0, *, trimmed: bool = False, shortest: int = _SIDES[0]
) -> Jpeg:
    """Return an image as an upright JPEG within the service's limits.

    Args:
        content: the file.
        frame: the index of the image in a TIFF; of other files, the first image is taken.
        trimmed: whether to leave out an empty margin of an image that must be scaled.
        shortest: pixels of a side, at least; a part of a page may have fewer than the service's.

    Raises:
        ImageTooLarge: it does not fit into the memory, or it is too small.
        FileRefused: it cannot be decoded.
    """
    kind = kind_of(content)
    with _ONE_AT_A_TIME:
        try:
            return _to_jpeg(content, kind, frame, trimmed=trimmed, shortest=shortest)
        except MemoryError:
            raise memory.too_large() from None
        except _DAMAGED:
            if is_cut_off(content):
                raise FileRefused(CUT_OFF, f"the end of the {kind.value} is missing") from None
            code = "File.Heic" if kind is Kind.HEIC else "File.Damaged"
            raise FileRefused(code, f"the {kind.value} cannot be decoded") from None


def _to_jpeg(content: bytes, kind: Kind, frame: int, *, trimmed: bool, shortest: int) -> Jpeg:
    from PIL import ImageOps  # noqa: PLC0415 - see above

    if kind is Kind.JPEG:
        content = _whole(content)
    with _opened(content, kind, frame) as image:
        sides = image.size
        if min(sides) < shortest:
            raise ImageTooLarge("File.TooSmall", f"the image has {sides[0]} x {sides[1]} pixels")
        _decode_smaller(image)
        if kind is Kind.JPEG_2000:
            _leave_out_levels(image, jpeg.levels(content))
        memory.require(image, sides)
        image.load()
        flat, is_on_black = _without_transparency(image)
        decoded = max(flat.size) / max(sides)
        flat, left, top = _trimmed(flat) if trimmed and max(sides) > _SIDES[1] else (flat, 0, 0)
        longest = max(flat.size) / decoded
        upright = ImageOps.exif_transpose(_scaled(flat, _SIDES[1])).convert("RGB")
    made, side = _within_limits(upright, shortest)
    view = View(side / longest, round(left / decoded), round(top / decoded))
    return Jpeg(made, view, is_on_black)


def _whole(content: bytes) -> bytes:
    """Return a JPEG's own bytes, with an end marker.

    Raises:
        ValueError: more than its last rows are missing, or it is made to take long.
    """
    part = jpeg.own_part(content)
    if part.scans > jpeg.MOST_SCANS:
        raise ValueError
    if part.has_end:
        return part.content
    with _opened(part.content + jpeg.END, Kind.JPEG, 0) as image:
        sides = image.size
        _decode_smaller(image)
        memory.require(image, sides)
    if jpeg.misses_pixels(part.content, (_DRAFT, _DRAFT)):
        raise ValueError
    return part.content + jpeg.END


def _opened(content: bytes, kind: Kind, frame: int) -> Images.Image:
    from PIL import Image  # noqa: PLC0415 - see above

    warnings.filterwarnings("ignore", module="PIL")  # about damaged files; they are not JSON
    Image.MAX_IMAGE_PIXELS = None  # the memory replaces Pillow's own limit
    if kind is Kind.HEIC:
        from pi_heif import register_heif_opener  # noqa: PLC0415 - see above

        register_heif_opener(thumbnails=False)
    image = Image.open(io.BytesIO(content), formats=[_FORMATS[kind]])
    if kind is Kind.TIFF:
        image.seek(frame)
        tags = vars(image)["tag_v2"]
        if tags.get(_COMPRESSION) == _WEBP:
            return _joined(content, zip(tags[_OFFSETS], tags[_LENGTHS], strict=False), image.size)
    return image


def _joined(
    content: bytes, strips: Iterable[tuple[int, int]], sides: tuple[int, int]
) -> Images.Image:
    """Return the image of a TIFF whose strips are WebP files, which Pillow's TIFF lacks."""
    from PIL import Image  # noqa: PLC0415 - see above

    memory.require_pixels(sides[0] * sides[1])
    whole, top = Image.new("RGBA", sides), 0
    for start, length in strips:
        with Image.open(io.BytesIO(content[start : start + length]), formats=["WEBP"]) as image:
            memory.require(image, image.size)
            whole.paste(image, (0, top))
            top += image.height
    return whole


def _decode_smaller(image: Images.Image) -> None:
    """Have an image decoded at 1/2, 1/4 or 1/8 of its size, where its format allows that."""
    longest = max(image.size)
    image.draft("RGB", (image.width * _DRAFT // longest, image.height * _DRAFT // longest))


def _leave_out_levels(image: Images.Image, most: int) -> None:
    """Have a JPEG 2000 decoded without its last levels, each of which doubles the sides.

    One more is left out if the image would not fit into the memory with it.
    """
    sides = image.size
    levels = min(most, max(0, (max(sides) // _DRAFT).bit_length() - 1))
    vars(image)["_reduce"] = levels  # read by its decoder
    if levels < most and not memory.suffices(image, sides):
        levels += 1
    # Pillow rounds the sides to the nearest whole number, its decoder up.
    width, height = (-(-side >> levels) << levels for side in sides)
    vars(image).update(_reduce=levels, _size=(width, height))


def _within_limits(image: Images.Image, shortest: int) -> tuple[bytes, float]:
    """Return a JPEG of few enough bytes, and its longest side.

    Raises:
        ImageTooLarge: a side is too short then.
    """
    longest = max(image.size)
    while True:
        image = _scaled(image, longest)
        with io.BytesIO() as file:
            image.save(file, "JPEG", quality=_QUALITY)
            made = file.getvalue()
        if min(image.size) < shortest:
            raise ImageTooLarge("File.TooSmall", "the image is too narrow")
        if fits(made):
            return made, max(image.size)
        longest = int(longest * _SMALLER)


def _trimmed(image: Images.Image) -> tuple[Images.Image, int, int]:
    """Return an image without an empty margin that takes most of it, and its former corner.

    A small paper on a scanner's large glass could not be read, once the whole glass is scaled.
    """
    from PIL import Image, ImageChops  # noqa: PLC0415 - see above

    small = image.reduce(_COARSE).convert("L")
    corners = [(x, y) for x in (0, small.width - 1) for y in (0, small.height - 1)]
    glass = Image.new("L", small.size, small.getpixel(corners[0]))
    found = ImageChops.difference(small, glass).point(lambda grey: _WHITE * (grey > _NOISE))
    box = found.getbbox()
    turned = image.getexif().get(_ORIENTATION, 1) != 1
    if turned or box is None or any(found.getpixel(corner) for corner in corners):
        return image, 0, 0
    margin = max(box[2] - box[0], box[3] - box[1]) // _MARGIN + 1
    left, top = (max(0, side - margin) * _COARSE for side in box[:2])
    right = min(image.width, (box[2] + margin) * _COARSE)
    bottom = min(image.height, (box[3] + margin) * _COARSE)
    if (right - left) * (bottom - top) > _MOST_OF_IT * image.width * image.height:
        return image, 0, 0
    return image.crop((left, top, right, bottom)), left, top


def _scaled(image: Images.Image, longest: int) -> Images.Image:
    """Return the image with sides of at most ``longest`` pixels."""
    image.thumbnail((longest, longest))
    return image


def _without_transparency(image: Images.Image) -> tuple[Images.Image, bool]:
    """Return an image of any mode as RGB or grey with 8 bits; whether it has a black ground."""
    if image.mode.startswith(("I", "F")):
        return _eight_bits(image), False
    if image.mode in _TRANSPARENT or "transparency" in image.info:
        return _on_paper(image)
    if image.mode == "1":
        return image.convert("L"), False
    if image.mode not in {"L", "P", "RGB"}:
        image.thumbnail((_SIDES[1], _SIDES[1]))
    return (image if image.mode in {"L", "RGB"} else image.convert("RGB")), False


def _eight_bits(image: Images.Image) -> Images.Image:
    most = float(str(image.getextrema()[1]))
    # An image of more bits may hold values of 8 bits only.
    whole = most if image.mode == "F" or most > _EIGHT_BITS else _EIGHT_BITS
    wide = _scaled(image.convert("F"), _SIDES[1])
    grey = wide.point(lambda value: value * (_EIGHT_BITS / (whole or 1.0)) + 0.0).convert("L")
    grey.info["exif"] = image.info.get("exif", b"")
    return grey


def _on_paper(image: Images.Image) -> tuple[Images.Image, bool]:
    """Return an image on white, or on black if it would be blank on white."""
    from PIL import Image  # noqa: PLC0415 - see above

    if image.mode == "P":
        image = image.convert("RGBA")  # colours of a palette cannot be scaled
    image.thumbnail((_SIDES[1], _SIDES[1]))  # two images of full size would not fit into memory
    seen = image.convert("RGBA")
    opacity = seen.getchannel("A")
    for ground in ("white", "black"):
        paper = Image.new("RGB", seen.size, ground)
        paper.paste(seen, mask=opacity)
        paper.info["exif"] = image.info.get("exif", b"")
        dark = sum(paper.convert("L").histogram()[:_PRINT])
        if dark > _LEAST_PRINT * seen.width * seen.height:
            break
    return paper, ground == "black"
