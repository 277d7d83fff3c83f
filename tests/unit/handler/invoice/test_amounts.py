"""Amounts in figures and in words are read strictly, and written by the rules."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import cn2an
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from quota_invoice.invoice.amount import amount_in_words, parse_amount
from quota_invoice.invoice.interpret import interpret
from quota_invoice.invoice.numerals import LIMIT, from_numeral, to_numeral
from tests.support.fakes import RESULT, problems
from tests.support.paths import CASES

AMOUNTS = st.decimals(Decimal("0.01"), Decimal("99999999999.99"), places=2)
NUMBERS = st.integers(0, LIMIT - 1) | st.integers(0, 9999).map(lambda low: 10**8 + low)
FULL_WIDTH = str.maketrans("0123456789.,:()", "０１２３４５６７８９．，：（）")
ORDINARY = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟零", "一二三四五六七八九十百千〇")
SIGNS = ("￥", "¥", "RMB", "rmb ", "CNY", "¥:", "人民币", "RMB¥", "人民币:", "￥：", "￥ ")
FIELD_CASES = CASES / "amounts.json"

FIGURES = {
    "￥50.00": "50.00",
    "¥ 10.00": "10.00",
    "￥:50.00": "50.00",
    "￥： 50.00": "50.00",
    "RMB 50.00": "50.00",
    "CNY50": "50.00",
    "人民币:50.00": "50.00",
    "人民币￥50.00元": "50.00",
    "（小写）￥50.00": "50.00",
    "￥５０．００": "50.00",
    "１，０００元": "1000.00",
    "￥1,000.00": "1000.00",
    "1,234,567.89": "1234567.89",
    "1,000.5": "1000.50",
    "10000.00": "10000.00",
    "50元整": "50.00",
    "50元正": "50.00",
    "50.00元整": "50.00",
    "50 元 整": "50.00",
    "金额：50.00": "50.00",
    "票面金额￥50.00": "50.00",
    "\u200b￥50.00": "50.00",
    "50圓": "50.00",
    "5块": "5.00",
    "1元5角": "1.50",
    "1元5角整": "1.50",
    "1元零5分": "1.05",
    "5角": "0.50",
    "1万元": "10000.00",
    "0.50": "0.50",
    "999999999999.99": "999999999999.99",
}
WORDS = {
    "伍拾元整": "50.00",
    "伍拾圓整": "50.00",
    "伍拾园整": "50.00",
    "面值伍拾元": "50.00",
    "伍拾圆正": "50.00",
    "五十块": "50.00",
    "伍 拾 元 整": "50.00",
    "人民币伍拾元整": "50.00",
    "人民币:伍拾元整": "50.00",
    "人民币（大写）：伍拾元整": "50.00",
    "人民幣伍拾圓整": "50.00",
    "拾元": "10.00",
    "拾伍元": "15.00",
    "廿元": "20.00",
    "廿五元": "25.00",
    "卅元整": "30.00",
    "壹佰廿元": "120.00",
    "两元": "2.00",
    "两百元": "200.00",
    "一百零五元": "105.00",
    "一百〇五元": "105.00",
    "十元〇五分": "10.05",
    "貳拾圓": "20.00",
    "參佰陸拾元整": "360.00",
    "壹仟零伍元叁角整": "1005.30",
    "壹仟零伍元叁角": "1005.30",
    "壹元伍角": "1.50",
    "伍角": "0.50",
    "伍角整": "0.50",
    "伍角伍分": "0.55",
    "伍分": "0.05",
    "壹拾元零伍分": "10.05",
    "壹拾元零角伍分": "10.05",
    "伍拾元零角零分": "50.00",
    "壹仟陆佰捌拾元零叁角贰分": "1680.32",
    "壹仟陆佰捌拾元叁角贰分": "1680.32",
    "壹万元整": "10000.00",
    "壹萬元整": "10000.00",
    "拾万元": "100000.00",
    "壹拾万柒仟元": "107000.00",
    "壹拾万零柒仟元": "107000.00",
    "壹亿零壹元": "100000001.00",
    "壹亿零壹仟元": "100001000.00",
    "伍拾元整(¥50.00)": "50.00",
    "￥50.00（伍拾元整）": "50.00",
    "伍拾元整￥50.00": "50.00",
    "￥50.00 伍拾元整": "50.00",
    "伍拾元整 RMB 50.00": "50.00",
    "人民币（大写）伍拾元整（小写）￥50.00": "50.00",
}
NO_AMOUNTS = {
    "nothing": ["", " ", "元", "￥", "整", "人民币", "万元", "角", "()", "人民币:"],
    "grouping": [
        "￥10,00",
        "￥50，00",
        "10,0",
        "￥1,0000",
        "1000,000",
        "1,00,000",
        "0,100",
        ",100",
    ],
    "points": ["50.", ".50", "￥50.001", "10.00.00", "50。00", "50·00", "1,000.000", "50..00"],
    "digits": ["5O.00", "￥l0.00", "0050", "05.00", "٥٠", "²", "1e3", "50%", "½元", "㊿元"],
    "spaces": ["5 0.00", "10.00 20.00", "50 00", "1 000.00", "￥50. 00", "５ ０元"],
    "signs": ["-5", "￥-5", "+50.00", "(50.00)", "$50.00", "€50", "50.00美元", "￥￥50.00"],
    "other text": [
        "50.00元/张",
        "伍拾元/张",
        "每张伍拾元",
        "约50元",
        "50元起",
        "金额",
        "伍拾元整元",
    ],
    "without 元": ["伍拾", "伍拾整", "五十"],
    "units": ["贰拾伍拾元", "拾拾拾元", "佰元", "百元", "仟元", "拾佰元", "壹佰贰佰元", "伍拾元元"],
    "no units": ["壹贰叁元", "壹零零元整", "一〇〇元", "伍伍元", "五零元"],
    "zeros": ["壹佰伍元", "壹仟伍拾元", "伍拾零元", "零伍拾元", "壹仟零零伍元", "壹佰零拾元"],
    "order": ["壹万亿元", "壹亿亿元", "壹佰仟元", "伍元拾元", "伍角拾元", "伍分伍角", "壹万万元"],
    "gaps": ["壹万拾元", "壹佰拾元", "壹亿壹元", "壹万零柒仟元"],
    "角 and 分": ["拾角", "壹元拾伍角", "10角", "壹元伍分", "零伍分", "壹元零", "1元15角", "5角50"],
    "整": ["伍分整", "伍拾整元", "整伍拾元", "壹元伍分整", "50.50元整", "伍拾元整整"],
    "mixed": ["5拾元", "50元伍角", "伍拾.00元", "伍10元", "50元5", "1.5万元", "1万亿元"],
    "two": [
        "伍拾元整(¥20.00)",
        "￥50.00 伍元整",
        "￥50.00(￥50.00)",
        "伍拾元整伍拾元整",
        "50元50元",
    ],
    "limit": ["9" * 13, "1000000000000元", "壹万亿元整", "9" * 5000, "伍" * 5000, "壹兆元"],
    "zero": ["￥0.00", "0", "0元", "零元整", "零角", "￥０．００", "零元整(￥0.00)"],
}


@pytest.mark.parametrize(("text", "value"), [*FIGURES.items(), *WORDS.items()])
def test_amounts_in_their_notations(text: str, value: str) -> None:
    entry = interpret({**RESULT, "amount": text})
    assert str(parse_amount(text)) == entry["amount"]["value"] == value
    assert entry["amount"]["words"] == amount_in_words(Decimal(value))
    assert {each["code"] for each in problems(entry)} <= {"unusual_amount"}


@pytest.mark.parametrize(
    "text",
    [pytest.param(text, id=f"{why}: {text:.12}") for why in NO_AMOUNTS for text in NO_AMOUNTS[why]],
)
def test_other_texts_are_no_amounts_and_give_a_finding(text: str) -> None:
    assert parse_amount(text) is None
    entry = interpret({**RESULT, "amount": text})
    assert entry["amount"] == {"text": text, "value": None, "words": None, "currency": "CNY"}
    [finding] = problems(entry)
    assert finding["severity"] == "serious"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("￥10,00", "unreadable_amount"),
        ("伍拾元整(￥20.00)", "contradicting_amount"),
        ("￥50.00 伍元整", "contradicting_amount"),
        ("￥0.00", "zero_amount"),
        ("零元整", "zero_amount"),
        ("零元整(￥0.00)", "zero_amount"),
        ("零元整(￥5.00)", "contradicting_amount"),
        ("", "missing_field.amount"),
    ],
)
def test_the_finding_says_why_there_is_no_amount(text: str, code: str) -> None:
    assert [each["code"] for each in problems(interpret({**RESULT, "amount": text}))] == [code]


def field_cases() -> list[dict[str, Any]]:
    if not FIELD_CASES.exists():
        return []
    cases: list[dict[str, Any]] = json.loads(FIELD_CASES.read_text(encoding="utf-8"))
    return cases


@pytest.mark.skipif(not FIELD_CASES.exists(), reason="the field cases are not part of the project")
@pytest.mark.parametrize("case", field_cases(), ids=lambda case: case["text"])
def test_a_field_case_is_right(case: dict[str, Any]) -> None:
    entry = interpret({**RESULT, "amount": case["text"]})
    assert entry["amount"]["value"] == case["right"]
    is_serious = any(each["severity"] == "serious" for each in entry["findings"])
    assert is_serious == (case["right"] is None)


@given(AMOUNTS)
@example(Decimal("1005.30"))
def test_words_and_figures_say_the_same_amount(amount: Decimal) -> None:
    words = amount_in_words(amount)
    for text in (
        words,
        words.removesuffix("整"),
        words.translate(ORDINARY),
        f"{words}(￥{amount})",
    ):
        assert parse_amount(text) == amount
    for text in (f"{amount}", f"{amount:,}元", f"￥{amount:,}".translate(FULL_WIDTH)):
        assert parse_amount(text) == amount


@given(AMOUNTS, st.sampled_from(SIGNS))
def test_each_sign_stands_before_figures_and_words(amount: Decimal, sign: str) -> None:
    assert parse_amount(f"{sign}{amount}") == parse_amount(sign + amount_in_words(amount)) == amount


@given(AMOUNTS, AMOUNTS)
def test_words_and_figures_that_differ_give_no_amount(amount: Decimal, other: Decimal) -> None:
    assume(amount != other)
    assert parse_amount(f"{amount_in_words(amount)}(￥{other})") is None


@given(NUMBERS)
@example(100_001_000)
@example(107_000)
def test_a_number_and_its_numeral_say_the_same(number: int) -> None:
    assert from_numeral(to_numeral(number)) == number
    assert from_numeral(to_numeral(number).translate(ORDINARY)) == number


@given(AMOUNTS)
def test_words_agree_with_an_independent_library(amount: Decimal) -> None:
    # The library leaves out 零 between 亿 and thousands, and 整 after 角.
    assume(not (amount >= 10**8 and amount // 10**4 % 10**4 == 0))
    expected = cn2an.an2cn(format(amount.normalize(), "f"), "rmb")
    assert amount_in_words(amount) == expected + "整" * expected.endswith("角")


@given(st.text("零壹贰叁伍玖拾佰仟万亿一二十百千", min_size=1, max_size=9))
def test_a_numeral_that_is_read_has_the_value_of_an_independent_library(text: str) -> None:
    number = from_numeral(text)
    if number is not None:
        assert number == cn2an.cn2an(text, "normal")


@given(st.text("0123456789.,￥元角分整零壹伍拾佰万()（ 小写大廿", max_size=14))
def test_any_text_is_an_amount_with_words_or_none(text: str) -> None:
    amount = parse_amount(text)
    if amount is not None:
        assert amount > 0
        assert parse_amount(amount_in_words(amount)) == amount


@pytest.mark.parametrize("amount", ["-1", "0.001", "1e12"])
def test_an_amount_outside_the_limits_has_no_words(amount: str) -> None:
    with pytest.raises(ValueError, match="not an amount in yuan and fen"):
        amount_in_words(Decimal(amount))
