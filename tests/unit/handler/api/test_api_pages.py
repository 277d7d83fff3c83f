"""Pages, uploads and the API's description, over a bucket in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import chain, repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import is_valid

from quota_invoice.api import list_invoices
from quota_invoice.api.openapi.describe import describe
from quota_invoice.api.openapi.json_schema import COUNT, COUNT_OR_NULL
from quota_invoice.api.openapi.schemas import KEY, MARKER, PREFIX
from quota_invoice.api.routes import TABLE
from quota_invoice.errors import ImageRefused
from tests.support.announce import etag
from tests.unit.handler.api.test_api import Api, Reply

REFUSAL = ImageRefused("AIS.0104", "The image is not supported.", "r-1")


def listed(api: Api, parameters: str = "") -> list[tuple[str, str]]:
    """Return the entries of all pages."""
    entries: list[tuple[str, str]] = []
    after = ""
    for _ in range(100):
        reply = api.ask("GET", f"/invoices?{parameters}&after={after}")
        assert reply.status == 200, reply.text
        entries += [(entry["key"], entry["status"]) for entry in reply.json["invoices"]]
        if reply.json["next"] is None:
            return entries
        after = reply.json["next"]
    raise AssertionError("no end")


@pytest.fixture
def api() -> Api:
    made = Api(None, objects={f"incoming/{name}": b"x" for name in ("a", "b", "c", "d/e", "d/f")})
    made.ocr.answers = []
    for name in ("a", "d/e"):
        made.ask("POST", "/invoices", {"key": name})
    made.ocr.answers = [REFUSAL]
    made.ask("POST", "/invoices", {"key": "c"})
    made.store.times = dict.fromkeys(made.store.records, 5)  # later than the inputs
    return made


ALL = [
    ("incoming/a", "recognized"),
    ("incoming/b", "pending"),
    ("incoming/c", "failed"),
    ("incoming/d/e", "recognized"),
    ("incoming/d/f", "pending"),
]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 1000])
def test_pages_of_any_size_list_every_input_once_in_order(api: Api, limit: int) -> None:
    assert listed(api, f"limit={limit}") == ALL


def test_an_entry_has_what_the_listing_says(api: Api) -> None:
    assert api.ask("GET", "/invoices?limit=1").json["invoices"] == [
        {
            "key": "incoming/a",
            "status": "recognized",
            "etag": etag(b"x"),
            "size": 1,
            "uploaded_at": "2026-11-22T00:00:00Z",
            "record": "/invoices/incoming/a",
        }
    ]


def test_records_of_the_same_second_are_read(api: Api) -> None:
    api.store.times = {}
    assert listed(api) == ALL


@pytest.mark.parametrize("status", ["recognized", "failed", "pending"])
@pytest.mark.parametrize("limit", [1, 2, 9])
def test_a_page_of_one_status_has_no_others(api: Api, status: str, limit: int) -> None:
    found = listed(api, f"status={status}&limit={limit}")
    assert found == [entry for entry in ALL if entry[1] == status]


@pytest.mark.parametrize("limit", [1, 2, 9])
def test_inputs_that_are_gone_are_listed_if_asked_for(api: Api, limit: int) -> None:
    assert listed(api, "status=gone") == []
    for name in ("a", "b", "c", "d/f"):
        del api.store.objects[f"incoming/{name}"]
    assert listed(api, f"limit={limit}") == [("incoming/d/e", "recognized")]
    gone = [("incoming/a", "gone"), ("incoming/c", "gone")]  # "b" and "d/f" had no record
    assert listed(api, f"status=gone&limit={limit}") == gone
    assert listed(api, f"status=gone&limit={limit}&prefix=c") == gone[1:]
    [entry, _] = api.ask("GET", "/invoices?status=gone").json["invoices"]
    assert entry["record"] == "/invoices/incoming/a"
    assert (entry["etag"], entry["size"]) == (etag(b"x"), 1)
    del api.store.records["results/a.json"]["source"]["size"]
    assert api.ask("GET", "/invoices?status=gone").json["invoices"][0]["size"] == 0


def test_what_is_ignored_by_now_is_in_no_list(api: Api) -> None:
    api.settings = Api(user_data={"IGNORE": "a, e"}).settings
    del api.store.objects["incoming/a"]
    assert listed(api, "status=gone") == []
    assert listed(api) == [one for one in ALL if one[0][-1] not in "ae"]


NAMES = st.sampled_from(["a", "a-b", "a b", "a.jpg", "a.j", "a/b", "é", "b" * 1000, "b" * 1001])


@given(st.sets(NAMES), st.sets(NAMES), st.sets(NAMES), st.integers(1, 3))
def test_each_recorded_input_is_either_listed_or_gone(
    inputs: set[str], read: set[str], failed: set[str], limit: int
) -> None:
    made = Api(objects={f"incoming/{name}": b"x" for name in inputs | read | failed})
    for name in read:
        made.ask("POST", "/invoices", {"key": name})
    made.ocr.answers = [REFUSAL] * len(failed)
    for name in failed:
        made.ask("POST", "/invoices", {"key": name})
    made.store.records["failures/.sweep"] = {}
    for name in (read | failed) - inputs:
        del made.store.objects[f"incoming/{name}"]
    present, gone = listed(made, f"limit={limit}"), listed(made, f"status=gone&limit={limit}")
    assert [key for key, _ in present] == sorted(f"incoming/{name}" for name in inputs)
    expected = sorted((f"incoming/{name}", "gone") for name in (read | failed) - inputs)
    assert sorted(gone) == expected


def test_a_list_of_what_is_gone_ends_in_time_and_goes_on() -> None:
    made = Api(objects={f"incoming/{index:04}": b"x" for index in range(2000)})
    for key in made.store.objects:
        record = {"status": "recognized", "source": {"key": key, "etag": etag(b"x"), "size": 1}}
        made.store.records[made.settings.layout.record_key(key)] = record
    del made.store.objects["incoming/1990"]
    made.store.requests.clear()
    assert listed(made, "status=gone") == [("incoming/1990", "gone")]
    others = [key for action, key in made.store.requests if action != "list"]
    assert others == ["results/1990.json", "incoming/1990"]
    clock = chain(repeat(60.0, 1500), repeat(0.0))
    made.left = lambda: next(clock)  # type: ignore[method-assign]  # the caller's time runs out
    page = made.ask("GET", "/invoices?status=gone")
    assert (page.status, page.json["invoices"]) == (200, [])
    assert page.json["next"].startswith("incoming/0")


@pytest.mark.parametrize("prefix", ["d/", "incoming/d/", "incoming/d", "d/e", "x", "incoming/", ""])
def test_a_prefix_may_begin_with_the_input_prefix(api: Api, prefix: str) -> None:
    wanted = "incoming/" + prefix.removeprefix("incoming/")
    assert listed(api, f"prefix={prefix}") == [one for one in ALL if one[0].startswith(wanted)]


def test_the_last_page_has_no_next() -> None:
    api = Api(objects={f"incoming/{n}": b"" for n in range(4)})
    first = api.ask("GET", "/invoices?limit=2").json
    assert first["next"] == "incoming/1"
    assert api.ask("GET", "/invoices?limit=2&after=1").json["next"] is None
    assert api.ask("GET", "/invoices?limit=4").json["next"] is None
    assert Api(objects={}).ask("GET", "/invoices").json == {"invoices": [], "next": None}


def on_clock(api: Api, clock: Iterator[float]) -> None:
    """Let the remaining seconds change with each call."""
    api.left = lambda: next(clock)  # type: ignore[method-assign]


def test_a_page_out_of_time_says_where_to_continue(api: Api) -> None:
    api.seconds = 9
    on_clock(api, chain([9.0] * 8, repeat(1.0)))
    page = api.ask("GET", "/invoices").json
    assert 0 < len(page["invoices"]) < len(ALL)
    assert page["next"] == page["invoices"][-1]["key"]


@pytest.mark.parametrize(("left", "is_whole"), [(1.6, True), (1.4, False)])
def test_half_of_a_short_time_is_kept_to_return_the_page(
    api: Api, left: float, is_whole: bool
) -> None:
    on_clock(api, chain([3.0] * 8, repeat(left)))
    assert (api.ask("GET", "/invoices").json["next"] is None) is is_whole


def test_a_full_page_lists_no_further_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, size in ((1, 4 << 20), (1000, 9000)):
        monkeypatch.setattr(list_invoices, "_LARGEST_PAGE", size)
        api = Api(objects={f"incoming/{index:04}": b"x" for index in range(1500)})
        assert api.ask("GET", f"/invoices?limit={limit}").json["next"]
        assert api.store.requests.count(("list", "incoming/")) == 1


def test_records_without_inputs_do_not_delay_a_page() -> None:
    api = Api(objects={"incoming/0.jpg": b"0", "incoming/9.jpg": b"9"})
    for number in range(20_000):
        api.store.records[f"results/5/{number:05d}.jpg.json"] = {}
    first = api.ask("GET", "/invoices?limit=1").json
    assert (len(first["invoices"]), first["next"]) == (1, "incoming/0.jpg")
    api.store.requests.clear()
    second = api.ask("GET", f"/invoices?after={first['next']}").json
    assert [entry["key"] for entry in second["invoices"]] == ["incoming/9.jpg"]
    assert len(api.store.requests) <= 4

    # If they have to be listed, time runs out, and the next page begins after them.
    on_clock(api, chain([9.0] * 5000, repeat(0.1)))
    page = api.ask("GET", "/invoices").json
    assert ([entry["key"] for entry in page["invoices"]], page["next"]) == (
        ["incoming/0.jpg"],
        "incoming/0.jpg",
    )


@pytest.mark.parametrize(
    "parameters",
    [
        *("limit=0", "limit=1001", "limit=x", "limit=", "limit=-1", "limit=١"),
        *("status=", "status=done"),
        *("prefix=../results/", "prefix=/a", "prefix=" + "a" * 1025),
        *("after=a\0", "after=" + "a" * 1025),
    ],
)
def test_invalid_parameters_are_refused(parameters: str) -> None:
    api = Api()
    assert api.ask("GET", f"/invoices?{parameters}").status == 400
    assert api.store.requests == []


@pytest.mark.parametrize(
    "parameters", ["limit=1", "limit=1000", "after=" + "a" * 1024, "prefix=" + "a" * 1024]
)
def test_parameters_may_be_each_of_their_limits(parameters: str) -> None:
    assert Api().ask("GET", f"/invoices?{parameters}").status == 200


@pytest.mark.parametrize("after", ["a/../b", "../results", "/", ".", "incoming/../x"])
def test_any_key_may_be_the_one_to_continue_after(after: str) -> None:
    # A bucket may hold such keys, and `next` may be one; only inputs are listed.
    reply = Api().ask("GET", f"/invoices?after={after}")
    assert reply.status == 200
    assert all(entry["key"].startswith("incoming/") for entry in reply.json["invoices"])


def upload(**members: Any) -> Reply:
    return Api().ask("POST", "/uploads", members)


def test_an_upload_has_a_url_an_expiry_and_a_record_path() -> None:
    before = datetime.now(timezone.utc)
    reply = upload(name="差旅 50%+.jpg", content_type="image/jpeg")
    assert reply.status == 201
    found = reply.json
    assert re.fullmatch(r"incoming/uploads/\d{8}T\d{6}Z-[0-9a-f]{16}/差旅 50%\+\.jpg", found["key"])
    assert (found["method"], found["headers"]) == ("PUT", {"Content-Type": "image/jpeg"})
    assert found["record"] == reply.headers["location"]
    assert found["record"].endswith("/%E5%B7%AE%E6%97%85%2050%25%2B.jpg")
    life = datetime.fromisoformat(found["expires_at"].replace("Z", "+00:00")) - before
    assert 298 < life.total_seconds() <= 300
    assert upload(name="a.jpg").json["headers"] == {}


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"name": ""},
        {"name": 1},
        {"name": "a/b.jpg"},
        {"name": "a\\b.jpg"},
        {"name": ".."},
        {"name": "a\n.jpg"},
        {"name": "a\ud800.jpg"},
        {"name": "a" * 201},
        {"name": "票" * 200 * 2},
        {"name": "a.jpg", "content_type": "image/jpeg\r\nX: y"},
        {"name": "a.jpg", "content_type": "jpeg"},
        {"name": "a.jpg", "content_type": None},
        {"name": "a.jpg", "folder": "b"},
    ],
)
def test_invalid_names_are_refused(members: dict[str, Any]) -> None:
    assert upload(**members).status == 400


def test_a_name_has_at_most_200_characters_and_a_media_type_80_on_each_side() -> None:
    longest = f"{'a' * 80}/{'b' * 80}"
    for name in ("", "a" * 201):
        assert "name must be a string of 1 to 200 characters" in upload(name=name).text
    assert upload(name="票" * 200, content_type=longest).status == 201
    assert upload(name="a.jpg", content_type=f"a{longest}").status == 400


@given(st.text(min_size=1, max_size=30))
def test_every_upload_lies_in_the_uploads_folder(name: str) -> None:
    reply = upload(name=name)
    if reply.status == 201:
        key = reply.json["key"]
        assert key.startswith("incoming/uploads/")
        assert key.count("/") == 3
        assert key.endswith(f"/{name}")
    else:
        assert reply.status == 400


def test_an_unknown_input_is_named_by_its_decoded_key() -> None:
    reply = Api().ask("GET", "/invoices/2026/a%20b.jpg")
    assert reply.error == (404, "Invoice.Unknown")
    assert reply.json["error_msg"] == "nothing is known of incoming/2026/a b.jpg"


def test_an_input_whose_name_reads_like_an_encoded_one_is_found_by_its_name() -> None:
    reply = Api(objects={"incoming/a%20b.jpg": b"image"}).ask("GET", "/invoices/a%20b.jpg")
    assert (reply.status, reply.json["source"]["key"]) == (202, "incoming/a%20b.jpg")


def test_below_a_mount_point_paths_begin_with_it() -> None:
    api = Api()
    event = {
        "httpMethod": "POST",
        "path": "/v1/uploads",
        "pathParameters": {"proxy": "uploads"},
        "body": '{"name": "a.jpg"}',
    }
    record = api.send(event).json["record"]
    assert record.startswith("/v1/invoices/incoming/uploads/")
    event = {
        "httpMethod": "GET",
        "path": "/v1/openapi.json",
        "pathParameters": {"": "openapi.json"},
    }
    assert api.send(event).json["servers"] == [{"url": "/v1"}]


def test_the_description_has_every_route() -> None:
    paths = describe("")["paths"]
    assert {path: {method.upper() for method in methods} for path, methods in paths.items()} == {
        path: set(methods) for path, methods in TABLE.items()
    }
    for operation in (each for methods in paths.values() for each in methods.values()):
        assert {"405", "408", "413", "429", "500", "502", "503", "504"} <= set(
            operation["responses"]
        )
    names = re.findall(r"#/components/schemas/(\w+)", str(describe("")))
    assert set(names) == set(describe("")["components"]["schemas"])


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        (KEY, ["a", "a" * 1024], ["", "a" * 1025, "/a", "a/../b", "a/"]),
        (PREFIX, ["", "a", "a/", "a" * 1024], ["/a", "../a", "a" * 1025]),
        (MARKER, ["", "a" * 1024], ["a\0", "a" * 1025]),
        (COUNT, [0, 1], [-1, 0.5, None]),
        (COUNT_OR_NULL, [0, None], [-1]),
    ],
)
def test_the_description_has_the_limits_of_values(
    schema: dict[str, Any], right: list[object], wrong: list[object]
) -> None:
    assert all(is_valid(schema, value) for value in right)
    assert not any(is_valid(schema, value) for value in wrong)


def test_the_description_has_the_limits_of_requests() -> None:
    description = describe("")
    [limit] = [
        each["schema"]
        for each in description["paths"]["/invoices"]["get"]["parameters"]
        if each.get("name") == "limit"
    ]
    assert [is_valid(limit, value) for value in (0, 1, 1000, 1001)] == [
        False,
        True,
        True,
        False,
    ]
    upload_request = description["components"]["schemas"]["UploadRequest"]
    for name, valid in (("", False), ("a", True), ("a" * 200, True), ("a" * 201, False)):
        assert is_valid(upload_request, {"name": name}) is valid
