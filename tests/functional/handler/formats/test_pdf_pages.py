"""The function writes each page of a PDF as a PDF of its own, with smaller images if needed."""

from __future__ import annotations

import io
import os
import re
import tracemalloc
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat
from pypdf import PdfReader

from quota_invoice.errors import DownloadFailed, ImageTooLarge
from quota_invoice.recognition.formats.image_files import Pixels, as_png, as_tiff
from quota_invoice.recognition.formats.pdf import PdfFile
from quota_invoice.recognition.paged import PdfPages
from quota_invoice.recognition.reading import WHOLE
from quota_invoice.records.failure_texts import failure_text
from tests.support.files import pdfs
from tests.support.files.formats import SAMPLE, SECOND, THIRD, encoded, enlarged, sample

LIMIT = 7_500_000
RGB, GREY = b"/DeviceRGB", b"/DeviceGray"


def dot() -> bytes:
    return pdfs.image((1, 1), b"0", b"[]", GREY)


def names(content: bytes) -> set[str]:
    resources = PdfReader(io.BytesIO(content)).pages[0]["/Resources"]
    return set(resources["/XObject"])  # type: ignore[index]


def shown(content: bytes, number: int = 1) -> Image.Image:
    pdf = pypdfium2.PdfDocument(content)
    picture: Image.Image = pdf[number - 1].render(scale=1).to_pil().convert("L")
    return picture


def difference(one: Image.Image, other: Image.Image) -> float:
    assert one.size == other.size
    return ImageStat.Stat(ImageChops.difference(one, other).reduce(4)).mean[0]


def test_pages_that_share_all_images_are_sent_with_their_own_one() -> None:
    pictures = [pdfs.jpeg(sample(name)) for name in (SAMPLE, SECOND, THIRD)]
    content = pdfs.of_images(*pictures)
    file = PdfFile(content)
    for number, picture in enumerate(pictures, start=1):
        page = file.page(number, LIMIT)
        assert names(page) == {f"/I{number - 1}"}
        assert len(page) < len(picture) + 2000
        assert difference(shown(page), shown(content, number)) == 0


def test_a_pdf_of_more_than_ten_megabytes_with_shared_images_is_split() -> None:
    picture = pdfs.image((9, 9), os.urandom(4_000_000), b"/DCTDecode", RGB)
    pages = PdfPages(pdfs.of_images(picture, picture, picture))
    for number in (1, 2, 3):
        given, within, _ = pages.part(number)
        assert given
        assert (within, len(given.image or b"") < 4_010_000) == (1, True)


RED = b"[/Separation/Red/DeviceRGB<</FunctionType 2/Domain[0 1]/C0[1 1 1]/C1[1 0 0]/N 1>>]"
INDEXED = b"[/Indexed/DeviceGray 255<%b>]" % bytes(range(256)).hex().encode()
RESOURCES = b"<</XObject<</A 4 0 R/B 5 0 R/C 6 0 R/D 7 0 R>>>>"


@pytest.mark.parametrize(
    ("content", "form", "kept"),
    [
        (b"/A Do", b"", {"/A"}),
        (b"/#41 Do/B Do", b"", {"/A", "/B"}),
        (b"[(/B)]TJ/A Do", b"", {"/A", "/B"}),  # a text may look like a name
        (b"q", b"/A Do", set()),
        (b"/D Do", b"/A Do", {"/A", "/D"}),  # a form without resources uses those of the page
        (b"/D Do", b"/D Do", {"/D"}),
    ],
)
def test_a_page_keeps_the_images_that_its_content_names(
    content: bytes, form: bytes, kept: set[str]
) -> None:
    pdf = pdfs.with_pages(RESOURCES, [(content, b"")], dot(), dot(), dot(), pdfs.form(form))
    assert names(PdfFile(pdf).page(1, LIMIT)) == kept


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"/S gs/S gs", {"/A"}),  # a mask of what follows
        (b"/P gs", set()),
        (b"/T 9 Tf(a)Tj", {"/B"}),  # a font whose glyphs are drawn
        (b"/C Do/D Do", {"/C", "/D"}),  # two names of one form
    ],
)
def test_a_page_keeps_the_images_of_its_masks_and_fonts(content: bytes, kept: set[str]) -> None:
    own = pdfs.form(b"/A Do", b"<</XObject<</A 4 0 R>>>>")
    masks = b"/ExtGState<</S<</SMask<</S/Luminosity/G 7 0 R>>>>/P<</CA 1>>>>"
    fonts = b"/Font<</T<</Type/Font/Subtype/Type3/CharProcs<</a 8 0 R>>>>>>"
    images = b"/XObject<</A 4 0 R/B 5 0 R/C 6 0 R/D 6 0 R>>"
    others = (dot(), dot(), own, pdfs.form(b"/A Do"), pdfs.stream(b"/B Do"))
    resources = b"<<%b%b%b>>" % (images, masks, fonts)
    pdf = pdfs.with_pages(resources, [(content, b"")], *others)
    assert names(PdfFile(pdf).page(1, LIMIT)) == kept


def test_a_page_without_usable_resources_stays_as_it_is() -> None:
    page = PdfFile(pdfs.with_pages(b"[]", [(b"q Q", b"")])).page(1, LIMIT)
    content = PdfReader(io.BytesIO(page)).pages[0].get_contents()
    assert content is not None
    assert content.get_data().strip() == b"q Q"


@pytest.mark.parametrize(
    "make",
    [
        lambda p: pdfs.image(
            p.size, encoded(p, "JPEG", quality=99), b"/DCTDecode", RGB, b"/Decode[1 0 1 0 1 0]"
        ),
        lambda p: pdfs.image(p.size, p.tobytes(), b"[]", RGB, b"/Decode[1 0 1 0 1 0]"),
        lambda p: pdfs.image(
            p.size, p.convert("L").tobytes(), b"[]", b"[/Indexed/DeviceCMYK 1<0011223344556677>]"
        ),
        lambda p: pdfs.image(
            p.size, encoded(p.convert("L"), "JPEG", quality=99), b"/DCTDecode", INDEXED
        ),
        lambda p: pdfs.image(p.size, p.convert("L").tobytes(), b"[]", RED),
        lambda p: pdfs.image((2, 2), p.tobytes()[:12], b"[]", RGB),  # a JPEG is larger
    ],
)
def test_an_image_in_an_unusual_form_stays_as_it_is(make: Callable[[Image.Image], bytes]) -> None:
    content = pdfs.of_images(make(sample()))
    page = PdfFile(content).page(1, 100)
    assert (b"/DCTDecode" in page) == (b"/DCTDecode" in content)
    assert difference(shown(page), shown(content)) == 0


def test_a_form_with_the_resources_of_the_whole_file_keeps_its_own_images() -> None:
    pictures = [pdfs.jpeg(sample(name)) for name in (SAMPLE, SECOND)]
    drawn = b"q 640 0 0 461 0 0 cm /%b Do Q"
    forms = [pdfs.form(drawn % name, b" 3 0 R") for name in (b"A", b"B")]
    content = pdfs.with_pages(RESOURCES, [(b"/C Do", b""), (b"/D Do", b"")], *pictures, *forms)
    file = PdfFile(content)
    for number, picture in enumerate(pictures, start=1):
        page = file.page(number, LIMIT)
        assert len(page) < len(picture) + 2000
        assert difference(shown(page), shown(content, number)) == 0


def test_links_to_other_pages_do_not_bring_them_along() -> None:
    link = b"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/GoTo/D[8 0 R/Fit]>>>>]"
    pages = [(b"/A Do", link), (b"/B Do", b"")]
    large = pdfs.image((9, 9), os.urandom(100_000), b"/DCTDecode", RGB)
    content = pdfs.with_pages(b"<</XObject<</A 4 0 R/B 5 0 R>>>>", pages, large, large)
    assert len(PdfFile(content).page(1, LIMIT)) < 103_000


@pytest.mark.parametrize(
    ("length", "compressions", "kept"),
    [
        (4 << 20, 0, {"/A"}),
        ((4 << 20) + 1, 0, {"/A", "/B"}),
        (4_190_000, 1, {"/A"}),
        ((4 << 20) + 1, 1, {"/A", "/B"}),
        (3_300_000, 2, {"/A"}),
        (3_300_000, 3, {"/A", "/B"}),  # all compressions together take more than 16 MiB
    ],
)
def test_a_content_that_is_too_long_to_be_searched_keeps_everything(
    length: int, compressions: int, kept: set[str]
) -> None:
    drawn = b"/A Do".ljust(length)
    for _ in range(compressions):
        drawn = zlib.compress(drawn, 0)
    content = pdfs.stream(drawn, b"/Filter[%b]" % (b"/FlateDecode" * compressions))
    resources = b"<</XObject<</A 4 0 R/B 5 0 R>>>>"
    tree = b"<</Type/Pages/Count 1/Kids[6 0 R]>>"
    page = pdfs.page(b" 3 0 R", b" 7 0 R")
    pdf = pdfs.whole(pdfs.CATALOG, tree, resources, dot(), dot(), page, content)
    assert names(PdfFile(pdf).page(1, LIMIT)) == kept


def test_a_small_content_that_becomes_vast_is_not_decoded() -> None:
    vast = zlib.compress(b"/A Do\n" * 10_000_000, 9)
    pdf = pdfs.whole(
        pdfs.CATALOG,
        b"<</Type/Pages/Count 1/Kids[4 0 R]>>",
        b"<</XObject<</A 6 0 R/B 6 0 R>>>>",
        pdfs.page(b" 3 0 R", b" 5 0 R"),
        pdfs.stream(vast, b"/Filter/FlateDecode"),
        dot(),
    )
    tracemalloc.start()
    assert names(PdfFile(pdf).page(1, LIMIT)) == {"/A", "/B"}
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


def rows(picture: Image.Image) -> bytes:
    """Return rows with the filters of a PNG."""
    content, at, found = encoded(picture, "PNG"), 8, b""
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        if content[at + 4 : at + 8] == b"IDAT":
            found += content[at + 8 : at + 8 + length]
        at += 12 + length
    return found


def predicted(width: int, colours: int, predictor: int = 15) -> bytes:
    parameters = (predictor, colours, width)
    return b"/DecodeParms<</Predictor %d/Colors %d/Columns %d>>" % parameters


def turned_by_itself(picture: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(picture, "JPEG", quality=97, exif=exif)


def without_jfif(picture: Image.Image) -> bytes:
    """Return a JPEG that begins with its tables, as PDFs hold them."""
    content = encoded(picture, "JPEG", quality=99)
    length = int.from_bytes(content[4:6], "big")
    return content[:2] + content[4 + length :]


def indexed(picture: Image.Image, *, is_png: bool) -> bytes:
    few = picture.quantize(200)
    colours = bytes(few.getpalette() or ())[:600].hex().encode()
    space = b"[/Indexed/DeviceRGB 199<%b>]" % colours
    data = rows(few) if is_png else zlib.compress(few.tobytes(), 0)
    more = predicted(few.width, 1) if is_png else b""
    return pdfs.image(few.size, data, b"/FlateDecode", space, more)


# The space of black ink.
BLACK = b"[/Separation/Black/DeviceGray<</FunctionType 2/Domain[0 1]/C0[1]/C1[0]/N 1>>]"
IMAGES: dict[str, Callable[[Image.Image], bytes]] = {
    "JPEG": lambda p: pdfs.jpeg(p, 99),
    "JPEG that says it is turned": lambda p: pdfs.image(
        p.size, turned_by_itself(p), b"/DCTDecode", RGB
    ),
    "JPEG without a header": lambda p: pdfs.image(p.size, without_jfif(p), b"/DCTDecode", RGB),
    "compressed JPEG": lambda p: pdfs.image(
        p.size,
        zlib.compress(encoded(p, "JPEG", quality=99)),
        b"[/FlateDecode/DCTDecode]",
        b"[/ICCBased 5 0 R]",
    ),
    "compressed JPEG 2000 without a space of colours": lambda p: pdfs.image(
        p.size,
        zlib.compress(encoded(p, "JPEG2000")),
        b"[/FlateDecode/JPXDecode]",
        b"null",
    ),
    "JPEG 2000": lambda p: pdfs.image(p.size, encoded(p, "JPEG2000"), b"/JPXDecode", RGB),
    "pixels": lambda p: pdfs.image(p.size, p.tobytes(), b"[]", RGB),
    "compressed pixels": lambda p: pdfs.image(
        p.size, zlib.compress(p.tobytes(), 1), b"/FlateDecode", RGB
    ),
    "compressed grey pixels": lambda p: pdfs.image(
        p.size, zlib.compress(p.convert("L").tobytes(), 1), b"/FlateDecode", GREY
    ),
    "pixels as in a PNG": lambda p: pdfs.image(
        p.size, rows(p), b"/FlateDecode", RGB, predicted(p.width, 3)
    ),
    "pixels as in a PNG, by their first filter": lambda p: pdfs.image(
        p.size, rows(p), b"/FlateDecode", RGB, predicted(p.width, 3, 10)
    ),
    "pixels of black ink": lambda p: pdfs.image(
        p.size, ImageChops.invert(p.convert("L")).tobytes(), b"[]", BLACK
    ),
    "pixels of calibrated grey": lambda p: pdfs.image(
        p.size, p.convert("L").tobytes(), b"[]", b"[/CalGray<</WhitePoint[0.95 1 1.09]>>]"
    ),
    "pixels of calibrated colours": lambda p: pdfs.image(
        p.size, p.tobytes(), b"[]", b"[/CalRGB<</WhitePoint[0.95 1 1.09]>>]"
    ),
    "pixels in colours of print": lambda p: pdfs.image(
        p.size, p.convert("CMYK").tobytes(), b"[]", b"/DeviceCMYK"
    ),
    "palette": lambda p: indexed(p, is_png=False),
    "grey palette": lambda p: pdfs.image(
        p.size,
        zlib.compress(p.convert("L").tobytes(), 0),
        b"/FlateDecode",
        INDEXED,
    ),
    "palette as in a PNG": lambda p: indexed(p, is_png=True),
}


COLOURS = bytes(range(30, 42))
"""A palette of four colours."""


@pytest.mark.parametrize(
    ("mode", "form"),
    [
        ("L", Pixels(6, 4, 8, 1, b"")),
        ("RGB", Pixels(6, 4, 8, 3, b"")),
        ("P", Pixels(6, 4, 8, 1, COLOURS)),
    ],
)
def test_pixels_in_a_file_of_their_own_are_the_same(mode: str, form: Pixels) -> None:
    picture = Image.radial_gradient("L").resize((6, 4)).convert("RGB").quantize(4).convert("L")
    picture = picture.point(lambda grey: grey % 4) if mode == "P" else picture.convert(mode)
    plain = picture.tobytes()
    expected = Image.frombytes("L" if mode == "P" else mode, (6, 4), plain)
    if mode == "P":
        expected.putpalette(COLOURS)
    width = len(plain) // 4
    rows_of = b"".join(b"\0" + plain[at : at + width] for at in range(0, len(plain), width))
    for made in (
        as_png(form, zlib.compress(rows_of)),
        as_tiff(form, plain, 1, 1),
        as_tiff(form, zlib.compress(plain), 8, 1),
    ):
        with Image.open(io.BytesIO(made)) as opened:
            assert opened.convert("RGB").tobytes() == expected.convert("RGB").tobytes()


def test_a_png_has_the_parts_that_the_standard_requires() -> None:
    found = as_png(Pixels(6, 4, 8, 1, b""), b"rows")
    assert [name for name in (b"IHDR", b"PLTE", b"IDAT", b"IEND") if name in found] == [
        b"IHDR",
        b"IDAT",
        b"IEND",
    ]
    assert b"PLTE" + COLOURS in as_png(Pixels(6, 4, 8, 1, COLOURS), b"rows")


def test_a_tiff_has_the_tags_that_the_standard_requires() -> None:
    made = as_tiff(Pixels(6, 4, 8, 3, b""), bytes(72), 1, 1)
    with Image.open(io.BytesIO(made), formats=["TIFF"]) as opened:
        tags = dict(opened.tag_v2)
    colours = {258: (8, 8, 8), 262: 2, 277: 3}
    strip = {273: (8,), 278: 4, 279: (72,)}
    assert tags == {256: 6, 257: 4, 259: 1, 317: 1, **colours, **strip}


@lru_cache(maxsize=1)  # both turns of a kind follow each other
def large_image(kind: str) -> bytes:
    return IMAGES[kind](enlarged(1200, "RGB"))


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("kind", IMAGES)
@pytest.mark.parametrize("turn", [0, 90])
def test_a_page_that_is_too_large_shows_the_same_with_a_smaller_image(kind: str, turn: int) -> None:
    profile = pdfs.stream(b"", b"/N 3")
    names_of = b"<</XObject<</I 4 0 R>>>>"
    drawn = (b"q 640 0 0 461 0 0 cm /I Do Q", b"/Rotate %d" % turn)
    content = pdfs.with_pages(names_of, [drawn], large_image(kind), profile)
    page = PdfFile(content).page(1, 1000)
    assert len(page) < len(content) * 0.8
    # Programs show the colours of print as slightly different colours of light.
    assert difference(shown(page), shown(content)) < (5 if "print" in kind else 3)
    assert b"/DCTDecode" in page


def test_an_image_of_black_ink_that_is_made_smaller_has_three_inverted_colours() -> None:
    picture = enlarged(1600)
    content = pdfs.of_images(pdfs.image(picture.size, picture.tobytes(), b"[]", BLACK))
    resources: Any = PdfReader(io.BytesIO(PdfFile(content).page(1, 1000))).pages[0]["/Resources"]
    [image] = resources["/XObject"].values()
    assert (image["/ColorSpace"], image["/Decode"]) == ("/DeviceRGB", [1, 0] * 3)


@lru_cache(maxsize=1)
def fax() -> tuple[tuple[int, int], bytes]:
    """Return the sides and the data of a fax with noise, as a PDF holds it."""
    picture = enlarged(6000)
    picture = ImageChops.add(picture, Image.effect_noise(picture.size, 120), offset=-100)
    content = encoded(picture.convert("1"), "TIFF", compression="group4", strip_size=1 << 30)
    with Image.open(io.BytesIO(content)) as opened:
        tags: Any = vars(opened)["tag_v2"]
        start, length = tags[273][0], tags[279][0]
    return picture.size, content[start : start + length]


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("is_black", [b"true", b"false"])
def test_a_fax_that_is_too_large_keeps_black_and_white(is_black: bytes) -> None:
    sides, data = fax()
    form = b"/DecodeParms<</K -1/BlackIs1 %b/Columns %d/Rows %d>>" % (is_black, *sides)
    image = pdfs.image(sides, data, b"/CCITTFaxDecode", GREY, form)
    content = pdfs.of_images(image.replace(b"BitsPerComponent 8", b"BitsPerComponent 1"))
    page = PdfFile(content).page(1, 1000)
    assert b"/DCTDecode" in page
    assert difference(shown(page), shown(content)) < 5


def test_a_page_of_thin_strips_is_made_smaller() -> None:
    picture = enlarged(4000, "RGB")
    tops = range(0, picture.height, 14)
    strips = [picture.crop((0, y, 4000, min(y + 14, picture.height))) for y in tops]
    images = [pdfs.image(each.size, each.tobytes(), b"[]", RGB) for each in strips]
    unit = 461 / picture.height
    drawn = b"".join(
        b"q 640 0 0 %f 0 %f cm /I%d Do Q "
        % (each.height * unit, 461 - (y + each.height) * unit, number)
        for number, (y, each) in enumerate(zip(tops, strips, strict=True))
    )
    names_of = b"".join(b"/I%d %d 0 R" % (number, 4 + number) for number in range(len(images)))
    content = pdfs.with_pages(b"<</XObject<<" + names_of + b">>>>", [(drawn, b"")], *images)
    assert len(content) > 30_000_000
    page = PdfFile(content).page(1, LIMIT)
    assert len(page) <= LIMIT
    assert difference(shown(page), shown(content)) < 3


def test_the_largest_image_is_made_smaller_first() -> None:
    large, small = enlarged(1600, "RGB"), enlarged(800, "RGB")
    images = [pdfs.image(each.size, each.tobytes(), b"[]", RGB) for each in (small, large)]
    names_of = b"<</XObject<</I 4 0 R/J 5 0 R>>>>"
    drawn = b"q 640 0 0 461 0 0 cm /I Do Q q 320 0 0 230 0 0 cm /J Do Q"
    content = pdfs.with_pages(names_of, [(drawn, b"")], *images)
    page = PdfFile(content).page(1, len(content) - 1000)
    assert page.count(b"/DCTDecode") == 1
    [made] = re.findall(rb"/DCTDecode.*?stream\n(.*?)\nendstream", page, re.DOTALL)
    saved = len(large.tobytes()) - len(made)
    unscaled = PdfFile(content).page(1, len(content) * 2)
    for limit, scaled in ((len(unscaled) - saved, 1), (len(unscaled) - saved - 1, 2)):
        assert PdfFile(content).page(1, limit).count(b"/DCTDecode") == scaled


def test_a_strip_of_one_row_is_made_smaller() -> None:
    strip = enlarged(4000, "RGB").crop((0, 1000, 4000, 1001))
    content = pdfs.of_images(pdfs.image(strip.size, strip.tobytes(), b"[]", RGB))
    assert b"/DCTDecode" in PdfFile(content).page(1, 1000)


@pytest.mark.exhaustive
def test_an_image_of_eighty_megabytes_is_made_smaller() -> None:
    sides = (6000, 4500)
    content = pdfs.of_images(pdfs.image(sides, b"\x80" * (6000 * 4500 * 3), b"[]", RGB))
    assert len(PdfFile(content).page(1, LIMIT)) < LIMIT


def test_masks_stay_as_they_are() -> None:
    mask = pdfs.image((300, 300), bytes(90_000), b"[]", GREY)
    picture = pdfs.image((300, 300), os.urandom(270_000), b"[]", RGB, b"/SMask 5 0 R")
    content = pdfs.with_pages(b"<</XObject<</I 4 0 R>>>>", [(b"/I Do", b"")], picture, mask)
    page = PdfFile(content).page(1, 1000)
    assert (len(page) < len(content), bytes(90_000) in page) == (True, True)


@pytest.mark.parametrize(
    ("space", "more"),
    [
        (GREY, b"/ImageMask true"),
        (GREY, b"/Mask[255 255]"),  # a colour that is not painted
        (b" null", b"/Decode[1 0]"),
    ],
)
def test_samples_that_are_not_simply_light_stay_as_they_are(space: bytes, more: bytes) -> None:
    picture = enlarged(1600)
    data = encoded(picture, "JPEG2000")
    for entries, is_kept in ((more, True), (b"", False)):
        content = pdfs.of_images(pdfs.image(picture.size, data, b"/JPXDecode", space, entries))
        assert (data in PdfFile(content).page(1, 1000)) is is_kept


@pytest.mark.parametrize(
    ("content", "can_be_sent"),
    [
        (b"%PDF-1.7 ?", True),
        (b"%PDF-".ljust(LIMIT), True),
        (b"%PDF-".ljust(LIMIT + 1), False),
        (b"", False),
        (None, False),
    ],
)
def test_a_damaged_pdf_is_sent_as_a_whole_if_it_is_small_enough(
    content: bytes | None, *, can_be_sent: bool
) -> None:
    pages = PdfPages(content)
    assert (pages.total, pages.part(1)) == (None, (None, 1, WHOLE))
    assert pages.split(DownloadFailed("ModelArts.4603", "failed")) is can_be_sent
    if can_be_sent:
        given, number, _ = pages.part(1)
        assert given
        assert (given.image, number) == (content, 1)
        assert not pages.split(DownloadFailed("ModelArts.4603", "failed"))


def test_a_page_that_stays_too_large_is_refused_with_a_hint_at_scanning() -> None:
    drawing = b"".join(b"%d %d l " % (at, at % 997) for at in range(1_000_000))
    blank = (b"q", b"")
    content = pdfs.with_pages(b"<<>>", [blank, (drawing, b"")])
    pages = PdfPages(content)
    assert pages.part(1).given
    with pytest.raises(ImageTooLarge, match="page 2 has") as caught:
        pages.part(2)
    _, hint = failure_text(caught.value)
    for text in hint:
        assert "300 dpi" in text
        assert "plit" not in text
        assert "拆" not in text
