"""Pages of a PDF, for Auto Classification."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from PIL import Image

from ocr_service.decode.decoder import Pixels
from ocr_service.decode.sandbox import Sandbox
from ocr_service.errors import BAD_FORMAT, BAD_PARAMETER, BAD_SIZE, ApiError, Code

SANDBOX = Sandbox(2, 20)


def decode(data: bytes, page: int | None) -> Pixels:
    return SANDBOX.decode(data, page or 1)


def document(*colours: str, size: tuple[int, int] = (600, 400)) -> bytes:
    pages = [Image.new("RGB", size, colour) for colour in colours]
    with BytesIO() as file:
        pages[0].save(file, "PDF", save_all=True, append_images=pages[1:])
        return file.getvalue()


@pytest.mark.parametrize(("page", "colour"), [(None, 0), (1, 0), (2, 1)])
def test_the_requested_page_is_decoded(page: int | None, colour: int) -> None:
    pixels = decode(document("red", "lime"), page)
    assert pixels.ndim == 3
    middle = pixels[pixels.shape[0] // 2, pixels.shape[1] // 2]
    assert middle.argmax() == colour


@pytest.mark.parametrize(
    ("data", "page", "code"),
    [
        (document("red"), 2, BAD_PARAMETER),
        (document("red")[:200], None, BAD_FORMAT),
        (b"%PDF-1.7 and nothing", None, BAD_FORMAT),
        (b"%PDF-" + bytes(11 << 20), None, BAD_SIZE),
        (b"no image at all", None, BAD_FORMAT),
    ],
    ids=["no-such-page", "cut", "empty", "heavy", "text"],
)
def test_invalid_files_are_refused(data: bytes, page: int | None, code: Code) -> None:
    with pytest.raises(ApiError) as caught:
        decode(data, page)
    assert caught.value.body()["error_code"] == code.code


def test_a_page_of_any_size_is_an_image_within_the_limits() -> None:
    pixels = decode(document("red", size=(9000, 3000)), None)
    assert max(pixels.shape) <= 4096


def test_threads_share_a_sandbox() -> None:
    data = document("red", "lime")
    with ThreadPoolExecutor(4) as pool:
        shapes = {pixels.shape for pixels in pool.map(lambda n: decode(data, n % 2 + 1), range(16))}
    assert len(shapes) == 1
