"""The Chinese font of the paste sheets, of which the PDF holds the used characters only."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from accounting.errors import AccountingError

_FILE = "NotoSansCJKsc-Regular.otf"  # under the SIL Open Font License


def font_file() -> Path:
    """Return the file of the font.

    Raises:
        AccountingError: the package with the font is not installed.
    """
    # Importing the package would import matplotlib, which is not needed.
    spec = importlib.util.find_spec("mplfonts")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        found = Path(place) / "fonts" / _FILE
        if found.is_file():
            return found
    raise AccountingError("the Chinese font is missing: run `make drawing-fonts`")
