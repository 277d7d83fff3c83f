"""The operations of the bucket, by the SDK, on a server of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from quota_invoice.errors import StoreError, StoreRefused, StoreUnreachable
from quota_invoice.obs.objects import BEGINNING, Entry, Source
from quota_invoice.obs.sender import LARGEST_ANSWER
from quota_invoice.obs.store import LARGEST_RECORD, ObsStore
from tests.support.announce import etag
from tests.support.hostile import store_at
from tests.support.obs_server import in_range
from tests.support.servers import Answer, Asked, serving

MODIFIED = "Sun, 22 Nov 2026 00:00:30 GMT"
UPLOADED = "2026-11-22T00:00:30Z"
KEY = "incoming/差旅 50%+.jpg"


class Bucket:
    """A bucket with two entries on each page of a listing.

    Attributes:
        objects: contents by key.
        asked: all requests.
        statuses: by method, the statuses of responses other than the usual ones.
    """

    def __init__(self, **objects: bytes) -> None:
        self.objects: dict[str, bytes] = dict(objects)
        self.asked: list[Asked] = []
        self.statuses: dict[str, int] = {}

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        parts = urlsplit(asked.path)
        key = unquote(parts.path).removeprefix("/invoices").removeprefix("/")
        if asked.method in self.statuses:
            return Answer(self.statuses[asked.method])
        if asked.method == "GET" and not key:
            return self._page(dict(parse_qsl(parts.query)))
        if asked.method == "PUT":
            self.objects[key] = asked.body
            return Answer(200, {"ETag": f'"{etag(asked.body)}"'})
        if asked.method == "DELETE":
            self.objects.pop(key, None)
            return Answer(204)
        content = self.objects.get(key)
        if content is None:
            return Answer(404, {}, b"<Error><Code>NoSuchKey</Code></Error>")
        headers = {"ETag": f'"{etag(content)}"', "Last-Modified": MODIFIED}
        if asked.method == "HEAD":
            headers["Content-Length"] = str(len(content))
        return in_range(Answer(200, headers, content), asked.headers.get("range", ""))

    def _page(self, query: dict[str, str]) -> Answer:
        keys = [
            key
            for key in sorted(self.objects)
            if key.startswith(query.get("prefix", "")) and key > query.get("marker", "")
        ]
        found = "".join(
            f"<Contents><Key>{key}</Key><Size>{len(self.objects[key])}</Size><ETag>"
            f'"{etag(self.objects[key])}"</ETag>'
            "<LastModified>2026-11-22T00:00:30.000Z</LastModified></Contents>"
            for key in keys[:2]
        )
        head = f"<Name>invoices</Name><IsTruncated>{str(len(keys) > 2).lower()}</IsTruncated>"
        xml = f"<ListBucketResult>{head}{found}</ListBucketResult>"
        return Answer(200, {"Content-Type": "application/xml"}, xml.encode())


@contextmanager
def store_of(bucket: Bucket) -> Iterator[ObsStore]:
    with serving(bucket.answer) as server:
        yield store_at(server.url)


def test_an_object_is_identified_by_one_request_for_its_first_4096_bytes() -> None:
    contents = {"a": b"x" * (BEGINNING - 1), "b": b"x" * BEGINNING, "c": b"x" * (BEGINNING + 1)}
    bucket = Bucket(**contents)
    with store_of(bucket) as store:
        for key, content in contents.items():
            found = store.identify("invoices", key)
            assert found
            assert found.beginning == content[:4096]
            expected = Source("invoices", key, etag(content), len(content), None, UPLOADED)
            assert found.source == store.describe("invoices", key) == expected
        assert store.identify("invoices", "d") is None
        assert store.describe("invoices", "d") is None
    assert [asked.method for asked in bucket.asked[:2]] == ["GET", "HEAD"]
    assert bucket.asked[0].headers["range"] == "bytes=0-4095"


def test_an_empty_object_is_identified_by_a_second_request() -> None:
    bucket = Bucket(a=b"")
    with store_of(bucket) as store:
        found = store.identify("invoices", "a")
        assert found
        assert (found.beginning, found.source.size) == (b"", 0)
    assert [asked.method for asked in bucket.asked] == ["GET", "HEAD"]


def test_an_object_that_is_replaced_while_it_is_identified_is_read_later() -> None:
    bucket = Bucket(a=b"")
    usual = bucket.answer

    def replacing(asked: Asked) -> Answer:
        answer = usual(asked)
        bucket.objects["a"] = b"content"
        return answer

    bucket.answer = replacing  # type: ignore[method-assign]
    with store_of(bucket) as store, pytest.raises(StoreUnreachable, match=r"Store\.Changing"):
        store.identify("invoices", "a")


def test_an_empty_object_that_is_removed_while_it_is_identified_is_gone() -> None:
    bucket = Bucket(a=b"")
    usual = bucket.answer

    def removing(asked: Asked) -> Answer:
        answer = usual(asked)
        bucket.objects.pop("a", None)
        return answer

    bucket.answer = removing  # type: ignore[method-assign]
    with store_of(bucket) as store:
        assert store.identify("invoices", "a") is None


def test_a_part_of_an_object_says_the_size_of_the_whole() -> None:
    part = Answer(206, {"ETag": f'"{etag(b"a")}"'}, b"a")
    with serving(lambda _: part) as server, pytest.raises(StoreError, match=r"Store\.BadAnswer"):
        store_at(server.url).identify("invoices", "a")


def test_a_listing_of_another_bucket_is_not_from_the_bucket() -> None:
    page = Bucket().answer(Asked("GET", "/invoices/", {}, b""))
    with serving(lambda _: page) as server, pytest.raises(StoreError, match=r"Store\.BadAnswer"):
        list(store_at(server.url).listing("other", "incoming/"))


def test_a_record_is_written_read_and_removed() -> None:
    bucket = Bucket()
    record = {"text": "发票 \ud800", "amount": 1.5}
    with store_of(bucket) as store:
        store.write("invoices", "results/a.json", record)
        assert store.read("invoices", "results/a.json") == record
        text = bucket.objects["results/a.json"].decode()
        assert text == '{\n  "text": "发票 \\ud800",\n  "amount": 1.5\n}\n'
        assert bucket.asked[0].headers["content-type"] == "application/json; charset=utf-8"
        store.delete("invoices", "results/a.json")
        assert store.read("invoices", "results/a.json") is None
        store.delete("invoices", "results/a.json")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'{"a": NaN}', b" " * LARGEST_RECORD + b"{}"]
)
def test_another_programs_object_is_an_empty_record(content: bytes) -> None:
    with store_of(Bucket(a=content)) as store:
        assert store.read("invoices", "a") == {}


def test_an_object_is_fetched_if_it_has_at_most_so_many_bytes() -> None:
    with store_of(Bucket(a=b"12345")) as store:
        source = Source("invoices", "a", etag(b"12345"), 5, None, None)
        assert store.fetch(source, 5) == b"12345"
        assert store.fetch(source, 4) is None
        assert store.fetch(source._replace(key="b"), 5) is None


@pytest.mark.parametrize(("limit", "received"), [(3, 4), (4, 5), (5, 5), (9, 5)])
def test_one_byte_more_than_the_limit_is_received(limit: int, received: int) -> None:
    with store_of(Bucket(a=b"12345")) as store:
        found = store.sender.get("invoices", "a", limit)
    assert found
    assert found.content == b"12345"[:received]


@pytest.mark.usefixtures("short_pauses")
@pytest.mark.parametrize(("limit", "sent"), [(9, 4), (4, 4), (3, 3)])
def test_a_content_that_ends_early_is_no_content(limit: int, sent: int) -> None:
    headers = {"ETag": '"e"', "Content-Length": "5", "Connection": "close"}
    answer = Answer(200, headers, b"12345"[:sent])

    def closing(asked: Asked) -> Answer:
        del asked
        return answer

    with serving(closing) as server, pytest.raises(StoreUnreachable):
        store_at(server.url, OBS_TIMEOUT_SECONDS="1").sender.get("invoices", "a", limit)


def test_all_pages_of_a_listing_are_read_in_order() -> None:
    bucket = Bucket(**{f"incoming/{n}": bytes(n) for n in range(5)}, other=b"")
    with store_of(bucket) as store:
        found = list(store.listing("invoices", "incoming/"))
        assert found == [Entry(f"incoming/{n}", etag(bytes(n)), n, UPLOADED) for n in range(5)]
        after = store.listing("invoices", "incoming/", "incoming/2")
        assert [entry.key for entry in after] == ["incoming/3", "incoming/4"]
    query = dict(parse_qsl(urlsplit(bucket.asked[0].path).query))
    assert query == {"prefix": "incoming/", "max-keys": "1000", "encoding-type": "url"}


def test_a_listing_of_1000_keys_of_1024_encoded_bytes_fits_into_the_largest_answer() -> None:
    assert 1000 * (3 * 1024 + 500) < LARGEST_ANSWER < 5_000_000


OPERATIONS: list[Callable[[ObsStore], object]] = [
    lambda store: store.write("invoices", "results/a.json", {}),
    lambda store: list(store.listing("invoices", "incoming/")),
]


@pytest.mark.parametrize("operate", OPERATIONS)
@pytest.mark.parametrize("code", ["NoSuchBucket", "NoSuchKey"])
def test_a_bucket_that_does_not_exist_refuses_the_account(
    operate: Callable[[ObsStore], object], code: str
) -> None:
    missing = Answer(404, {}, f"<Error><Code>{code}</Code></Error>".encode())
    with serving(lambda _: missing) as server, pytest.raises(StoreRefused, match="NoSuchBucket"):
        operate(store_at(server.url))


@pytest.mark.parametrize(
    ("message", "told"), [("<Message>busy writing</Message>", "busy writing"), ("", "Conflict")]
)
def test_a_refusal_is_told_with_its_message_or_the_status_s_own(message: str, told: str) -> None:
    body = f"<Error><Code>OperationAborted</Code>{message}</Error>".encode()
    with (
        serving(lambda _: Answer(409, {}, body)) as server,
        pytest.raises(StoreError, match=rf"^Store\.OperationAborted: get a: .*{told}"),
    ):
        store_at(server.url).read("invoices", "a")


@pytest.mark.parametrize("status", [200, 203, 205])
def test_a_removal_has_the_status_204(status: int) -> None:
    bucket = Bucket()
    bucket.statuses["DELETE"] = status
    with (
        store_of(bucket) as store,
        pytest.raises(StoreError, match=r"Store\.BadAnswer: delete a: "),
    ):
        store.delete("invoices", "a")


def test_an_empty_key_is_no_operation_on_the_bucket() -> None:
    bucket = Bucket()
    with store_of(bucket) as store, pytest.raises(StoreError, match=r"Store\.EmptyKey"):
        store.delete("invoices", "")
    assert bucket.asked == []


def test_an_error_of_the_sdk_itself_is_named_without_its_text() -> None:
    def fail(_: str) -> None:
        raise ValueError("do-not-tell")

    with (
        store_of(Bucket()) as store,
        pytest.raises(StoreError, match=r"^Store\.Failed: put a: ValueError$"),
    ):
        store.sender.send("put", "a", fail)


@pytest.mark.usefixtures("short_pauses")
@pytest.mark.parametrize(
    ("status", "is_sent_again"),
    [(300, False), (302, False), (400, False), (499, False), (500, True), (503, True)],
)
def test_a_request_is_sent_again_if_the_bucket_is_busy(status: int, *, is_sent_again: bool) -> None:
    bucket = Bucket()
    bucket.statuses["GET"] = status
    with store_of(bucket) as store, pytest.raises(StoreError):
        store.read("invoices", "a")
    assert (len(bucket.asked) > 1) is is_sent_again


def test_a_write_is_sent_again_within_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenacity.wait.random.uniform", lambda _, longest: longest)
    bucket = Bucket()
    bucket.statuses["PUT"] = 503
    with store_of(bucket) as store, pytest.raises(StoreError):
        store.write("invoices", "a", {})
    # The first pause takes a second; after the second one, of two, no time would be left.
    assert len(bucket.asked) == 2


def test_a_signed_url_names_the_version_and_ends_when_the_settings_say() -> None:
    store = store_at("http://127.0.0.1:1", SIGNED_URL_SECONDS="300")
    source = Source("invoices", KEY, "e", 1, "v1", None)
    url = urlsplit(store.signed_url(source))
    query = dict(parse_qsl(url.query))
    assert unquote(url.path) == f"/invoices/{KEY}"
    assert query["versionId"] == "v1"
    plain = store.signed_url(source._replace(version_id=None))
    assert "versionId" not in plain
    assert "Signature=" in plain
    upload = store.signed_put("invoices", KEY, 60, "image/jpeg")
    assert upload != store.signed_put("invoices", KEY, 60, None)


def test_a_signed_url_of_an_s3_store_has_the_token() -> None:
    store = store_at("http://127.0.0.1:1", OBS_SIGNATURE="v4")
    query = dict(parse_qsl(urlsplit(store.signed_url(Source("b", "a", "e", 1, None, None))).query))
    assert query["X-Amz-Security-Token"] == "token-one"
    assert query["X-Amz-Expires"] == "300"


def test_a_write_is_json_without_nan() -> None:
    bucket = Bucket()
    with store_of(bucket) as store, pytest.raises(ValueError, match="JSON compliant"):
        store.write("invoices", "a", {"share": float("nan")})
    assert bucket.asked == []
