"""The soak's judgement of writes: which ones are worse, which were late, and when it was mended."""

from __future__ import annotations

import pytest

from bench.soak.overwriting import Overwriting, overwritings
from local.faults import LATE, Exchange
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from tests.unit.bench.soak.exchanges import FORMER, KEY, RESULT, exchange, log_of, put, remove

OTHER = {**RESULT, "code": "another"}


def found(*exchanges: Exchange) -> list[Overwriting]:
    return list(overwritings(log_of(*exchanges), KEY))


@pytest.mark.parametrize(
    ("writes", "count"),
    [
        ([put(1), put(2)], 0),
        ([put(1, FORMER), put(2)], 0),
        ([put(1, status="failed"), put(2)], 0),
        ([put(1, status="failed"), put(2, FORMER)], 0),
        ([put(1), put(2, status="failed")], 1),
        ([put(1), put(2, result=OTHER)], 1),
        ([put(1), put(2, FORMER)], 1),
        ([put(1), put(2, FORMER, "failed")], 1),
        ([put(1, status="failed"), put(2, FORMER, "failed")], 1),
        ([put(1, status="failed"), remove(2, fault=LATE)], 1),
        ([put(1, FORMER, "failed"), remove(2, fault=LATE)], 0),
        ([put(1, FORMER, "failed"), remove(2), put(3)], 0),
    ],
    ids=[
        *("same", "later", "after-failure", "former-record-beside-failure"),
        *("failure", "other-fields", "earlier-content", "earlier-failure-beside-record"),
        *("earlier-failure", "late-removal", "late-removal-of-a-former", "removal-before-record"),
    ],
)
def test_writes_that_count_as_worse(writes: list[Exchange], count: int) -> None:
    assert len(found(*writes)) == count


def test_a_write_that_the_bucket_refused_overwrites_nothing() -> None:
    assert found(put(1), put(2, status="failed", served=2.1)) != []
    refused = put(2, status="failed")
    refused.status = 503
    assert found(put(1), refused) == []


def test_a_write_counts_at_the_time_of_the_response_of_the_bucket() -> None:
    late = put(1, FORMER, fault=LATE, served=9.0)
    (one,) = found(late, put(2))
    assert (one.is_late, one.landed_at, one.mended_at) == (True, 9.0, None)
    assert found(put(1, FORMER, served=1.5), put(2, served=3)) == []


def test_a_late_write_must_be_mended_by_the_first_sweep_after_it() -> None:
    late = put(1, FORMER, fault=LATE, served=9.0)
    (one,) = found(late, put(2), put(21))
    assert one.mended_at == pytest.approx(21.1)
    assert one.is_mended_within_one([(8.0, 12.0), (20.0, 25.0)])
    assert not one.is_mended_within_one([(10.0, 12.0), (20.0, 25.0)])
    assert not one.is_mended_within_one([(8.0, 30.0)])


def test_a_late_failure_beside_a_record_is_mended_by_its_removal() -> None:
    late = put(1, FORMER, "failed", fault=LATE, served=9.0)
    (one,) = found(late, put(2), remove(21))
    assert one.mended_at == pytest.approx(21.1)


def test_an_overwriting_by_another_write_is_not_late() -> None:
    assert [one.is_late for one in found(put(1), put(2, FORMER, fault="drip"))] == [False]


def test_a_retry_is_logged_with_its_input_but_is_no_record() -> None:
    retry = exchange("put", 2, DEFAULT_LAYOUT.retry_key(KEY, 2))
    former = exchange("put", 3, DEFAULT_LAYOUT.history_key(KEY, FORMER))
    log = log_of(put(1), retry, former)
    assert (len(log.exchanges[KEY]), len(log.changes[KEY])) == (3, 1)
    assert log.unattributed == []


def test_the_key_of_another_object_belongs_to_no_input() -> None:
    log = log_of(exchange("put", 1, "failures/another.jpg.json"))
    assert (len(log.unattributed), dict(log.exchanges)) == (1, {})


def test_a_sweep_that_writes_only_its_state_changes_nothing() -> None:
    log = log_of(put(1), exchange("put", 3, f"{DEFAULT_LAYOUT.failures_prefix}.sweep"))
    assert (log.changed_inputs(2, 9), log.changed_inputs(0, 9)) == ([], [KEY])


def test_a_late_request_is_open_until_the_bucket_has_it() -> None:
    late = put(1, FORMER, fault=LATE)
    late.served = late.ended = 0.0
    log = log_of(late)
    assert log.has_open_requests()
    late.served = late.ended = 9.0
    assert not log.has_open_requests()
    assert [key for key, _ in log.late_writes(since=8)] == [KEY]
    assert log.late_writes(since=10) == []


def test_a_late_request_that_changes_nothing_in_the_bucket_is_no_late_write() -> None:
    late = [exchange(operation, 1, fault=LATE) for operation in ("get", "head", "recognize")]
    assert log_of(*late).late_writes(since=0) == []
