"""Amounts of money: from figures or words to a decimal, and from a decimal to words.

Words follow the rules for filling in cheques and receipts (《正确填写票据和结算凭证的基本规定》):
capital numerals, 零 for a gap, 整 after an amount that ends at 元.
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import groupby

_CENT = Decimal("0.01")
_LIMIT = Decimal(10) ** 12  # more than on any invoice; 亿 is the largest unit below
_FIGURES = re.compile(r"(?:人民币|RMB|CNY|[¥￥])*[::]?(\d+(?:\.\d{1,2})?)元?(?:整|正)?")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_VALUES = {
    **{sign: value for value, sign in enumerate(_DIGITS)},
    **dict(zip("〇一二三四五六七八九两", [*range(10), 2], strict=True)),
    "貳": 2,
    "叄": 3,
    "陸": 6,
}
_SMALL_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_LARGE_UNITS = {"亿": 10**8, "万": 10**4, "萬": 10**4}
_WORDS = re.compile(r"(?:人民币)?(?:([^元圆角分]+)[元圆])?(?:零?(.)角)?(?:零?(.)分)?[整正]?")


def parse_amount(text: str) -> Decimal | None:
    """Read an amount written in figures or in Chinese words; None if it is neither.

    >>> parse_amount("￥50.00"), parse_amount("1,000元"), parse_amount("伍拾元整")
    (Decimal('50.00'), Decimal('1000.00'), Decimal('50.00'))
    >>> parse_amount("¥5O.00") is None
    True
    """
    plain = re.sub(r"[\s,，]", "", text)
    figures = _FIGURES.fullmatch(plain)
    value = Decimal(figures[1]) if figures else _from_words(plain)
    return value.quantize(_CENT) if value is not None and value < _LIMIT else None


def amount_in_words(amount: Decimal) -> str:
    """Return an amount in capital numerals.

    Args:
        amount: yuan, not negative, under 10¹², with at most two decimals.

    Raises:
        ValueError: the amount is outside these limits.

    >>> amount_in_words(Decimal("50.00")), amount_in_words(Decimal("1005.30"))
    ('伍拾元整', '壹仟零伍元叁角')
    """
    if not 0 <= amount < _LIMIT or amount != amount.quantize(_CENT):
        message = f"not an amount in yuan and fen: {amount}"
        raise ValueError(message)
    yuan, fen = divmod(int(amount * 100), 100)
    words = f"{_integer_in_words(yuan)}元" if yuan or not fen else ""
    if not fen:
        return words + "整"
    tenths, hundredths = divmod(fen, 10)
    words += f"{_DIGITS[tenths]}角" if tenths else "零" if words else ""
    return words + (f"{_DIGITS[hundredths]}分" if hundredths else "")


def _integer_in_words(number: int) -> str:
    digits = f"{number:012d}"
    signs = [
        _DIGITS[int(digit)] + "千百十"[place % 4 : place % 4 + 1] if digit != "0" else "零"
        for place, digit in enumerate(digits)
    ]
    capital = str.maketrans("千百十", "仟佰拾")
    groups = ["".join(signs[start : start + 4]).rstrip("零") for start in (0, 4, 8)]
    full = ""
    for start, group, unit in zip((0, 4, 8), groups, ("亿", "万", ""), strict=True):
        # A gap inside the number is one 零, also across a unit: 壹亿零壹元.
        gap = "零" if full and (not group or digits[start] == "0" or full.endswith("零")) else ""
        full = full.rstrip("零") + gap + group.lstrip("零") + (unit if group else "")
    squeezed = "".join("零" if sign == "零" else "".join(run) for sign, run in groupby(full))
    return squeezed.strip("零").translate(capital) or "零"


def _from_words(text: str) -> Decimal | None:
    match = _WORDS.fullmatch(text)
    if not match or not any(match.groups()):
        return None
    yuan = _integer_from_words(match[1]) if match[1] else 0
    tenths, hundredths = (_VALUES.get(sign, -1) if sign else 0 for sign in match.groups()[1:])
    if yuan is None or tenths < 0 or hundredths < 0:
        return None
    return Decimal(yuan * 100 + tenths * 10 + hundredths) / 100


def _integer_from_words(text: str) -> int | None:
    """Return the number that a numeral stands for; None if it holds another character."""
    total = section = 0
    digit: int | None = None
    for sign in text:
        if sign in _VALUES:
            digit = _VALUES[sign]
        elif sign in _SMALL_UNITS:
            # A leading unit stands for one of it: 拾元 is ten.
            section += (1 if digit is None else digit) * _SMALL_UNITS[sign]
            digit = None
        elif sign in _LARGE_UNITS:
            total += (section + (digit or 0)) * _LARGE_UNITS[sign]
            section, digit = 0, None
        else:
            return None
    return total + section + (digit or 0)
