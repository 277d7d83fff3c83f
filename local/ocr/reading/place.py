"""The place: the administrative division that an invoice belongs to (GB/T 2260)."""

from __future__ import annotations

import re
from functools import cache

from gb2260.data import data

MUNICIPALITIES = ("11", "12", "31", "50")
# What a division is called where there is no prefecture: the province stands alone.
PLACEHOLDERS = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")


@cache
def divisions() -> dict[str, str]:
    """Four digits of every province and prefecture, in any revision, and its full name.

    >>> divisions()["4403"], divisions()["3300"], divisions()["3101"]
    ('广东省深圳市', '浙江省', '上海市')
    """
    names: dict[int, str] = {}
    for year in sorted(data, key=lambda year: (year is None, str(year))):
        names.update(data[year])
    found = {}
    for code, name in names.items():
        four = f"{code:06d}"[:4]
        if code % 100:
            continue
        province = names[code // 10000 * 10000]
        whole = province
        if not (four.endswith("00") or four[:2] in MUNICIPALITIES or name in PLACEHOLDERS):
            whole += name
        found[four] = whole
    return found


@cache
def _names() -> list[tuple[str, str]]:
    """Every name by which a place may be called in a title, longest first, and its full name."""
    found: dict[str, str] = {}
    for whole in divisions().values():
        found[whole] = whole
    for four, whole in divisions().items():
        province = divisions()[four[:2] + "00"]
        if whole != province:
            found.setdefault(whole.removeprefix(province), whole)
    return sorted(found.items(), key=lambda pair: -len(pair[0]))


def by_code(code: str) -> str:
    """The place of an invoice code: its characters 2 to 5.

    >>> by_code("144031900111"), by_code("133001900111"), by_code("199991900111")
    ('广东省深圳市', '浙江省', '')
    """
    return divisions().get(code[1:5], "")


def by_title(title: str) -> str:
    """The place that a title names; a city alone is given its province.

    >>> by_title("国家税务总局大连市税务局通用定额发票")
    '辽宁省大连市'
    >>> by_title("四川省绵阳市国家税务局通用定额发票"), by_title("浙江省地方税务局通用定额发票")
    ('四川省绵阳市', '浙江省')
    >>> by_title("通用定额发票")
    ''
    """
    text = re.sub(r"\s", "", title)
    return next((whole for name, whole in _names() if name in text), "")


def agree(one: str, other: str) -> bool:
    """Whether two places may be the same: equal, or the one within the other.

    >>> agree("四川省", "四川省绵阳市"), agree("四川省成都市", "四川省绵阳市")
    (True, False)
    """
    return one.startswith(other) or other.startswith(one)
