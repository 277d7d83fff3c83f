"""Records and failure records, as they lie in the bucket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from quota_invoice.api.openapi.describe import describe
from quota_invoice.errors import ImageRefused, NotRecognized, StoreError
from quota_invoice.obs.objects import Source
from quota_invoice.recognition.reading import Api, Fallback, Reading, Recognition
from quota_invoice.records.record import etag_of, failed, gone, pending, recognized, retry_record
from tests.support.fakes import RESULT, problems, ticket

GOLDEN = Path(__file__).with_name("golden")
SOURCE = Source("invoices", "incoming/2026/a.jpg", "e1", 81920, "v1", "2026-09-30T03:24:42Z")
REFUSAL = ImageRefused("AIS.0104", "The image is not supported.", "r-1")
ONE = Reading(Api.QUOTA_INVOICE, {1: Recognition(RESULT, "r-1", 812)}, 1, Fallback("AIS.0103", 0.5))


def golden(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((GOLDEN / name).read_text(encoding="utf-8"))
    return value


def pdf(pages: tuple[int, ...], **more: Any) -> dict[str, Any]:
    results = {
        page: Recognition([ticket(number=f"9123456{page}")], f"r-{page}", 100) for page in pages
    }
    reading = Reading(Api.AUTO_CLASSIFICATION, results, len(results), **more)
    return recognized(SOURCE, reading, region="cn-north-4")


FAILED = ticket("AIS.0105", "Recognition failed.")


def fixed(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record at the time of the golden ones, in the order of its members."""
    assert record["processed_at"].endswith("Z")
    return {**record, "processed_at": "2026-09-30T03:24:44.012Z"}


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("image.json", recognized(SOURCE, ONE, region="cn-north-4")),
        ("pdf.json", pdf((1, 3), pages_asked=3, pages_total=4, pages_refused=(2,))),
        ("failure.json", failed(SOURCE, REFUSAL)),
        ("retry.json", retry_record(SOURCE, NotRecognized("AIS.0105", "Failed.", "r-1"), 3)),
    ],
)
def test_a_record_is_the_golden_one(name: str, record: dict[str, Any]) -> None:
    written = json.dumps(fixed(record), ensure_ascii=False, indent=2, allow_nan=False)
    assert written + "\n" == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("image.json", "AnyRecord"),
        ("pdf.json", "AnyRecord"),
        ("failure.json", "RecordOrFailure"),
        ("retry.json", "Pending"),
        ("image-schema-1.json", "AnyRecord"),
        ("failure-schema-1.json", "RecordOrFailure"),
    ],
)
def test_the_api_describes_each_record(name: str, schema: str) -> None:
    description = describe("")
    validator = Draft202012Validator({"$ref": f"#/components/schemas/{schema}", **description})
    validator.validate(golden(name))
    assert not validator.is_valid({**golden(name), "schema": "quota-invoice-record/3"})


@pytest.mark.parametrize("name", ["image.json", "failure.json", "image-schema-1.json"])
def test_the_api_describes_the_record_of_an_input_that_is_gone(name: str) -> None:
    description = describe("")
    reference = {"$ref": "#/components/schemas/AnyStatus"}
    validator = Draft202012Validator({**reference, **description})
    validator.validate(gone(golden(name)))
    validator.validate(golden(name))
    assert not validator.is_valid({**gone(golden(name)), "record": {}})


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.name)
def test_the_etag_of_a_record_of_any_schema_is_read(path: Path) -> None:
    assert etag_of(golden(path.name)) == "e1"


def test_an_image_has_no_pages() -> None:
    reading = Reading(Api.AUTO_CLASSIFICATION, {1: Recognition([ticket()], "r-1", 1)}, 1)
    record = recognized(None, reading, region="cn-north-4")
    assert record["pages"] is None
    assert "unread_pages" not in record["rules"]["run"]
    assert problems(record["invoices"][0]) == []


def test_each_invoice_of_a_pdf_says_which_pages_were_not_read() -> None:
    record = pdf((1, 3), pages_asked=3, pages_total=5, pages_refused=(2,))
    assert record["pages"] == {"read": [1, 3], "asked": 3, "total": 5}
    for invoice in record["invoices"]:
        [finding] = problems(invoice)
        assert finding["code"] == "unread_pages"
        assert "2, 4-5" in finding["message"]["en"]
        assert invoice["needs_review"] is True
    assert len(record["invoices"]) == 2


def test_a_paper_that_could_not_be_read_beside_an_invoice_is_said() -> None:
    for api_pages in ({1: [ticket(), FAILED]}, {1: [ticket()], 2: [FAILED]}):
        pages = {number: Recognition(result, "r-1", 1) for number, result in api_pages.items()}
        asked = len(pages) if len(pages) > 1 else None
        reading = Reading(Api.AUTO_CLASSIFICATION, pages, 2, pages_asked=asked, pages_total=asked)
        record = recognized(SOURCE, reading, region="cn-north-4")
        assert "unread_tickets" in record["rules"]["run"]
        [invoice] = record["invoices"]
        assert [finding["code"] for finding in problems(invoice)] == ["unread_tickets"]
        assert invoice["needs_review"] is True


def test_pages_that_were_read_and_hold_no_invoice_need_no_review() -> None:
    blank = (2, 4, 5)
    record = pdf((1, 3), pages_asked=5, pages_total=5, pages_without_invoice=blank)
    for invoice in record["invoices"]:
        *_, finding = invoice["findings"]
        assert (finding["code"], finding["severity"]) == ("pages_without_invoice", "info")
        assert "2, 4-5" in finding["message"]["en"]
        assert "第 2、4-5 页" in finding["message"]["zh"]
        assert invoice["needs_review"] is False


def test_pages_beyond_the_last_one_that_was_requested_are_named_apart_from_blank_ones() -> None:
    blank = tuple(range(2, 301))
    record = pdf((1,), pages_asked=300, pages_total=302, pages_without_invoice=blank)
    *_, unread, empty = record["invoices"][0]["findings"]
    assert (unread["code"], empty["code"]) == ("unread_pages", "pages_without_invoice")
    assert ": 301-302." in unread["message"]["en"]
    assert ": 2-300." in empty["message"]["en"]


@pytest.mark.timeout(10)
def test_a_pdf_that_claims_a_billion_pages_has_a_short_finding() -> None:
    record = pdf((1,), pages_asked=1, pages_total=10**12)
    [finding] = problems(record["invoices"][0])
    assert "2-1000000000000" in finding["message"]["en"]


def test_a_pdf_that_was_read_to_its_end_has_no_finding() -> None:
    record = pdf((1, 2), pages_asked=2, pages_total=2)
    assert [problems(invoice) for invoice in record["invoices"]] == [[], []]
    assert record["rules"]["run"][-1] == "unread_pages"


def test_a_pdf_with_an_unknown_number_of_pages_says_that_the_rule_was_not_run() -> None:
    record = pdf((1,), pages_asked=4)
    assert "unread_pages" in [skipped["rule"] for skipped in record["rules"]["not_run"]]
    assert "unread_pages" not in record["rules"]["run"]


def test_the_rules_that_were_run_are_named() -> None:
    rules = recognized(SOURCE, ONE, region="cn-north-4")["rules"]
    assert rules["run"][0] == "missing_field"
    assert [skipped["rule"] for skipped in rules["not_run"]] == [
        "old_state_bureau",
        "amount_in_words",
        "invoice_seal",
        "past_last_day",
        "duplicate",
    ]
    assert not {skipped["rule"] for skipped in rules["not_run"]} & set(rules["run"])


def test_the_message_of_an_internal_error_is_in_no_record() -> None:
    record = failed(SOURCE, StoreError("Store.AccessDenied", "the bucket's policy"), attempts=6)
    assert record["error"]["service_message"] is None
    assert record["attempts"] == 6
    assert "policy" not in json.dumps(record)


def test_a_pending_input_names_its_source() -> None:
    assert etag_of(pending(SOURCE)) == "e1"


@pytest.mark.parametrize("record", [None, {}, {"source": None}, {"source": {"etag": 1}}])
def test_an_object_that_is_no_record_has_no_etag(record: dict[str, Any] | None) -> None:
    assert etag_of(record) is None
