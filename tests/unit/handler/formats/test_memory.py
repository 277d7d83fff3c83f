"""Decoding stays within the memory of the function."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.support.paths import HANDLER

LIMIT = 1024 - 100  # MB: those of the function without its SDKs
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


def drawn(megapixels: int, mode: str, kind: str, **options: object) -> Callable[[], bytes]:
    def make() -> bytes:
        side = int((megapixels * 1_000_000) ** 0.5)
        image = Image.new(mode, (side, side), 1 if mode == "1" else None)
        image.paste(Image.radial_gradient("L").convert(mode), (side // 2, side // 2))
        with io.BytesIO() as file:
            image.save(file, kind, **options)
            return file.getvalue()

    return make


READ = {
    "progressive-colours": drawn(60, "RGB", "JPEG", progressive=True, subsampling=0),
    "progressive-cmyk": drawn(48, "CMYK", "JPEG", progressive=True),
    "fax": drawn(140, "1", "TIFF", compression="group4"),
    "transparent": drawn(48, "RGBA", "PNG", compress_level=1),
    "palette": drawn(80, "P", "PNG", compress_level=1),
    "webp": drawn(36, "RGB", "WEBP", quality=50, method=0),
    "jpeg-2000": drawn(36, "RGB", "JPEG2000", quality_mode="rates", quality_layers=[80]),
    "gif": drawn(60, "P", "GIF"),
}
REFUSED = {
    "progressive-colours": drawn(150, "RGB", "JPEG", progressive=True, subsampling=0),
    "transparent": drawn(150, "RGBA", "PNG", compress_level=1),
    "webp": drawn(80, "RGB", "WEBP", quality=50, method=0),
}


def convert(content: bytes, folder: Path) -> tuple[str, int]:
    """Convert in a process of its own; return the outcome, and the peak memory in MB."""
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
    return outcome, int(peak)


@pytest.mark.parametrize("name", READ)
def test_a_large_image_is_converted_within_the_memory(name: str, tmp_path: Path) -> None:
    outcome, peak = convert(READ[name](), tmp_path)
    assert (outcome == "File.TooLarge", peak < LIMIT) == (False, True)


@pytest.mark.parametrize("name", REFUSED)
def test_a_larger_image_is_refused_before_it_is_decoded(name: str, tmp_path: Path) -> None:
    outcome, peak = convert(REFUSED[name](), tmp_path)
    assert (outcome, peak < 300) == ("File.TooLarge", True)
