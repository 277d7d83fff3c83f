"""Places: the province and city of an invoice's location, by the divisions of GB/T 2260."""

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
    """Full names of province and city; None if unknown.

    Attributes:
        province: such as 广东省; a municipality's own name, such as 上海市.
        city: the prefecture, such as 深圳市; a municipality's own name.
    """

    province: str | None
    city: str | None


def parse_place(location: str) -> Place:
    """Return province and city of the OCR service's ``location``.

    Its spelling varies: 广东省深圳市, 上海 and 大连市 all occur. A city alone implies its province.

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
    """Return the place of a code of two, four or more digits; unknown parts are None.

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
    # Read when first needed: a duplicate's invocation does without it.
    table = json.loads((Path(__file__).parent / "divisions.json").read_text(encoding="utf-8"))
    return dict(table)


@cache
def _provinces() -> dict[str, str]:
    """Return the provinces' codes by their full and short names."""
    return _codes(_PROVINCE_ENDINGS, lambda code: len(code) == _PROVINCE)


@cache
def _cities(province: str) -> dict[str, str]:
    """Return the codes of a province's cities by full and short name; of all cities for ``""``."""
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
    """Return the longest name at the text's beginning, and its code; both are empty if none."""
    beginnings = (text[:end] for end in range(_LONGEST, 0, -1))
    name = next((beginning for beginning in beginnings if beginning in codes), "")
    return name, codes.get(name, "")
