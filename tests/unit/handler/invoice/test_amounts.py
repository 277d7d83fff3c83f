"""Amounts in figures and in words are read strictly, and written by the rules."""

from __future__ import annotations

import json
import os
import unicodedata
from decimal import Decimal
from typing import Any

import cn2an
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from quota_invoice.invoice.amount import amount_in_words, parse_amount
from quota_invoice.invoice.interpret import interpret
from quota_invoice.invoice.numerals import FULL_WIDTH as FULL_WIDTH_FORMS
from quota_invoice.invoice.numerals import LIMIT, from_numeral, to_numeral
from tests.support.fakes import RESULT, problems
from tests.support.paths import CASES
from tests.unit.handler.invoice.amount_texts import FIGURES, NO_AMOUNTS, WORDS

# 1 checks each amount from 0.01 to 100,000.00, which takes about 20 minutes.
FEN_STEP = int(os.environ.get("AMOUNT_STEP", "997"))
AMOUNTS = st.decimals(Decimal("0.01"), Decimal("99999999999.99"), places=2)
NUMBERS = st.integers(0, LIMIT - 1) | st.integers(0, 9999).map(lambda low: 10**8 + low)
FULL_WIDTH = str.maketrans("0123456789.,:()", "０１２３４５６７８９．，：（）")
ORDINARY = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟零", "一二三四五六七八九十百千〇")
SIGNS = ("￥", "¥", "RMB", "rmb ", "CNY", "¥:", "人民币", "RMB¥", "人民币:", "￥：", "￥ ")
FIELD_CASES = CASES / "amounts.json"


@pytest.mark.parametrize(("text", "value"), [*FIGURES.items(), *WORDS.items()])
def test_amounts_in_their_notations(text: str, value: str) -> None:
    entry = interpret({**RESULT, "amount": text})
    assert str(parse_amount(text)) == entry["amount"]["value"] == value
    assert entry["amount"]["words"] == amount_in_words(Decimal(value))
    assert {each["code"] for each in problems(entry)} <= {"unusual_amount", "lost_point"}


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


@pytest.mark.parametrize(
    ("value", "signs"),
    [
        (0, "零〇○"),
        (1, "壹一弌"),
        (2, "贰二两兩弍貮貳"),
        (3, "叁三弎参參叄"),
        (4, "肆四"),
        (5, "伍五"),
        (6, "陆六陸"),
        (7, "柒七"),
        (8, "捌八"),
        (9, "玖九"),
        (10, "拾十"),
        (20, "廿卄"),
        (30, "卅"),
        (40, "卌"),
    ],
)
def test_each_form_of_a_numeral_has_its_value(value: int, signs: str) -> None:
    assert {sign: from_numeral(sign) for sign in signs} == dict.fromkeys(signs, value)


@pytest.mark.parametrize(
    ("value", "signs"), [(100, "佰百"), (1000, "仟千"), (10**4, "万萬"), (10**8, "亿億")]
)
def test_each_form_of_a_unit_has_its_value(value: int, signs: str) -> None:
    for sign in signs:
        assert from_numeral(f"贰{sign}") == 2 * value


def test_the_full_width_forms_are_those_of_all_visible_ascii_characters() -> None:
    assert list(FULL_WIDTH_FORMS.values()) == list(range(ord("!"), ord("~") + 1))
    for full, ascii_form in FULL_WIDTH_FORMS.items():
        assert unicodedata.normalize("NFKC", chr(full)) == chr(ascii_form)


def test_the_largest_number_is_one_below_the_limit() -> None:
    most = "玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖"
    assert (from_numeral(most), to_numeral(LIMIT - 1)) == (LIMIT - 1, most)
    assert from_numeral("壹万亿") is None
    assert from_numeral("玖仟壹仟亿") is None  # its parts are the limit


def test_an_amount_is_under_the_limit_and_in_fen() -> None:
    assert parse_amount("1,000,000,000,000") is None
    assert parse_amount("999999999999.99") == Decimal(LIMIT) - Decimal("0.01")
    assert amount_in_words(Decimal(LIMIT) - 1).endswith("玖佰玖拾玖元整")
    assert amount_in_words(Decimal(0)) == "零元整"


@pytest.mark.parametrize("text", ["5(伍元)", "5元(伍元整)", "伍元(5)", "伍元￥5"])
def test_words_and_figures_may_be_as_short_as_can_be(text: str) -> None:
    assert parse_amount(text) == 5


def test_a_text_of_an_amount_has_at_most_80_characters() -> None:
    assert parse_amount("5".rjust(80)) == 5
    assert parse_amount("5".rjust(81)) is None


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


@pytest.mark.timeout(0)  # AMOUNT_STEP tells how long it takes
def test_small_amounts_come_back_from_their_words_and_agree_with_an_independent_library() -> None:
    for fen in range(1, 100_000_00 + 1, FEN_STEP):
        amount = Decimal(fen) / 100
        words = amount_in_words(amount)
        assert parse_amount(words) == amount
        expected = cn2an.an2cn(str(amount), "rmb")
        assert words == expected + "整" * expected.endswith("角")
