"""Lists with the invoices of their records, by the truth about duplicates at this moment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from quota_invoice.api import list_invoices
from quota_invoice.api.openapi.describe import describe
from quota_invoice.errors import OutOfTime
from quota_invoice.obs.objects import Entry
from tests.support.fakes import RESULT
from tests.unit.handler.api.test_api import REFUSAL, Api

A, B, C, D, E = (f"incoming/{name}" for name in "abcde")
OTHER = {**RESULT, "number": "91234562"}
DOUBTFUL = {**OTHER, "number": "91234563", "location": "北京市"}


@pytest.fixture
def api() -> Api:
    """An API over two files of one invoice, a doubtful one, a refused and a pending one."""
    made = Api(RESULT, RESULT, DOUBTFUL, REFUSAL, objects=dict.fromkeys((A, B, C, D, E), b"x"))
    made.store.times = {key: second for second, key in enumerate(made.store.objects)}
    for key in (A, B, C, D):
        made.ask("POST", "/invoices", {"key": key})
    made.store.times |= dict.fromkeys(made.store.records, 30)  # later than the inputs
    return made


def page(api: Api, parameters: str) -> list[dict[str, Any]]:
    reply = api.ask("GET", f"/invoices?{parameters}")
    assert reply.status == 200, reply.text
    schema = {"$ref": "#/components/schemas/Page", **describe("")}
    Draft202012Validator(schema).validate(reply.json)
    entries: list[dict[str, Any]] = reply.json["invoices"]
    return entries


def keys(api: Api, parameters: str) -> list[str]:
    return [entry["key"] for entry in page(api, parameters)]


@pytest.mark.parametrize("is_sure", [True, False], ids=["by the listing", "by the records"])
def test_each_entry_has_the_invoices_of_its_record_if_asked_for(api: Api, is_sure: bool) -> None:
    if not is_sure:
        api.store.times = {}
    entries = page(api, "include=record")
    numbers = [
        [invoice["number"] for invoice in entry["invoices"] or ()] if entry["invoices"] else None
        for entry in entries
    ]
    assert numbers == [["91234561"], ["91234561"], ["91234563"], None, None]
    assert [entry["status"] for entry in entries][2:] == ["recognized", "failed", "pending"]
    assert all("invoices" not in entry for entry in page(api, ""))


def test_only_inputs_with_an_invoice_to_review_are_listed(api: Api) -> None:
    assert keys(api, "status=needs_review") == [B, C]
    assert keys(api, "status=needs_review&include=record&limit=1") == [B]


def test_only_duplicates_are_listed_and_name_the_first_upload(api: Api) -> None:
    [entry] = page(api, "status=duplicate&include=record")
    assert (entry["key"], entry["status"]) == (B, "recognized")
    assert entry["invoices"][0]["duplicate_of"] == A


def test_a_duplicate_whose_first_upload_is_deleted_is_none_any_more(api: Api) -> None:
    assert api.ask("GET", f"/invoices/{B}").json["invoices"][0]["duplicate_of"] == A
    del api.store.objects[A]
    assert keys(api, "status=duplicate") == []
    assert keys(api, "status=needs_review") == [C]
    record = api.ask("GET", f"/invoices/{B}").json
    assert record["invoices"][0]["duplicate_of"] is None
    assert record["invoices"][0]["needs_review"] is False


def test_a_record_that_was_written_before_its_first_upload_names_it(api: Api) -> None:
    late = "incoming/late"
    api.store.objects[late], api.store.times[late] = b"x", 0  # the hash decides in one second
    api.store.times[A] = 1
    api.ocr.answers = [RESULT]
    api.ask("POST", "/invoices", {"key": late})
    assert api.ask("GET", f"/invoices/{B}").json["invoices"][0]["duplicate_of"] in {A, late}
    assert len(keys(api, "status=duplicate")) == 2


def test_a_record_of_schema_1_is_included_as_it_is(api: Api) -> None:
    record = api.store.records["results/a.json"]
    [invoice] = record["invoices"]
    former = {name: invoice[name] for name in invoice if name not in {"findings", "duplicate_of"}}
    record |= {"schema": "quota-invoice-record/1", "invoices": [{**former, "issues": []}]}
    del record["rules"]
    assert page(api, "include=record")[0]["invoices"] == record["invoices"]
    assert keys(api, "status=duplicate") == [B]


def test_an_input_that_is_gone_is_listed_with_its_invoices(api: Api) -> None:
    del api.store.objects[A]
    [entry] = page(api, "status=gone&include=record")
    assert entry["invoices"][0]["number"] == "91234561"


def test_a_page_of_too_many_bytes_ends_before_its_limit_and_goes_on(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = page(api, "include=record")
    longest = max(len(json.dumps(entry, ensure_ascii=False).encode()) for entry in whole)
    for limit, most in ((longest + 8194, 2), (longest + 8700, 3)):
        monkeypatch.setattr(list_invoices, "_LARGEST_PAGE", limit)
        after, found, pages = "", [], 0
        while after is not None:
            reply = api.ask("GET", f"/invoices?include=record&after={after}").json
            assert len(reply["invoices"]) <= most
            found += reply["invoices"]
            after, pages = reply["next"], pages + 1
        assert found == whole
        assert pages > 1


def test_a_page_may_have_exactly_as_many_bytes_as_its_limit(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = page(api, "include=record")
    texts = [json.dumps(entry, ensure_ascii=False) + ", " for entry in whole]
    size = (8 << 10) + sum(len(text.encode()) for text in texts)
    for limit, following in ((size, None), (size - 1, D)):
        monkeypatch.setattr(list_invoices, "_LARGEST_PAGE", limit)
        assert api.ask("GET", "/invoices?include=record").json["next"] == following


def with_invoices(api: Api, number: int) -> None:
    """Let the record of the first file have so many invoices."""
    record = api.store.records["results/a.json"]
    [invoice] = record["invoices"]
    record["invoices"] = [{**invoice, "number": f"{each:08}"} for each in range(number)]
    api.store.requests.clear()


def test_a_record_of_thousands_of_invoices_costs_a_bounded_number_of_requests(api: Api) -> None:
    with_invoices(api, 3000)
    entry = page(api, "include=record&limit=1")[0]
    assert len(entry["invoices"]) == 3000
    assert len(api.store.requests) < 110
    assert api.ask("GET", f"/invoices/{A}").status == 200


def test_a_record_that_takes_more_time_than_there_is_does_not_stop_the_list(api: Api) -> None:
    with_invoices(api, 90)
    listing = api.store.listing

    def slow(bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        api.seconds -= 0.1
        if api.seconds < 0.5:  # as the client of the bucket does
            raise OutOfTime(api.seconds)
        yield from listing(bucket, prefix, after)

    api.store.listing = slow
    reply = api.ask("GET", "/invoices?include=record&limit=10")
    assert reply.status == 200
    assert len(reply.json["invoices"][0]["invoices"]) == 90


@pytest.mark.parametrize(("megabytes", "has_room"), [(3.9, True), (4.1, False)])
def test_an_entry_that_alone_has_too_many_bytes_has_no_invoices(
    api: Api, megabytes: float, has_room: bool
) -> None:
    [invoice] = page(api, "include=record&limit=1")[0]["invoices"]
    size = len(json.dumps(invoice, ensure_ascii=False).encode()) + 2
    with_invoices(api, int(megabytes * (1 << 20) / size))
    reply = api.ask("GET", "/invoices?include=record")
    assert reply.status == 200
    assert len(reply.text.encode()) < 4 << 20
    entries = reply.json["invoices"]
    assert (entries[0]["key"], entries[0]["invoices"] is not None) == (A, has_room)
    assert len(entries) == 5


@pytest.mark.parametrize("parameters", ["include=all", "include=", "status=doubtful"])
def test_other_words_are_refused(api: Api, parameters: str) -> None:
    assert api.ask("GET", f"/invoices?{parameters}").error[0] == 400
