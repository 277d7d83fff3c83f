"""The API over HTTP, through the gateway, on real parts."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from local.cloud import BUCKET, Cloud
from local.gateway.app import gateway
from local.http_server import HttpServer
from quota_invoice.api.requests import LARGEST_BODY
from tests.functional.conftest import Objects, Run, Start
from tests.support.announce import announce, etag
from tests.support.paths import SAMPLES
from tests.support.servers import Answer, Asked, serving

KEY = "incoming/差旅 50%+/a b.png"
PATH = "/invoices/%E5%B7%AE%E6%97%85%2050%25%2B/a%20b.png"


class Client:
    """A client of a function's API, and the function."""

    def __init__(self, run: Run, url: str) -> None:
        self.run = run
        self.url = url
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=60)

    def post(self, path: str, body: object) -> httpx.Response:
        return self.http.post(path, json=body)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=headers)

    def record(self, path: str, seconds: float = 60) -> Any:
        """Poll until the record exists."""
        deadline = time.monotonic() + seconds
        while (answer := self.get(path)).status_code in {202, 404}:
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.2)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextlib.contextmanager
def serving_api(run: Run, gateway_seconds: float = 30.0) -> Iterator[Client]:
    """Serve a function's API with a new gateway."""
    front = HttpServer(gateway(run.runtime.invoke, gateway_seconds))
    client = Client(run, front.url)
    try:
        yield client
    finally:
        client.http.close()
        front.stop()


@pytest.fixture
def call(start: Start) -> Iterator[Callable[..., Client]]:
    """Start functions with other settings, and serve their APIs."""
    with contextlib.ExitStack() as stack:

        def make(gateway_seconds: float = 30.0, **user_data: str) -> Client:
            run = start(API_TIMEOUT_SECONDS=f"{gateway_seconds:g}", **user_data)
            return stack.enter_context(serving_api(run, gateway_seconds))

        yield make


@pytest.fixture
def client(run: Run) -> Iterator[Client]:
    with serving_api(run) as found:
        yield found


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def large_photo(megabytes: int = 7) -> bytes:
    """Return the clean sample as a file of a telephone photo's size: enlarged, uncompressed."""
    with Image.open(SAMPLES / "shanghai-10-yuan-clean.png") as image:
        wide = image.convert("RGB")
        scale = (megabytes * 1_000_000 / (3 * wide.width * wide.height)) ** 0.5
        wide = wide.resize((int(wide.width * scale) + 4, int(wide.height * scale) + 4))
        with io.BytesIO() as file:
            wide.save(file, "BMP")
            return file.getvalue()


def test_an_image_in_the_request_is_recognized_and_not_stored(
    client: Client, objects: Objects, image: bytes, truth: dict[str, Any]
) -> None:
    answer = client.post("/invoices", {"image": encoded(image)})
    assert answer.status_code == 200
    record = answer.json()
    expected = truth["shanghai-10-yuan-clean.png"]
    assert {name: record["result"][name] for name in expected} == expected
    assert record["source"] is None
    assert objects.keys() == []


def test_an_image_at_a_url_is_recognized(
    call: Callable[..., Client], cloud: Cloud, objects: Objects, image: bytes
) -> None:
    # The OCR service accepts URLs of the bucket only; to this function the bucket is another host.
    objects.put("incoming/elsewhere.png", image)
    signed = objects.client.createSignedUrl("GET", BUCKET, "incoming/elsewhere.png", expires=60)
    host = cloud.bucket.endpoint.removeprefix("http://")
    client = call(URL_ALLOW_HOSTS=host, BUCKET="another")
    answer = client.post("/invoices", {"url": signed.signedUrl})
    assert answer.status_code == 200, answer.text
    assert answer.json()["result"]["code"] == "13100139T713"
    everything = client.run.text()
    assert "Signature" not in everything
    own = call(URL_ALLOW_HOSTS=host).post("/invoices", {"url": signed.signedUrl})
    assert (own.status_code, own.json()["error_code"]) == (422, "Url.Refused")
    assert "key" in own.json()["error_msg"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://[::1]:80/", "http://2130706433/", "http://169.254.169.254"]
)
def test_an_internal_url_is_refused_without_a_request_to_the_service(
    client: Client, url: str
) -> None:
    answer = client.post("/invoices", {"url": url})
    assert (answer.status_code, answer.json()["error_code"]) == (422, "Url.Refused")
    assert client.run.count("recognize") == 0


def test_a_stored_object_is_recognized_at_once(
    client: Client, objects: Objects, image: bytes
) -> None:
    objects.put(KEY, image)
    assert client.get(PATH).status_code == 202
    answer = client.post("/invoices", {"key": KEY})
    assert answer.status_code == 200
    record = objects.record("results/差旅 50%+/a b.png.json")
    assert answer.json() == record
    assert record["source"]["etag"] == etag(image)
    assert client.run.invoke(announce(KEY, image)) == {"duplicate": 1}
    again = client.get(PATH)
    assert again.json() == record
    known = client.get(PATH, **{"If-None-Match": again.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    head = client.http.head(PATH)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == again.headers["etag"]


def test_a_file_that_is_no_image_is_an_error_and_gets_a_failure_record(
    client: Client, objects: Objects
) -> None:
    objects.put("incoming/text.jpg", b"This is no picture at all.")
    answer = client.post("/invoices", {"key": "text.jpg"})
    assert (answer.status_code, answer.json()["error_code"]) == (422, "File.NotAnImage")
    failure = client.get("/invoices/text.jpg")
    assert (failure.status_code, failure.json()["status"]) == (200, "failed")
    at_once = client.post("/invoices", {"image": encoded(b"no picture either")})
    assert (at_once.status_code, at_once.json()["error_code"]) == (422, "File.NotAnImage")


def test_pages_list_every_input_once_in_key_order(
    client: Client, objects: Objects, image: bytes
) -> None:
    objects.put("incoming/a.png", image)
    objects.put("incoming/b.jpg", b"no picture")
    objects.put("incoming/c d+50%.png", image)
    objects.put("incoming/sub/e.png", image)
    for key in ("a.png", "b.jpg"):
        client.post("/invoices", {"key": key})
    expected = {
        "incoming/a.png": "recognized",
        "incoming/b.jpg": "failed",
        "incoming/c d+50%.png": "pending",
        "incoming/sub/e.png": "pending",
    }
    for limit in (1, 2, 3, 4, 100):
        found: dict[str, str] = {}
        after: str | None = ""
        while after is not None:
            answer = client.http.get("/invoices", params={"after": after, "limit": limit})
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert len(page["invoices"]) <= limit
            found |= {entry["key"]: entry["status"] for entry in page["invoices"]}
            after = page["next"]
        assert list(found.items()) == list(expected.items())
    [failed] = client.get("/invoices?status=failed").json()["invoices"]
    assert client.get(failed["record"]).json()["error"]["code"] == "File.NotAnImage"
    [below] = client.get("/invoices?prefix=sub/").json()["invoices"]
    assert below["key"] == "incoming/sub/e.png"
    assert client.get(below["record"]).status_code == 202


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("content_type", [None, "image/bmp"])
def test_curl_uploads_a_photo_of_seven_megabytes_and_gets_its_record(
    client: Client, objects: Objects, tmp_path: Path, content_type: str | None
) -> None:
    photo = tmp_path / "photo.bmp"
    photo.write_bytes(large_photo())
    assert photo.stat().st_size > 7_000_000
    wish = {"name": "差旅 photo+1.bmp", **({"content_type": content_type} if content_type else {})}
    said = curl("-d", json.dumps(wish), f"{client.url}/uploads")
    upload = json.loads(said)
    headers = [f"-H{name}: {text}" for name, text in upload["headers"].items()]
    curl("-T", str(photo), *headers, upload["url"])
    assert objects.keys("incoming/") == [upload["key"]]
    assert upload["key"].startswith("incoming/uploads/")
    content = photo.read_bytes()
    client.run.runtime.submit(announce(upload["key"], content))
    record = client.record(upload["record"])
    assert record["result"]["code"] == "13100139T713"
    assert record["source"]["size"] == len(content)


def curl(*arguments: str) -> str:
    command = ["curl", "--silent", "--show-error", "--fail", "--max-time", "60", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - the test's own


def test_uploads_of_one_name_get_different_keys_and_urls_for_one_key_only(
    client: Client, objects: Objects
) -> None:
    first, second = (client.post("/uploads", {"name": "a.jpg"}).json() for _ in range(2))
    assert first["key"] != second["key"]
    assert client.get(first["record"]).status_code == 404
    assert httpx.put(first["url"], content=b"one").status_code == 200
    # The URL allows a PUT to its own key only.
    other = first["url"].replace(first["key"].split("/")[2], "elsewhere")
    assert httpx.put(other, content=b"two").status_code == 403
    assert httpx.get(first["url"]).status_code == 403
    assert httpx.delete(first["url"]).status_code == 403
    assert objects.keys() == [first["key"]]
    assert client.get(first["record"]).status_code == 202


def test_a_body_that_is_too_large_is_refused_and_the_error_names_uploads(client: Client) -> None:
    by_function = client.post("/invoices", {"image": "A" * LARGEST_BODY})
    assert (by_function.status_code, by_function.json()["error_code"]) == (413, "Request.TooLarge")
    assert "/uploads" in by_function.json()["error_msg"]
    by_gateway = client.post("/invoices", {"image": "A" * 7_000_000})
    assert (by_gateway.status_code, by_gateway.json()["error_code"]) == (413, "APIG.0201")


def test_a_slow_service_times_out_before_the_gateway_does(
    call: Callable[..., Client], objects: Objects, image: bytes
) -> None:
    def slow(_: Asked) -> Answer:
        return Answer(200, {"Content-Type": "application/json"}, b'{"result": {}}', delay=20)

    objects.put("incoming/a.png", image)
    with serving(slow) as service:
        client = call(gateway_seconds=4, OCR_ENDPOINT=service.url)
        client.get("/healthz")  # the start of an instance takes a second of the gateway's timeout
        started = time.monotonic()
        answer = client.post("/invoices", {"key": "a.png"})
        assert time.monotonic() - started < 4
    assert (answer.status_code, answer.json()["error_code"]) == (504, "Function.OutOfTime")
    assert answer.json()["key"] == "incoming/a.png"
    assert client.get(answer.json()["record"]).status_code == 202


def test_throttling_by_the_service_is_passed_on_with_retry_after(
    call: Callable[..., Client], image: bytes
) -> None:
    def busy(_: Asked) -> Answer:
        body = {"error_code": "APIG.0308", "error_msg": "The throttling threshold is reached."}
        headers = {"Content-Type": "application/json", "Retry-After": "17"}
        return Answer(429, headers, json.dumps(body).encode())

    with serving(busy) as service:
        client = call(OCR_ENDPOINT=service.url)
        answer = client.post("/invoices", {"image": encoded(image)})
    assert (answer.status_code, answer.json()["error_code"]) == (429, "APIG.0308")
    assert answer.headers["retry-after"] == "17"


def test_the_callers_credentials_are_not_logged(
    client: Client, objects: Objects, image: bytes
) -> None:
    headers = {"Authorization": "SDK-HMAC-SHA256 do-not-tell", "X-Apig-AppCode": "do-not-tell"}
    for body in ({"image": encoded(image)}, {"nonsense": "do-not-tell"}, {"key": "a.png"}):
        client.http.post("/invoices", json=body, headers=headers)
    upload = client.post("/uploads", {"name": "a.png"}).json()
    logged = client.run.text()
    assert "do-not-tell" not in logged
    assert encoded(image)[:40] not in logged
    assert "Signature" in upload["url"]
    assert "Signature" not in logged
    steps = [line for line in client.run.lines() if line["step"] == "api"]
    assert [line["outcome"] for line in steps] == ["200", "error", "error", "201"]
    assert all(line["gateway_request_id"] for line in steps)
    assert objects.keys() == []
