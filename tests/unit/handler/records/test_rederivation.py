"""The present rules on kept results: the same record as a new reading would give."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from quota_invoice.recognition.reading import Api, Reading, Recognition, View
from quota_invoice.records.record import recognized
from quota_invoice.records.rederivation import rederived
from tests.support.fakes import ticket
from tests.unit.handler.records.test_record import FAILED, ONE, SOURCE, golden, pdf

PAGES = {
    1: Recognition([FAILED, ticket(), "noise"], "r-1", 1, View(0.5, 10, 20)),
    3: Recognition([ticket(number="91234562"), ticket(number="1")], "r-3", 1, View(0.25)),
}
SEVERAL = Reading(Api.AUTO_CLASSIFICATION, PAGES, 2, None, 4, 5, (2, 4))
RECORDS = {
    "image": recognized(SOURCE, ONE, region="cn-north-4"),
    "pdf": pdf((1, 3), pages_asked=3, pages_total=4, pages_refused=(2,)),
    "pdf of unknown length": pdf((1,), pages_asked=4),
    "several on converted pages": recognized(SOURCE, SEVERAL, region="cn-north-4"),
}


@pytest.mark.parametrize("name", list(RECORDS))
def test_a_record_of_the_present_rules_stays_as_it_is(name: str) -> None:
    assert rederived(json.loads(json.dumps(RECORDS[name]))) == without_noise(RECORDS[name])


def without_noise(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without the parts of its result that are no tickets."""
    result = record["result"]
    if isinstance(result, list):
        result = [entry for entry in result if isinstance(entry, dict)]
    return {**record, "result": result}


@pytest.mark.parametrize("name", list(RECORDS))
def test_findings_of_former_rules_are_replaced(name: str) -> None:
    former = copy.deepcopy(RECORDS[name])
    former["rules"] = {"version": "2", "run": [], "not_run": []}
    for invoice in former["invoices"]:
        kept = [each for each in invoice["findings"] if each["code"] == "unread_pages"]
        invoice |= {"findings": kept, "needs_review": False, "year": 1999}
        del invoice["authority"]
    assert rederived(former) == without_noise(RECORDS[name])


def test_a_record_of_schema_1_becomes_one_of_schema_2() -> None:
    former = golden("image-schema-1.json")
    new = rederived(former)
    assert new["schema"] == "quota-invoice-record/2"
    assert new["result"] == former["result"]
    assert new["ocr"]["fallback"] == former["ocr"]["rescue"]
    assert [each["code"] for each in new["invoices"][0]["findings"]] == [
        "malformed_number",
        "not_verifiable",
    ]
    assert list(new) == list(RECORDS["image"])


def test_another_limit_of_confidence_gives_other_findings() -> None:
    [invoice] = rederived(RECORDS["image"], confidence_below=0.98)["invoices"]
    assert next(each["code"] for each in invoice["findings"]) == "low_confidence.location"


@pytest.mark.parametrize(
    "change",
    [{"result": None}, {"ocr": {}}, {"source": None}, {"invoices": []}, {"source": {"key": "a"}}],
)
def test_an_object_of_another_program_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a record|not a valid|argument"):
        rederived({**RECORDS["image"], **change})
