"""Decoding stays within the memory of the function."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from quota_invoice.deadline import Deadline
from quota_invoice.errors import ImageTooLarge, OutOfTime
from quota_invoice.recognition.formats import memory
from quota_invoice.recognition.formats.conversion import to_jpeg
from tests.support.paths import HANDLER

LIMIT = 1024 - 60  # MB: those of the function without its SDKs
_FILES = 1024 // 4  # MB: those that other threads may hold at the same time
_CODE = r"""
import re, sys
from pathlib import Path
from quota_invoice.errors import ImageTooLarge
from quota_invoice.recognition.formats.conversion import to_jpeg
try:
    outcome = to_jpeg(Path(sys.argv[1]).read_bytes()).view.scale
except ImageTooLarge as error:
    outcome = error.code
# Not from getrusage: that counts the parent, before this program was loaded.
peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
print(outcome, int(peak[1]) // 1024)
"""


def drawn(
    megapixels: int, mode: str, kind: str, *, width: int = 0, **options: object
) -> Callable[[], bytes]:
    """Return a function that makes an image; the image is square unless a width is given."""

    def make() -> bytes:
        across = width or int((megapixels * 1_000_000) ** 0.5)
        sides = (across, int(megapixels * 1_000_000 / across))
        image = Image.new(mode, sides, 1 if mode == "1" else None)
        image.paste(Image.radial_gradient("L").convert(mode), (sides[0] // 2, sides[1] // 2))
        with io.BytesIO() as file:
            image.save(file, kind, **options)
            return file.getvalue()

    return make


_VAST = 7300  # pixels of a side, from which a JPEG 2000 is decoded in half its size
READ = {
    "progressive-colours": drawn(60, "RGB", "JPEG", progressive=True, subsampling=0),
    "progressive-cmyk": drawn(48, "CMYK", "JPEG", progressive=True),
    "fax": drawn(140, "1", "TIFF", compression="group4"),
    "transparent": drawn(48, "RGBA", "PNG", compress_level=1),
    "palette": drawn(80, "P", "PNG", compress_level=1),
    "webp": drawn(36, "RGB", "WEBP", quality=50, method=0),
    "jpeg-2000": drawn(32, "RGB", "JPEG2000", quality_mode="rates", quality_layers=[80]),
    "vast-jpeg-2000": drawn(
        40, "RGB", "JPEG2000", width=_VAST, quality_mode="rates", quality_layers=[80]
    ),
    "gif": drawn(60, "P", "GIF"),
}
REFUSED = {  # they are little larger than the limit: larger ones take long to make
    "progressive-colours": drawn(125, "RGB", "JPEG", progressive=True, subsampling=0),
    "transparent": drawn(90, "RGBA", "PNG", compress_level=1),
    "webp": drawn(56, "RGB", "WEBP", quality=50, method=0),
}


def convert(content: bytes, folder: Path) -> tuple[str, int]:
    """Convert in a new process; return the outcome, and the peak with other files in MB."""
    file = folder / "image"
    file.write_bytes(content)
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", _CODE, file],
        cwd=HANDLER,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    outcome, peak = done.stdout.split()
    return outcome, int(peak) + _FILES


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize("name", READ)
def test_a_large_image_is_converted_within_the_memory(name: str, tmp_path: Path) -> None:
    outcome, peak = convert(READ[name](), tmp_path)
    assert (outcome == "File.TooLarge", peak < LIMIT) == (False, True)


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("name", REFUSED)
def test_a_larger_image_is_refused_before_it_is_decoded(name: str, tmp_path: Path) -> None:
    outcome, peak = convert(REFUSED[name](), tmp_path)
    assert (outcome, peak < _FILES + 300) == ("File.TooLarge", True)


MB = 1 << 20


@pytest.fixture
def small_function() -> Iterator[None]:
    memory.set_function(512)
    yield
    memory.set_function(memory.DEFAULT_FUNCTION)


def test_a_large_file_waits_for_those_of_other_threads() -> None:
    entered, first_is_done = threading.Event(), threading.Event()

    def second() -> None:
        with memory.room_for(100 * MB, Deadline.never()):
            assert first_is_done.is_set()
            entered.set()

    thread = threading.Thread(target=second)
    with memory.room_for(120 * MB, Deadline.never()):
        with memory.room_for(10 * MB, Deadline.never()):
            pass  # a small one has room beside it
        thread.start()
        assert not entered.wait(0.1)
        first_is_done.set()
    thread.join(10)
    assert entered.is_set()


def waits(thread: threading.Thread) -> bool:
    """Whether a thread waits for its turn, as soon as it does."""
    for _ in range(1000):
        frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 - no public way
        if frame and frame.f_code.co_name in {"wait", "wait_for"}:
            return True
        thread.join(0.005)
    return False


def test_a_small_file_does_not_pass_a_large_one_that_waits() -> None:
    order: list[int] = []

    def hold(size: int) -> None:
        with memory.room_for(size * MB, Deadline.never()):
            order.append(size)

    threads = [threading.Thread(target=hold, args=(size,)) for size in (128, 10)]
    with memory.room_for(120 * MB, Deadline.never()):
        for thread in threads:
            thread.start()
            assert waits(thread)
        assert order == []
    for thread in threads:
        thread.join(10)
    assert order == [128, 10]


def test_a_file_that_waits_too_long_is_left_to_another_invocation() -> None:
    with (
        memory.room_for(120 * MB, Deadline.never()),
        pytest.raises(OutOfTime),
        memory.room_for(128 * MB, Deadline.after(0.05)),
    ):
        pass
    with memory.room_for(128 * MB, Deadline.after(0.05)):
        pass  # there is room again


@pytest.mark.usefixtures("small_function")
def test_a_file_larger_than_all_the_room_is_held_alone() -> None:
    with memory.room_for(memory.LARGEST_FILE, Deadline.after(0.05)):
        pass


@pytest.mark.usefixtures("small_function")
def test_the_memory_of_the_function_decides_which_images_are_decoded() -> None:
    content = READ["fax"]()
    with pytest.raises(ImageTooLarge):
        to_jpeg(content)
    memory.set_function(memory.DEFAULT_FUNCTION)
    assert to_jpeg(content).view.scale < 1


@pytest.mark.usefixtures("small_function")
def test_a_jpeg_2000_that_does_not_fit_is_decoded_in_half_its_size() -> None:
    made = to_jpeg(drawn(16, "RGB", "JPEG2000")())
    with Image.open(io.BytesIO(made.image)) as opened:
        assert (opened.size, made.view.scale) == ((2000, 2000), 0.5)


@pytest.mark.usefixtures("small_function")
def test_a_jpeg_2000_that_is_decoded_smaller_needs_less_memory() -> None:
    content = drawn(16, "RGB", "JPEG2000", width=_VAST)()
    assert to_jpeg(content).view.scale == pytest.approx(0.5, rel=0.001)
