"""The place: the administrative division of an invoice (GB/T 2260)."""

from __future__ import annotations

from functools import cache

from gb2260.data import data

_MUNICIPALITIES = ("11", "12", "31", "50")
# Rows of the standard that only group counties: the place is the province.
_GROUPS = ("市辖区", "市辖县", "县", "市", "省直辖", "自治区直辖", "省属虚拟市", "直辖")


@cache
def divisions() -> dict[str, str]:
    """Return the full name of every province and prefecture, by four digits, in all revisions.

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
        if not (four.endswith("00") or four[:2] in _MUNICIPALITIES or name.startswith(_GROUPS)):
            whole += name
        found[four] = whole
    return found


@cache
def _names() -> list[tuple[str, str]]:
    """Each short name of a place, in all revisions, with its full name; longest first."""
    found: dict[str, str] = {}
    for names in data.values():
        for code, name in names.items():
            whole = divisions().get(f"{code:06d}"[:4], "")
            if code % 100 or name.startswith(_GROUPS):
                continue
            if whole.endswith(name) or name not in found:  # or: renamed since
                found[name] = whole
    return sorted(found.items(), key=lambda pair: (len(pair[0]), len(pair[1])), reverse=True)


def by_code(code: str) -> str:
    """Return the place of an invoice code, from its characters 2 to 5.

    >>> by_code("144031900111"), by_code("133001900111"), by_code("199991900111")
    ('广东省深圳市', '浙江省', '')
    """
    return divisions().get(code[1:5], "")


def by_title(title: str) -> str:
    """Return the place that a title names, with its province.

    >>> by_title("国家税务总局大连市税务局通用定额发票")
    '辽宁省大连市'
    >>> by_title("四川省绵阳市国家税务局通用定额发票"), by_title("浙江省地方税务局通用定额发票")
    ('四川省绵阳市', '浙江省')
    >>> by_title("通用定额发票")
    ''
    """
    text = title.replace(" ", "")
    named = [whole for name, whole in _names() if name in text]
    return max(named, key=len, default="")


def agree(one: str, other: str) -> bool:
    """Whether two places are equal, or one contains the other.

    >>> agree("四川省", "四川省绵阳市"), agree("四川省成都市", "四川省绵阳市")
    (True, False)
    """
    return one.startswith(other) or other.startswith(one)


def is_exact(place: str) -> bool:
    """Whether the place is as exact as an invoice code can be: not a province with cities.

    >>> is_exact("北京市"), is_exact("四川省绵阳市"), is_exact("浙江省")
    (True, True, False)
    """
    return place not in {divisions()[two + "00"] for two in _provinces()}


@cache
def _provinces() -> set[str]:
    return {four[:2] for four in divisions()} - set(_MUNICIPALITIES)
