"""The fonts of the drawings; all come from one wheel, so that a seed gives the same image."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from PIL import ImageFont

from accounting.packet.font import font_folders

Face = Literal["sans", "serif", "mono", "wide"]

# All fonts are under the SIL Open Font License.
_FILES: dict[Face, str] = {
    "sans": "NotoSansCJKsc-Regular.otf",
    "serif": "SourceHanSerifSC-Regular.otf",
    "mono": "NotoSansMonoCJKsc-Regular.otf",
    "wide": "SourceHanMonoSC-Regular.otf",
}


class FontsMissingError(RuntimeError):
    """The wheel with the fonts is not installed."""

    def __init__(self) -> None:
        super().__init__("The fonts for drawing invoices are missing: run `make drawing-fonts`.")


@lru_cache(maxsize=1)
def folder() -> Path:
    """Return the folder of the font files.

    Raises:
        FontsMissingError: the wheel is not installed.
    """
    for found in font_folders():
        if all((found / name).is_file() for name in _FILES.values()):
            return found
    raise FontsMissingError


# Every font object keeps its file open, and the number of open files is limited.
@lru_cache(maxsize=96)
def font(face: Face, pixels: int) -> ImageFont.FreeTypeFont:
    """Return a font at a size in pixels."""
    # Every build of Pillow has the basic layout engine; the other engine spaces differently.
    return ImageFont.truetype(
        str(folder() / _FILES[face]), max(pixels, 6), layout_engine=ImageFont.Layout.BASIC
    )
