"""The Chinese fonts of paste sheets and drawings; a PDF holds the used characters only."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

from accounting.errors import AccountingError

_FILE = "NotoSansCJKsc-Regular.otf"  # under the SIL Open Font License
_PACKAGE = "mplfonts"


def font_file() -> Path:
    """Return the file of the font.

    Raises:
        AccountingError: the package with the font is not installed.
    """
    for folder in font_folders():
        if (folder / _FILE).is_file():
            return folder / _FILE
    raise AccountingError("the Chinese font is missing: run `make drawing-fonts`")


def font_folders() -> Iterator[Path]:
    """Yield the folders that may hold the package's fonts, without importing the package.

    ``make drawing-fonts`` puts its files into a folder of the environment that is not on the import
    path: the package needs others, such as matplotlib, of which nothing is used here.
    """
    yield Path(sys.prefix) / "fonts" / _PACKAGE / "fonts"
    spec = importlib.util.find_spec(_PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(place) / "fonts"
