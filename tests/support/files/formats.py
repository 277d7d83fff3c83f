"""One sample invoice in many formats, and files that only look like images."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from PIL import Image
from pypdf import PdfReader, PdfWriter

from tests.support.paths import HEIC, SAMPLES

SAMPLE = "shanghai-10-yuan-clean.png"
SECOND, THIRD = "hunan-1000-yuan-password.png", "guangzhou-20-yuan-half-turn.png"
EOI = b"\xff\xd9"
HTTP_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n"
CONVERTED = "Image.Converted"
REFUSED = "AIS.0102"


class Variant(NamedTuple):
    """A file with the sample on it, and the fallback with which it is read.

    Attributes:
        content: makes the file.
        fallback: the code of the record's fallback; None if the service reads the URL.
        calls: number of OCR requests.
    """

    content: Callable[[], bytes]
    fallback: str | None = None
    calls: int = 1


@cache
def _opened(name: str) -> Image.Image:
    return Image.open(SAMPLES / name).convert("RGB")


def sample(name: str = SAMPLE) -> Image.Image:
    """Return a sample; a copy, since Pillow keeps options of saving in an image."""
    return _opened(name).copy()


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    with io.BytesIO() as file:
        image.save(file, kind, **options)
        return file.getvalue()


@cache
def jpeg(**options: Any) -> bytes:
    return encoded(sample(), "JPEG", quality=92, **options)


def enlarged(width: int, mode: str = "L") -> Image.Image:
    image = sample()
    return image.resize((width, round(image.height * width / image.width))).convert(mode)


def side_by_side(*names: str) -> bytes:
    """Return a photo of several invoices."""
    images = [sample(name) for name in names]
    width, height = sum(each.width for each in images), max(each.height for each in images)
    photo = Image.new("RGB", (width, height), "white")
    for number, each in enumerate(images):
        photo.paste(each, (sum(before.width for before in images[:number]), 0))
    return encoded(photo, "JPEG", quality=92)


def motion_photo() -> bytes:
    """Return a JPEG with a video behind it, which holds what looks like a JPEG's scans."""
    video = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + b"\xff\xda\0\x0c mdat" * 2000
    return jpeg() + video


def without_adobe_marker() -> bytes:
    """Return a CMYK image as JPEG, without the marker that says how its colours are stored."""
    content = encoded(sample().convert("CMYK"), "JPEG", quality=92)
    at = content.find(b"\xff\xee")
    if at < 0:
        return content
    length = int.from_bytes(content[at + 2 : at + 4], "big") + 2
    return content[:at] + content[at + length :]


def with_orientation(number: int, quarter: Image.Transpose) -> bytes:
    """Return an image that is stored turned, and says so."""
    exif = Image.Exif()
    exif[0x0112] = number
    return encoded(sample().transpose(quarter), "WEBP", quality=92, exif=exif)


def white_on_transparent() -> bytes:
    """Return the print in white, on a ground that shows through."""
    grey = sample().convert("L")
    ink = grey.point(lambda value: 255 - value)
    white = Image.new("L", grey.size, 255)
    return encoded(Image.merge("LA", (white, ink)).convert("RGBA"), "PNG")


def on_transparent(kind: str) -> bytes:
    grey = sample().convert("L")
    black = Image.new("L", grey.size, 0)
    ink = grey.point(lambda value: 255 - value)
    return encoded(Image.merge("LA", (black, ink)).convert("RGBA"), kind, lossless=True)


def tiff(*names: str, **options: Any) -> bytes:
    """Return a TIFF with a page for each sample."""
    return of_pages(*(sample(name) for name in names), **options)


def of_pages(first: Image.Image, *others: Image.Image, **options: Any) -> bytes:
    return encoded(first, "TIFF", save_all=True, append_images=others, **options)


def in_sizes(
    image: Image.Image, number: int, resampling: Image.Resampling = Image.Resampling.BOX
) -> list[Image.Image]:
    """Return an image in so many sizes, each half as large as the one before."""
    sizes = [(image.width >> level, image.height >> level) for level in range(number)]
    return [image.resize(size, resampling) for size in sizes]


def fax(dots_per_inch: int) -> bytes:
    """Return an A4 page in black and white, with the sample on its upper half."""
    page = Image.new("L", (dots_per_inch * 827 // 100, dots_per_inch * 1169 // 100), 255)
    page.paste(enlarged(page.width * 9 // 10), (page.width // 20, page.width // 20))
    return encoded(page.convert("1"), "TIFF", compression="group4")


def webp_in_tiff() -> bytes:
    """Return a TIFF of two strips, each a WebP file."""
    image = sample()
    rows = image.height // 2 + 1
    boxes = [(0, top, image.width, min(top + rows, image.height)) for top in (0, rows)]
    strips = [encoded(image.crop(box), "WEBP", quality=92) for box in boxes]
    places = [8, 8 + len(strips[0])]
    at = places[1] + len(strips[1])
    tables = struct.pack("<4I", *places, *map(len, strips)) + struct.pack("<3H", 8, 8, 8)
    tags = [
        (256, 4, 1, image.width),
        (257, 4, 1, image.height),
        (258, 3, 3, at + 16),
        (259, 3, 1, 50001),
        (262, 3, 1, 2),
        (273, 4, 2, at),
        (277, 3, 1, 3),
        (278, 4, 1, rows),
        (279, 4, 2, at + 8),
    ]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    head = b"II*\0" + struct.pack("<I", at + len(tables))
    return head + b"".join(strips) + tables + directory


def with_thumbnail_first() -> bytes:
    """Return a TIFF whose first image is a smaller copy of the second one."""
    small = sample().resize((64, 46))
    with io.BytesIO() as file:
        options: dict[str, Any] = {"save_all": True, "append_images": [sample()]}
        small.save(file, "TIFF", tiffinfo={254: 1}, **options)
        content = bytearray(file.getvalue())
    [first] = struct.unpack_from("<I", content, 4)
    [count] = struct.unpack_from("<H", content, first)
    [second] = struct.unpack_from("<I", content, first + 2 + 12 * count)
    [count] = struct.unpack_from("<H", content, second)
    for place in range(second + 2, second + 2 + 12 * count, 12):
        if struct.unpack_from("<H", content, place) == (254,):
            struct.pack_into("<I", content, place + 8, 0)
    return bytes(content)


def pdf(*names: str) -> bytes:
    first, *others = (sample(name) for name in names)
    return encoded(first, "PDF", save_all=True, append_images=others)


def heavy_pdf(megabytes: int, *names: str) -> bytes:
    """Return a PDF with so many megabytes of other data on each page."""
    writer = PdfWriter(io.BytesIO(pdf(*names)))
    for number in range(len(names)):
        writer.add_attachment(f"{number}.bin", bytes([number]) * (megabytes << 20))
    with io.BytesIO() as file:
        writer.write(file)
        return file.getvalue()


def encrypted_pdf(password: str, algorithm: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(SAMPLE))))
    writer.encrypt(password, "owner", algorithm=algorithm)
    with io.BytesIO() as file:
        writer.write(file)
        return file.getvalue()


def archive(*names: str, content: bytes = b"content of a file") -> bytes:
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as made:
            for name in names:
                made.writestr(name, content)
        return file.getvalue()


class _Stream(io.BytesIO):
    def seek(self, *_: int) -> int:
        raise OSError


def streamed_archive(*names: str) -> bytes:
    """Return an archive with the size of each file behind its content."""
    with _Stream() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
            for name in names:
                made.writestr(name, b"content of a file")
        return file.getvalue()


def chunked(content: bytes) -> bytes:
    """Return a file as some upload tools store it: with the frame of a streaming upload."""
    parts = [content[at : at + 65536] for at in range(0, len(content), 65536)]
    return b"".join(
        b"%x;chunk-signature=%b\r\n%b\r\n" % (len(part), b"0a" * 32, part) for part in [*parts, b""]
    )


def in_form(content: bytes) -> bytes:
    """Return a file as a form sends it."""
    head = b'--b0undary\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    return head + content + b"\r\n--b0undary--\r\n"


def box(brand: bytes, *others: bytes) -> bytes:
    """Return the beginning of an ISO file."""
    brands = brand + bytes(4) + b"".join(others)
    return struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands + bytes(600)


READ: dict[str, Variant] = {
    "baseline.jpg": Variant(jpeg),
    "progressive.jpg": Variant(lambda: jpeg(progressive=True)),
    "grey.jpg": Variant(lambda: encoded(sample().convert("L"), "JPEG")),
    "cmyk.jpg": Variant(without_adobe_marker),
    "no-end.jpg": Variant(lambda: jpeg().removesuffix(EOI), REFUSED, 2),
    "half-an-end.jpg": Variant(lambda: jpeg()[:-1], REFUSED, 2),
    "zeros-for-the-end.jpg": Variant(lambda: jpeg().removesuffix(EOI) + bytes(500)),
    "motion.jpg": Variant(motion_photo),
    "mark-first.jpg": Variant(lambda: b"\xef\xbb\xbf" + jpeg(), REFUSED, 2),
    "head-of-http-first.jpg": Variant(lambda: HTTP_HEAD + jpeg(), REFUSED, 2),
    "lines-first.png": Variant(lambda: b"\r\n" + encoded(sample(), "PNG"), REFUSED, 2),
    "named.pdf": Variant(jpeg),
    "no-name": Variant(jpeg),
    "vast.jpg": Variant(lambda: encoded(enlarged(7200), "JPEG", progressive=True), "AIS.0103", 2),
    "rgb.png": Variant(lambda: encoded(sample(), "PNG")),
    "palette.png": Variant(lambda: encoded(sample().quantize(64), "PNG")),
    "transparent.png": Variant(lambda: on_transparent("PNG")),
    "white-on-transparent.png": Variant(white_on_transparent, "AIS.0104", 2),
    "sixteen-bits.png": Variant(
        lambda: encoded(sample().convert("I").point(lambda v: v * 257).convert("I;16"), "PNG")
    ),
    "rgb.bmp": Variant(lambda: encoded(sample(), "BMP")),
    "one-page.tif": Variant(lambda: tiff(SAMPLE)),
    "lzw.tif": Variant(lambda: tiff(SAMPLE, compression="tiff_lzw")),
    "big.tif": Variant(lambda: tiff(SAMPLE, big_tiff=True)),
    "thumbnail-first.tif": Variant(with_thumbnail_first, CONVERTED),
    "pyramid.tif": Variant(lambda: of_pages(*in_sizes(sample(), 3)), CONVERTED),
    "fax-600.tif": Variant(lambda: fax(600), "AIS.0103", 2),
    "webp.tif": Variant(webp_in_tiff, REFUSED, 3),
    "phone.heic": Variant(HEIC.read_bytes, CONVERTED),
    "heic-by-another.jpg": Variant(HEIC.read_bytes, CONVERTED),
    "wechat.webp": Variant(lambda: encoded(sample(), "WEBP", quality=92), CONVERTED),
    "lossless.webp": Variant(lambda: on_transparent("WEBP"), CONVERTED),
    "turned.webp": Variant(lambda: with_orientation(6, Image.Transpose.ROTATE_90), CONVERTED),
    "still.gif": Variant(lambda: encoded(sample(), "GIF"), CONVERTED),
    "moving.gif": Variant(
        lambda: encoded(sample(), "GIF", save_all=True, append_images=[sample(SECOND)]), CONVERTED
    ),
    "scan.jp2": Variant(lambda: encoded(sample(), "JPEG2000"), CONVERTED),
    "scan.j2k": Variant(lambda: encoded(sample(), "JPEG2000", no_jp2=True), CONVERTED),
    "fax.pcx": Variant(lambda: encoded(sample().convert("L"), "PCX"), CONVERTED),
    "scan.ppm": Variant(lambda: encoded(sample(), "PPM"), CONVERTED),
    "scan.pdf": Variant(lambda: pdf(SAMPLE)),
    "pdf-named.jpg": Variant(lambda: pdf(SAMPLE)),
    "pdf-without-a-name": Variant(lambda: pdf(SAMPLE)),
    "lines-first.pdf": Variant(lambda: b"\r\n\r\n" + pdf(SAMPLE), "File.Split"),
    "no-password-needed.pdf": Variant(lambda: encrypted_pdf("", "AES-256")),
}
"""Files with the sample on them, by name."""

NOT_READ: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty.jpg": ("File.Empty", lambda: b""),
    "zeros.jpg": ("File.Blank", lambda: bytes(9000)),
    "photos.zip": ("File.Archive", lambda: archive("IMG_1.jpg", "IMG_2.jpg")),
    "photos.rar": ("File.Archive", lambda: b"Rar!\x1a\x07\x01\0" + bytes(200)),
    "photos.7z": ("File.Archive", lambda: b"7z\xbc\xaf\x27\x1c\0\4" + bytes(200)),
    "invoice.ofd": ("File.Ofd", lambda: archive("OFD.xml", "Doc_0/Document.xml")),
    "page.ofd": ("File.Ofd", lambda: archive("Doc_1/Document.xml")),
    "claim.xlsx": ("File.Office", lambda: archive("xl/workbook.xml")),
    "scans.zip": ("File.Archive", lambda: archive("a.pdf", content=pdf(SAMPLE))),
    "note.m4a": ("File.NotAnImage", lambda: box(b"M4A ", b"M4A ", b"mp42")),
    "error.jpg": ("File.NotAnImage", lambda: b'{"errcode":40001,"errmsg":"invalid credential"}'),
    "login.jpg": ("File.NotAnImage", lambda: b"<html><body><svg></svg>Log in</body></html>"),
    "icon.png": ("File.OtherImage", lambda: encoded(sample(), "ICO")),
    "claim.docx": ("File.Office", lambda: archive("[Content_Types].xml", "word/document.xml")),
    "claim.xls": ("File.Office", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    "clip-mp4.jpg": ("File.Video", lambda: box(b"isom", b"iso2", b"mp41")),
    "clip-mov.jpg": ("File.Video", lambda: box(b"qt  ")),
    "photo.avif": ("File.Avif", lambda: encoded(sample(), "AVIF")),
    "photo.jxl": ("File.OtherImage", lambda: b"\xff\x0a" + bytes(range(200)) * 3),
    "framed.jpg": ("File.Chunked", lambda: chunked(jpeg())),
    "form.jpg": ("File.Chunked", lambda: in_form(jpeg())),
    "page.jpg": ("File.NotAnImage", lambda: b"<!DOCTYPE html><html><body>404 Not Found" * 3),
    "note.jpg": ("File.NotAnImage", lambda: "这不是图片。\r\n".encode("gb18030") * 900),
    "locked.pdf": ("File.Locked", lambda: encrypted_pdf("secret", "AES-256")),
}
"""Files that cannot be read, by name: the code of the failure. No OCR request is sent."""

CUT: dict[str, Callable[[], bytes]] = {
    "half.jpg": lambda: jpeg()[: len(jpeg()) // 2],
    "half-and-zeros.jpg": lambda: jpeg()[: len(jpeg()) // 2] + bytes(9000),
    "half.png": lambda: encoded(sample(), "PNG")[:60_000],
    "half.bmp": lambda: encoded(sample(), "BMP")[:60_000],
    "half.tif": lambda: tiff(SAMPLE)[:60_000],
    "half.webp": lambda: encoded(sample(), "WEBP", quality=92)[:20_000],
    "half.gif": lambda: encoded(sample(), "GIF")[:20_000],
    "half.heic": lambda: HEIC.read_bytes()[:50_000],
    "half.pdf": lambda: pdf(SAMPLE)[:20_000],
}
"""Files whose end is missing, by name."""
