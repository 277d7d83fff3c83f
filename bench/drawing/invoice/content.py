"""The content of an invoice: fictitious fields that obey the rules of real invoices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.drawing.invoice.divisions import MUNICIPALITIES, Division, divisions
from bench.drawing.random_numbers import Rng, digits, happens, pick


@dataclass(frozen=True)
class Authority:
    """A kind of tax bureau.

    Attributes:
        prefix: the first character of its codes.
        years: the years of its codes; a year that stands twice is twice as frequent.
        name: the name in the title, with ``{}`` for the place.
        seal: the lower line of the supervision seal.
    """

    prefix: str
    years: Sequence[int]
    name: str
    seal: str


STATE = Authority("1", range(2011, 2019), "{}国家税务局", "国家税务局监制")
# Local bureaus stopped issuing on 2016-05-01 (国家税务总局公告2016年第23号).
LOCAL = Authority("2", (*range(2011, 2017), 2015, 2016), "{}地方税务局", "地方税务局监制")
# The merged bureaus have existed since the summer of 2018; their codes begin with 0 or 1.
MERGED = Authority("0", range(2019, 2024), "国家税务总局{}税务局", "国家税务总局监制")
MERGED_PREFIX_1 = replace(MERGED, prefix="1")
_AUTHORITIES = (STATE, MERGED_PREFIX_1, LOCAL, LOCAL, MERGED)
# Letters that do not resemble digits: no I, no O, no Q.
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_FREQUENT_YUAN = (1, 2, 5, 2000, 10, 10, 10, 20, 5000, 50, 10_000, 100, 100, 200, 500, 1000)
WORDS = {
    1: "壹",
    2: "贰",
    5: "伍",
    10: "拾",
    20: "贰拾",
    50: "伍拾",
    100: "壹佰",
    200: "贰佰",
    500: "伍佰",
    1000: "壹仟",
    2000: "贰仟",
    5000: "伍仟",
    10_000: "壹万",
}
ENGLISH = {
    1: "One",
    2: "Two",
    5: "Five",
    10: "Ten",
    20: "Twenty",
    50: "Fifty",
    100: "One hundred",
    200: "Two hundred",
    500: "Five hundred",
    1000: "One thousand",
    2000: "Two thousand",
    5000: "Five thousand",
    10_000: "Ten thousand",
}
TRADES = (
    "停车服务有限公司",
    "速运有限公司",
    "餐饮管理有限公司",
    "物业管理有限公司",
    "客运有限公司",
)
NAMES = ("顺达", "锦绣", "安泰", "恒通", "鸿福", "永兴", "嘉禾", "中意", "瑞祥", "金桥")
_PRINTERS = ("世光印务", "华彩印刷厂", "新元票证印制有限公司", "东方安全印务", "金穗票据印务")


@dataclass(frozen=True)
class Truth:
    """The four fields that a reader must find."""

    code: str
    """12 characters: authority, division, year, trade, and four that the province assigns."""
    number: str
    """8 digits."""
    amount: str
    """Full-width sign and two decimals: ￥50.00."""
    location: str
    """Full name: 广东省深圳市; 北京市; 浙江省 if the code names no prefecture."""


@dataclass(frozen=True)
class Invoice:
    """All texts of one invoice and of the issuing company's seal."""

    code: str
    number: str
    yuan: int
    jiao: int
    division: Division
    words: str
    figures: str
    title: str
    issuer: str
    """The place of the tax authority, as on its seal."""
    supervisor: str
    """The lower line of the supervision seal."""
    company: str
    tax_number: str
    password: str
    printer: str

    @property
    def truth(self) -> Truth:
        """The fields that a reader must find."""
        return Truth(self.code, self.number, f"￥{self.yuan}.{self.jiao}0", self.division.location)

    @property
    def year(self) -> int:
        """The year in the code."""
        return 2000 + int(self.code[5:7])


@dataclass(frozen=True)
class Fixed:
    """Fields with fixed values; fields that are None are random."""

    authority: Authority | None = None
    division: str | None = None
    yuan: int | None = None
    jiao: int = 0
    letters: bool | None = None
    by_company: bool | None = None
    year: int | None = None


def make_invoice(rng: Rng, fixed: Fixed | None = None) -> Invoice:
    """Return an invoice whose fields are consistent."""
    fixed = fixed or Fixed()
    division = _division(rng, fixed.division)
    authority = pick(rng, _AUTHORITIES) if fixed.authority is None else fixed.authority
    year = pick(rng, authority.years)  # also drawn if it is fixed: the other fields stay the same
    year = fixed.year or year
    letters = happens(rng, 0.3) if fixed.letters is None else fixed.letters
    code = (
        authority.prefix
        + division.code
        + f"{year % 100:02}"
        + digits(rng, 1)
        + _tail(rng, letters=letters)
    )
    number = digits(rng, 8)
    yuan = fixed.yuan or pick(rng, _FREQUENT_YUAN)
    company = _company(rng, division)
    by_company = happens(rng, 0.2) if fixed.by_company is None else fixed.by_company
    bureau, supervisor = _bureau(rng, division, authority)
    figures = ("￥{}.{}0", "￥: {}.{}0", "¥{}.{}0", "￥{}.{}0元")
    return Invoice(
        code=code,
        number=number,
        yuan=yuan,
        jiao=fixed.jiao,
        division=division,
        words=_words(rng, yuan, fixed.jiao),
        figures=pick(rng, figures).format(yuan, fixed.jiao),
        title=(company if by_company else bureau) + "通用定额发票",
        issuer=division.prefecture or division.province,
        supervisor=supervisor,
        company=company,
        tax_number=_tax_number(rng, division),
        password=digits(rng, pick(rng, (6, 8, 8, 10))),
        printer=_printer(rng, year, number),
    )


def _division(rng: Rng, code: str | None) -> Division:
    known = divisions()
    if code is not None:
        return next(division for division in known if division.code == code)
    if happens(rng, 0.15):
        return pick(rng, [each for each in known if each.code in MUNICIPALITIES])
    in_prefecture = happens(rng, 0.75)
    return pick(rng, [each for each in known if bool(each.prefecture) == in_prefecture])


def _tail(rng: Rng, *, letters: bool) -> str:
    """Return the four characters that the province assigns: E001, 2A13 or four digits."""
    plain = digits(rng, 4)
    if not letters:
        return plain
    letter = pick(rng, _LETTERS)
    return letter + plain[1:] if happens(rng, 0.8) else plain[0] + letter + plain[2:]


def _bureau(rng: Rng, division: Division, authority: Authority) -> tuple[str, str]:
    """Return the authority as in the title and as in the lower line of the seal."""
    place = division.location
    if authority.name == MERGED.name:
        place = pick(rng, (place, division.prefecture or division.province))
    return authority.name.format(place), authority.seal


def _company(rng: Rng, division: Division) -> str:
    name, trade = pick(rng, NAMES), pick(rng, TRADES)
    return pick(rng, (f"{division.short}{name}{trade}", f"{name}{trade}{division.short}分公司"))


def _words(rng: Rng, yuan: int, jiao: int) -> str:
    """Return the amount in words in one of its spellings: 拾元, 壹拾元整, 贰拾圆整, 壹元伍角."""
    word = WORDS[yuan]
    if word == "拾" and happens(rng, 0.6):
        word = "壹拾"
    if jiao:
        return f"{word}元{WORDS[jiao]}角" + pick(rng, ("", "整"))
    return word + pick(rng, ("元整", "元整", "元", "元", "圆整"))


def _tax_number(rng: Rng, division: Division) -> str:
    """Return a tax number: 15 digits (until 2015) or 18 characters (since then)."""
    district = division.code + "02"
    if happens(rng, 0.5):
        return district + digits(rng, 9)
    return "91" + district + digits(rng, 9) + pick(rng, _LETTERS)


def _printer(rng: Rng, year: int, number: str) -> str:
    """Return the printer's line; its range of numbers includes the invoice's number."""
    first = int(number) // 100_000 * 100_000 + 1
    last = min(first + pick(rng, (99_999, 499_999, 9_699_999)), 99_999_999)
    run = f"{first:08}-{last:08}"
    books = pick(rng, (5000, 20000, 97000, 194000))
    month = int(rng.integers(1, 13))
    printer = pick(rng, _PRINTERS)
    return pick(
        rng,
        (
            f"{printer}{year}年{month:02}月印{books}本@50#{run}",
            f"{printer} {year}年{month}月印 {books}本×50份×1联 起止号码{run}",
            f"税印字({year})第{month:02}号 {printer} {books}本 号码{run}",
        ),
    )
