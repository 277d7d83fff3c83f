"""The fonts of the drawings: files of one wheel, so that a seed looks the same everywhere."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Literal

from PIL import ImageFont

Face = Literal["sans", "serif", "mono", "wide"]

# All of them are under the SIL Open Font License.
FILES: dict[Face, str] = {
    "sans": "NotoSansCJKsc-Regular.otf",
    "serif": "SourceHanSerifSC-Regular.otf",
    "mono": "NotoSansMonoCJKsc-Regular.otf",
    "wide": "SourceHanMonoSC-Regular.otf",
}


class FontsMissingError(RuntimeError):
    """The wheel with the fonts is not installed; the message says how to get it."""

    def __init__(self) -> None:
        super().__init__("The fonts for drawing invoices are missing: run `make drawing-fonts`.")


@lru_cache(maxsize=1)
def folder() -> Path:
    """The folder that holds the font files.

    Raises:
        FontsMissingError: where the wheel is not installed.
    """
    # Importing the package would import matplotlib, which nobody needs here.
    spec = importlib.util.find_spec("mplfonts")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        found = Path(place) / "fonts"
        if all((found / name).is_file() for name in FILES.values()):
            return found
    raise FontsMissingError


# Every font object keeps its file open, and systems allow few open files.
@lru_cache(maxsize=96)
def font(face: Face, pixels: int) -> ImageFont.FreeTypeFont:
    """A face at a size in pixels."""
    # The basic layout engine is in every build of Pillow; the other one spaces differently.
    return ImageFont.truetype(
        str(folder() / FILES[face]), max(pixels, 6), layout_engine=ImageFont.Layout.BASIC
    )
