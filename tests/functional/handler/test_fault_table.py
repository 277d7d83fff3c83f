"""The fault table: each fault at each operation of the OCR service and of the bucket.

Each row names the caller's result, the state of the bucket, the lines of the log, and the numbers
of faults and of OCR requests. Then the same event comes again, and the record is right.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from local.cloud import Cloud
from local.runtime import FunctionError, Runtime
from tests.functional.conftest import Objects
from tests.support.announce import announce, etag, sample_event
from tests.support.faulty import Faulty
from tests.support.rows import Line, Row, healed, raised, retried

# Longer than any healthy request takes, and short for the faults without a response.
OBS_SECONDS = "1"
# Classification takes a few seconds on a busy machine; no fault here delays it.
OCR_SECONDS = {"quota": "5", "auto": "15"}
SECONDS = 30.0
HEALED = (
    "429",
    "500",
    "503",
    "reset",
    "stall",
    "reset_after_commit",
    "no_response_after_commit",
    "close_after_response",
)
REFUSED = {
    "expired": "Store.ExpiredToken",
    "skew": "Store.RequestTimeTooSkewed",
}
SLOW = {"drip": "Store.Unreachable"}
OCR_CODES = {
    "429": "APIG.0308",
    "500": "ModelArts.4505",
    "503": "Service.503",
    "html": "Service.BadAnswer",
    "json": "Service.BadAnswer",
    "reset": "Service.Unreachable",
    "stall": "Service.Timeout",
    "cut": "Service.Unreachable",
    "drip": "Service.Timeout",
    "reset_after_commit": "Service.Unreachable",
    "no_response_after_commit": "Service.Timeout",
}
REFUSED_KEYS = {"expired": "APIG.0301", "skew": "APIG.0301"}
A_FEW = ("503", "html", "json", "cut")
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
A_PAGE = ("html", "json")

ROWS = [
    # The OCR service: retried within the invocation, but never with refused credentials.
    *retried("recognize", OCR_CODES),
    *healed("recognize", ["close_after_response"]),
    *raised("recognize", REFUSED_KEYS, "recognize", "upload", kind="AccessRefused", calls=1),
    *retried("classify", {fault: OCR_CODES[fault] for fault in A_FEW}),
    *raised(
        "classify", {"expired": "APIG.0301"}, "recognize", "upload", kind="AccessRefused", calls=1
    ),
    # The service's download of the object: retried once, then the function sends the image.
    *healed("fetch", [*UNREAD, "drip"], FETCHED_AGAIN),
    *healed("fetch", ["close_after_response"]),
    *healed("fetch", ["503", "cut"], FALLBACK),
    *healed("fetch", A_PAGE, replace(FETCHED_AGAIN, log=(NO_IMAGE,), fallback=True)),
    # Check for a record: no OCR request yet.
    *healed("get", HEALED),
    *raised("get", dict.fromkeys(A_PAGE, "Store.BadAnswer"), "check", "upload"),
    *raised("get", {**REFUSED, **SLOW, "cut": "Store.404"}, "check", "upload"),
    *healed(
        "get",
        ["500", "reset_after_commit", "cut"],
        Row("", "", "duplicate 1", calls=0, state="done"),
    ),
    *raised("get", SLOW, "check", "upload", calls_again=0, written=True, state="done"),
    *raised(
        "get",
        dict.fromkeys(A_PAGE, "Store.BadAnswer"),
        *("check", "upload"),
        calls_again=0,
        written=True,
        state="done",
    ),
    # Confirm the object's content, after OCR.
    *healed("head", [*HEALED, "cut"]),
    *raised(
        "head",
        {"expired": "Store.403", "skew": "Store.403", **SLOW},
        *("confirm", "upload"),
        calls=1,
    ),
    *raised("head", dict.fromkeys(A_PAGE, "Store.BadAnswer"), "confirm", "upload", calls=1),
    # Write the record.
    *healed("put", [*HEALED, "cut"]),
    *raised("put", REFUSED, "write", "upload", calls=1),
    *raised("put", SLOW, "write", "upload", calls=1, calls_again=0, written=True),
    *raised("put", dict.fromkeys(A_PAGE, "Store.BadAnswer"), "write", "upload", calls=1),
    # Delete the failure record of an earlier content, before writing the record.
    *healed("delete", [*HEALED, "cut"], Row("", "", state="failed")),
    *raised(
        "delete",
        {**REFUSED, **SLOW, **dict.fromkeys(A_PAGE, "Store.BadAnswer")},
        *("write", "upload"),
        calls=1,
        state="failed",
    ),
    # List objects, in a sweep.
    *healed(
        "list", ["429", "503", "reset", "stall"], Row("", "", "inputs 1, missing 1, recognized 1")
    ),
    *raised("list", {**REFUSED, **SLOW}, "sweep"),
    *raised("list", dict.fromkeys([*A_PAGE, "cut"], "Store.BadAnswer"), "sweep"),
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
    before = objects.get(record_key)
    repeated = event
    if row.operation == "list":
        event = sample_event("timer")
    faulty.clear()
    since = functions.log.stat().st_size
    faulty.faults.queue(row.fault, row.operation, row.times)

    assert result_of(runtime, event).startswith(row.seen)
    assert faulty.faults.fired == {(row.operation, row.fault): row.times}
    assert faulty.faults.waiting == {}
    assert faulty.calls(key) == row.calls
    assert unsuccessful(functions.lines(since)) == expected_log(row)
    assert (record_key in objects.keys("results/")) == row.written
    if row.state == "done":
        assert objects.get(record_key) == before

    outcome = "recognized 1" if row.calls_again else "duplicate 1"
    assert result_of(runtime, repeated) == outcome
    assert faulty.calls(key) == row.calls + row.calls_again
    assert objects.keys("failures/") == []
    assert objects.keys("results/") == [record_key]
    record = objects.record(record_key)
    assert record["source"]["etag"] == etag(image)
    invoice = truth["shanghai-10-yuan-clean.png"]
    read = record["invoices"][0]
    assert {field: read[field] for field in ("code", "number", "location")} == {
        field: invoice[field] for field in ("code", "number", "location")
    }
    assert read["amount"]["text"] == invoice["amount"]
    assert bool(record["ocr"]["fallback"]) == row.fallback


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
