"""The invoice code: its form, and the year and place that it holds."""

from __future__ import annotations

import re

from quota_invoice.invoice.place import Place, division

# Twelve characters: tax bureau, division, year, then five for the trade and the province's own use,
# which may be letters (15107158E001).
_CODE = re.compile(r"[012]([0-9]{4})([0-9]{2})[0-9A-Z]{5}")
_FORMER_CENTURY = 69


def is_code(text: str) -> bool:
    """Whether a text has the form of an invoice code.

    >>> is_code("144031909110"), is_code("14403190911")
    (True, False)
    """
    return bool(_CODE.fullmatch(text))


def year_of_code(code: str) -> int | None:
    """Return the year of the invoice's code: characters 6 and 7.

    Source: 国税函〔2004〕521号. The century is the one of POSIX: 69 to 99 belong to the former one.

    >>> year_of_code("144031909110"), year_of_code("15107158E001"), year_of_code("12345")
    (2019, 2015, None)
    >>> year_of_code("144039509110")
    1995
    """
    match = _CODE.fullmatch(code)
    if not match:
        return None
    year = int(match[2])
    return year + (1900 if year >= _FORMER_CENTURY else 2000)


def place_of_code(code: str) -> Place:
    """Return the place of the tax bureau that issued the code: characters 2 to 5, by GB/T 2260.

    >>> place_of_code("144031909110")
    Place(province='广东省', city='深圳市')
    """
    match = _CODE.fullmatch(code)
    return division(match[1]) if match else Place(None, None)
