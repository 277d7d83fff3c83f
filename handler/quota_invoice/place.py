"""Places: an invoice's location as province and city, by the divisions of GB/T 2260."""

from __future__ import annotations

import json
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
_SHORTEST = 2  # characters of a short name, such as 北京


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
    province = _longest_prefix(text, _provinces())
    rest = text[len(province[0]) :] if province else text
    cities = [
        (name, code) for name, code in _cities() if not province or code.startswith(province[1])
    ]
    city = _longest_prefix(rest, cities)
    if city:
        return division(city[1])
    return division(province[1]) if province else Place(None, None)


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
def _provinces() -> list[tuple[str, str]]:
    return [
        spelling
        for code, name in _names().items()
        if len(code) == _SHORTEST
        for spelling in _spellings(name, code, _PROVINCE_ENDINGS)
    ]


@cache
def _cities() -> list[tuple[str, str]]:
    return [
        spelling
        for code, name in _names().items()
        if len(code) > _SHORTEST
        for spelling in _spellings(name, code, _CITY_ENDINGS)
    ]


def _spellings(name: str, code: str, endings: tuple[str, ...]) -> list[tuple[str, str]]:
    """Give the full name and the short one, each with its code."""
    ending = next((end for end in endings if name.endswith(end)), "")
    short = name.removesuffix(ending)
    return [(name, code), (short, code)] if len(short) >= _SHORTEST else [(name, code)]


def _longest_prefix(text: str, spellings: list[tuple[str, str]]) -> tuple[str, str] | None:
    matches = [spelling for spelling in spellings if text.startswith(spelling[0])]
    return max(matches, key=lambda spelling: len(spelling[0]), default=None)
