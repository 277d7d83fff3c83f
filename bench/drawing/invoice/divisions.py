"""Administrative divisions (GB/T 2260) for the codes of drawn invoices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from gb2260.data import data as revisions

MUNICIPALITIES = ("1100", "1200", "3100", "5000")
# Hong Kong, Macao and Taiwan have other invoices. Tibet's prefectures and a few others were
# renamed after 2014, so that their true names depend on the year.
_ELSEWHERE = ("54", "71", "81", "82")
_RENAMED_SINCE = ("3712", "6521", "6522")
# Entries of the standard that group counties and are not place names.
_GROUPINGS = ("市辖区", "县", "省直辖", "自治区直辖")


@dataclass(frozen=True)
class Division:
    """A province, a municipality, or a prefecture with its province."""

    code: str
    """Four digits, as in positions 2 to 5 of an invoice's code."""
    province: str
    prefecture: str
    """Empty if the division is a province or a municipality."""

    @property
    def location(self) -> str:
        """The full name: 广东省深圳市, 北京市, 浙江省."""
        return self.province + self.prefecture

    @property
    def short(self) -> str:
        """The short name, as used in company names: 绵阳, 北京, 浙江."""
        name = self.prefecture or self.province
        for ending in ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省", "市", "地区"):
            name = name.removesuffix(ending)
        return name


def _steady(code: int) -> bool:
    """Whether all revisions since 2010 have the same name."""
    names = {names.get(code) for year, names in revisions.items() if _is_recent(year)}
    return len(names) == 1


def _is_recent(year: int | None) -> bool:
    """Revisions are named 2013 or, within a year, 201304; the newest one is None."""
    return year is None or int(str(year)[:4]) >= 2010  # noqa: PLR2004 - a year


@lru_cache(maxsize=1)
def divisions() -> tuple[Division, ...]:
    """Return the divisions whose name is the same in all drawn years, in the order of the code."""
    newest: dict[int, str] = revisions[None]
    found = []
    for number, name in sorted(newest.items()):
        code = str(number)
        if not code.endswith("00") or code[:2] in _ELSEWHERE or code[:4] in _RENAMED_SINCE:
            continue
        if name.startswith(_GROUPINGS) or not _steady(number):
            continue
        is_province = code.endswith("0000")
        province = newest[int(code[:2] + "0000")]
        found.append(Division(code[:4], province, "" if is_province else name))
    return tuple(found)
