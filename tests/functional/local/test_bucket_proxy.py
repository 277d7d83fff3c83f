"""The bucket's proxy for curl: records that are still to come, folders, keys of no input."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from obs import ObsClient

from local.bucket.bucket import LocalBucket
from local.bucket.proxy import bucket_proxy
from local.http_server import HttpServer
from quota_invoice.obs.responses import is_success

NAME = "invoices"
PHOTO = "2026/差旅 50%+餐.jpg"


class WatchedClient:
    """The owner's client, which tells when it did not find an object.

    Attributes:
        missed: set when GET found no object.
        suffix: appended to the keys of GET.
    """

    def __init__(self, client: ObsClient) -> None:
        self._client = client
        self.missed = threading.Event()
        self.suffix = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def getObject(self, bucket: str, key: str, **options: Any) -> Any:  # noqa: N802 - as in the SDK
        answer = self._client.getObject(bucket, key + self.suffix, **options)
        if not is_success(answer.status):
            self.missed.set()
        return answer


class Proxy:
    """A proxy, and the bucket behind it."""

    def __init__(self, bucket: LocalBucket, wait_seconds: float) -> None:
        self.client = WatchedClient(bucket.client())
        self._stopping = threading.Event()
        application = bucket_proxy(NAME, self.client, self._stopping, wait_seconds)
        self._server = HttpServer(application)

    def stop(self) -> None:
        self._stopping.set()
        self._server.stop()

    def url(self, key: str) -> str:
        return f"{self._server.url}/{quote(key)}"

    def put(self, key: str, content: bytes = b"image") -> httpx.Response:
        return httpx.put(self.url(key), content=content, timeout=30)

    def get(self, key: str) -> httpx.Response:
        return httpx.get(self.url(key), timeout=60)

    def write_record(self, key: str, input_key: str) -> None:
        """Write the record of an input's present content, as the function does."""
        etag = self.client.getObjectMetadata(NAME, input_key).body.etag.strip('"')
        text = f'{{"source": {{"etag": "{etag}"}}}}'
        assert is_success(self.client.putContent(NAME, key, text).status)

    def get_while_pending(self, key: str, written: str, input_key: str) -> httpx.Response:
        """Ask for a key; write a record when the proxy has not found it."""
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(self.get, key)
            assert self.client.missed.wait(30)
            self.write_record(written, input_key)
            return answer.result(60)


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBucket]:
    started = LocalBucket(NAME, tmp_path_factory.mktemp("store"), None)
    try:
        started.wait()
        yield started
    finally:
        started.stop()


@pytest.fixture
def proxy(bucket: LocalBucket) -> Iterator[Proxy]:
    """The proxy of an empty bucket."""
    for item in list(bucket.objects("")):
        bucket.client().deleteObject(NAME, item.key)
    started = Proxy(bucket, wait_seconds=30)
    yield started
    started.stop()


def test_a_record_that_is_asked_for_right_after_the_upload_is_waited_for(proxy: Proxy) -> None:
    key, record = f"incoming/{PHOTO}", f"results/{PHOTO}.json"
    proxy.put(key)
    answer = proxy.get_while_pending(record, record, key)
    assert (answer.status_code, list(answer.json())) == (200, ["source"])


def test_the_record_of_a_replaced_image_is_not_the_new_ones(proxy: Proxy) -> None:
    key, record = "incoming/a.jpg", "results/a.jpg.json"
    proxy.put(key)
    proxy.write_record(record, key)
    former = proxy.get(record)
    assert former.status_code == 200
    proxy.put(key, b"another image")
    present = proxy.get_while_pending(record, record, key)
    assert present.status_code == 200
    assert present.json() != former.json()


def test_a_failure_record_that_came_instead_is_named(proxy: Proxy) -> None:
    key, failure = f"incoming/{PHOTO}", f"failures/{PHOTO}.json"
    proxy.put(key)
    answer = proxy.get_while_pending(f"results/{PHOTO}.json", failure, key)
    assert answer.status_code == 404
    assert answer.json() == {
        "error_code": "Failed",
        "error_msg": f"{key} was not read; the reason: {proxy.url(failure)}",
    }


@pytest.mark.parametrize(
    ("uploaded", "key"),
    [
        (None, "results/a.jpg.json"),
        ("elsewhere/a.jpg", "results/a.jpg.json"),
        ("incoming/Thumbs.db", "results/Thumbs.db.json"),
        ("incoming/a.jpg", "failures/a.jpg.json"),
    ],
)
def test_nobody_waits_for_a_record_that_cannot_come(
    bucket: LocalBucket, proxy: Proxy, uploaded: str | None, key: str
) -> None:
    if uploaded:
        proxy.put(uploaded)
    patient = Proxy(bucket, wait_seconds=10**6)
    answer = patient.get(key)
    patient.stop()
    assert (answer.status_code, answer.json()) == (
        404,
        {"error_code": "NoSuchKey", "error_msg": f"{NAME}/{key}"},
    )


def test_a_request_that_waits_is_answered_when_the_proxy_stops(bucket: LocalBucket) -> None:
    patient = Proxy(bucket, wait_seconds=10**6)
    patient.put("incoming/a.jpg")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(patient.get, "results/a.jpg.json")
        assert patient.client.missed.wait(30)
        patient.stop()
        assert answer.result(60).json()["error_code"] == "NoSuchKey"


def test_a_record_that_does_not_come_is_an_error_that_says_so(bucket: LocalBucket) -> None:
    impatient = Proxy(bucket, wait_seconds=0)
    impatient.put("incoming/a.jpg")
    answer = impatient.get("results/a.jpg.json")
    impatient.stop()
    assert (answer.status_code, answer.json()["error_msg"]) == (
        404,
        f"{NAME}/results/a.jpg.json: incoming/a.jpg is still being read",
    )


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (f"incoming/{PHOTO}", f"its record: {{base}}{quote(f'results/{PHOTO}.json')}"),
        ("photos/a.jpg", "no record will be made: outside incoming/"),
        ("incoming/Thumbs.db", "no record will be made: IGNORE names Thumbs.db"),
        ("results/a.json", "no record will be made: the function's own output"),
    ],
)
def test_the_answer_to_an_upload_tells_its_record(proxy: Proxy, key: str, line: str) -> None:
    answer = proxy.put(key)
    assert answer.status_code == 200
    assert answer.text.splitlines() == [f"{NAME}/{key}", line.format(base=proxy.url(""))]


@pytest.mark.parametrize("folder", ["incoming", "results", "reviews"])
def test_an_upload_to_a_folder_without_its_slash_is_refused(proxy: Proxy, folder: str) -> None:
    answer = proxy.put(folder)
    assert (answer.status_code, answer.json()) == (
        400,
        {"error_code": "InvalidKey", "error_msg": f"{folder} is a folder: end the URL with /"},
    )
    assert proxy.get("").text == f"nothing is below {NAME}/\n"


@pytest.mark.parametrize(
    "key", ["incoming//a.jpg", "incoming/a\\b.jpg", "incoming/a\nb.jpg", "incoming/a.jpg\n"]
)
def test_a_key_that_the_store_would_change_is_refused(proxy: Proxy, key: str) -> None:
    answer = proxy.put(key)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "InvalidKey")
    assert proxy.get("").text == f"nothing is below {NAME}/\n"


def test_an_answer_of_the_store_that_is_cut_off_is_json(proxy: Proxy) -> None:
    proxy.put("2026")
    proxy.put("2026/a.jpg")
    proxy.client.suffix = "/"  # the store answers with the object's length, and no content
    answer = proxy.get("2026")
    assert (answer.status_code, answer.json()["error_code"]) == (502, "StoreError")


def test_a_folder_lists_the_keys_below_it(proxy: Proxy) -> None:
    keys = [f"incoming/{PHOTO}", "incoming/a.jpg"]
    for key in [*keys, "photos/b.jpg"]:
        proxy.put(key)
    for folder in ("incoming/", "incoming"):
        answer = proxy.get(folder)
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.text.splitlines() == keys
    assert proxy.get("incoming/2026/").text.splitlines() == keys[:1]
    assert proxy.get("").text.splitlines() == [*keys, "photos/b.jpg"]
    assert proxy.get("results/").text == f"nothing is below {NAME}/results/\n"


@pytest.mark.exhaustive
def test_the_listing_of_a_large_folder_says_that_there_are_more(proxy: Proxy) -> None:
    with ThreadPoolExecutor(4) as pool:
        for done in pool.map(
            lambda number: proxy.client.putContent(NAME, f"incoming/{number:04}", b"x"), range(1001)
        ):
            assert is_success(done.status)
    lines = proxy.get("incoming/").text.splitlines()
    assert lines[999:] == ["incoming/0999", "… and more: these are the first 1,000 keys"]


def test_the_store_lists_a_key_with_a_control_character_as_it_is(bucket: LocalBucket) -> None:
    key = "incoming/control/c\x01 +%.jpg"
    assert bucket.client().putContent(NAME, key, b"x").status == 200
    assert [item.key for item in bucket.objects("incoming/control/")] == [key]
    bucket.client().deleteObject(NAME, key)
