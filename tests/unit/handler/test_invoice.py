"""The meaning of fields: places, codes and the whole entry."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from bench.write_divisions import TABLE, text
from quota_invoice.invoice.code import place_of_code
from quota_invoice.invoice.expiry_rules import not_verifiable
from quota_invoice.invoice.fields import Fields
from quota_invoice.invoice.interpret import interpret
from quota_invoice.invoice.place import Place, division, parse_place
from tests.support.fakes import RESULT
from tests.support.paths import HANDLER


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("广东省深圳市", Place("广东省", "深圳市")),
        ("广东深圳", Place("广东省", "深圳市")),
        ("深圳市", Place("广东省", "深圳市")),
        ("上海", Place("上海市", "上海市")),
        ("重庆市", Place("重庆市", "重庆市")),
        ("北京", Place("北京市", "北京市")),
        ("天津市", Place("天津市", "天津市")),
        ("浙江省", Place("浙江省", None)),
        ("内蒙古呼和浩特市", Place("内蒙古自治区", "呼和浩特市")),
        ("新疆维吾尔自治区乌鲁木齐市", Place("新疆维吾尔自治区", "乌鲁木齐市")),
        ("吉林省吉林市", Place("吉林省", "吉林市")),
        ("吉林吉林", Place("吉林省", "吉林市")),
        ("吉林市", Place("吉林省", "吉林市")),
        ("吉林市船营区", Place("吉林省", "吉林市")),
        ("吉林长春市", Place("吉林省", "长春市")),
        ("吉林", Place("吉林省", None)),
        ("海南省", Place("海南省", None)),
        ("海南州", Place("青海省", "海南藏族自治州")),
        ("贵州省黔东南州", Place("贵州省", "黔东南苗族侗族自治州")),
        ("新疆博尔塔拉州", Place("新疆维吾尔自治区", "博尔塔拉蒙古自治州")),
        ("黔西南布依族苗族自治州", Place("贵州省", "黔西南布依族苗族自治州")),
        ("黔西南州", Place("贵州省", "黔西南布依族苗族自治州")),
        ("云南大理州", Place("云南省", "大理白族自治州")),
        ("广西 柳州", Place("广西壮族自治区", "柳州市")),
        ("内蒙古自治区锡林郭勒盟", Place("内蒙古自治区", "锡林郭勒盟")),
        ("朝阳区建国路", Place(None, None)),
        ("火星", Place(None, None)),
        ("", Place(None, None)),
    ],
)
def test_places_in_their_spellings(location: str, place: Place) -> None:
    assert parse_place(location) == place


def test_every_division_is_known_by_its_full_name() -> None:
    table = json.loads((HANDLER / "quota_invoice" / "invoice" / "divisions.json").read_bytes())
    unknown = [name for code, name in table.items() if parse_place(name) != division(code)]
    assert unknown == []


@pytest.mark.parametrize(
    ("code", "location"),
    [
        ("111001909110", "朝阳区"),
        ("122011909110", "朝阳区"),
        ("163251909110", "海南州"),
        ("163251909110", "青海省海南州"),
        ("134141909110", "安徽省合肥市巢湖市"),
        ("134011909110", "巢湖市"),
        ("137121909110", "山东省济南市"),
        ("152221909110", "贵州省铜仁市"),
        ("152061909110", "铜仁地区"),
    ],
)
def test_a_district_or_a_former_name_does_not_contradict_the_code(code: str, location: str) -> None:
    entry = interpret({**RESULT, "code": code, "location": location})
    assert "contradicting_place" not in [each["code"] for each in entry["findings"]]
    assert entry["province"] == place_of_code(code).province


@pytest.mark.parametrize(
    ("code", "location"),
    [("146001909110", "海南州"), ("134181909110", "巢湖市"), ("152061909110", "毕节市")],
)
def test_another_place_contradicts_the_code(code: str, location: str) -> None:
    entry = interpret({**RESULT, "code": code, "location": location})
    assert "contradicting_place" in [each["code"] for each in entry["findings"]]


@pytest.mark.parametrize(("year", "is_local"), [("16", True), ("17", False)])
def test_the_last_codes_of_local_bureaus_are_those_of_2016(year: str, is_local: bool) -> None:
    entry = interpret({**RESULT, "code": f"24403{year}29474"})
    assert ("old_local_bureau" in [each["code"] for each in entry["findings"]]) is is_local


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
        "authority": "国家税务局或合并后的税务局",
        "trade": None,
        "amount": {"text": "￥50.00", "value": "50.00", "words": "伍拾元整", "currency": "CNY"},
        "confidence": RESULT["confidence"],
        "needs_review": False,
        "duplicate_of": None,
        "findings": [finding.to_json() for finding in not_verifiable(Fields.of(RESULT))],
    }


def test_a_location_that_was_not_read_is_taken_from_the_code() -> None:
    entry = interpret({**RESULT, "location": ""})
    assert (entry["province"], entry["city"]) == ("广东省", "深圳市")


def test_long_texts_are_not_kept_in_memory() -> None:
    tracemalloc.start()
    try:
        for number in range(64):
            text = f"{number}😀" * 50_000  # half a megabyte
            interpret({"amount": text, "location": text})
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 3 << 20
