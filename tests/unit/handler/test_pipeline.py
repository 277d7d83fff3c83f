"""An upload becomes one record, also when events come twice, late or at the same time."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import unquote_plus

import pytest

from quota_invoice.deadline import Deadline
from quota_invoice.errors import (
    AccessRefused,
    DownloadFailed,
    ImageRefused,
    NotRecognized,
    ObjectChanging,
    OutOfTime,
    ServiceRefused,
    ServiceUnavailable,
    StoreError,
    StoreRefused,
    UploadsFailed,
)
from quota_invoice.events.parse import parse
from quota_invoice.invoice.duplicates import Appearance
from quota_invoice.logs import Log
from quota_invoice.pipeline import Outcome, Pipeline
from quota_invoice.recognition.recognizer import Recognizer
from quota_invoice.settings.settings import Settings
from quota_invoice.uploads import UploadProcessor
from tests.support.announce import announce, announce_all, etag
from tests.support.fakes import RESULT, FakeOcr, FakeStore, pdf_of, ticket, time_of
from tests.support.waiting import replaced_here

SETTINGS = Settings.read(lambda _: None, "0123456789abcdef")
KEY = "incoming/2026/a.jpg"
RECORD = "results/2026/a.jpg.json"
FAILURE = "failures/2026/a.jpg.json"
APPEARANCES = f"index/{RESULT['code']}/{RESULT['number']}/"
ABC = {f"incoming/{name}.jpg": b"x" for name in "abc"}
REFUSAL = ImageRefused("AIS.0104", "The image is not supported.", "r-1")


class Cloud:
    """A pipeline over fakes, with its log lines."""

    def __init__(self, *answers: Any, objects: dict[str, bytes] | None = None) -> None:
        self.store = FakeStore({KEY: b"image"} if objects is None else objects)
        self.ocr = FakeOcr(*answers)
        self.lines: list[str] = []
        self.keep_history = True
        self.seconds = 0.6  # remaining time; by default, for one attempt

    def run(self, event: object) -> dict[str, int]:
        """Process an event as one invocation does."""
        log = Log("request-1", self.lines.append)
        uploads = parse(event)
        assert isinstance(uploads, list)
        processor = UploadProcessor(SETTINGS.layout, self.store, self.pipeline(log), log)
        return processor.run(uploads, Deadline(0.0, 0.0, clock=lambda: -self.seconds))

    def pipeline(self, log: Log) -> Pipeline:
        return Pipeline(
            SETTINGS.layout,
            SETTINGS.region,
            self.store,
            Recognizer(self.store, self.ocr, log, SETTINGS.layout, auto=False),
            log,
            keep_history=self.keep_history,
        )

    def steps(self, name: str) -> list[dict[str, Any]]:
        return [line for line in map(json.loads, self.lines) if line["step"] == name]


@pytest.mark.parametrize("name", [".DS_Store", "._a.jpg", "scan.jpg.tmp", "~$a.docx", "IMG.MOV"])
def test_junk_and_temporary_names_cost_no_request(name: str) -> None:
    key = f"incoming/2026/{name}"
    cloud = Cloud(objects={key: b"image"})
    assert cloud.run(announce(key, b"image")) == {"ignored": 1}
    assert cloud.store.requests == []
    [line] = cloud.steps("upload")
    assert line["reason"].startswith("IGNORE names ")


def test_an_empty_file_fails_without_an_ocr_request_until_its_content_comes() -> None:
    cloud = Cloud(objects={KEY: b""})
    assert cloud.run(announce(KEY, b"")) == {"failed": 1}
    assert cloud.store.records[FAILURE]["error"]["code"] == "File.Empty"
    assert cloud.ocr.given == []
    cloud.store.objects[KEY] = b"image"
    assert cloud.run(announce(KEY, b"image")) == {"recognized": 1}
    assert list(cloud.store.records) == [RECORD]


def test_a_new_invoice_gets_its_record() -> None:
    cloud = Cloud()
    assert cloud.run(announce(KEY, b"image")) == {"recognized": 1}
    record = cloud.store.records[RECORD]
    assert record["status"] == "recognized"
    assert record["source"]["key"] == KEY
    assert record["source"]["etag"] == etag(b"image")
    assert record["result"] == RESULT
    assert record["invoices"][0]["amount"]["words"] == "伍拾元整"
    assert record["ocr"]["request_id"] == "ocr-request"


def test_a_new_invoice_takes_seven_bucket_requests_and_a_duplicate_two() -> None:
    cloud = Cloud()
    cloud.run(announce(KEY, b"image"))
    assert cloud.store.requests == [
        ("identify", KEY),
        ("get", RECORD),
        ("get", FAILURE),
        ("put", f"{APPEARANCES}{Appearance(KEY, time_of(0)).name}"),
        ("list", APPEARANCES),
        ("head", KEY),
        ("put", RECORD),
    ]
    cloud.store.requests.clear()
    cloud.run(announce(KEY, b"image"))
    assert cloud.store.requests == [("identify", KEY), ("get", RECORD)]


def test_a_duplicate_of_a_failure_takes_three_bucket_requests() -> None:
    cloud = Cloud(REFUSAL)
    cloud.run(announce(KEY, b"image"))
    cloud.store.requests.clear()
    cloud.run(announce(KEY, b"image"))
    assert cloud.store.requests == [("identify", KEY), ("get", RECORD), ("get", FAILURE)]


def test_the_same_event_three_times_is_one_record_and_one_call() -> None:
    cloud = Cloud()
    event = announce(KEY, b"image")
    first = cloud.run(event)
    record = cloud.store.records[RECORD]
    assert [first, cloud.run(event), cloud.run(event)] == [
        {"recognized": 1},
        {"duplicate": 1},
        {"duplicate": 1},
    ]
    assert cloud.store.records[RECORD] == record
    assert len(cloud.ocr.given) == 1


def test_content_with_a_failure_record_is_not_read_again() -> None:
    cloud = Cloud(REFUSAL)
    event = announce(KEY, b"image")
    assert [cloud.run(event), cloud.run(event)] == [{"failed": 1}, {"duplicate": 1}]
    error = cloud.store.records[FAILURE]["error"]
    assert (error["code"], error["request_id"]) == ("AIS.0104", "r-1")
    assert len(cloud.ocr.given) == 1


def test_content_with_a_failure_record_is_not_read_again_unless_that_is_asked_for() -> None:
    cloud = Cloud(REFUSAL)
    cloud.run(announce(KEY, b"image"))
    pipeline = cloud.pipeline(Log("request-2", cloud.lines.append))
    assert pipeline.record("invoices", KEY, Deadline.after(1)) is Outcome.DUPLICATE
    assert len(cloud.ocr.given) == 1


def test_new_content_is_read_and_its_record_replaces_the_failure() -> None:
    cloud = Cloud(REFUSAL)
    cloud.run(announce(KEY, b"image"))
    cloud.store.objects[KEY] = b"better"
    assert cloud.run(announce(KEY, b"better")) == {"recognized": 1}
    assert cloud.store.records.keys() == {RECORD}


def test_the_record_of_replaced_content_is_kept_in_the_history() -> None:
    cloud = Cloud()
    cloud.run(announce(KEY, b"image"))
    former = cloud.store.records[RECORD]
    cloud.store.objects[KEY] = b"another"
    cloud.store.requests.clear()
    assert cloud.run(announce(KEY, b"another")) == {"recognized": 1}
    kept = f"history/2026/a.jpg.{etag(b'image')}.json"
    assert cloud.store.records[kept] == former
    assert cloud.store.records[RECORD]["source"]["etag"] == etag(b"another")
    assert len(cloud.store.requests) == 8
    assert cloud.store.writes == [kept, RECORD]


def test_without_history_the_record_of_replaced_content_is_not_kept() -> None:
    cloud = Cloud()
    cloud.keep_history = False
    cloud.run(announce(KEY, b"image"))
    cloud.store.objects[KEY] = b"another"
    assert cloud.run(announce(KEY, b"another")) == {"recognized": 1}
    assert list(cloud.store.records) == [RECORD]


def test_a_late_event_for_older_content_changes_nothing() -> None:
    cloud = Cloud(objects={KEY: b"new"})
    cloud.run(announce(KEY, b"new"))
    record = cloud.store.records[RECORD]
    assert cloud.run(announce(KEY, b"old")) == {"duplicate": 1}
    assert cloud.store.records[RECORD] == record
    assert len(cloud.ocr.given) == 1


def test_a_late_event_for_older_content_reads_the_present_one_once() -> None:
    cloud = Cloud(objects={KEY: b"new"})
    assert cloud.run(announce(KEY, b"old")) == {"recognized": 1}
    assert cloud.store.records[RECORD]["source"]["etag"] == etag(b"new")
    assert cloud.run(announce(KEY, b"new")) == {"duplicate": 1}
    assert len(cloud.ocr.given) == 1


def test_no_failure_record_is_written_beside_a_record_of_the_same_content() -> None:
    cloud = Cloud(REFUSAL)
    faster = Cloud()
    faster.run(announce(KEY, b"image"))
    record = faster.store.records[RECORD]
    cloud.ocr.meanwhile = lambda: cloud.store.records.update({RECORD: record})
    assert cloud.run(announce(KEY, b"image")) == {"duplicate": 1}
    assert cloud.store.records == {RECORD: record}


def test_two_simultaneous_invocations_write_equal_records() -> None:
    slower, rival = Cloud(), Cloud()
    rival.run(announce(KEY, b"image"))
    slower.ocr.meanwhile = lambda: slower.store.records.update(rival.store.records)
    assert slower.run(announce(KEY, b"image")) == {"recognized": 1}
    [record] = slower.store.records.values()
    [other] = rival.store.records.values()
    told_apart = {"processed_at"}
    assert record.keys() == other.keys()
    assert all(record[name] == other[name] for name in record.keys() - told_apart)


def test_a_deleted_object_is_gone_without_an_ocr_request() -> None:
    cloud = Cloud(objects={})
    event = announce(KEY)
    del event["data"]["obs"]["object"]["eTag"]
    assert cloud.run(event) == {"gone": 1}
    assert (cloud.ocr.given, cloud.store.writes) == ([], [])


def test_a_failed_download_of_a_deleted_object_is_gone() -> None:
    error = DownloadFailed("ModelArts.4603", "Obtaining the file from the URL failed.")
    deleted = Cloud(error)
    deleted.ocr.meanwhile = deleted.store.objects.clear
    assert deleted.run(announce(KEY, b"image")) == {"gone": 1}
    still_there = Cloud(error)
    assert still_there.run(announce(KEY, b"image")) == {"recognized": 1}
    assert still_there.store.records[RECORD]["ocr"]["fallback"] == {
        "code": "ModelArts.4603",
        "scale": 1.0,
    }


def test_a_content_that_nobody_can_fetch_is_left_to_another_invocation() -> None:
    cloud = Cloud(*[DownloadFailed("ModelArts.4603", "Obtaining the file failed.")] * 9)
    cloud.store.fetch = lambda *_: None  # type: ignore[method-assign]
    with pytest.raises(DownloadFailed, match="ModelArts.4603"):
        cloud.run(announce(KEY, b"image"))
    assert cloud.store.records == {}


def test_an_event_without_an_etag_takes_it_from_the_bucket() -> None:
    cloud = Cloud()
    event = announce(KEY, b"image")
    del event["data"]["obs"]["object"]["eTag"]
    assert cloud.run(event) == {"recognized": 1}
    assert cloud.store.records[RECORD]["source"]["etag"] == etag(b"image")


@pytest.mark.parametrize("encoded", [True, False])
@pytest.mark.parametrize("key", ["incoming/a b+c%20.jpg", "incoming/差旅 50%+.jpg"])
def test_the_right_one_of_two_objects_is_read_for_encoded_and_plain_keys(
    key: str, encoded: bool
) -> None:
    # A second object has the key that another decoding gives.
    other = unquote_plus(key)
    cloud = Cloud(objects={key: b"this", other: b"other"})
    assert cloud.run(announce(key, b"this", encoded=encoded)) == {"recognized": 1}
    [record] = cloud.store.records.values()
    assert record["source"]["key"] == key
    assert cloud.store.records.keys() == {key.replace("incoming/", "results/") + ".json"}


def test_two_objects_with_the_events_content_both_get_records() -> None:
    plus, space = "incoming/a+b.jpg", "incoming/a b.jpg"
    cloud = Cloud(objects={plus: b"same", space: b"same"})
    for key in (plus, space):
        assert cloud.run(announce(key, b"same", encoded=False)) in (
            {"recognized": 1},
            {"duplicate": 1},
        )
    assert cloud.store.records.keys() == {"results/a+b.jpg.json", "results/a b.jpg.json"}
    assert len(cloud.ocr.given) == 2


def test_the_outcome_of_two_objects_with_the_events_content_is_that_of_the_first() -> None:
    cloud = Cloud(REFUSAL, objects={"incoming/a+b.jpg": b"same", "incoming/a b.jpg": b"same"})
    assert cloud.run(announce("incoming/a+b.jpg", b"same", encoded=False)) == {"failed": 1}
    assert (len(cloud.store.records), len(cloud.ocr.given)) == (2, 2)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "the key is empty"),
        ("other/a.jpg", "outside incoming/"),
        ("results/a.jpg.json", "the function's own output"),
        ("failures/a.jpg.json", "the function's own output"),
        ("incoming/2026/", "a folder"),
    ],
)
def test_other_keys_are_ignored_and_the_log_says_why(key: str, reason: str) -> None:
    cloud = Cloud()
    assert cloud.run(announce(key)) == {"ignored": 1}
    assert (cloud.ocr.given, cloud.store.requests) == ([], [])
    [line] = cloud.steps("upload")
    assert (line["key"], line["outcome"], line["reason"]) == (key, "ignored", reason)


def test_a_removal_is_ignored() -> None:
    cloud = Cloud()
    event = announce(KEY, shape="obs-native")
    event["Records"][0]["eventName"] = "ObjectRemoved:Delete"
    assert cloud.run(event) == {"ignored": 1}
    assert cloud.store.requests == []


def test_all_entries_are_processed_before_an_error_is_raised() -> None:
    cloud = Cloud(
        ServiceUnavailable("APIG.0308", "The throttling threshold has been reached."),
        REFUSAL,
        objects=ABC,
    )
    event = announce_all([(f"incoming/{name}.jpg", b"x") for name in "abc"])
    event["Records"].append({"nothing": "known"})
    with pytest.raises(UploadsFailed) as caught:
        cloud.run(event)
    assert caught.value.code == "APIG.0308"
    assert str(caught.value).startswith(
        "APIG.0308: 2 of 4 uploads failed: incoming/a.jpg: APIG.0308: The throttling"
    )
    assert cloud.store.records.keys() == {"failures/b.jpg.json", "results/c.jpg.json"}


@pytest.mark.parametrize(
    "error", [ServiceUnavailable("Service.Timeout", "late"), ServiceRefused("APIG.0301", "keys")]
)
def test_a_service_error_is_raised_and_nothing_is_written(error: Any) -> None:
    cloud = Cloud(error)
    with pytest.raises(type(error), match=error.code):
        cloud.run(announce(KEY, b"image"))
    assert cloud.store.writes == []
    assert cloud.run(announce(KEY, b"image")) == {"recognized": 1}


def test_retries_stay_within_the_uploads_share_of_the_time() -> None:
    busy = [ServiceUnavailable("ModelArts.4502", "busy") for _ in range(2)]
    cloud = Cloud(*busy, objects=ABC)
    cloud.seconds = 20
    event = announce_all([(f"incoming/{name}.jpg", b"x") for name in "ab"])
    assert cloud.run(event) == {"recognized": 2}
    assert [cloud.store.records[f"results/{n}.jpg.json"]["ocr"]["attempts"] for n in "ab"] == [
        3,
        1,
    ]
    assert cloud.ocr.seconds == [20, 20, 20, 20]
    outcomes = [line["outcome"] for line in cloud.steps("recognize")]
    assert outcomes == ["error", "error", "ok", "ok"]


def test_an_upload_without_time_is_left_to_another_invocation() -> None:
    cloud = Cloud()
    cloud.seconds = 0.0
    with pytest.raises(OutOfTime):
        cloud.run(announce(KEY, b"image"))
    assert cloud.store.requests == []


def test_uploads_without_time_are_left_to_another_invocation() -> None:
    cloud = Cloud(objects=ABC)
    cloud.ocr.meanwhile = lambda: setattr(cloud, "seconds", 0.1)
    event = announce_all([(f"incoming/{name}.jpg", b"x") for name in "abc"])
    with pytest.raises(UploadsFailed, match="Function.OutOfTime: 2 of 3 uploads failed"):
        cloud.run(event)
    assert len(cloud.ocr.given) == 1
    assert cloud.store.records.keys() == {"results/a.jpg.json"}


def test_an_object_replaced_during_ocr_is_read_again() -> None:
    cloud = Cloud(objects={KEY: b"old"})

    def replaced_once() -> None:
        cloud.store.objects[KEY] = b"new"

    cloud.ocr.meanwhile = replaced_once
    assert cloud.run(announce(KEY, b"old")) == {"recognized": 1}
    assert cloud.store.records[RECORD]["source"]["etag"] == etag(b"new")
    assert len(cloud.ocr.given) == 2
    assert cloud.run(announce(KEY, b"new")) == {"duplicate": 1}


def test_content_that_was_replaced_and_came_back_during_ocr_is_read_again() -> None:
    cloud = Cloud(objects={KEY: b"A"})

    def twice_replaced() -> None:
        # The service read the content in between; the ETag is that of before.
        cloud.store.times[KEY] = 2
        cloud.ocr.meanwhile = lambda: None

    cloud.ocr.meanwhile = twice_replaced
    assert cloud.run(announce(KEY, b"A")) == {"recognized": 1}
    assert cloud.store.records[RECORD]["source"]["uploaded_at"] == time_of(2)
    assert len(cloud.ocr.given) == 2


@pytest.mark.parametrize(("seconds", "last"), [(0.5, b"old"), (0.75, b"new")])
def test_a_slow_write_is_followed_by_another_look_at_the_object(
    seconds: float, last: bytes
) -> None:
    class Slow(FakeStore):
        def write(self, bucket: str, key: str, record: Any) -> None:
            super().write(bucket, key, record)
            if key == RECORD and self.objects[KEY] == b"old":
                self.objects[KEY] = b"new"
                cloud.seconds -= seconds

    cloud = Cloud(objects={KEY: b"old"})
    cloud.store, cloud.seconds = Slow({KEY: b"old"}), 20.0
    assert cloud.run(announce(KEY, b"old")) == {"recognized": 1}
    assert cloud.store.records[RECORD]["source"]["etag"] == etag(last)


def test_a_page_that_is_not_recognized_is_left_to_a_later_attempt() -> None:
    cloud = Cloud([ticket()], NotRecognized("AIS.0105", "failed"), objects={KEY: pdf_of(2)})
    with pytest.raises(NotRecognized):
        cloud.run(announce(KEY))
    assert RECORD not in cloud.store.records


@pytest.mark.parametrize(
    ("present", "outcome"), [(b"image", "failed"), (b"new", "gone"), (None, "gone")]
)
def test_a_failure_record_is_written_for_the_present_content_only(
    present: bytes | None, outcome: str
) -> None:
    cloud = Cloud()
    source = cloud.store.describe("invoices", KEY)
    assert source
    cloud.store.objects = {KEY: present} if present else {}
    found = cloud.pipeline(Log("request-1", cloud.lines.append)).fail(source, REFUSAL, 6)
    assert found.value == outcome
    assert (FAILURE in cloud.store.records) is (outcome == "failed")


def test_a_slow_invocation_for_older_content_leaves_the_newer_record() -> None:
    slow = Cloud(objects={KEY: b"old"})

    def meanwhile() -> None:
        slow.store.objects[KEY] = b"new"
        newer = Cloud(objects={KEY: b"new"})
        newer.run(announce(KEY, b"new"))
        slow.store.records.update(newer.store.records)

    slow.ocr.meanwhile = meanwhile
    assert slow.run(announce(KEY, b"old")) == {"duplicate": 1}
    assert slow.store.records[RECORD]["source"]["etag"] == etag(b"new")
    assert slow.store.writes == []


def test_a_failure_of_older_content_is_not_recorded_for_newer_content() -> None:
    cloud = Cloud(REFUSAL, objects={KEY: b"old"})
    cloud.ocr.meanwhile = lambda: cloud.store.objects.update({KEY: b"new"})
    assert cloud.run(announce(KEY, b"old")) == {"recognized": 1}
    assert cloud.store.records.keys() == {RECORD}
    assert [line["outcome"] for line in cloud.steps("confirm")] == ["changed", "ok"]


def test_an_object_deleted_during_ocr_leaves_no_record() -> None:
    cloud = Cloud()
    cloud.ocr.meanwhile = cloud.store.objects.clear
    assert cloud.run(announce(KEY, b"image")) == {"gone": 1}
    assert cloud.store.records == {}
    assert [line["outcome"] for line in cloud.steps("confirm")] == ["gone"]


def test_an_object_replaced_repeatedly_is_left_to_another_invocation() -> None:
    cloud = Cloud()
    cloud.ocr.meanwhile = lambda: cloud.store.objects.update(
        {KEY: b"later %d" % len(cloud.ocr.given)}
    )
    with pytest.raises(ObjectChanging, match="Object.Changing"):
        cloud.run(announce(KEY, b"image"))
    assert (len(cloud.ocr.given), cloud.store.writes) == (3, [])


def test_no_request_follows_a_refusal_of_the_account_in_that_invocation() -> None:
    wrong = AccessRefused("APIG.0301", "Incorrect IAM authentication information.")
    cloud = Cloud(wrong, objects=ABC)
    event = announce_all([(f"incoming/{name}.jpg", b"x") for name in "abc"])
    with pytest.raises(UploadsFailed, match="APIG.0301: 3 of 3 uploads failed"):
        cloud.run(event)
    assert (len(cloud.ocr.given), cloud.store.writes) == (1, [])
    assert cloud.run(event) == {"recognized": 3}


def test_no_image_is_read_after_a_record_could_not_be_written() -> None:
    class ReadOnly(FakeStore):
        def write(self, bucket: str, key: str, record: Any) -> None:
            del bucket, record
            raise StoreRefused("Store.AccessDenied", f"put {key}: 403 Access Denied")

    cloud = Cloud(objects=ABC)
    cloud.store = ReadOnly(ABC)
    event = announce_all([(f"incoming/{name}.jpg", b"x") for name in "abc"])
    with pytest.raises(UploadsFailed, match="Store.AccessDenied: 3 of 3 uploads failed"):
        cloud.run(event)
    assert len(cloud.ocr.given) == 1


@pytest.mark.usefixtures("short_pauses")
def test_an_image_that_is_not_recognized_is_not_a_final_failure() -> None:
    cloud = Cloud(*[NotRecognized("AIS.0105", "Recognition failed.") for _ in range(2)])
    cloud.seconds = 20
    with pytest.raises(NotRecognized):
        cloud.run(announce(KEY, b"image"))
    assert (len(cloud.ocr.given), cloud.store.writes) == (2, [])
    assert cloud.run(announce(KEY, b"image")) == {"recognized": 1}


@pytest.mark.parametrize("key", ["incoming/./a.jpg", "incoming/a/../b.jpg"])
def test_a_key_that_software_resolves_is_a_failure_without_an_ocr_request(key: str) -> None:
    cloud = Cloud(objects={key: b"image"})
    assert cloud.run(announce(key, b"image")) == {"failed": 1}
    assert cloud.run(announce(key, b"image")) == {"duplicate": 1}
    [(path, failure)] = cloud.store.records.items()
    assert path == SETTINGS.layout.failure_key(key)
    assert (failure["error"]["code"], failure["source"]["key"]) == ("Key.Unusable", key)
    assert cloud.ocr.given == []


def test_the_longest_key_gets_its_record() -> None:
    key = "incoming/" + "a" * (1024 - len("incoming/"))
    cloud = Cloud(objects={key: b"image"})
    assert cloud.run(announce(key, b"image")) == {"recognized": 1}
    [path] = cloud.store.records
    assert len(path) <= 1024
    assert cloud.store.records[path]["source"]["key"] == key


def test_a_defect_is_named_without_its_text_and_costs_no_other_upload() -> None:
    cloud = Cloud(objects=ABC)

    def fault() -> None:
        if len(cloud.ocr.given) == 1:
            raise KeyError("do-not-tell")

    cloud.ocr.meanwhile = fault
    event = announce_all([(f"incoming/{name}.jpg", b"x") for name in "ab"])
    with pytest.raises(UploadsFailed, match=r"Function.Fault: .*KeyError at test_pipeline.py:\d+"):
        cloud.run(event)
    assert cloud.store.records.keys() == {"results/b.jpg.json"}
    assert "do-not-tell" not in "".join(cloud.lines)


def test_a_refused_record_is_an_error_that_names_its_key() -> None:
    class Refusing(FakeStore):
        def write(self, bucket: str, key: str, record: Any) -> None:
            if key != RECORD:
                return super().write(bucket, key, record)
            raise StoreError("Store.AccessDenied", f"put {key}: 403 Access Denied")

    cloud = Cloud()
    cloud.store = Refusing({KEY: b"image"})
    with pytest.raises(StoreError, match=f"Store.AccessDenied: put {RECORD}"):
        cloud.run(announce(KEY, b"image"))


def test_each_step_logs_one_line_with_request_key_outcome_and_time() -> None:
    cloud = Cloud()
    cloud.run(announce(KEY, b"image"))
    lines = [json.loads(line) for line in cloud.lines]
    assert [line["step"] for line in lines] == [
        "identify",
        "check",
        "recognize",
        "index",
        "confirm",
        "write",
        "upload",
    ]
    for line in lines:
        assert line["request_id"] == "request-1"
        assert line["key"] == KEY
        assert line["ms"] >= 0
    assert lines[-1]["outcome"] == "recognized"


def test_a_step_takes_milliseconds_with_one_decimal() -> None:
    lines: list[str] = []
    times = iter((2.0, 3.25043))
    log = Log("request-1", lines.append)
    with replaced_here(time, "perf_counter", lambda: next(times)), log.step("check", KEY):
        pass
    assert json.loads(lines[0])["ms"] == 1250.4


def test_a_record_that_is_no_json_object_counts_as_none() -> None:
    cloud = Cloud()
    cloud.store.records[RECORD] = {}
    assert cloud.run(announce(KEY, b"image")) == {"recognized": 1}
