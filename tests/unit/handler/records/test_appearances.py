"""The same invoice in several files: the first one is the invoice, all others name it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from quota_invoice.errors import ImageRefused, ObjectUnavailable
from quota_invoice.invoice.duplicates import Appearance, is_counted, name_duplicates
from quota_invoice.invoice.interpret import interpret
from quota_invoice.obs.objects import Entry, Source
from quota_invoice.recognition.reading import Api, Reading, Recognition
from quota_invoice.records.appearances import AppearanceIndex
from quota_invoice.records.record import failed, recognized
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.support.announce import etag
from tests.support.fakes import RESULT, FakeStore, problems, ticket, time_of

A, B, C = (f"incoming/{name}.jpg" for name in "abc")
PREFIX = f"index/{RESULT['code']}/{RESULT['number']}/"


class Files:
    """Files in a bucket that show the same invoice, unless they are said to show another one."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.index = AppearanceIndex(self.store, DEFAULT_LAYOUT)

    def upload(self, key: str, second: int, content: bytes = b"image") -> Source:
        self.store.objects[key], self.store.times[key] = content, second
        return Source("invoices", key, etag(content), len(content), None, time_of(second))

    def add(self, source: Source, **fields: Any) -> dict[str, Any]:
        """Note a file's appearances, and return its record, which is not written."""
        return self.index.add(source, read(source, {**RESULT, **fields}))

    def read(self, key: str, second: int, content: bytes = b"image", **fields: Any) -> str | None:
        """Upload and read a file; return the first appearance that its record names."""
        record = self.add(self.upload(key, second, content), **fields)
        self.store.records[DEFAULT_LAYOUT.record_key(key)] = record
        return first(record)

    def now(self, key: str) -> str | None:
        """Return the first appearance as it is known now."""
        return first(self.index.derive(self.store.records[DEFAULT_LAYOUT.record_key(key)]))


def read(source: Source, *results: Any) -> dict[str, Any]:
    api = Api.QUOTA_INVOICE if len(results) == 1 else Api.AUTO_CLASSIFICATION
    pages = {
        number: Recognition(
            result if len(results) == 1 else [{**ticket(), "content": result}], "r-1", 1
        )
        for number, result in enumerate(results, 1)
    }
    return recognized(source, Reading(api, pages, 1), region="cn-north-4")


def first(record: dict[str, Any]) -> str | None:
    [invoice] = record["invoices"]
    found = [each for each in problems(invoice) if each["code"] == "duplicate"]
    assert bool(found) == (invoice["duplicate_of"] is not None) == invoice["needs_review"]
    for each in found:
        assert each["severity"] == "serious"
        assert all(invoice["duplicate_of"] in text for text in each["message"].values())
    key: str | None = invoice["duplicate_of"]
    return key


@pytest.fixture
def files() -> Files:
    return Files()


def test_the_later_upload_names_the_first_one(files: Files) -> None:
    assert [files.read(A, 0), files.read(B, 10), files.read(C, 20)] == [None, A, A]
    assert [files.now(A), files.now(B), files.now(C)] == [None, A, A]


@pytest.mark.parametrize("change", [{"code": "144031909111"}, {"number": "91234562"}])
def test_another_code_or_number_is_another_invoice(files: Files, change: dict[str, Any]) -> None:
    assert [files.read(A, 0), files.read(B, 10, **change)] == [None, None]


@pytest.mark.parametrize(
    "change",
    [{"code": ""}, {"code": "../../results"}, {"number": "9123456"}, {"number": "9/..\u0661567"}],
)
def test_a_text_that_is_no_code_or_number_gets_no_entry(
    files: Files, change: dict[str, Any]
) -> None:
    record = files.add(files.upload(A, 0), **change)
    assert record["invoices"][0]["duplicate_of"] is None
    assert files.store.requests == []


def test_an_invoice_takes_two_requests_and_a_duplicate_three_more(files: Files) -> None:
    files.read(A, 0)
    assert [action for action, _ in files.store.requests] == ["put", "list"]
    files.store.requests.clear()
    files.read(B, 10)
    assert [action for action, _ in files.store.requests] == ["put", "list", "get", "head", "get"]


def test_the_same_file_uploaded_again_is_no_duplicate_of_itself(files: Files) -> None:
    assert [files.read(A, 0), files.read(A, 10), files.read(A, 20, b"other")] == [None] * 3
    assert len(files.store.markers) == 3
    assert files.now(A) is None


def test_of_two_at_the_same_moment_one_sees_the_other(files: Files) -> None:
    sources = files.upload(A, 0), files.upload(B, 0)
    records = [files.add(source) for source in sources]
    assert [first(record) for record in records] == [None, A]
    for source, record in zip(sources, records, strict=True):
        files.store.records[DEFAULT_LAYOUT.record_key(source.key)] = record
    assert {files.now(A), files.now(B)} in ({A, None}, {B, None})


def test_two_entries_before_both_lists_are_seen_by_both(files: Files) -> None:
    listing = files.store.listing
    other = files.upload(B, 10)

    def after_another_entry(bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        files.store.listing = listing  # type: ignore[method-assign]
        assert first(files.add(other)) == A
        return listing(bucket, prefix, after)

    files.store.listing = after_another_entry  # type: ignore[method-assign]
    assert first(files.add(files.upload(A, 0))) == B


@pytest.mark.parametrize("order", [(A, B), (B, A)])
def test_of_two_records_that_name_each_other_the_earlier_one_is_corrected(
    files: Files, order: tuple[str, str]
) -> None:
    sources = {A: files.upload(A, 0), B: files.upload(B, 10)}
    for source in sources.values():
        files.index.note(source, read(source, RESULT))
    records = {key: files.add(source) for key, source in sources.items()}
    assert {key: first(record) for key, record in records.items()} == {A: B, B: A}
    for key in order:
        files.store.records[DEFAULT_LAYOUT.record_key(key)] = records[key]
        files.index.settle(sources[key], records[key])
    stored = {key: files.store.records[DEFAULT_LAYOUT.record_key(key)] for key in order}
    assert {key: first(record) for key, record in stored.items()} == {A: None, B: A}


def test_the_first_of_three_still_tells_of_the_one_that_names_none(files: Files) -> None:
    assert files.read(C, 20) is None  # before the two earlier ones were read
    sources = {A: files.upload(A, 0), B: files.upload(B, 10)}
    for source in sources.values():
        files.index.note(source, read(source, RESULT))
    records = {key: files.add(source) for key, source in sources.items()}
    assert {key: first(record) for key, record in records.items()} == {A: B, B: A}
    for key, source in sources.items():
        files.store.records[DEFAULT_LAYOUT.record_key(key)] = records[key]
        files.index.settle(source, records[key])
    stored = {key: first(files.store.records[DEFAULT_LAYOUT.record_key(key)]) for key in (A, B, C)}
    assert stored == {A: C, B: A, C: None}
    assert {key: files.now(key) for key in stored} == {A: None, B: A, C: A}


def test_an_earlier_file_that_is_read_during_a_correction_is_named(files: Files) -> None:
    sources = {B: files.upload(B, 10), C: files.upload(C, 20)}
    for source in sources.values():
        files.index.note(source, read(source, RESULT))
    records = {key: files.add(source) for key, source in sources.items()}
    assert {key: first(record) for key, record in records.items()} == {B: C, C: B}
    for key, record in records.items():
        files.store.records[DEFAULT_LAYOUT.record_key(key)] = record
    write = files.store.write

    def after_another_reading(bucket: str, key: str, record: Mapping[str, Any]) -> None:
        files.store.write = write  # type: ignore[method-assign]
        assert files.read(A, 0) is None  # both later ones are duplicates, as far as it can see
        write(bucket, key, record)

    files.store.write = after_another_reading  # type: ignore[method-assign]
    files.index.settle(sources[C], records[C])
    stored = {key: first(files.store.records[DEFAULT_LAYOUT.record_key(key)]) for key in (A, B, C)}
    assert stored == {A: None, B: A, C: B}


def test_a_correction_takes_two_writes_at_most_even_if_the_index_changes_at_each(
    files: Files,
) -> None:
    sources = {B: files.upload(B, 10), C: files.upload(C, 20)}
    for source in sources.values():
        files.index.note(source, read(source, RESULT))
    records = {key: files.add(source) for key, source in sources.items()}
    for key, record in records.items():
        files.store.records[DEFAULT_LAYOUT.record_key(key)] = record
    write, written = files.store.write, []

    def changing(bucket: str, key: str, record: Mapping[str, Any]) -> None:
        written.append(key)
        if len(written) % 2:
            files.store.write = write  # type: ignore[method-assign]
            files.read(A, 0)
            files.store.write = changing  # type: ignore[method-assign]
        else:
            del files.store.objects[A]
        write(bucket, key, record)

    files.store.write = changing  # type: ignore[method-assign]
    files.index.settle(sources[C], records[C])
    assert written == [DEFAULT_LAYOUT.record_key(B)] * 2


def test_a_record_is_settled_with_each_file_that_it_names(files: Files) -> None:
    other = {**RESULT, "number": "91234562"}
    files.read(A, 0)  # before the others, and it names none
    shown = {B: [other], C: [RESULT, other]}
    sources = {B: files.upload(B, 10), C: files.upload(C, 20)}
    for key, source in sources.items():
        files.index.note(source, read(source, *shown[key]))
    for key, source in sources.items():
        record = files.index.add(source, read(source, *shown[key]))
        files.store.records[DEFAULT_LAYOUT.record_key(key)] = record
    assert first(files.store.records[DEFAULT_LAYOUT.record_key(B)]) == C
    assert [each["duplicate_of"] for each in record["invoices"]] == [A, B]
    files.index.settle(sources[C], record)
    assert first(files.store.records[DEFAULT_LAYOUT.record_key(B)]) is None


def test_a_file_that_is_read_late_names_the_one_that_names_none(files: Files) -> None:
    assert [files.read(C, 20), files.read(B, 10), files.read(A, 0)] == [None, C, C]
    assert [files.now(A), files.now(B), files.now(C)] == [None, A, A]


def test_a_file_that_is_read_late_becomes_the_first_one(files: Files) -> None:
    assert [files.read(B, 10), files.read(A, 0)] == [None, B]
    assert [files.now(A), files.now(B)] == [None, A]


def test_a_first_file_that_is_read_again_is_no_duplicate_of_the_files_that_name_it(
    files: Files,
) -> None:
    assert [files.read(A, 0), files.read(B, 10), files.read(A, 0)] == [None, A, None]


def test_a_first_file_that_was_deleted_no_longer_counts(files: Files) -> None:
    files.read(A, 0)
    assert files.read(B, 10) == A
    del files.store.objects[A]
    assert files.now(B) is None
    assert [files.read(C, 20), files.now(C)] == [B, B]


def test_a_first_file_that_was_replaced_by_another_invoice_no_longer_counts(files: Files) -> None:
    files.read(A, 0)
    files.upload(A, 5, b"another")
    assert files.read(B, 10) is None  # the new content of the first file is not read yet
    files.read(A, 5, b"another", number="91234562")
    assert [files.now(A), files.now(B), files.read(C, 20)] == [None, None, B]


def test_a_first_file_with_another_reading_no_longer_counts(files: Files) -> None:
    files.read(A, 0)
    files.read(A, 0, number="91234562")
    assert files.read(B, 10) is None


def test_a_file_that_was_replaced_and_came_back_counts_from_then_on(files: Files) -> None:
    files.read(A, 0)
    files.read(B, 10)
    files.read(A, 15, b"another", number="91234562")
    files.read(A, 20)
    assert [files.now(A), files.now(B)] == [B, None]


def test_identical_content_uploaded_again_keeps_its_place(files: Files) -> None:
    files.read(A, 0)
    files.upload(A, 20)  # it has its record, so that it is not read again
    assert files.read(B, 10) == A


def test_an_entry_without_a_record_counts_until_the_truth_is_asked_for(files: Files) -> None:
    files.add(files.upload(A, 0))  # an invocation between its entry and its record, or killed there
    assert files.read(B, 10) == A
    assert files.now(B) is None
    files.read(A, 0)
    assert files.now(B) == A


@pytest.mark.parametrize("marker", [{}, {"key": 1, "etag": None}, {"key": "incoming/gone.jpg"}])
def test_an_entry_that_names_no_file_is_passed_over(files: Files, marker: dict[str, Any]) -> None:
    files.store.markers[f"{PREFIX}20200101T000000Z-{'0' * 32}"] = marker
    assert [files.read(A, 0), files.read(B, 10)] == [None, A]


def test_entries_of_removed_files_cost_a_bounded_number_of_requests(files: Files) -> None:
    for number in range(50):
        marker = {"key": f"incoming/gone{number}.jpg", "etag": "e"}
        files.store.markers[f"{PREFIX}20200101T0000{number:02}Z-{'0' * 32}"] = marker
    assert files.read(A, 0) is None
    assert len(files.store.requests) == 2 + 8 * 2


@pytest.mark.parametrize("second", [0, 20])
def test_a_file_whose_record_is_in_the_archive_still_counts(files: Files, second: int) -> None:
    files.read(A, second)
    archived = DEFAULT_LAYOUT.record_key(A)
    files.store.times[archived] = 30
    read_stored = files.store.read

    def read_unless_archived(bucket: str, key: str) -> dict[str, Any] | None:
        if key == archived:
            raise ObjectUnavailable("Object.Archived", key)
        return read_stored(bucket, key)

    files.store.read = read_unless_archived  # type: ignore[method-assign]
    assert files.read(B, 10) == A
    assert files.now(B) == (A if second < 10 else None)


def test_a_record_is_settled_although_the_one_it_names_is_in_the_archive(files: Files) -> None:
    files.read(A, 0)
    source = files.upload(B, 10)
    record = files.index.add(source, read(source, RESULT))
    assert record["invoices"][0]["duplicate_of"] == A

    def archived(bucket: str, key: str) -> dict[str, Any] | None:  # noqa: ARG001 - the method's
        raise ObjectUnavailable("Object.Archived", key)

    files.store.read = archived  # type: ignore[method-assign]
    files.index.settle(source, record)
    assert files.store.records[DEFAULT_LAYOUT.record_key(A)]["invoices"][0]["duplicate_of"] is None


def test_an_invoice_twice_in_one_file_is_a_duplicate_there(files: Files) -> None:
    source = files.upload(A, 0)
    record = files.index.add(source, read(source, RESULT, RESULT))
    assert [each["duplicate_of"] for each in record["invoices"]] == [None, A]
    assert len(files.store.markers) == 1
    files.store.records[DEFAULT_LAYOUT.record_key(A)] = record
    source = files.upload(B, 10)
    twice = files.index.add(source, read(source, RESULT, RESULT))
    assert [each["duplicate_of"] for each in twice["invoices"]] == [A, A]


def test_a_file_that_is_read_late_names_one_that_shows_the_invoice_twice(files: Files) -> None:
    source = files.upload(B, 10)
    twice = files.index.add(source, read(source, RESULT, RESULT))
    files.store.records[DEFAULT_LAYOUT.record_key(B)] = twice
    assert files.read(A, 0) == B


SOURCE = Source("invoices", A, "e", 1, None, time_of(0))


@pytest.mark.parametrize(
    "record",
    [
        {"source": SOURCE._asdict(), "invoices": [dict(RESULT)]},
        {**read(SOURCE, RESULT), "source": None},
        failed(SOURCE, ImageRefused("AIS.0104", "The image is not supported.")),
    ],
    ids=["of schema 1", "of a file that is not stored", "without invoices"],
)
def test_a_record_that_the_index_does_not_know_is_derived_as_it_is(
    files: Files, record: dict[str, Any]
) -> None:
    assert files.index.derive(record) == record
    assert files.store.requests == []


def test_the_rule_is_named_as_run_only_where_the_index_was_asked(files: Files) -> None:
    source = files.upload(A, 0)
    rules = [read(source, RESULT)["rules"], files.add(source)["rules"]]
    assert ["duplicate" in each["run"] for each in rules] == [False, True]
    assert ["duplicate" in [skipped["rule"] for skipped in each["not_run"]] for each in rules] == [
        True,
        False,
    ]


def test_the_longest_key_and_an_odd_one_have_entries_of_moderate_length() -> None:
    for key in ("incoming/" + "a" * 1015, "incoming/\ud800.jpg"):
        assert len(DEFAULT_LAYOUT.appearance_key("1" * 12, "2" * 8, Appearance(key, None))) < 100


def test_the_first_file_of_a_duplicate_by_decision_is_there_unless_somebody_asks() -> None:
    invoice = {**interpret(RESULT), "review": {"verdict": "duplicate"}, "duplicate_of": A}
    [named] = name_duplicates([invoice], B, {})
    assert named["duplicate_of"] == A
    assert [each["code"] for each in named["findings"]] == ["not_verifiable", "duplicate"]


@pytest.mark.parametrize(
    ("review", "counted"),
    [({}, True), ({"review": {"verdict": "duplicate"}}, False), ({"review": None}, True)],
)
def test_an_invoice_counts_unless_a_person_found_a_duplicate(
    review: dict[str, Any], *, counted: bool
) -> None:
    itself = (RESULT["code"], RESULT["number"])
    assert is_counted([{**RESULT, **review}], itself) is counted
    assert is_counted([{**RESULT, **review}], None) is counted
    assert is_counted(["no entry"], None)


def test_a_first_appearance_that_the_bucket_does_not_hand_out_still_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = Files()
    files.read(A, 0)
    given = files.store.describe

    def describe(bucket: str, key: str) -> Source | None:
        if key == A:
            raise ObjectUnavailable("Object.AccessDenied", "another account's")
        return given(bucket, key)

    monkeypatch.setattr(files.store, "describe", describe)
    assert files.read(B, 10) == A
    assert files.now(B) == A
    entry = {**files.store.records[DEFAULT_LAYOUT.record_key(B)]["invoices"][0]}
    entry |= {"duplicate_of": A, "review": {"verdict": "duplicate"}}
    record = files.store.records[DEFAULT_LAYOUT.record_key(B)]
    assert not files.index.is_first_missing("invoices", B, record, entry)
