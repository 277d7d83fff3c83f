"""Places: the province and city of an invoice's location, by the divisions of GB/T 2260."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache, lru_cache
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
# The name of an autonomous prefecture without its peoples and the words 自治州.
_PREFECTURE = re.compile(
    "(.+?)(?:布依族|朝鲜族|土家族|藏族|彝族|哈尼族|壮族|傣族|白族|傈僳族|回族|苗族|蒙古|柯尔克孜|"
    "哈萨克).*自治州"
)
# A short name before these is that of another place: 朝阳区 is not 朝阳市, nor 海南州 海南省.
_OTHERS = ("区", "州")
# Prefectures that were dissolved, in 2011 and 2019, and those that have their counties now.
_SUCCESSORS = {
    "巢湖市": frozenset({"合肥市", "芜湖市", "马鞍山市"}),
    "莱芜市": frozenset({"济南市"}),
}
_LONGEST = 16  # characters of a name


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
    >>> parse_place("海南州"), parse_place("朝阳区")
    (Place(province='青海省', city='海南藏族自治州'), Place(province=None, city=None))
    """
    # Two names, and the character after them.
    return _parse_place("".join(location.split())[: 2 * _LONGEST + 1])


@lru_cache(maxsize=64)  # the invoices of a company are from few places
def _parse_place(text: str) -> Place:
    name, province = _longest_prefix(text, _provinces())
    longer, city = _longest_prefix(text, _cities(""))
    if len(longer) > len(name):  # 吉林市 is a city, although 吉林 alone is its province
        return division(city)
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


def contradict(place: Place, other: Place) -> bool:
    """Whether two places differ in a part that both name.

    A prefecture may have become a city, such as 铜仁地区, or a part of another one.

    >>> contradict(division("5222"), parse_place("铜仁市"))
    False
    >>> contradict(division("3414"), parse_place("合肥市巢湖市"))
    False
    >>> contradict(division("4403"), parse_place("广州市"))
    True
    """
    if place.province and other.province and place.province != other.province:
        return True
    if not (place.city and other.city) or place.city == other.city:
        return False
    pair = {place.city, other.city}
    is_successor = any(pair - {name} <= _SUCCESSORS[name] for name in pair & _SUCCESSORS.keys())
    return not is_successor and len({_short(name, _CITY_ENDINGS) for name in pair}) > 1


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
            for spelling in (name, _short(name, endings)):
                codes.setdefault(spelling, code)
            if match := _PREFECTURE.fullmatch(name):
                codes.setdefault(f"{match[1]}州", code)
    return codes


def _short(name: str, endings: tuple[str, ...]) -> str:
    return name.removesuffix(next((end for end in endings if name.endswith(end)), ""))


def _longest_prefix(text: str, codes: dict[str, str]) -> tuple[str, str]:
    """Return the longest name at the text's beginning, and its code; both are empty if none."""
    beginnings = (text[:end] for end in range(min(_LONGEST, len(text)), 0, -1))
    name = next(
        (
            beginning
            for beginning in beginnings
            if beginning in codes
            and (
                _names()[codes[beginning]] == beginning or text[len(beginning) :][:1] not in _OTHERS
            )
        ),
        "",
    )
    return name, codes.get(name, "")
