"""The content of an invoice: fictitious fields that obey the rules of real invoices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.drawing.invoice.divisions import MUNICIPALITIES, Division, divisions
from bench.drawing.random_numbers import Rng, digits, happens, pick

Authority = Literal["0", "1", "2"]

_AUTHORITIES: tuple[Authority, ...] = ("1", "1", "2", "2", "0")
# Letters that do not resemble digits: no I, no O, no Q.
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_YUAN = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_FREQUENT_YUAN = (1, 2, 5, 5, 10, 10, 10, 20, 20, 50, 50, 100, 100, 200, 500, 1000)
_WORDS = "壹 贰 伍 拾 贰拾 伍拾 壹佰 贰佰 伍佰 壹仟"
_ENGLISH = "One,Two,Five,Ten,Twenty,Fifty,One hundred,Two hundred,Five hundred,One thousand"
WORDS = dict(zip(_YUAN, _WORDS.split(), strict=True))
ENGLISH = dict(zip(_YUAN, _ENGLISH.split(","), strict=True))
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


def make_invoice(rng: Rng, fixed: Fixed | None = None) -> Invoice:
    """Return an invoice whose fields are consistent."""
    fixed = fixed or Fixed()
    division = _division(rng, fixed.division)
    authority = pick(rng, _AUTHORITIES) if fixed.authority is None else fixed.authority
    # The merged tax bureaus have existed since the summer of 2018.
    year = int(rng.integers(19, 24)) if authority == "0" else int(rng.integers(11, 19))
    letters = happens(rng, 0.3) if fixed.letters is None else fixed.letters
    code = authority + division.code + f"{year:02}" + digits(rng, 1) + _tail(rng, letters=letters)
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
        printer=_printer(rng, 2000 + year, number),
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
    if authority == "0":
        place = pick(rng, (division.location, division.prefecture or division.province))
        return f"国家税务总局{place}税务局", "国家税务总局监制"
    name = "国家税务局" if authority == "1" else "地方税务局"
    return division.location + name, name + "监制"


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
