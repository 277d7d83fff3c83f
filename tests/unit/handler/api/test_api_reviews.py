"""The API says what people decided: corrected values, invoices by hand, conflicts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from quota_invoice.api.openapi.describe import describe
from quota_invoice.errors import ObjectUnavailable
from quota_invoice.reviews.entry import FIRST_BY_HAND, Decision, Verdict
from tests.support.fakes import RESULT
from tests.unit.handler.api.test_api import REFUSAL, Api
from tests.unit.handler.reviews.deciding import (
    CONFIRMED,
    NO_INVOICE,
    by_hand,
    corrected,
    write,
)

A, B, C, D = (f"incoming/{name}" for name in "abcd")
DOUBTFUL = {**RESULT, "number": "9123456"}
OTHER = {**RESULT, "number": "91234562"}


@pytest.fixture
def api() -> Api:
    """An API over an invoice, a doubtful one, a refused file, and another invoice."""
    made = Api(RESULT, DOUBTFUL, REFUSAL, OTHER, objects=dict.fromkeys((A, B, C, D), b"x"))
    made.store.times = {key: second for second, key in enumerate(made.store.objects)}
    for key in (A, B, C, D):
        made.ask("POST", "/invoices", {"key": key})
    made.store.times |= dict.fromkeys(made.store.records, 30)  # later than the inputs
    made.store.requests.clear()
    return made


def stored(api: Api, key: str) -> dict[str, Any]:
    name = key.removeprefix("incoming/")
    records = api.store.records
    record: dict[str, Any] = records.get(f"results/{name}.json") or records[f"failures/{name}.json"]
    return record


def decide(api: Api, key: str, decision: Decision, place: int = 1) -> None:
    write(api.store, stored(api, key), decision, place)
    api.store.requests.clear()


def validate(schema: str, value: Any) -> None:
    reference = {"$ref": f"#/components/schemas/{schema}", **describe("")}
    Draft202012Validator(reference).validate(value)


def get(api: Api, key: str) -> dict[str, Any]:
    reply = api.ask("GET", f"/invoices/{key}")
    assert reply.status == 200, reply.text
    validate("AnyStatus", reply.json)
    record: dict[str, Any] = reply.json
    return record


def keys(api: Api, parameters: str) -> list[str]:
    reply = api.ask("GET", f"/invoices?{parameters}")
    assert reply.status == 200, reply.text
    validate("Page", reply.json)
    return [entry["key"] for entry in reply.json["invoices"]]


def test_a_record_has_the_corrected_values_and_the_result_as_it_was(api: Api) -> None:
    decide(api, B, corrected(number="91234567"))
    record = get(api, B)
    [invoice] = record["invoices"]
    assert (invoice["number"], invoice["needs_review"]) == ("91234567", False)
    assert invoice["review"]["read"] == {"number": "9123456"}
    assert record["review"] == {"entries": 1, "conflicts": 0, "outdated": 0}
    assert record["result"] == stored(api, B)["result"] == DOUBTFUL
    assert stored(api, B)["invoices"][0]["number"] == "9123456"


def test_reading_a_stored_object_again_returns_the_corrected_values(api: Api) -> None:
    decide(api, B, corrected(number="91234567"))
    reply = api.ask("POST", "/invoices", {"key": B})
    validate("AnyRecord", reply.json)
    assert reply.json["invoices"][0]["number"] == "91234567"
    assert len(api.ocr.given) == 4


def test_the_index_is_asked_about_the_first_100_invoices_of_a_record(api: Api) -> None:
    record = stored(api, A)
    [invoice] = record["invoices"]
    record["invoices"] = [{**invoice, "number": f"{number:08d}"} for number in range(101)]
    for seconds, asked in ((1.25, 100), (1.0, 0)):
        api.seconds = seconds
        api.store.requests.clear()
        get(api, A)
        assert len([key for _, key in api.store.requests if key.startswith("index/")]) == asked


def test_a_record_without_reviews_takes_one_listing_more(api: Api) -> None:
    get(api, A)
    index = ("list", f"index/{RESULT['code']}/{RESULT['number']}/")
    assert api.store.requests == [
        ("get", "results/a.json"),
        ("head", A),
        ("list", "reviews/a/"),
        index,
    ]


def test_a_pending_input_and_a_plain_list_take_no_request_more(api: Api) -> None:
    api.store.objects["incoming/e"] = b"new"
    assert api.ask("GET", "/invoices/e").status == 202
    assert len(keys(api, "")) == 5
    assert not [key for _, key in api.store.requests if key.startswith("reviews/")]


def test_each_record_of_a_list_takes_one_listing_more(api: Api) -> None:
    keys(api, "include=record")
    reviews = [each for each in api.store.requests if each[1].startswith("reviews/")]
    assert sorted(reviews) == [("list", f"reviews/{name}/") for name in "abcd"]
    assert ("get", "failures/c.json") not in api.store.requests


def test_lists_go_by_the_decisions(api: Api) -> None:
    assert keys(api, "status=needs_review") == [B]
    decide(api, B, corrected(number=RESULT["number"]))
    assert (keys(api, "status=needs_review"), keys(api, "status=duplicate")) == ([B], [B])
    decide(api, A, NO_INVOICE)
    assert (keys(api, "status=needs_review"), keys(api, "status=duplicate")) == ([], [])


def test_a_list_with_records_has_the_corrected_values(api: Api) -> None:
    decide(api, B, corrected(number="91234567"))
    entry = api.ask("GET", "/invoices?include=record").json["invoices"][1]
    assert entry["invoices"] == get(api, B)["invoices"]


def test_a_failure_record_shows_the_invoices_by_hand(api: Api) -> None:
    assert "invoices" not in get(api, C)
    decide(api, C, by_hand(), FIRST_BY_HAND)
    record = get(api, C)
    [invoice] = record["invoices"]
    assert (record["status"], invoice["number"]) == ("failed", "91234569")
    entry = api.ask("GET", "/invoices?include=record").json["invoices"][2]
    assert (entry["status"], entry["invoices"]) == ("failed", record["invoices"])
    assert api.ask("POST", "/invoices", {"key": C}).status == 422


def test_an_invoice_by_hand_is_compared_with_the_others(api: Api) -> None:
    decide(api, C, by_hand(RESULT["number"]), FIRST_BY_HAND)
    assert get(api, C)["invoices"][0]["duplicate_of"] == A
    assert keys(api, "status=duplicate") == [C]


def test_a_conflict_needs_a_review_until_somebody_decides(api: Api) -> None:
    decide(api, A, CONFIRMED)
    decide(api, A, NO_INVOICE)
    assert keys(api, "status=needs_review") == [A, B]
    record = get(api, A)
    assert record["review"]["conflicts"] == 1
    assert len(record["invoices"][0]["review"]["conflict"]) == 2


def test_a_new_content_has_its_own_record_and_counts_the_former_decision(api: Api) -> None:
    decide(api, A, corrected(number="91234567"))
    api.store.objects[A] = b"another"
    assert api.ask("GET", "/invoices/a").status == 202
    api.ocr.answers = [OTHER]
    api.ask("POST", "/invoices", {"key": A})
    record = get(api, A)
    assert record["invoices"][0]["number"] == "91234562"
    assert record["review"] == {"entries": 1, "conflicts": 0, "outdated": 1}


def test_the_record_of_an_input_that_is_gone_is_as_it_was_written(api: Api) -> None:
    decide(api, A, corrected(number="91234567"))
    before = stored(api, A)
    del api.store.objects[A]
    assert get(api, A)["record"] == before


def test_a_record_of_schema_1_is_corrected(api: Api) -> None:
    record = stored(api, B)
    [invoice] = record["invoices"]
    former = {name: invoice[name] for name in invoice if name not in {"findings", "duplicate_of"}}
    record |= {"schema": "quota-invoice-record/1", "invoices": [{**former, "issues": ["number"]}]}
    record["ocr"]["rescue"] = record["ocr"].pop("fallback")
    del record["rules"]
    decide(api, B, corrected(number="91234567"))
    assert get(api, B)["invoices"][0]["number"] == "91234567"
    validate("Page", api.ask("GET", "/invoices?include=record").json)
    assert keys(api, "status=needs_review") == []


def test_confidence_of_the_settings_holds_for_corrected_records(api: Api) -> None:
    decide(api, A, replace(CONFIRMED, accepted=("x",)))
    api.settings = api.settings._replace(confidence_below=1.0)
    assert get(api, A)["invoices"][0]["needs_review"] is False


def test_an_entry_in_the_archive_is_said_and_not_passed_over(api: Api) -> None:
    decide(api, A, corrected(number="91234567"))
    read = api.store.read

    def archived(bucket: str, key: str) -> Any:
        if key.startswith("reviews/"):
            raise ObjectUnavailable("Object.Archived", f"get {key}: 403 InvalidObjectState")
        return read(bucket, key)

    api.store.read = archived
    reply = api.ask("GET", "/invoices/a")
    assert reply.error == (422, "Record.Unavailable")
    assert "无需重新识别" in reply.json["hint"]["zh"]
    get(api, B)
    first, second, *_ = api.ask("GET", "/invoices?include=record").json["invoices"]
    assert (first["key"], first["invoices"]) == (A, None)
    assert second["invoices"]
    assert A not in keys(api, "status=needs_review")
    assert A in keys(api, "status=recognized")


def test_other_objects_below_reviews_change_nothing(api: Api) -> None:
    before = get(api, A)
    api.store.records["reviews/a/20261126T120000.000000Z-00000000.json"] = {"verdict": "x"}
    api.store.records["reviews/a/notes.json"] = {}
    assert get(api, A) == before


def test_a_duplicate_by_decision_names_the_other_input(api: Api) -> None:
    decide(api, D, Decision(Verdict.DUPLICATE, duplicate_of=A))
    assert get(api, D)["invoices"][0]["duplicate_of"] == A
    assert keys(api, "status=duplicate") == [D]
