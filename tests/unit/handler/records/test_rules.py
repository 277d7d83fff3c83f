"""Each rule on an invoice finds its problem, and says it in both languages."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quota_invoice.invoice.fields import NAMES, Conditions, Fields
from quota_invoice.invoice.file_rules import unread_pages
from quota_invoice.invoice.findings import Finding, Severity, Text, needs_review
from quota_invoice.invoice.interpret import interpret
from quota_invoice.invoice.rules import RULES, check
from tests.support.fakes import RESULT, problems

CHINESE = re.compile(r"[\u4e00-\u9fff]")
SURE: dict[str, float] = RESULT["confidence"]
# A change of a good invoice, and the finding that it causes.
TABLE: list[tuple[dict[str, Any], str, str]] = [
    ({"code": ""}, "missing_field.code", "serious"),
    ({"number": ""}, "missing_field.number", "serious"),
    ({"amount": None}, "missing_field.amount", "serious"),
    ({"location": ""}, "missing_field.location", "doubt"),
    ({"code": "14403190911"}, "malformed_code", "serious"),
    ({"code": "344031909110"}, "malformed_code", "serious"),
    ({"number": "9123456"}, "malformed_number", "serious"),
    ({"number": "٩١٢٣٤٥٦٧"}, "malformed_number", "serious"),
    ({"code": "1٤4031909110"}, "malformed_code", "serious"),
    ({"number": "9123456O"}, "malformed_number", "serious"),
    ({"code": "144039909110"}, "early_year", "serious"),
    ({"code": "117031909110"}, "unknown_division", "doubt"),
    ({"code": "199931909110"}, "unknown_division", "doubt"),
    ({"code": "244031629474"}, "old_local_bureau", "serious"),
    ({"amount": "￥60.00"}, "unusual_amount", "doubt"),
    ({"amount": "￥5000"}, "lost_point", "doubt"),
    ({"amount": "１０００"}, "lost_point", "doubt"),
    ({"code": "144036809110"}, "future_year", "serious"),
    ({"amount": "50.0O"}, "unreadable_amount", "serious"),
    ({"amount": "伍拾元整(￥20.00)"}, "contradicting_amount", "serious"),
    ({"amount": "￥0.00"}, "zero_amount", "serious"),
    ({"location": "北京市"}, "contradicting_place", "doubt"),
    ({"location": "广东省广州市"}, "contradicting_place", "doubt"),
    ({"confidence": {**SURE, "code": 0.5}}, "low_confidence.code", "doubt"),
    ({"confidence": {**SURE, "number": "1"}}, "low_confidence.number", "doubt"),
    ({"confidence": {**SURE, "location": float("nan")}}, "low_confidence.location", "doubt"),
    ({"confidence": {k: SURE[k] for k in SURE if k != "amount"}}, "low_confidence.amount", "doubt"),
]


def found(fields: Fields) -> list[str]:
    """Return the codes of all findings that a person should look at."""
    return [finding.code for finding in check(fields) if finding.severity is not Severity.INFO]


def test_a_good_invoice_has_no_finding_but_that_no_platform_verifies_it() -> None:
    entry = interpret(RESULT)
    assert [finding["code"] for finding in entry["findings"]] == ["not_verifiable"]
    assert entry["needs_review"] is False


def test_full_width_digits_are_the_same_digits_in_ascii() -> None:
    wide = {"code": "１４４０３１９０９１１０", "number": "９１２３４５６７"}
    entry = interpret({**RESULT, **wide})
    assert (entry["code"], entry["number"]) == ("144031909110", "91234567")
    assert (entry["year"], problems(entry)) == (2019, [])


@pytest.mark.parametrize(("change", "code", "severity"), TABLE)
def test_a_wrong_field_is_found(change: dict[str, Any], code: str, severity: str) -> None:
    entry = interpret({**RESULT, **change})
    [finding] = problems(entry)
    assert (finding["code"], finding["severity"]) == (code, severity)
    assert entry["needs_review"] is True
    assert CHINESE.search(finding["message"]["zh"])
    assert finding["message"]["en"].endswith((".", "!"))


# They need several fields or a table, or find something in each invoice.
NOT_IN_TABLE = {"several_invoices", "past_last_day", "not_verifiable"}


def test_the_usual_amounts_are_those_that_are_printed() -> None:
    usual = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]
    near = {amount + step for amount in usual for step in (-1, 1)} - {0, *usual}
    for amounts, codes in ((usual, []), (near, ["unusual_amount"])):
        for amount in amounts:
            entry = interpret({**RESULT, "amount": f"￥{amount}.00"})
            assert [each["code"] for each in problems(entry)] == codes


def test_each_rule_is_in_the_table() -> None:
    of_one_field = {rule.__name__ for rule in RULES} - NOT_IN_TABLE
    assert {code.partition(".")[0] for _, code, _ in TABLE} == of_one_field


LOW = dict.fromkeys(SURE, 0.5)


def codes(result: dict[str, Any], *, is_one_per_image: bool = True) -> list[str]:
    entry = interpret(result, (), Conditions(is_one_per_image=is_one_per_image))
    return [finding["code"] for finding in problems(entry)]


def test_a_whole_invoice_with_low_confidence_in_all_fields_may_be_one_of_several() -> None:
    conditions = Conditions(is_one_per_image=True)
    [finding] = problems(interpret({**RESULT, "confidence": LOW}, (), conditions))
    assert (finding["code"], finding["severity"]) == ("several_invoices", "doubt")
    for text, words in (("zh", "单独拍照"), ("en", "photograph each alone")):
        assert words in finding["message"][text]
        assert "RECOGNITION=auto" in finding["message"][text]


@pytest.mark.parametrize(
    "change",
    [
        {"confidence": {**LOW, "number": 0.51}},
        {"confidence": {**LOW, "number": "0.4"}},
        {"confidence": {name: LOW[name] for name in ("code", "number", "amount")}},
        {"confidence": LOW, "location": ""},
    ],
)
def test_one_field_that_is_surer_or_missing_speaks_for_a_bad_image_alone(
    change: dict[str, Any],
) -> None:
    names = codes({**RESULT, **change})
    assert "several_invoices" not in names
    assert len([code for code in names if code.startswith("low_confidence.")]) >= 3


def test_an_api_that_finds_all_invoices_leaves_no_doubt_about_others() -> None:
    names = codes({**RESULT, "confidence": LOW}, is_one_per_image=False)
    assert names == [f"low_confidence.{name}" for name in NAMES]


@pytest.mark.parametrize(("confidence", "expected"), [(0.9, []), (0.8999, ["low_confidence.code"])])
def test_a_confidence_that_is_just_the_limit_is_not_below_it(
    confidence: float, expected: list[str]
) -> None:
    assert codes({**RESULT, "confidence": {**SURE, "code": confidence}}) == expected


def test_a_missing_confidence_is_not_called_a_low_one() -> None:
    finding, *_ = problems(interpret({**RESULT, "confidence": {}}))
    assert finding["code"].startswith("low_confidence.")
    assert finding["message"]["zh"].endswith("没有识别置信度，请与图片核对。")


def test_a_contradiction_names_both_places() -> None:
    finding, _ = check(Fields.of({**RESULT, "location": "上海"}))
    assert finding.message == Text(
        "发票代码属于广东省深圳市，而票面所在地是上海市。",
        "The invoice code belongs to 广东省深圳市, but the invoice says 上海市.",
    )


@pytest.mark.parametrize("location", ["深圳", "广东省", "火星"])
def test_a_place_that_agrees_or_is_unknown_is_no_contradiction(location: str) -> None:
    assert found(Fields.of({**RESULT, "location": location})) == []


@pytest.mark.parametrize(
    ("digits", "codes"),
    [
        ("99", ["early_year"]),
        ("03", ["early_year"]),
        ("04", []),
        ("25", []),
        ("26", []),
        ("27", ["future_year"]),
        ("68", ["future_year"]),
        ("69", ["early_year"]),
    ],
)
def test_the_code_s_year_is_from_2004_to_that_of_the_upload(digits: str, codes: list[str]) -> None:
    conditions = Conditions(date(2026, 12, 31))
    fields = Fields.of({**RESULT, "code": f"14403{digits}09110"}, conditions)
    assert found(fields) == codes


@pytest.mark.parametrize(
    ("pages", "zh", "en"),
    [
        ([3], "第 3 页", "not read: 3."),
        ([1, 2, 5, 7, 8], "第 1-2、5、7-8 页", "not read: 1-2, 5, 7-8."),
    ],
)
def test_unread_pages_are_named(pages: list[int], zh: str, en: str) -> None:
    [finding] = unread_pages([range(page, page + 1) for page in pages])
    assert zh in finding.message.zh
    assert en in finding.message.en
    assert finding.severity is Severity.DOUBT


def test_no_unread_page_is_no_finding() -> None:
    assert list(unread_pages([])) == []


def test_only_a_doubt_or_worse_needs_a_review() -> None:
    text = Text("备注", "A remark")
    remarks = {severity: [Finding("remark", severity, text)] for severity in Severity}
    assert [needs_review(remarks[severity]) for severity in Severity] == [False, True, True]


@given(
    st.dictionaries(
        st.sampled_from(["code", "number", "location", "amount", "confidence", "other"]),
        st.none()
        | st.text()
        | st.integers()
        | st.dictionaries(st.sampled_from(list(SURE)), st.integers() | st.floats() | st.text()),
    )
)
def test_any_result_gives_an_entry(result: dict[str, Any]) -> None:
    entry = interpret(result)
    assert entry["needs_review"] == bool(problems(entry))
