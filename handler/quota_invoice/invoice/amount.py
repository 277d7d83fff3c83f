"""Amounts of money: from figures or words to a decimal, and from a decimal to words.

The grammar is strict, because a lost or misread character must not become another amount:

- figures: ``￥50.00``, ``1,000元``, ``1元5角``. Commas group three digits, a point is followed by
  one or two digits, the first digit of several is not 0, and no space stands between digits;
- words: ``伍拾元整``, ``壹元伍角``, ``壹拾元零伍分``. The numeral before 元 is one that
  ``numerals.from_numeral`` reads, 零 stands for a missing 角, 整 or 正 only after 元 and 角
  (《会计基础工作规范》第五十二条);
- both: ``伍拾元整(￥50.00)``. They must say the same amount.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

from quota_invoice.invoice.numerals import DIGITS, FULL_WIDTH, LIMIT, from_numeral, to_numeral

_CENT = Decimal("0.01")
_LONGEST = 80  # characters
# Full-width forms, the spellings of ￥, 元, 整 and 零 (园 is a usual misreading), and signs that
# nobody sees.
_FORMS: dict[int, str | int | None] = {
    **FULL_WIDTH,
    **str.maketrans("￥圆圓园块塊正幣〇○", "¥元元元元元整币零零", "\u200b\u200c\u200d\ufeff"),
}
_SIGN = re.compile("¥|RMB|CNY")
_SPACED_DIGITS = re.compile(r"[0-9.,]\s+[0-9.,]")
_LABEL = re.compile(
    r"(?:(?:票面)?(?:金额|面值|面额):?)?(?:人民币|RMB|CNY)?(?:[大小]写|\([大小]写\))?:?¥?:?"
)
_INTEGER = r"(?:0|[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]*)"
_FIGURES = re.compile(rf"({_INTEGER}(?:\.[0-9]{{1,2}})?)元?|({_INTEGER}(?:\.00?)?)元?整")
_TEN_THOUSANDS = re.compile(r"([1-9][0-9]{0,3})万")
_AFTER_YUAN = re.compile(r"整?|零?(.)角(?:整|(.)分)?|零(.)分")
_MOST = 9  # 角 or 分


def parse_amount(text: str) -> Decimal | None:
    """Read an amount written in figures, in Chinese words or in both.

    Returns:
        The amount; None if the text is no amount, if figures and words differ, or if it is 0: no
        invoice is for nothing.

    >>> parse_amount("￥50.00"), parse_amount("1,000元"), parse_amount("伍拾元整(￥50.00)")
    (Decimal('50.00'), Decimal('1000.00'), Decimal('50.00'))
    >>> [parse_amount(text) for text in ("¥5O.00", "￥10,00", "壹零零元整", "贰拾伍拾元", "￥0.00")]
    [None, None, None, None, None]
    """
    return agreed(amounts_in(text))


def agreed(amounts: tuple[Decimal, ...]) -> Decimal | None:
    """Return the amount that all amounts of a text are; None if they differ, or for 0 or none."""
    distinct = set(amounts)
    return distinct.pop() if len(distinct) == 1 and any(distinct) else None


def amounts_in(text: str) -> tuple[Decimal, ...]:
    """Return the amount that a text is; two if it is one in words and one in figures; or none.

    >>> amounts_in("￥０．００"), amounts_in("伍拾元整(￥20.00)"), amounts_in("50.00元/张")
    ((Decimal('0.00'),), (Decimal('50.00'), Decimal('20.00')), ())
    """
    return _amounts_in(text) if len(text) <= _LONGEST else ()


@lru_cache(maxsize=64)  # the denominations are few
def _amounts_in(text: str) -> tuple[Decimal, ...]:
    forms = text.translate(_FORMS).upper()
    if _SPACED_DIGITS.search(forms):
        return ()
    plain = "".join(forms.split())
    for read in (_in_figures, _in_words):
        amount = read(plain)
        if amount is not None:
            return (amount,)
    return _pair(plain)


@lru_cache(maxsize=64)  # as above
def amount_in_words(amount: Decimal) -> str:
    """Return an amount in capital numerals, with 整 after 元 and 角.

    Source: 《会计基础工作规范》第五十二条.

    Args:
        amount: yuan, not negative, under 10¹², with at most two decimals.

    Raises:
        ValueError: the amount is outside these limits.

    >>> amount_in_words(Decimal("50.00")), amount_in_words(Decimal("1005.30"))
    ('伍拾元整', '壹仟零伍元叁角整')
    >>> amount_in_words(Decimal("10.05")), amount_in_words(Decimal("0.55"))
    ('壹拾元零伍分', '伍角伍分')
    """
    if not 0 <= amount < LIMIT or amount != amount.quantize(_CENT):
        message = f"not an amount in yuan and fen: {amount}"
        raise ValueError(message)
    yuan, fen = divmod(int(amount * 100), 100)
    words = f"{to_numeral(yuan)}元" if yuan or not fen else ""
    tenths, hundredths = divmod(fen, 10)
    if tenths:
        words += f"{DIGITS[tenths]}角"
    elif words and hundredths:
        words += "零"
    return words + (f"{DIGITS[hundredths]}分" if hundredths else "整")


def _pair(text: str) -> tuple[Decimal, ...]:
    """Return the amounts in words and in figures that a text holds one behind the other.

    The second one is in brackets, or the figures have their sign.
    """
    for cut in range(len(text)):
        first, second = text[:cut], text[cut:]
        if second.startswith("(") and second.endswith(")"):
            second = second[1:-1]
        elif not _SIGN.search(text):
            continue
        for one, other in ((_in_words, _in_figures), (_in_figures, _in_words)):
            amounts = one(first), other(second)
            if amounts[0] is not None and amounts[1] is not None:
                return amounts[0], amounts[1]
    return ()


def _in_figures(text: str) -> Decimal | None:
    plain = _without_label(text)
    if match := _FIGURES.fullmatch(plain):
        return _within_limit(Decimal((match[1] or match[2]).replace(",", "")))
    return _with_units(plain, _integer)


def _in_words(text: str) -> Decimal | None:
    return _with_units(_without_label(text), from_numeral)


def _without_label(text: str) -> str:
    label = _LABEL.match(text)
    return text[label.end() :] if label else text


def _integer(text: str) -> int | None:
    """Return the number in figures; None if it is none.

    >>> _integer("1,000"), _integer("1万"), _integer("10,00"), _integer("05")
    (1000, 10000, None, None)
    """
    if match := _TEN_THOUSANDS.fullmatch(text):
        return int(match[1]) * 10**4
    return int(text.replace(",", "")) if re.fullmatch(_INTEGER, text) else None


def _with_units(text: str, read: Callable[[str], int | None]) -> Decimal | None:
    """Return the amount before 元, 角 and 分, each of whose numbers ``read`` reads."""
    yuan, unit, rest = text.rpartition("元")
    # Without 元, the first digit follows no gap: 伍角 and 伍分, but not 零伍分.
    match = _AFTER_YUAN.fullmatch(rest if unit else "零" + rest)
    if not match:
        return None
    whole = read(yuan) if unit else 0
    tenths, hundredths = (read(digit) if digit else 0 for digit in (match[1], match[2] or match[3]))
    if whole is None or tenths is None or hundredths is None or max(tenths, hundredths) > _MOST:
        return None
    return _within_limit(Decimal(whole * 100 + tenths * 10 + hundredths) / 100)


def _within_limit(amount: Decimal) -> Decimal | None:
    return amount.quantize(_CENT) if amount < LIMIT else None
