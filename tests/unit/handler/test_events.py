"""Every shape of event gives the same uploads; anything else gives one clear error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quota_invoice.errors import EventError
from quota_invoice.events.api_request import ApiRequest
from quota_invoice.events.parse import parse
from quota_invoice.events.timer import Sweep
from quota_invoice.events.upload import Upload
from tests.support.announce import SHAPES, announce, etag, sample_event
from tests.support.paths import EVENTS, SAMPLES

KEY = "incoming/2026/差旅 50%+餐/a b.jpg"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
NAMES = st.sampled_from(
    [
        "Records",
        "record",
        "smn",
        "message",
        "s3",
        "obs",
        "data",
        "bucket",
        "name",
        "object",
        "key",
        "eTag",
        "size",
        "specversion",
        "backfill",
        "objects",
        "trigger_type",
        "user_event",
        "httpMethod",
        "path",
        "headers",
        "body",
        "isBase64Encoded",
        "pathParameters",
    ]
)
EVENT_LIKE = st.recursive(
    st.none() | st.text() | st.integers() | st.sampled_from(["1.0", "TIMER", "{}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=30,
)


def uploads(event: object) -> list[Upload | EventError]:
    found = parse(event)
    assert isinstance(found, list)
    return found


def upload(event: object) -> Upload:
    [found] = uploads(event)
    assert isinstance(found, Upload)
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_gives_the_upload_with_its_key_decoded_once(shape: str) -> None:
    found = upload(announce(KEY, b"image", shape=shape))
    assert (found.bucket, found.key, found.etag, found.size) == (
        "invoices",
        KEY,
        etag(b"image"),
        5,
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_the_plain_key_is_the_second_possible_key(shape: str) -> None:
    found = upload(announce(KEY, shape=shape, encoded=False))
    assert found.keys == ("incoming/2026/差旅 50% 餐/a b.jpg", KEY)


def test_a_key_without_special_characters_is_the_only_possible_key() -> None:
    assert upload(announce("incoming/a.jpg", encoded=False)).keys == ("incoming/a.jpg",)


def test_the_time_is_that_of_the_envelope() -> None:
    event = sample_event("eventgrid")
    assert upload(event).uploaded_at == event["time"] != event["data"]["eventTime"]


def test_several_entries_keep_their_order() -> None:
    keys = [found.key for found in uploads(sample_event("classic-several-records"))]
    assert [key.rpartition("/")[2] for key in keys] == [
        "shanghai-10-yuan-clean.png",
        "beijing-10-yuan-stamped.jpg",
        "nanning-10-yuan-grey-copy.tif",
    ]


def test_member_names_may_have_any_case() -> None:
    record = {"S3": {"Bucket": {"Name": "b"}, "Object": {"Key": "incoming/a.jpg", "ETag": "AB"}}}
    assert upload({"records": [record]}) == Upload(
        "b", "incoming/a.jpg", "incoming/a.jpg", etag="ab"
    )


def test_only_bucket_and_key_are_required() -> None:
    record = {"obs": {"bucket": {"name": "b"}, "object": {"key": "incoming/a.jpg"}}}
    found = upload({"Records": [record]})
    assert (found.etag, found.size, found.version_id, found.is_creation) == (None, None, None, True)
    assert not found.retry_failed


def test_quotes_around_an_etag_are_removed() -> None:
    event = announce("incoming/a.jpg")
    event["data"]["obs"]["object"]["eTag"] = '"ABC-2"'
    assert upload(event).etag == "abc-2"


def test_a_removal_is_not_a_creation() -> None:
    event = announce("incoming/a.jpg", shape="obs-native")
    event["Records"][0]["eventName"] = "ObjectRemoved:Delete"
    assert not upload(event).is_creation


def test_the_envelopes_type_replaces_a_missing_event_name() -> None:
    event = announce("incoming/a.jpg")
    del event["data"]["eventName"]
    event["type"] = "OBS:DWR:ObjectRemoved:DELETE"
    assert not upload(event).is_creation


def test_an_entry_that_cannot_be_read_is_an_error_in_its_place() -> None:
    event = announce("incoming/a.jpg", shape="classic")
    event["Records"].insert(0, {"s3": {"bucket": {}}})
    broken, good = uploads(event)
    assert isinstance(broken, EventError)
    assert isinstance(good, Upload)


@pytest.mark.parametrize("body", [{"bucket": {"name": "b"}}, {"object": {"key": "incoming/a.jpg"}}])
def test_an_entry_names_both_bucket_and_key(body: dict[str, Any]) -> None:
    [found] = uploads({"Records": [{"s3": body}]})
    assert isinstance(found, EventError)


@pytest.mark.parametrize("message", [None, 5, "no JSON", "[" * 100_000, "{}", '{"Records": 1}'])
def test_an_smn_message_without_entries_is_an_error(message: object) -> None:
    [found] = uploads({"record": [{"smn": {"message": message}}]})
    assert isinstance(found, EventError)


def test_an_unknown_event_is_named_by_its_member_names() -> None:
    with pytest.raises(EventError) as caught:
        parse({"kind": "x", "token": "do-not-tell"})
    assert str(caught.value) == (
        "Event.Unknown: the event has none of the known shapes: an object with kind, token"
    )


@pytest.mark.parametrize("missing", ["specversion", "data"])
def test_an_event_with_a_part_of_a_shape_is_unknown(missing: str) -> None:
    event = announce("incoming/a.jpg")
    del event[missing]
    with pytest.raises(EventError, match="none of the known shapes"):
        parse(event)


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_sample_event_has_the_shape_of_its_name(path: Any) -> None:
    event = json.loads(path.read_bytes())
    if path.stem == "unknown":
        with pytest.raises(EventError):
            parse(event)
    elif path.stem == "timer":
        assert parse(event) == Sweep()
    elif path.stem == "api":
        assert isinstance(parse(event), ApiRequest)
    else:
        assert all(isinstance(found, Upload) for found in uploads(event))


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_sample_event_agrees_with_the_sample_it_names(path: Path) -> None:
    if path.stem in {"unknown", "own-output", "timer", "api"}:
        return
    for found in uploads(json.loads(path.read_bytes())):
        assert isinstance(found, Upload)
        image = (SAMPLES / found.key.rpartition("/")[2]).read_bytes()
        assert (found.etag, found.size) == (etag(image), len(image))


@given(JSON | EVENT_LIKE)
def test_any_json_value_gives_uploads_or_one_clear_error(event: object) -> None:
    try:
        found = parse(event)
    except EventError as error:
        assert str(error).startswith("Event.Unknown: ")  # noqa: PT017 - both ways are right
    else:
        each_is_known = isinstance(found, list) and all(
            isinstance(each, Upload | EventError) for each in found
        )
        assert isinstance(found, Sweep | ApiRequest) or each_is_known


def test_a_backfill_event_has_plain_keys() -> None:
    event = sample_event("backfill")
    event["backfill"]["objects"][0]["key"] = "incoming/50%2B+a.jpg"
    found = upload(event)
    assert (found.keys, found.retry_failed, found.is_creation) == (
        ("incoming/50%2B+a.jpg",),
        False,
        True,
    )
    for name in ("failures", "retry_failed"):
        event["backfill"] = {"bucket": "b", "objects": [{"key": "incoming/a"}], name: True}
        assert upload(event).retry_failed


@pytest.mark.parametrize(
    ("user_event", "sweep"),
    [
        ("", Sweep()),
        ("sweep", Sweep()),
        ("{}", Sweep()),
        ('{"failures": true}', Sweep(retry_failed=True)),
        ('{"retry_failed": true}', Sweep(retry_failed=True)),
        ('{"retry_failed": true, "failures": false}', Sweep(retry_failed=True)),
        ('{"failures": true, "retry_failed": false}', Sweep(retry_failed=True)),
        ('{"verify": true, "failures": false}', Sweep(verify=True)),
        ({"rederive": True}, Sweep(rederive=True)),
        ({}, Sweep()),
        (
            '{"retry_failed": true, "failures": true, "verify": true, "rederive": true}',
            Sweep(retry_failed=True, verify=True, rederive=True),
        ),
    ],
)
def test_a_timer_asks_for_a_sweep(user_event: object, sweep: Sweep) -> None:
    assert parse({**sample_event("timer"), "user_event": user_event}) == sweep


@pytest.mark.parametrize(
    "user_event",
    ["clean", "[1]", '{"failure": true}', '{"failures": "yes"}', "[" * 9999, {"failure": True}],
)
def test_a_timer_that_asks_for_something_else_is_an_error(user_event: object) -> None:
    with pytest.raises(EventError, match="Event.Unknown: "):
        parse({**sample_event("timer"), "user_event": user_event})


@pytest.mark.parametrize(
    ("etag", "size", "version", "read"),
    [
        ('"AB"', 5, "v1", ("ab", 5, "v1")),
        ("AB", 0, "null", ("ab", 0, None)),
        ("", True, "", (None, None, None)),
        (None, "5", None, (None, None, None)),
    ],
)
def test_an_entry_may_be_without_etag_size_and_version(
    etag: object, size: object, version: object, read: tuple[object, ...]
) -> None:
    item = {"key": "incoming/a.jpg", "eTag": etag, "size": size, "versionId": version}
    found = upload({"Records": [{"s3": {"bucket": {"name": "b"}, "object": item}}]})
    assert (found.etag, found.size, found.version_id) == read


@pytest.mark.parametrize(
    ("name", "is_creation"),
    [("", True), ("OBS:ObjectCreated:Post", True), ("ObjectRemoved:Delete", False)],
)
def test_an_event_without_a_name_counts_as_a_creation(name: str, *, is_creation: bool) -> None:
    body = {"bucket": {"name": "b"}, "object": {"key": "incoming/a.jpg"}}
    found = upload({"Records": [{"eventName": name, "s3": body}]})
    assert (found.event_name, found.is_creation) == (name, is_creation)


def test_the_id_of_an_entry_is_that_of_the_request() -> None:
    body = {"bucket": {"name": "b"}, "object": {"key": "incoming/a.jpg"}}
    for name in ("x-obs-request-id", "x-amz-request-id"):
        found = upload({"Records": [{"responseElements": {name: "r-1"}, "s3": body}]})
        assert found.event_id == "r-1"
