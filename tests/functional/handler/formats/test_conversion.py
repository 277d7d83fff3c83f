"""Images of any kind become upright JPEGs of the right size, within the memory limit."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageStat

from quota_invoice.errors import FileRefused, ImageTooLarge
from quota_invoice.recognition.formats.conversion import fits, is_plain, to_jpeg
from tests.support import bombs
from tests.support.files import formats
from tests.support.paths import HANDLER, HEIC


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    with io.BytesIO() as file:
        image.save(file, kind, **options)
        return file.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


MODES = {
    "JPEG": ["CMYK", "RGB", "L", "1"],
    "PNG": ["RGB", "L", "P", "1", "RGBA", "LA", "I;16"],
    "BMP": ["RGB", "L", "P", "1", "RGBA"],
    "TIFF": ["RGB", "L", "CMYK", "P", "1", "RGBA", "LA", "F", "I;16"],
}
"""The image modes of each file format."""


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(
    ("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes]
)
def test_every_kind_of_image_is_scaled_to_the_longest_side(kind: str, mode: str) -> None:
    made = to_jpeg(encoded(Image.new("L", (5000, 500), 200).convert(mode), kind))
    assert (opened(made.image).size, opened(made.image).mode) == ((4096, 410), "RGB")
    assert made.view.scale == pytest.approx(0.8192)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        (kind, mode)
        for kind in ("PNG", "TIFF")
        for mode in ("I;16", "RGBA", "LA", "F", "1", "P")
        if mode in MODES[kind]
    ],
)
def test_dark_print_on_a_light_or_transparent_ground_stays_dark(kind: str, mode: str) -> None:
    drawn = np.full((500, 5000), 230, np.uint8)
    drawn[:, :2500] = 20
    image = Image.fromarray(drawn)
    if mode == "I;16":
        image = Image.fromarray(drawn.astype(np.uint16) * 257)
    elif mode in {"RGBA", "LA"}:
        image = Image.merge("LA", (Image.new("L", image.size), image.point(lambda v: 250 - v)))
        image = image.convert(mode)
    else:
        image = image.convert(mode)
    made = to_jpeg(encoded(image, kind))
    grey = np.asarray(opened(made.image).convert("L"), np.int16)
    assert (grey[:, 100:1900].mean() < 60, grey[:, 2200:4000].mean() > 180) == (True, True)


def test_a_transparent_colour_of_a_palette_is_white() -> None:
    image = Image.new("P", (400, 300), 0)
    image.putpalette([0, 0, 255, 0, 0, 0])
    image.paste(1, (0, 0, 200, 300))
    made = opened(to_jpeg(encoded(image, "PNG", transparency=0)).image).convert("L")
    assert (made.getpixel((100, 100)), made.getpixel((300, 100))) == (0, 255)


def test_a_progressive_jpeg_beyond_the_memory_is_not_decoded() -> None:
    small = encoded(Image.new("RGB", (16, 16)), "JPEG", progressive=True, subsampling=0)
    at, size = small.index(b"\xff\xc2") + 5, struct.pack(">HH", 12_000, 14_000)
    content = small[:at] + size + small[at + 4 :]  # its beginning names a vast size
    with pytest.raises(ImageTooLarge, match=r"File\.TooLarge"):
        to_jpeg(content)


def test_a_file_with_too_many_bytes_is_made_smaller() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (3000, 4000, 3), np.uint8)
    content = encoded(Image.fromarray(noise), "BMP")
    assert not fits(content)
    made = to_jpeg(content)
    assert fits(made.image)
    assert made.view.scale < 1


def test_a_jpeg_that_is_made_has_a_quality_of_90() -> None:
    image = Image.new("RGB", (400, 300), "white")
    made = opened(to_jpeg(encoded(image, "PNG")).image)
    assert made.quantization == opened(encoded(image, "JPEG", quality=90)).quantization  # type: ignore[attr-defined]


def test_the_exif_orientation_is_applied() -> None:
    image = Image.new("RGB", (5000, 400), "white")
    image.paste("red", (0, 0, 2500, 400))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned right
    made = to_jpeg(encoded(image, "JPEG", exif=exif))
    upright = opened(made.image)
    assert upright.size == (328, 4096)
    red, *_ = upright.getpixel((160, 100))  # type: ignore[misc]
    assert (red > 200, upright.getexif().get(0x0112)) == (True, None)


@pytest.mark.parametrize("name", ["webp.tif", "scan.jp2", "wechat.webp"])
def test_an_invoice_in_another_format_looks_the_same(name: str) -> None:
    made = opened(to_jpeg(formats.READ[name].content()).image)
    expected = formats.sample().resize(made.size)
    assert ImageStat.Stat(ImageChops.difference(made, expected).reduce(4)).mean[0] < 5


def test_a_photo_of_an_iphone_is_converted() -> None:
    assert max(opened(to_jpeg(HEIC.read_bytes()).image).size) > 100


def test_a_jpeg_that_lacks_only_its_end_marker_is_converted() -> None:
    content = formats.jpeg()
    lacking = content.removesuffix(formats.EOI)
    assert [is_plain(content), is_plain(lacking), is_plain(encoded(formats.sample(), "PNG"))] == [
        True,
        False,
        True,
    ]
    assert opened(to_jpeg(lacking).image).size == formats.sample().size


def test_a_vast_tiff_of_webp_strips_is_refused_before_any_memory_is_taken_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = formats.webp_in_tiff()
    for tag, side in ((256, 640), (257, 461)):
        usual, vast = (struct.pack("<HHII", tag, 4, 1, number) for number in (side, 20_000))
        content = content.replace(usual, vast)
    monkeypatch.setattr(Image, "new", lambda *_: pytest.fail("memory was taken"))
    with pytest.raises(ImageTooLarge, match=r"File\.TooLarge"):
        to_jpeg(content)


def test_a_decompression_bomb_is_not_opened() -> None:
    bomb = bombs.black_png(60_000)
    assert len(bomb) < 1_000_000
    with pytest.raises(ImageTooLarge, match=r"File\.TooLarge"):
        to_jpeg(bomb)


def test_a_huge_jpeg_is_decoded_smaller() -> None:
    content = encoded(Image.new("L", (20_000, 12_000), 128), "JPEG")
    made = to_jpeg(content)
    assert opened(made.image).size == (4096, 2458)


@pytest.mark.parametrize("share", [0.001, 0.3, 0.9])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF"])
def test_a_file_that_is_cut_off_is_said_to_be(kind: str, share: float) -> None:
    noise = np.random.default_rng(2).integers(0, 255, (100, 5000, 3), np.uint8)
    content = encoded(Image.fromarray(noise), kind)
    with pytest.raises(FileRefused, match=r"File\.CutOff"):
        to_jpeg(content[: int(len(content) * share)])


def test_the_imaging_library_is_imported_when_first_needed() -> None:
    code = "import index, sys; sys.exit('PIL' in sys.modules)"
    ended = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], cwd=HANDLER, timeout=60, check=False
    )
    assert ended.returncode == 0


@pytest.mark.parametrize(("name", "is_imported"), [("photo.heic", True), ("photo.png", False)])
def test_the_library_for_heic_is_imported_for_heic_only(
    name: str, tmp_path: Path, *, is_imported: bool
) -> None:
    path = HEIC if is_imported else tmp_path / name
    if not is_imported:
        Image.new("L", (40, 30)).save(path)
    code = (
        "import pathlib, sys; from quota_invoice.recognition.formats.conversion import to_jpeg;"
        "to_jpeg(pathlib.Path(sys.argv[1]).read_bytes()); print('pi_heif' in sys.modules)"
    )
    ended = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, str(path)],
        cwd=HANDLER,
        timeout=60,
        check=True,
        capture_output=True,
    )
    assert ended.stdout.split() == [str(is_imported).encode()]


@pytest.mark.parametrize("is_at_corner", [False, True])
def test_only_an_empty_margin_on_all_sides_is_trimmed(is_at_corner: bool) -> None:
    glass = Image.new("L", (6000, 5000), 215)
    glass.paste(
        Image.radial_gradient("L").resize((900, 700)), (0, 0) if is_at_corner else (3000, 2000)
    )
    content = encoded(glass, "PNG", compress_level=1)
    made = to_jpeg(content, trimmed=True)
    if is_at_corner:
        assert (made.view.left, made.view.top, made.view.scale) == (0, 0, 4096 / 6000)
    else:
        assert made.view.scale == 1
        assert (2900 < made.view.left < 3000, 1900 < made.view.top < 2000) == (True, True)
    assert to_jpeg(content).view.scale == 4096 / 6000


@pytest.mark.parametrize(
    ("sides", "resolutions"),
    [
        ((14_601, 1017), 6),  # sides that are no multiples of 4
        ((14_600, 1001), 2),
    ],
)
def test_a_large_jpeg_2000_is_decoded_smaller(sides: tuple[int, int], resolutions: int) -> None:
    image = Image.new("L", sides)
    made = to_jpeg(encoded(image, "JPEG2000", num_resolutions=resolutions))
    assert max(opened(made.image).size) / made.view.scale == pytest.approx(sides[0], rel=0.001)


def test_a_jpeg_2000_without_smaller_sizes_is_decoded_in_its_own() -> None:
    content = encoded(Image.new("L", (8000, 500), 200), "JPEG2000", num_resolutions=1)
    assert to_jpeg(content).view.scale == 4096 / 8000
