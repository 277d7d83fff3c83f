"""Places: an invoice's location as province and city, by the divisions of GB/T 2260."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

# 11 Beijing, 12 Tianjin, 31 Shanghai, 50 Chongqing: the province is the city.
_MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
_PROVINCE_ENDINGS = (
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "自治区",
    "特别行政区",
    "省",
    "市",
)
_CITY_ENDINGS = ("自治州", "地区", "市", "盟")
_PROVINCE = 2  # digits of a province's code
_SHORTEST, _LONGEST = 2, 16  # characters of a name, such as 北京


class Place(NamedTuple):
    """Full names; None for what is not known.

    Attributes:
        province: such as 广东省; a municipality's own name, such as 上海市.
        city: the prefecture, such as 深圳市; a municipality's own name again.
    """

    province: str | None
    city: str | None


def parse_place(location: str) -> Place:
    """Find province and city in a location as the OCR service gives it.

    Its spelling varies: 广东省深圳市, 上海, 大连市 all occur; a city alone names its province.

    >>> parse_place("广东省深圳市")
    Place(province='广东省', city='深圳市')
    >>> parse_place("上海"), parse_place("大连市")
    (Place(province='上海市', city='上海市'), Place(province='辽宁省', city='大连市'))
    """
    text = "".join(location.split())
    name, province = _longest_prefix(text, _provinces())
    _, city = _longest_prefix(text[len(name) :], _cities(province))
    return division(city or province)


def division(code: str) -> Place:
    """Name the division of a code of two, four or more digits; unknown ones give None.

    >>> division("4403"), division("3300"), division("99")
    (Place(province='广东省', city='深圳市'), Place(province='浙江省', city=None), \
Place(province=None, city=None))
    """
    names = _names()
    province = names.get(code[:2])
    city = province if code[:2] in _MUNICIPALITIES else names.get(code[:4]) if code[2:] else None
    return Place(province, city)


@cache
def _names() -> dict[str, str]:
    # Read when first needed: a refused event or a duplicate does not pay for it.
    table = json.loads((Path(__file__).parent / "divisions.json").read_text(encoding="utf-8"))
    return dict(table)


@cache
def _provinces() -> dict[str, str]:
    """Give the codes of the provinces by their names, full and short."""
    return _codes(_PROVINCE_ENDINGS, lambda code: len(code) == _PROVINCE)


@cache
def _cities(province: str) -> dict[str, str]:
    """Give the codes of a province's cities by their names, full and short; of all for none."""
    return _codes(_CITY_ENDINGS, lambda code: len(code) > _PROVINCE and code.startswith(province))


def _codes(endings: tuple[str, ...], belongs: Callable[[str], bool]) -> dict[str, str]:
    codes: dict[str, str] = {}
    for code, name in _names().items():
        if belongs(code):
            short = name.removesuffix(next((end for end in endings if name.endswith(end)), ""))
            for spelling in (name, short) if len(short) >= _SHORTEST else (name,):
                codes.setdefault(spelling, code)
    return codes


def _longest_prefix(text: str, codes: dict[str, str]) -> tuple[str, str]:
    """Give the longest name that the text begins with, and its code; two empty ones for none."""
    beginnings = (text[:end] for end in range(_LONGEST, 0, -1))
    name = next((beginning for beginning in beginnings if beginning in codes), "")
    return name, codes.get(name, "")
