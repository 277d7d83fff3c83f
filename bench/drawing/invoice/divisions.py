"""Administrative divisions (GB/T 2260) that may stand in an invoice's code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from gb2260.data import data as revisions

MUNICIPALITIES = ("1100", "1200", "3100", "5000")
# Hong Kong, Macao and Taiwan have other invoices; Tibet's prefectures were renamed after 2014,
# as were a few others, so that neither name would be wrong.
ELSEWHERE = ("54", "71", "81", "82")
RENAMED_SINCE = ("3712", "6521", "6522")
# Rows of the standard that group counties and are no places.
GROUPINGS = ("市辖区", "县", "省直辖", "自治区直辖")


@dataclass(frozen=True)
class Division:
    """A province, a municipality, or a prefecture with its province."""

    code: str
    """Four digits, as in positions 2 to 5 of an invoice's code."""
    province: str
    prefecture: str
    """Empty where the division is a province or a municipality."""

    @property
    def location(self) -> str:
        """The full name: 广东省深圳市, 北京市, 浙江省."""
        return self.province + self.prefecture

    @property
    def short(self) -> str:
        """The name that people use in a company's name: 绵阳, 北京, 浙江."""
        name = self.prefecture or self.province
        for ending in ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省", "市", "地区"):
            name = name.removesuffix(ending)
        return name


def _steady(code: int) -> bool:
    """Whether all revisions since 2010 agree on the name."""
    names = {names.get(code) for year, names in revisions.items() if _is_recent(year)}
    return len(names) == 1


def _is_recent(year: int | None) -> bool:
    """Years come as 2013 or, within a year, as 201304; the newest revision has none."""
    return year is None or int(str(year)[:4]) >= 2010  # noqa: PLR2004 - a year explains itself


@lru_cache(maxsize=1)
def divisions() -> tuple[Division, ...]:
    """All divisions with a name that is the same in all years drawn, in the order of the code."""
    newest: dict[int, str] = revisions[None]
    found = []
    for number, name in sorted(newest.items()):
        code = str(number)
        if not code.endswith("00") or code[:2] in ELSEWHERE or code[:4] in RENAMED_SINCE:
            continue
        if name.startswith(GROUPINGS) or not _steady(number):
            continue
        is_province = code.endswith("0000")
        province = newest[int(code[:2] + "0000")]
        found.append(Division(code[:4], province, "" if is_province else name))
    return tuple(found)
