"""Log lines name the states that need a person, by the words on which the template sets alarms."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from typing import Any

import pytest

from quota_invoice.errors import (
    AccessRefused,
    ImageRefused,
    InvocationError,
    ObjectUnavailable,
    StoreRefused,
)
from quota_invoice.logs import Alarm, Log
from quota_invoice.sweep.backlog import Backlog
from tests.support.announce import announce
from tests.support.fakes import FIRST_SECOND, time_of
from tests.unit.handler.test_pipeline import Cloud as Uploads
from tests.unit.handler.test_sweep import BUSY, HOUR, MINUTE, STATE, THIS_ROUND, Cloud

UNREADABLE = ImageRefused("AIS.0103", "The image size is not supported.")
REFUSED = AccessRefused("APIG.0301", "Incorrect IAM authentication information.")


def alarms(lines: list[str]) -> set[str]:
    return {word for line in map(json.loads, lines) for word in line.get("alarms", [])}


def metrics(cloud: Cloud) -> dict[str, int]:
    [line] = [line for line in map(json.loads, cloud.lines) if line["step"] == "sweep"]
    found: dict[str, int] = line["metrics"]
    return found


def swept(cloud: Cloud) -> set[str]:
    """Run a sweep, and return the alarms of its lines."""
    cloud.lines.clear()
    with contextlib.suppress(InvocationError):
        cloud.run()
    return alarms(cloud.lines)


def lost(cloud: Cloud, number: int, second: int) -> None:
    """Upload inputs whose events do not come."""
    for index in range(number):
        cloud.put(f"incoming/lost-{second}-{index}.jpg", second=second + index)


def test_an_upload_that_is_recognized_gives_no_alarm() -> None:
    cloud = Uploads()
    cloud.run(announce("incoming/2026/a.jpg", b"image"))
    assert alarms(cloud.lines) == set()
    assert not [line for line in cloud.lines if "failure_records" in line]


def test_a_failure_record_gives_an_alarm() -> None:
    cloud = Uploads(UNREADABLE)
    cloud.run(announce("incoming/2026/a.jpg", b"image"))
    [line] = [line for line in cloud.steps("write") if "alarms" in line]
    assert line["alarms"] == ["alarm_failure_record"]
    assert line["metrics"] == {"failure_records": 1}


@pytest.mark.parametrize("refusal", [REFUSED, StoreRefused("Store.AccessDenied", "403")])
def test_a_refusal_of_the_account_or_the_bucket_gives_an_alarm(refusal: InvocationError) -> None:
    cloud = Uploads(refusal)
    with pytest.raises(InvocationError):
        cloud.run(announce("incoming/2026/a.jpg", b"image"))
    assert alarms(cloud.lines) == {"alarm_breaker_open"}


def test_an_outage_gives_no_alarm_of_a_refusal() -> None:
    cloud = Uploads(BUSY)
    with pytest.raises(InvocationError):
        cloud.run(announce("incoming/2026/a.jpg", b"image"))
    assert alarms(cloud.lines) == set()


def test_an_input_that_waits_for_more_than_an_hour_gives_an_alarm() -> None:
    cloud = Cloud(BUSY, BUSY, BUSY)
    cloud.put("incoming/a.jpg", second=THIS_ROUND - MINUTE)
    assert swept(cloud) == set()
    assert metrics(cloud)["oldest_pending_seconds"] == MINUTE
    cloud.store.second += 15 * MINUTE
    assert swept(cloud) == set()
    # Its next attempt is an hour later: a sweep in between only waits.
    cloud.store.second += 45 * MINUTE
    assert swept(cloud) == {"alarm_backlog_old"}
    assert metrics(cloud)["oldest_pending_seconds"] == HOUR + MINUTE


@pytest.mark.parametrize(
    ("age", "found"), [(-MINUTE, set()), (HOUR, set()), (HOUR + 1, {"alarm_backlog_old"})]
)
def test_the_age_of_an_input_is_its_uploads_and_none_if_the_buckets_clock_is_ahead(
    age: int, found: set[str]
) -> None:
    cloud = Cloud(BUSY)
    cloud.put("incoming/a.jpg", second=THIS_ROUND - age)
    assert swept(cloud) == found
    assert metrics(cloud)["oldest_pending_seconds"] == max(age, 0)


def test_no_input_waits_after_a_complete_sweep() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg")
    assert swept(cloud) == set()
    assert metrics(cloud) == {"oldest_pending_seconds": 0, "without_event": 1}


def test_three_uploads_without_an_event_give_an_alarm() -> None:
    cloud = Cloud()
    cloud.put("incoming/before.jpg", second=1000)
    cloud.put_record("results/before.jpg.json", second=1002)
    lost(cloud, 3, second=2000)
    assert swept(cloud) == {"alarm_trigger_dead"}
    assert metrics(cloud)["without_event"] == 3
    assert swept(cloud) == set()  # nothing was uploaded since


def test_an_input_that_was_tried_before_is_none_without_an_event() -> None:
    cloud = Cloud(BUSY)
    cloud.put("incoming/a.jpg")
    swept(cloud)
    cloud.store.second += HOUR
    assert swept(cloud) == set()
    assert metrics(cloud)["without_event"] == 0
    assert cloud.statuses == {"results/a.jpg.json": "recognized"}


def test_an_input_that_replaced_another_one_is_none_without_an_event() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg", b"newer", second=40)
    cloud.put_record("results/a.jpg.json", b"older")
    assert swept(cloud) == set()
    assert metrics(cloud)["without_event"] == 0
    assert cloud.records["results/a.jpg.json"]["status"] == "recognized"


def test_an_outdated_record_is_no_sign_of_an_event() -> None:
    cloud = Cloud()
    lost(cloud, 3, second=2000)
    cloud.put("incoming/replaced.jpg", b"newer", second=2500)
    cloud.put_record("results/replaced.jpg.json", b"older", second=1000)
    assert swept(cloud) == {"alarm_trigger_dead"}


def test_an_error_on_an_input_that_has_its_record_is_no_backlog() -> None:
    cloud = Cloud()
    cloud.put("incoming/a.jpg")
    cloud.put_record("results/a.jpg.json")
    read = cloud.store.read

    def archived(bucket: str, key: str) -> Any:
        if key.startswith("results/"):
            raise ObjectUnavailable("Object.Archived", f"get {key}: 403")
        return read(bucket, key)

    cloud.store.read = archived  # type: ignore[method-assign]
    with contextlib.suppress(InvocationError):
        cloud.run(rederive=True)
    assert alarms(cloud.lines) == set()
    assert metrics(cloud)["oldest_pending_seconds"] == 0


def test_two_uploads_without_an_event_give_no_alarm() -> None:
    cloud = Cloud()
    lost(cloud, 2, second=2000)
    assert swept(cloud) == set()


@pytest.mark.parametrize(
    ("second", "found"), [(1999, {"alarm_trigger_dead"}), (2000, set()), (2500, set())]
)
def test_only_an_event_after_the_uploads_shows_that_the_trigger_works(
    second: int, found: set[str]
) -> None:
    cloud = Cloud()
    lost(cloud, 3, second=2000)
    cloud.put("incoming/other.jpg", second=second)
    cloud.put_record("results/other.jpg.json", second=2502)
    assert swept(cloud) == found


def test_an_event_that_overtakes_the_sweep_shows_that_the_trigger_works() -> None:
    cloud = Cloud()
    lost(cloud, 3, second=2000)
    cloud.put("incoming/zz.jpg", second=2500)
    list_first = cloud.store.listing

    def listing(bucket: str, prefix: str, after: str = "") -> Any:
        entries = list(list_first(bucket, prefix, after))
        if prefix == "results/":
            cloud.put_record("results/zz.jpg.json", second=THIS_ROUND)
        return iter(entries)

    cloud.store.listing = listing  # type: ignore[method-assign] # the record comes in between
    assert swept(cloud) == set()


@pytest.mark.parametrize(("second", "found"), [(1, set()), (-2, {"alarm_trigger_dead"})])
def test_uploads_of_the_last_five_minutes_may_still_get_their_events(
    second: int, found: set[str]
) -> None:
    cloud = Cloud()
    lost(cloud, 3, second=THIS_ROUND - 5 * MINUTE + second)
    assert swept(cloud) == found


def test_new_uploads_do_not_hide_a_dead_trigger() -> None:
    cloud = Cloud()
    lost(cloud, 3, second=2000)
    lost(cloud, 3, second=THIS_ROUND - MINUTE)
    assert swept(cloud) == {"alarm_trigger_dead"}


def test_uploads_that_an_outage_left_give_no_alarm_of_the_trigger() -> None:
    cloud = Cloud(*[BUSY] * 5, SWEEP_CONCURRENCY="1")
    lost(cloud, 20, second=THIS_ROUND - 30 * MINUTE)
    assert swept(cloud) == set()
    cloud.store.second += 15 * MINUTE
    assert swept(cloud) == set()
    assert metrics(cloud)["without_event"] > 3  # the events of all 20 came


def test_uploads_that_a_refusal_left_give_no_alarm_of_the_trigger() -> None:
    cloud = Cloud(REFUSED)
    lost(cloud, 20, second=THIS_ROUND - 30 * MINUTE)
    assert swept(cloud) == {"alarm_breaker_open"}
    assert swept(cloud) == set()
    assert metrics(cloud)["without_event"] == 20


def test_uploads_from_before_the_first_sweep_give_no_alarm_of_the_trigger() -> None:
    cloud = Cloud()
    del cloud.store.records[STATE]
    lost(cloud, 20, second=2000)
    assert swept(cloud) == set()


def test_the_words_of_alarms_are_words_of_the_log_service() -> None:
    """It splits lines at these characters, and searches for whole words."""
    for alarm in Alarm:
        assert not set(alarm.value) & set(", '\";=()[]{}@&<>/:\\?\n\t\r")


def test_the_backlog_of_any_number_of_inputs_takes_constant_memory() -> None:
    backlog = Backlog(FIRST_SECOND + timedelta(seconds=THIS_ROUND))
    for second in range(1000):
        backlog.find(time_of(second))
    assert backlog.found == 1000
    assert len(backlog._latest) == 3  # noqa: SLF001 - the memory is the point


def test_a_line_has_the_fields_that_its_step_set() -> None:
    lines: list[str] = []
    always = {"request_id", "step", "key", "outcome", "ms"}
    further = {"counts": {"ok": 1}, "metrics": {"pages": 2}, "libraries": {"requests": "2.0"}}
    ids = {"reason": "not new", "gateway_request_id": "gateway-1"}
    log = Log("request-1", lines.append)
    with log.step("event"):
        pass
    with log.step("event") as step:
        vars(step).update(further, **ids)
    plain, full = map(json.loads, lines)
    assert plain.keys() == always
    assert {name: full[name] for name in full.keys() - always} == {**further, **ids}


@pytest.mark.parametrize(
    ("error", "fields"),
    [(ValueError("do-not-tell"), {"reason": "ValueError"}), (UNREADABLE, {"code": "AIS.0103"})],
)
def test_a_step_that_raises_names_its_error(error: Exception, fields: dict[str, str]) -> None:
    lines: list[str] = []
    with contextlib.suppress(type(error)), Log("request-1", lines.append).step("event"):
        raise error
    line = json.loads(lines[0])
    assert line["outcome"] == "error"
    assert {name: line[name] for name in ("reason", "code") if name in line} == fields
    assert "do-not-tell" not in lines[0]


def test_each_step_is_one_line_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with Log("request-1").step("event", "incoming/发票 \ud800.jpg"):
        pass
    line, end = capsys.readouterr().out.split("\n")
    assert end == ""
    fields = json.loads(line)
    assert (fields["key"], fields["outcome"]) == ("incoming/发票 \ud800.jpg", "ok")
    assert 0 <= fields["ms"] < 60_000
    assert "发票" in line
