"""The meaning of fields: amounts, places, codes."""

from __future__ import annotations

from decimal import Decimal

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.write_divisions import TABLE, text
from quota_invoice.invoice.amount import amount_in_words, parse_amount
from quota_invoice.invoice.interpret import interpret
from quota_invoice.invoice.place import Place, parse_place
from tests.support.fakes import RESULT

AMOUNTS = st.decimals(0, Decimal("99999999999.99"), places=2)


@given(AMOUNTS)
def test_words_and_figures_say_the_same_amount(amount: Decimal) -> None:
    words = amount_in_words(amount)
    assert parse_amount(words) == amount
    assert parse_amount(f"￥{amount}") == amount


@given(AMOUNTS)
def test_words_agree_with_an_independent_library(amount: Decimal) -> None:
    assert amount_in_words(amount) == cn2an.an2cn(format(amount.normalize(), "f"), "rmb")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("￥50.00", "50.00"),
        ("¥ 10.00", "10.00"),
        ("50元", "50.00"),
        ("1,000.5", "1000.50"),
        ("人民币伍拾元整", "50.00"),
        ("拾元", "10.00"),
        ("壹佰元", "100.00"),
        ("贰拾圆整", "20.00"),
        ("伍角", "0.50"),
        ("一百零五元", "105.00"),
    ],
)
def test_amounts_in_their_notations(text: str, value: str) -> None:
    assert parse_amount(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "元", "￥", "5O.00", "￥50.001", "￥-5", "伍拾", "9" * 13])
def test_other_texts_are_no_amounts(text: str) -> None:
    assert parse_amount(text) is None


@pytest.mark.parametrize("amount", ["-1", "0.001", "1e12"])
def test_an_amount_outside_the_limits_has_no_words(amount: str) -> None:
    with pytest.raises(ValueError, match="not an amount in yuan and fen"):
        amount_in_words(Decimal(amount))


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("广东省深圳市", Place("广东省", "深圳市")),
        ("广东深圳", Place("广东省", "深圳市")),
        ("深圳市", Place("广东省", "深圳市")),
        ("上海", Place("上海市", "上海市")),
        ("重庆市", Place("重庆市", "重庆市")),
        ("浙江省", Place("浙江省", None)),
        ("内蒙古呼和浩特市", Place("内蒙古自治区", "呼和浩特市")),
        ("新疆维吾尔自治区乌鲁木齐市", Place("新疆维吾尔自治区", "乌鲁木齐市")),
        ("吉林省吉林市", Place("吉林省", "吉林市")),
        ("火星", Place(None, None)),
        ("", Place(None, None)),
    ],
)
def test_places_in_their_spellings(location: str, place: Place) -> None:
    assert parse_place(location) == place


def test_the_table_of_divisions_is_that_of_the_standard() -> None:
    assert TABLE.read_text(encoding="utf-8") == text()


def test_a_good_invoice_needs_no_review() -> None:
    assert interpret(RESULT) == {
        "code": "144031909110",
        "number": "91234561",
        "location": "广东省深圳市",
        "province": "广东省",
        "city": "深圳市",
        "year": 2019,
        "amount": {"text": "￥50.00", "value": "50.00", "words": "伍拾元整", "currency": "CNY"},
        "confidence": RESULT["confidence"],
        "needs_review": False,
        "duplicate_of": None,
        "findings": [],
    }


def test_a_location_that_was_not_read_is_taken_from_the_code() -> None:
    entry = interpret({**RESULT, "location": ""})
    assert (entry["province"], entry["city"]) == ("广东省", "深圳市")
