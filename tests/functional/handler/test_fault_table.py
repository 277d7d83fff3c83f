"""The fault table: each fault at each operation of the OCR service and of the bucket.

Each row names the caller's result, the state of the bucket, the lines of the log, and the numbers
of faults and of OCR requests. Then the same event comes again, or a sweep instead, and the record
is right.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from local.cloud import BUCKET, Cloud
from local.runtime import FunctionError, Runtime
from tests.functional.conftest import Objects
from tests.support.announce import announce, etag, sample_event
from tests.support.faulty import Faulty
from tests.support.rows import (
    FOUND,
    NOT_DUE,
    READ_AGAIN,
    UNWRITTEN,
    WRITTEN,
    Line,
    Row,
    healed,
    raised,
    retried,
)

# Longer than any healthy request takes, and short for the faults without a response.
OBS_SECONDS = "1"
# Classification takes a few seconds on a busy machine; no fault here delays it.
OCR_SECONDS = {"quota": "5", "auto": "15"}
SECONDS = 30.0
TIMER: Any = sample_event("timer")
STATE = "failures/.sweep"
# A request that only reads is sent again after each of these, over another connection.
SENT_AGAIN = (
    "429",
    "500",
    "503",
    "reset",
    "stall",
    "drip",
    "reset_after_commit",
    "no_response_after_commit",
    "close_after_response",
)
# A write is not sent again after a time-out: it may be carried out later.
WRITTEN_AGAIN = ("429", "500", "503", "reset", "reset_after_commit", "close_after_response", "cut")
TIMED_OUT = "Store.Unreachable"
REFUSED = {
    "expired": "Store.ExpiredToken",
    "skew": "Store.RequestTimeTooSkewed",
}
FOREIGN = dict.fromkeys(["html", "json"], "Store.BadAnswer")
OCR_CODES = {
    "429": "APIG.0308",
    "500": "ModelArts.4505",
    "503": "Service.503",
    "reset": "Service.Unreachable",
    "stall": "Service.Timeout",
    "cut": "Service.Unreachable",
    "drip": "Service.Timeout",
    "reset_after_commit": "Service.Unreachable",
    "no_response_after_commit": "Service.Timeout",
}
# A success without a result may have been billed: it is not requested again.
UNUSABLE = dict.fromkeys(["html", "json"], "Service.BadAnswer")
REFUSED_KEYS = {"expired": "APIG.0301", "skew": "APIG.0301"}
A_FEW = ("503", "cut")
FETCH_FAILED: Line = ("recognize", "error", "ModelArts.4603")
NO_IMAGE: Line = ("recognize", "error", "AIS.0102")
FETCHED_AGAIN = Row("fetch", "", log=(FETCH_FAILED,), calls=2)
FALLBACK = replace(FETCHED_AGAIN, log=(FETCH_FAILED,) * 2, calls=3, times=2, fallback=True)
UNREAD = (
    "429",
    "500",
    "503",
    "expired",
    "skew",
    "reset",
    "stall",
    "cut",
    "reset_after_commit",
    "no_response_after_commit",
)
KNOWN = Row("", "", "duplicate 1", calls=0, state="done")  # the object had its record before
# The object had the failure record of an earlier content before.
REPLACED = Row("", "", state="failed")
KEPT = replace(UNWRITTEN, state="failed", swept=READ_AGAIN)
REMOVED = replace(UNWRITTEN, state="failed")
# The second object that is written, after the appearance.
RECORD, UNWRITTEN_RECORD = Row("", "", nth=1), replace(UNWRITTEN, nth=1)
SWEPT = Row("", "", FOUND, timer=True)
UNSWEPT = replace(UNWRITTEN, timer=True)

ROWS = [
    # The OCR service: retried within the invocation, but never with refused credentials.
    *retried("recognize", OCR_CODES),
    *healed("recognize", ["close_after_response"]),
    *raised("recognize", UNUSABLE, "recognize", "upload", kind="UnusableAnswer", calls=1),
    *raised("recognize", REFUSED_KEYS, "recognize", "upload", kind="AccessRefused", calls=1),
    *retried("classify", {fault: OCR_CODES[fault] for fault in A_FEW}),
    *raised("classify", UNUSABLE, "recognize", "upload", kind="UnusableAnswer", calls=1),
    *raised(
        "classify", {"expired": "APIG.0301"}, "recognize", "upload", kind="AccessRefused", calls=1
    ),
    # The service's download of the object: retried once, then the function sends the image.
    *healed("fetch", [*UNREAD, "drip"], FETCHED_AGAIN),
    *healed("fetch", ["close_after_response"]),
    *healed("fetch", ["503", "cut"], FALLBACK),
    *healed("fetch", FOREIGN, replace(FETCHED_AGAIN, log=(NO_IMAGE,), fallback=True)),
    # Identify the object: no OCR request yet.
    *healed("identify", [*SENT_AGAIN, "cut"]),
    *raised("identify", REFUSED, "identify", "upload", kind="StoreRefused"),
    *raised("identify", FOREIGN, "identify", "upload", kind="StoreError"),
    # Check for a record: no OCR request yet.
    *healed("get", SENT_AGAIN),
    *raised("get", REFUSED, "check", "upload", kind="StoreRefused"),
    # Half of an error's text does not say that there is no record.
    *raised("get", {**FOREIGN, "cut": "Store.404"}, "check", "upload", kind="StoreError"),
    *healed("get", ["500", "drip", "reset_after_commit", "cut"], KNOWN),
    *raised(
        "get", REFUSED, "check", "upload", kind="StoreRefused", row=replace(WRITTEN, state="done")
    ),
    *raised(
        "get", FOREIGN, "check", "upload", kind="StoreError", row=replace(WRITTEN, state="done")
    ),
    # Confirm the object's content, after OCR. A GET follows the refusal of a HEAD, for its reason.
    *healed("head", [*SENT_AGAIN, "cut", *REFUSED]),
    *raised("head", FOREIGN, "confirm", "upload", kind="StoreError", calls=1),
    # Note the invoice's appearance and list the others, after OCR.
    *healed("put", A_FEW),
    *raised("put", REFUSED, "index", "upload", kind="StoreRefused", calls=1),
    *raised(
        "put",
        {**FOREIGN, "stall": TIMED_OUT, "no_response_after_commit": TIMED_OUT},
        *("index", "upload"),
        kind="StoreError",
        calls=1,
    ),
    *healed("list", ["429", "503", "reset", "stall"]),
    *raised("list", REFUSED, "index", "upload", kind="StoreRefused", calls=1),
    *raised("list", FOREIGN, "index", "upload", kind="StoreError", calls=1),
    # Write the record.
    *healed("put", WRITTEN_AGAIN, RECORD),
    *raised("put", REFUSED, "write", "upload", kind="StoreRefused", calls=1, row=UNWRITTEN_RECORD),
    *raised(
        "put",
        {**FOREIGN, "stall": TIMED_OUT},
        *("write", "upload"),
        kind="StoreError",
        calls=1,
        row=UNWRITTEN_RECORD,
    ),
    *raised(
        "put",
        dict.fromkeys(["drip", "no_response_after_commit"], TIMED_OUT),
        *("write", "upload"),
        kind="StoreError",
        calls=1,
        row=replace(WRITTEN, nth=1),
    ),
    # Delete the failure record of an earlier content, before writing the record.
    *healed("delete", WRITTEN_AGAIN, REPLACED),
    *raised("delete", REFUSED, "write", "upload", kind="StoreRefused", calls=1, row=KEPT),
    *raised(
        "delete",
        {**FOREIGN, "stall": TIMED_OUT},
        *("write", "upload"),
        kind="StoreError",
        calls=1,
        row=KEPT,
    ),
    *raised(
        "delete",
        dict.fromkeys(["drip", "no_response_after_commit"], TIMED_OUT),
        *("write", "upload"),
        kind="StoreError",
        calls=1,
        row=REMOVED,
    ),
    # List objects, in a sweep.
    *healed("list", ["429", "500", "503", "reset", "stall", "drip"], SWEPT),
    *raised("list", REFUSED, "sweep", kind="StoreRefused", row=UNSWEPT),
    *raised("list", {**FOREIGN, "cut": "Store.BadAnswer"}, "sweep", kind="StoreError", row=UNSWEPT),
    # Requests for an input of a sweep, which tries it again later, unless all inputs are concerned.
    *raised(
        "recognize",
        UNUSABLE,
        *("recognize", "upload", "sweep"),
        kind="UploadsFailed",
        calls=1,
        row=NOT_DUE,
    ),
    *raised(
        "recognize",
        REFUSED_KEYS,
        *("recognize", "upload", "sweep"),
        kind="UploadsFailed",
        calls=1,
        row=UNSWEPT,
    ),
    *raised(
        "identify", FOREIGN, *("identify", "upload", "sweep"), kind="UploadsFailed", row=NOT_DUE
    ),
    *raised(
        "identify", REFUSED, *("identify", "upload", "sweep"), kind="UploadsFailed", row=UNSWEPT
    ),
]


@dataclass
class Functions:
    """The function with each API, as long-lived instances, and their log."""

    quota: Runtime
    auto: Runtime
    log: Path

    def of(self, operation: str) -> Runtime:
        return self.auto if operation == "classify" else self.quota

    def lines(self, since: int) -> list[dict[str, Any]]:
        texts = self.log.read_bytes()[since:].decode().splitlines()
        return [json.loads(text) for text in texts if text.startswith("{")]


@pytest.fixture(scope="module")
def cloud(faulty: Faulty) -> Cloud:
    return faulty.cloud


@pytest.fixture(scope="module")
def functions(faulty: Faulty, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Functions]:
    function, agency = faulty.cloud.runtime.function, faulty.cloud.agency
    log = tmp_path_factory.mktemp("functions") / "log"
    with log.open("ab") as output:
        quota, auto = (
            Runtime(
                replace(
                    function,
                    user_data={
                        **function.user_data,
                        "RECOGNITION": recognition,
                        "OCR_TIMEOUT_SECONDS": OCR_SECONDS[recognition],
                        "OBS_TIMEOUT_SECONDS": OBS_SECONDS,
                    },
                    seconds=SECONDS,
                    instances=1,
                ),
                agency.credentials,
                output,
            )
            for recognition in ("quota", "auto")
        )
        yield Functions(quota, auto, log)
        quota.stop()
        auto.stop()


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_row(
    row: Row,
    faulty: Faulty,
    functions: Functions,
    objects: Objects,
    image: bytes,
    truth: dict[str, dict[str, str]],
) -> None:
    name = f"{row}-{row.times}.png"
    key, record_key = f"incoming/{name}", f"results/{name}.json"
    event: Any = announce(key, objects.put(key, image))
    runtime = functions.of(row.operation)
    if row.state == "failed":
        objects.put(f"failures/{name}.json", b'{"source": {"etag": "of an earlier content"}}')
    if row.state == "done":
        runtime.invoke(event)
    if row.postponed:
        time.sleep(1.1)  # times in listings are in seconds: an attempt must be later than its input
    before = objects.get(record_key)
    faulty.clear()
    since = functions.log.stat().st_size
    faulty.faults.queue(row.fault, row.operation, row.times, after=row.nth)

    assert result_of(runtime, TIMER if row.timer else event).startswith(row.seen)
    assert faulty.faults.fired == {(row.operation, row.fault): row.times}
    assert faulty.faults.waiting == {}
    assert faulty.calls(key) == row.calls
    assert unsuccessful(functions.lines(since)) == expected_log(row)
    assert (record_key in objects.keys("results/")) == row.written
    assert objects.keys("retries/") == [f"retries/{name}.1.json"] * row.postponed
    if row.state == "done":
        assert objects.get(record_key) == before

    after = contents(objects)
    assert result_of(runtime, event) == row.again
    assert faulty.calls(key) == row.calls + row.calls_again
    assert objects.keys("failures/") == [STATE] * row.timer
    assert_right(objects, record_key, image, truth, fallback=row.fallback)

    restore(objects, after)
    assert result_of(runtime, TIMER) == row.swept
    assert faulty.calls(key) == row.calls + row.calls_again + row.calls_swept
    assert objects.keys("failures/") == [STATE]
    if row.postponed:
        assert objects.keys("results/") == []
    else:
        assert_right(objects, record_key, image, truth, fallback=row.fallback)


def contents(objects: Objects) -> dict[str, bytes | None]:
    return {key: objects.get(key) for key in objects.keys()}  # noqa: SIM118 - no dict


def restore(objects: Objects, former: dict[str, bytes | None]) -> None:
    """Give the bucket its former contents, without a change of the objects that still have them."""
    present = contents(objects)
    for key in present.keys() - former.keys():
        objects.client.deleteObject(BUCKET, key)
    for key, content in former.items():
        if content is not None and present.get(key) != content:
            objects.put(key, content)


def assert_right(
    objects: Objects,
    record_key: str,
    image: bytes,
    truth: dict[str, dict[str, str]],
    *,
    fallback: bool,
) -> None:
    assert objects.keys("results/") == [record_key]
    record = objects.record(record_key)
    assert record["source"]["etag"] == etag(image)
    invoice = truth["shanghai-10-yuan-clean.png"]
    read = record["invoices"][0]
    assert {field: read[field] for field in ("code", "number", "location")} == {
        field: invoice[field] for field in ("code", "number", "location")
    }
    assert read["amount"]["text"] == invoice["amount"]
    assert bool(record["ocr"]["fallback"]) == fallback


def result_of(runtime: Runtime, event: object) -> str:
    try:
        counts = runtime.invoke(event)
    except FunctionError as error:
        return str(error)
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def unsuccessful(lines: list[dict[str, Any]]) -> list[Line]:
    """The lines with an outcome other than success."""
    return [
        (line["step"], line["outcome"], line.get("code"))
        for line in lines
        if line["outcome"] not in {"ok", "recognized"}
    ]


def expected_log(row: Row) -> list[Line]:
    if row.seen == "duplicate 1":
        return [("check", "duplicate", None), ("upload", "duplicate", None)]
    return list(row.log)


def test_every_log_line_is_json(
    faulty: Faulty, functions: Functions, objects: Objects, image: bytes
) -> None:
    event = announce("incoming/a.png", objects.put("incoming/a.png", image))
    faulty.clear()
    since = functions.log.stat().st_size
    faulty.faults.queue("reset", "recognize")
    assert functions.quota.invoke(event) == {"recognized": 1}
    texts = functions.log.read_bytes()[since:].decode().splitlines()
    assert [text for text in texts if not text.startswith("{")] == []
