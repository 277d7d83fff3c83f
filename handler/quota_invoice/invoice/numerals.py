"""Chinese numerals of whole numbers.

A numeral is read only if it is the spelling of its value: a repeated unit, a unit without a digit,
a digit without a unit and a missing 零 all give none. The rules are those for filling in cheques
and receipts (《正确填写票据和结算凭证的基本规定》): capital numerals, and one 零 for each gap.
"""

from __future__ import annotations

import re

LIMIT = 10**12
"""More than on any invoice; 亿 is the largest unit below."""
DIGITS = "零壹贰叁肆伍陆柒捌玖"
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""For ``str.translate``: the full-width forms of ASCII, which are other spellings of the same."""
_SMALL_UNITS = {"仟": 1000, "佰": 100, "拾": 10}
_LARGE_UNITS = {"亿": 10**8, "万": 10**4}
# Ordinary numerals, older and simpler forms of the capital ones.
_CAPITALS = str.maketrans(
    {
        **dict(
            zip(
                "〇○一弌壱二两兩弍貮貳三弎参參叄四五六陸七八九十百千萬億",
                "零零壹壹壹贰贰贰贰贰贰叁叁叁叁叁肆伍陆陆柒捌玖拾佰仟万亿",
                strict=True,
            )
        ),
        "廿": "贰拾",
        "卄": "贰拾",
        "卅": "叁拾",
        "卌": "肆拾",
    }
)


def to_numeral(number: int) -> str:
    """Return the capital numeral of a number from 0 to ``LIMIT`` - 1.

    >>> to_numeral(1005), to_numeral(107000), to_numeral(100_000_001)
    ('壹仟零伍', '壹拾万柒仟', '壹亿零壹')
    """
    return _spelled(number, optional="")


def from_numeral(text: str) -> int | None:
    """Return the number that a numeral stands for; None if it is no numeral.

    >>> from_numeral("一百零五"), from_numeral("拾"), from_numeral("廿五")
    (105, 10, 25)
    >>> from_numeral("壹拾万零柒仟"), from_numeral("壹拾万柒仟")
    (107000, 107000)
    >>> [from_numeral(text) for text in ("贰拾伍拾", "拾拾拾", "壹贰叁", "壹零零", "万", "壹佰伍")]
    [None, None, None, None, None, None]
    """
    capital = text.translate(_CAPITALS)
    if capital.startswith("拾"):
        # Only at the beginning does the unit stand for one of it: 拾元 is ten.
        capital = "壹" + capital
    number = _value(capital)
    if number is None or number >= LIMIT:
        return None
    return number if re.fullmatch(_spelled(number, optional="零?"), capital) else None


def _spelled(number: int, *, optional: str) -> str:
    """Return the numeral, with ``optional`` at each place where the rules leave 零 to the writer.

    Such a place is between two groups of four digits if the first ends in 0 and the second does not
    begin with 0: 壹拾万柒仟 and 壹拾万零柒仟.
    """
    words, last = "", 0
    for section, unit in (
        (number // 10**8, "亿"),
        (number // 10**4 % 10**4, "万"),
        (number % 10**4, ""),
    ):
        if section:
            is_gap = section < 1000 or not last  # noqa: PLR2004 - without thousands
            zero = "零" if is_gap else optional if last % 10 == 0 else ""
            words += (zero if words else "") + _section(section) + unit
        last = section
    return words or "零"


def _section(number: int) -> str:
    """Return the numeral of a number from 1 to 9,999.

    >>> _section(1050), _section(3), _section(5005)
    ('壹仟零伍拾', '叁', '伍仟零伍')
    """
    units = (*_SMALL_UNITS, "")
    signs = "".join(
        DIGITS[int(digit)] + unit * (digit != "0")
        for digit, unit in zip(f"{number:04d}", units, strict=True)
    )
    return re.sub("零+", "零", signs).strip("零")


def _value(capital: str) -> int | None:
    """Return the sum of a numeral's parts; None if it holds another character."""
    total = section = digit = 0
    for sign in capital:
        if sign in DIGITS:
            digit = DIGITS.index(sign)
        elif sign in _SMALL_UNITS:
            section, digit = section + digit * _SMALL_UNITS[sign], 0
        elif sign in _LARGE_UNITS:
            total, section, digit = total + (section + digit) * _LARGE_UNITS[sign], 0, 0
        else:
            return None
    return total + section + digit
