"""Codes tell authority, place, year and trade; texts that are no codes tell nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from quota_invoice.invoice.interpret import interpret
from tests.support.fakes import RESULT

UNKNOWN = "-"
AUTHORITIES = {
    "head": "国家税务总局或合并后的税务局",
    "state": "国家税务局或合并后的税务局",
    "local": "地方税务局",
}
LINES = Path(__file__).with_name("codes.txt").read_text(encoding="utf-8").splitlines()
CODES = [line.split() for line in LINES if not line.startswith("#")]
NO_CODES = {
    "length": ["1", "14403190911", "1440319091100", "144031909110144031909110"],
    "first character": ["344031909110", "944031909110", "A44031909110", "l44031909110"],
    "letters in the place or year": ["1O4031909110", "14403I909110", "14403B909110"],
    "other letters": ["1440319a9110", "14403190é110", "14403190中110", "144031909_10"],
    "spaces": ["144031 909110", " 144031909110", "144031909110 ", "144031909110\n"],
    "marks": ["1440319-09110", "-44031909110", "144031909110。", "../../909110"],
    "control characters": ["144031909110\x00", "14403190911\u200b"],
    "digits of other scripts": ["١٤٤٠٣١٩٠٩١١٠", "14403190911²", "一四四〇三一九〇九一一〇"],
    "words": ["发票代码", "发票代码144031909110"],
}


@pytest.mark.parametrize(
    ("code", "authority", "year", "trade", "province", "city"), CODES, ids=lambda text: text
)
def test_a_code_tells_authority_place_year_and_trade(
    code: str, authority: str, year: str, trade: str, province: str, city: str
) -> None:
    entry = interpret({**RESULT, "code": code, "location": ""})
    assert entry["authority"] == AUTHORITIES[authority]
    assert str(entry["year"]) == year
    found = [entry[name] or UNKNOWN for name in ("trade", "province", "city")]
    assert found == [trade, province, city]
    assert "malformed_code" not in [finding["code"] for finding in entry["findings"]]


def test_the_table_has_eighty_codes_of_each_authority_and_trade() -> None:
    assert len({code for code, *_ in CODES}) == len(CODES) >= 80
    pairs = {(authority, trade) for _, authority, _, trade, _, _ in CODES}
    assert len([pair for pair in pairs if UNKNOWN not in pair]) == 6 + 10
    assert {authority for authority, _ in pairs} == AUTHORITIES.keys()


@pytest.mark.parametrize(
    "text",
    [pytest.param(text, id=f"{why}: {text!a}") for why in NO_CODES for text in NO_CODES[why]],
)
def test_a_text_that_is_no_code_tells_nothing_and_has_a_finding(text: str) -> None:
    entry = interpret({**RESULT, "code": text, "location": ""})
    assert entry["code"] == text
    for name in ("authority", "year", "trade", "province", "city"):
        assert entry[name] is None
    [finding] = [each for each in entry["findings"] if each["code"] == "malformed_code"]
    assert finding["severity"] == "serious"


def test_a_code_in_full_width_is_the_same_code() -> None:
    full_width = "１４４０３１４２０１１３"
    entries = [interpret({**RESULT, "code": code}) for code in (full_width, "144031420113")]
    assert entries[0] == entries[1]
    assert entries[0]["trade"] == "商业"
