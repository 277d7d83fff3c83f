"""The amount, in words (伍拾元整) and in figures (￥50.00)."""

from __future__ import annotations

import re

DIGITS = {
    **dict(zip("零壹贰叁肆伍陆柒捌玖", range(10), strict=True)),
    **dict(zip("〇一二三四五六七八九", range(10), strict=True)),
    **dict(zip("○弌貳參肆伍陸柒捌玖", range(10), strict=True)),
    "两": 2,
    "叄": 3,
    "弍": 2,
    "贷": 2,
    "参": 3,
}
UNITS = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1000, "千": 1000}
WORDS = re.compile(rf"(?<![第年月日本])([{''.join(DIGITS)}{''.join(UNITS)}万萬]+)[元圆圓]([整正]?)")
FIGURES = re.compile(r"[￥¥Y半羊]\s*[:：]?\s*(\d{1,6}(?:,\d{3})*)(?:[.．·](\d{2}))?(?!\d)")
FIGURES_YUAN = re.compile(r"(?<![\d.])(\d{1,6})(?:[.．](\d{2}))?元")
USUAL = (1, 2, 5, 10, 20, 30, 50, 100, 200, 500, 1000)


def value_of_words(words: str) -> int:
    """Yuan of a Chinese numeral; 0 when it is none.

    >>> value_of_words("壹佰贰拾"), value_of_words("拾"), value_of_words("壹仟零伍")
    (120, 10, 1005)
    """
    total = section = digit = 0
    for character in words:
        if character in DIGITS:
            digit = DIGITS[character]
        elif character in UNITS:
            section += (digit or 1) * UNITS[character]
            digit = 0
        else:
            total, section, digit = (total + section + digit) * 10000, 0, 0
    return total + section + digit


def in_words(text: str) -> int:
    """Yuan of an amount in words anywhere in the text; 0 when there is none.

    >>> in_words("金额: 伍拾元整"), in_words("壹拾圆"), in_words("二零一六年")
    (50, 10, 0)
    """
    found = WORDS.search(re.sub(r"\s", "", text))
    return value_of_words(found[1]) if found else 0


def in_figures(text: str) -> int:
    """Yuan of an amount in figures anywhere in the text; 0 when there is none.

    >>> in_figures("￥: 10.00"), in_figures("¥1,000.00"), in_figures("100元"), in_figures("2016年")
    (10, 1000, 100, 0)
    """
    dense = re.sub(r"\s", "", text)
    found = FIGURES.search(dense) or FIGURES_YUAN.search(dense)
    return int(found[1].replace(",", "")) if found else 0


def written(yuan: int) -> str:
    """As the service writes it.

    >>> written(1000)
    '￥1000.00'
    """
    return f"￥{yuan}.00"
