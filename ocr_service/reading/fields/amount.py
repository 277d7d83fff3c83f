"""The amount: in words (伍拾元整), in figures (￥50.00), sometimes in English (Fifty yuan)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ocr_service.reading.fields.candidates import BROKEN, Candidate, Label
from ocr_service.reading.text.lines import Line, rows, side_by_side, text_above, text_left_of

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_NONE = re.compile("零[拾佰仟万]")
_UNITS = {"拾": 10, "佰": 100, "仟": 1000, "万": 10_000}
# Simpler forms, older forms and common misreadings of the characters.
_FORMS = str.maketrans(
    "〇○一二三四五六七八九十百千萬貳弍贷參叄参陸壶壸臺抬捨伯任阡圓圆园员无兀正",
    "零零壹贰叁肆伍陆柒捌玖拾佰仟万贰贰贰叁叁叁陆壹壹壹拾拾佰伍仟元元元元元元整",
)
_WORDS = re.compile(
    r"(?<![第年月日本共])([零壹贰叁肆伍陆柒捌玖拾佰仟][零壹贰叁肆伍陆柒捌玖拾佰仟万 ]*)元"
    r"(?! *(?:以[上下]|版))"
    r"(?:[ 零]*([壹贰叁肆伍陆柒捌玖]) *角)?(?:[ 零]*([壹贰叁肆伍陆柒捌玖]) *分)?"
)
_LESS_THAN_ONE = re.compile(r"()([壹贰叁肆伍陆柒捌玖]) *角(?: *([壹贰叁肆伍陆柒捌玖]) *分)?[ 整]*")
_WHOLE = re.compile(r"([壹贰叁肆伍陆柒捌玖拾佰仟万 ]*[拾佰仟万])[ 整]*")
_GROUPED = r"\d{1,3}(?:[,，]\d{3})+"
_COUNTED = "[张份本联页]"  # behind a number of its own
# Digits behind an amount that are none of its own: a year, a date, a telephone, a count, a number.
_SOMETHING_ELSE = rf"(?:19|20)\d\d *年|[1-9]\d? *[月日]|0\d\d\d?[—-]\d|[1-9]\d* *{_COUNTED}|\d{{5}}"
# Without decimals and without 元 at most two digits: ￥1000 may be ￥10.00 with its point lost. The
# rest of an amount must not follow them: ￥1·000.00 and ￥1 000.00 are not ￥1.
_FIGURES = re.compile(
    r"(?:[￥¥Y羊半丰夫]|人民.|.民币|RMB)[ :：.]*"
    rf"(?:({_GROUPED}|\d(?: \d){{1,5}}|\d{{1,6}})"
    rf"(?:(?:[.．·]|(?: [.．·] ?|[.．·] |,|，(?=0))(?!\d ?0 ?{_COUNTED}))"
    r"(\d ?0(?!\d)|\d(?= ?[元圆圓]))| ?[元圆圓](?!版))"
    rf"|({_GROUPED}|\d{{1,2}})"
    rf"(?![\d.,]| *[.,，．·。、'‘’] *\d| *(?!{_SOMETHING_ELSE})\d))"
)
_PLAIN = re.compile(
    r"^(?:票 ?面 ?)?(?:金 ?额|面 ?[额值])?[ :：]*"
    rf"({_GROUPED}|\d{{1,6}})(?:[.．](\d0)(?: ?元[整正]?)?| ?元[整正]?)$"
)
_NO_DIGITS = str.maketrans("", "", " ,，")
_UNIT = re.compile(r" *[元圆圓园员] *[整正]?")
_APART, _SIGN_APART = 5, 2  # heights between the pieces of an amount in words, and in figures
_WIDE = 2.0  # heights from one character to the next that leave room for a third one
_UNEVEN = 1.6  # times the usual step between two characters
_POINT_LOST = re.compile(r"\d{2}00")
# A fine, a reward, a deposit or a fee is not the amount of an invoice.
_ANOTHER = re.compile(r"[罚奖赔押]|最高|工本")
# The sum of a form or a receipt that lies beside the invoice. Few invoices have such a label.
_SUM = re.compile(r"[合总小] ?计|应[收付退]|实[收付]|借款")
_ROW = 30  # heights: in the row of a form, figures are far behind words
_BESIDE = 1.0  # height: text at this distance may hide a character
# The end of a label, of an amount in figures, or of no word at all, such as a bracket.
_ENDS_LABEL = re.compile(
    r"(?:[额值币写价面计元Y羊半丰夫]|人民.|金.|RMB|\.\d\d|[^\u4e00-\u9fff0-9A-Za-z]) *$"
)
_ENGLISH = {
    "one": 1,
    "two": 2,
    "five": 5,
    "ten": 10,
    "twenty": 20,
    "thirty": 30,
    "fifty": 50,
    "hundred": 100,
    "thousand": 1000,
}
_IN_ENGLISH = re.compile(rf"({'|'.join(_ENGLISH)})?({'hundred|thousand'})?yuan")
_USUAL = tuple(
    100 * yuan for yuan in (1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
)


def value_of_words(words: str) -> int:
    """Return the value of a Chinese numeral; 0 for an invalid one.

    >>> value_of_words("壹佰贰拾"), value_of_words("拾"), value_of_words("壹仟零伍")
    (120, 10, 1005)
    >>> value_of_words("壹万"), value_of_words("壹万伍仟")
    (10000, 15000)
    >>> value_of_words("拾拾"), value_of_words("伍伍"), value_of_words("万")
    (0, 0, 0)

    On a form, the units are printed: 零佰 means no hundreds. A unit without a digit is invalid,
    unless it is 拾 or the whole numeral.

    >>> value_of_words("零佰伍拾"), value_of_words("仟佰贰拾"), value_of_words("佰")
    (50, 0, 100)
    """
    total = digit = 0
    last_unit = 100_000
    words = _NONE.sub("", words.replace(" ", "")).replace("零", "")
    for character in words:
        unit = _UNITS.get(character, 0)
        if unit:
            has_count = digit or character == "拾" or words in {"佰", "仟"}
            if unit >= last_unit or not has_count:
                return 0
            total, digit, last_unit = total + (digit or 1) * unit, 0, unit
        elif digit:
            return 0
        else:
            digit = _DIGITS.index(character)
    return total + digit


def in_words(text: str) -> tuple[int, int, int]:
    """Fen of an amount in words, and start and end of its numerals; zeros without an amount.

    >>> in_words("金额: 伍拾元整"), in_words("壹 拾 圆"), in_words("二零一六年")
    ((5000, 4, 6), (1000, 0, 4), (0, 0, 0))
    >>> in_words("贰元伍角整"), in_words("伍角"), in_words("遗失罚款伍佰元")
    ((250, 0, 3), (50, 0, 1), (0, 0, 0))
    >>> in_words("壹萬圓整"), in_words("处一万元以下的罚款")
    ((1000000, 0, 2), (0, 0, 0))
    """
    forms = text.translate(_FORMS)
    found = _WORDS.search(forms) or _WHOLE.fullmatch(forms) or _LESS_THAN_ONE.fullmatch(forms)
    if not found or _ANOTHER.search(text[: found.start()]):
        return 0, 0, 0
    yuan, *parts = found.groups()
    fen = 100 * value_of_words(yuan)
    if not fen and yuan:
        return 0, 0, 0
    for digit, unit in zip(parts, (10, 1), strict=False):
        fen += unit * _DIGITS.index(digit) if digit else 0
    numerals = [found.span(group) for group, numeral in enumerate(found.groups(), 1) if numeral]
    return fen, numerals[0][0], numerals[-1][1]


def in_figures(text: str) -> tuple[int, int, int]:
    """Fen of an amount in figures, and start and end of its digits; zeros without an amount.

    >>> in_figures("￥: 10.00"), in_figures("¥1,000.00"), in_figures("100元"), in_figures("2016年")
    ((1000, 3, 8), (100000, 1, 9), (10000, 0, 3), (0, 0, 0))
    >>> in_figures("￥1000"), in_figures("￥50"), in_figures("￥2.50")
    ((0, 0, 0), (5000, 1, 3), (250, 1, 5))
    >>> in_figures("￥1000元"), in_figures("人民币 30.00 元"), in_figures("人民币：30元")
    ((100000, 1, 5), (3000, 4, 9), (3000, 4, 6))
    >>> in_figures("金额：50.00元"), in_figures("面值 100 元"), in_figures("1,000.00元")
    ((5000, 3, 8), (10000, 3, 6), (100000, 0, 8))
    >>> in_figures("￥10,000"), in_figures("￥2.5元")
    ((1000000, 1, 7), (250, 1, 4))
    >>> in_figures("￥1，000.00"), in_figures("￥5 0 . 0 0"), in_figures("100元整")
    ((100000, 1, 9), (5000, 1, 10), (10000, 0, 3))

    Digits with other marks or gaps between them are no amount.

    >>> in_figures("￥1·000.00"), in_figures("￥1 000.00"), in_figures("￥2  00.00")
    ((0, 0, 0), (0, 0, 0), (0, 0, 0))
    """
    found = _FIGURES.search(text) or _PLAIN.search(text)
    if not found or _ANOTHER.search(text[: found.start()]):
        return 0, 0, 0
    first = 1 if found[1] else 3
    yuan, fraction = (part.translate(_NO_DIGITS) for part in (found[first], found[2] or ""))
    fen = 100 * int(yuan) + int(fraction.ljust(2, "0"))
    return fen, found.start(first), found.end(2 if found[2] else first)


def in_english(text: str) -> tuple[int, int, int]:
    """Fen of an amount in English, and its start and end; zeros without an amount.

    >>> in_english("Onehundredyuan"), in_english("Fiftyyuan"), in_english("yuan")
    ((10000, 0, 14), (5000, 0, 9), (0, 0, 0))
    """
    found = _IN_ENGLISH.search(text.replace(" ", "").lower())
    if not found or not (found[1] or found[2]):
        return 0, 0, 0
    yuan = _ENGLISH.get(found[1] or "", 1) * _ENGLISH.get(found[2] or "", 1)
    return 100 * yuan, *found.span()


def written(fen: int) -> str:
    """Return the text of an amount in the format of the cloud service.

    >>> written(100_000), written(50)
    ('￥1000.00', '￥0.50')
    """
    return f"￥{fen // 100}.{fen % 100:02}"


def is_usual(text: str) -> bool:
    """Whether invoices of this amount are common.

    >>> is_usual("￥50.00"), is_usual("￥73.00")
    (True, False)
    """
    return text in {written(fen) for fen in _USUAL}


def words_candidates(lines: Sequence[Line]) -> list[Candidate]:
    """Amounts in words; widely spaced characters, each one a line, are joined.

    In a row without an amount, 贰拾 can be one that lost its 元, as under a seal.
    """
    found = _candidates(rows(lines, gap=_APART), lines, in_words)
    pieces = [
        replace(each, trust=BROKEN)
        for each in _candidates(lines, lines, in_words)
        if not any(side_by_side(each.line, other.line) for other in found)
    ]
    return found + pieces


def figures_candidates(lines: Sequence[Line]) -> list[Candidate]:
    """Amounts in figures or in English."""
    figures = _candidates(rows(lines, gap=_SIGN_APART), lines, in_figures)
    return figures + _candidates(lines, lines, in_english)


def _candidates(
    joined: Sequence[Line], lines: Sequence[Line], rule: Callable[[str], tuple[int, int, int]]
) -> list[Candidate]:
    found = []
    for line in joined:
        fen, start, end = rule(line.text)
        if fen:  # 元 and ￥ are the label
            value = line.span(start, end)
            if _ANOTHER.search(text_above(value, lines)):
                continue
            before = text_left_of(value, lines, reach=_ROW) + line.text[:start]
            is_sum = bool(_SUM.search(before))
            label = Label.NONE if is_sum else Label.OWN
            beside = _text_beside(value, lines) + line.text[:start]
            is_broken = _may_lack_first(line.text[start], beside) or _may_be_broken(
                line, start, end
            )
            trust = BROKEN if is_sum or is_broken else 1.0
            found.append(Candidate(written(fen), value, label, trust))
    return found


def _text_beside(value: Line, lines: Sequence[Line]) -> str:
    """Return the text directly left of a value, of any height, as that of a seal."""
    beside = [
        line
        for line in lines
        if abs(line.middle - value.middle) < value.height / 2
        and line.left < value.left
        and abs(line.right - value.left) < _BESIDE * value.height
    ]
    return " ".join(line.text for line in sorted(beside, key=lambda line: line.right))


def _may_lack_first(first: str, beside: str) -> bool:
    """Whether the numeral of an amount in words may lack its first character, as under a seal.

    佰 and 仟 need a digit. 拾 does not: it lacks one only if other text than a label is beside it.

    >>> _may_lack_first("佰", ""), _may_lack_first("拾", ""), _may_lack_first("拾", "金额：")
    (True, False, False)
    >>> _may_lack_first("拾", "发票专用"), _may_lack_first("伍", "发票专用")
    (True, False)
    >>> _may_lack_first("拾", "10元("), _may_lack_first("拾", "人民市"), _may_lack_first("拾", "*")
    (False, False, False)
    """
    character = first.translate(_FORMS)
    is_alone = not beside or _ENDS_LABEL.search(beside)
    return character in {"佰", "仟"} or (character == "拾" and not is_alone)


def _may_be_broken(line: Line, start: int, end: int) -> bool:
    """Whether an amount may lack a character: 伍  元 for 伍佰元, or ￥1000 for ￥10.00.

    The characters of an amount in words are evenly spaced up to 元. Between only two characters
    that are set wide there can be a third one.
    """
    if line.text[start].isascii():
        return bool(_POINT_LOST.fullmatch(line.text, start, end))
    unit = _UNIT.match(line.text, end)
    upto = unit.end() if unit else end
    places = [
        place
        for each, place in zip(line.text[start:upto], line.places[start:upto], strict=True)
        if each != " "
    ]
    steps = np.diff(places) * (line.right - line.left) / line.height
    if len(steps) > 1:
        return bool(steps.max() > _UNEVEN * steps.min())
    return bool((steps > _WIDE).any())
