"""The selection: filters, search, figures, order, neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from accounting.review.queue.filters import Filters
from accounting.review.queue.index import ReviewIndex
from accounting.review.queue.rows import Neighbours, Position, Total
from quota_invoice.reviews.entry import FIRST_BY_HAND, Verdict
from tests.functional.accounting.queue.conftest import HOUR, settle
from tests.support.fakes import RESULT
from tests.support.ledger.record_store import HOSTILE, RecordStore, invoice
from tests.support.review.decisions import decide

Index = Callable[[], ReviewIndex]
ALL = Filters()
BEIJING = {"code": "111001909110", "location": "北京市"}
WEEK = 7 * 24 * 3600


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReviewIndex]:
    """Invoices of two months and two regions: each state once; tests only read them."""
    store = RecordStore()
    clear = dict.fromkeys(RESULT["confidence"], 1.0)
    store.add("2026/11/clear.jpg", invoice(number="10000001", confidence=clear), second=1)
    store.add("2026/11/same.jpg", invoice(number="10000001", confidence=clear), second=2)
    store.add("2026/11/short.jpg", invoice(number="2000", confidence=clear), second=3)
    corrected = store.add("2026/12/a.jpg", invoice(number="3000", **BEIJING), second=2 * WEEK)
    decide(store.bucket, corrected, Verdict.CORRECTED, {"number": "30000003"})
    confirmed = store.add("2026/12/b.jpg", invoice(number="4000", **BEIJING), second=2 * WEEK)
    decide(store.bucket, confirmed, Verdict.CONFIRMED, accepted=("malformed_number",))
    excluded = store.add("2026/12/receipt.jpg", invoice(amount=""), second=2 * WEEK)
    decide(store.bucket, excluded, Verdict.NOT_AN_INVOICE)
    argued = store.add("2026/11/argued.jpg", invoice(number="5000"), second=4)
    decide(store.bucket, argued, Verdict.CONFIRMED, by="王芳")
    decide(store.bucket, argued, Verdict.NOT_AN_INVOICE, by="李雷", sees=lambda _: False)
    store.add_failure("2026/11/broken.jpg")
    by_hand = store.add_failure("2026/11/typed.jpg")
    fields = {name: RESULT[name] for name in ("code", "location", "amount")}
    decide(store.bucket, by_hand, Verdict.CORRECTED, {**fields, "number": "60000006"})
    found = ReviewIndex(store.bucket, tmp_path_factory.mktemp("review"), HOUR)
    settle(found)
    yield found
    found.close()


def names(found: ReviewIndex, filters: Filters = ALL) -> list[str]:
    return [row.key.rpartition("/")[2] for row in found.page(filters).rows]


def test_conflicts_and_failures_come_first_and_decided_ones_last(filled: ReviewIndex) -> None:
    open_ones = ["argued.jpg", "broken.jpg", "short.jpg", "same.jpg", "clear.jpg"]
    decided = ["typed.jpg", "a.jpg", "b.jpg", "receipt.jpg"]
    assert names(filled)[:5] == open_ones
    assert sorted(names(filled)[5:]) == sorted(decided)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("doubtful", ["argued.jpg", "short.jpg", "same.jpg"]),
        ("conflict", ["argued.jpg"]),
        ("duplicate", ["same.jpg"]),
        ("failed", ["broken.jpg"]),
        ("corrected", ["typed.jpg", "a.jpg"]),
        ("confirmed", ["b.jpg"]),
        ("excluded", ["receipt.jpg"]),
        ("by_hand", ["typed.jpg"]),
    ],
)
def test_a_state_selects_its_rows_and_counts_them(
    filled: ReviewIndex, state: str, expected: list[str]
) -> None:
    assert sorted(names(filled, Filters(state))) == sorted(expected)
    assert filled.selection(ALL).states[state] == len(expected)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(month="2026-12"), ["a.jpg", "b.jpg", "receipt.jpg"]),
        (Filters(region="北京市"), ["a.jpg", "b.jpg"]),
        (Filters(prefix="2026/12/b"), ["b.jpg"]),
        (Filters(prefix="incoming/2026/12/b"), ["b.jpg"]),
        (Filters(search="0000003"), ["a.jpg"]),
        (Filters(search="1001909110"), ["a.jpg", "b.jpg"]),
        (Filters(search="%"), []),
        (Filters(state="corrected", month="2026-12", search="3"), ["a.jpg"]),
    ],
)
def test_filters_select_together(
    filled: ReviewIndex, filters: Filters, expected: list[str]
) -> None:
    assert sorted(names(filled, filters)) == sorted(expected)


def test_a_duplicate_and_what_is_no_invoice_count_no_amount(filled: ReviewIndex) -> None:
    found = filled.selection(ALL)
    assert found.total == Total("", 9, 6, Decimal("300.00"))
    assert found.months == (
        Total("2026-11", 6, 4, Decimal("200.00")),
        Total("2026-12", 3, 2, Decimal("100.00")),
    )
    of_month = filled.selection(Filters(month="2026-12"))
    assert (of_month.total.rows, of_month.months) == (3, found.months)


def test_a_selection_without_rows_has_a_total_of_nothing(filled: ReviewIndex) -> None:
    assert filled.selection(Filters(search="77777777")).total == Total("", 0, 0, Decimal(0))


def test_a_failure_and_a_conflict_tell_what_to_do(filled: ReviewIndex) -> None:
    [failure] = filled.page(Filters("failed")).rows
    assert (failure.place, failure.message, failure.hint_en) == (
        0,
        "文件是空的。",
        "Upload it again.",
    )
    [conflict] = filled.page(Filters("conflict")).rows
    assert conflict.reasons[0].code == "review_conflict"
    assert "两个人" in conflict.findings["review_conflict"].zh


def test_a_decision_on_another_content_is_told_and_does_not_count(
    store: RecordStore, index: Index
) -> None:
    key = store.add("a.jpg", invoice(number="1"))
    decide(store.bucket, key, Verdict.CONFIRMED, etag="former")
    [row] = index().rows_of(key)
    assert (row.outdated_reviews, row.verdict, row.is_decided) == (1, "", False)


def test_pages_show_each_row_once_in_order(store: RecordStore, index: Index) -> None:
    for number in range(23):
        fields = {} if number % 3 else {"number": f"{number}"}
        store.add(f"{number:02}.jpg", invoice(**{"number": f"{number:08}", **fields}))
    found = index()
    whole = [(row.key, row.place) for row in found.page(ALL, size=100).rows]
    after, seen = None, []
    while True:
        page = found.page(ALL, after, size=5)
        seen += [(row.key, row.place) for row in page.rows]
        after = page.after
        if after is None:
            break
    assert seen == whole
    assert len(set(seen)) == 23


@pytest.mark.parametrize("after", ["", "x", "W10", "bnVsbA", "%00", "é", "W3RydWVd"])
def test_a_made_up_place_shows_the_first_page(filled: ReviewIndex, after: str) -> None:
    assert filled.page(ALL, after) == filled.page(ALL)


def test_neighbours_follow_the_order_and_a_decided_row_leads_to_an_open_one(
    filled: ReviewIndex,
) -> None:
    order = [Position(row.key, row.place) for row in filled.page(ALL).rows]
    assert filled.neighbours(ALL, *order[0]) == Neighbours(None, order[1])
    assert filled.neighbours(ALL, *order[2]) == Neighbours(order[1], order[3])
    last = order[-1]
    assert filled.neighbours(ALL, *last) == Neighbours(order[-2], order[0])
    assert filled.neighbours(Filters("corrected"), *order[-1]).next is None
    assert filled.neighbours(ALL, "incoming/unknown.jpg", 1) == Neighbours(None, order[0])


def test_a_file_without_invoices_has_neighbours_also_while_one_is_entered(
    store: RecordStore, index: Index
) -> None:
    store.add_failure("a.jpg")
    store.add("b.jpg", invoice(), second=9)
    found = index()
    failed, other = Position("incoming/a.jpg", 0), Position("incoming/b.jpg", 1)
    assert {(row.key, row.place) for row in found.page(ALL).rows} == {failed, other}
    at_failure = found.neighbours(ALL, *failed)
    assert {at_failure.previous, at_failure.next} - {None} == {other}
    for place in (1, FIRST_BY_HAND):
        assert found.neighbours(ALL, failed.key, place) == at_failure


def test_hostile_texts_are_found_as_they_are(store: RecordStore, index: Index) -> None:
    for place, text in enumerate(HOSTILE):
        store.add(f"{place}.jpg", invoice(code=text, number=text, location=text, amount=text))
    found = index()
    assert len(found.page(ALL).rows) == len(HOSTILE)
    assert len(found.page(Filters(search="</B>")).rows) == 1
    key = "incoming/0.jpg"
    decide(
        store.bucket,
        key,
        Verdict.CORRECTED,
        {"number": HOSTILE[4], "code": "'; DROP TABLE queue; --"},
    )
    found.update(key)
    assert found.rows_of(key)[0].code == "'; DROP TABLE queue; --"


def test_a_doubt_of_the_code_counts_once_although_the_place_follows_from_it(
    store: RecordStore, index: Index
) -> None:
    clear = dict.fromkeys(RESULT["confidence"], 1.0)
    doubts: dict[str, tuple[str, ...]] = {
        "code": ("code",),
        "both": ("code", "location"),
        "two": ("code", "number"),
    }
    for second, (name, fields) in enumerate(doubts.items()):
        confidence = clear | dict.fromkeys(fields, 0.6)
        number = f"1000{second}000"
        store.add(f"2026/11/{name}.jpg", invoice(number=number, confidence=confidence), second=9)
    risks = {row.key: row.score for row in index().page(ALL).rows}
    assert risks["incoming/2026/11/code.jpg"] == risks["incoming/2026/11/both.jpg"]
    assert risks["incoming/2026/11/both.jpg"] < risks["incoming/2026/11/two.jpg"]
