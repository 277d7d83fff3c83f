"""The settings of production, against servers that verify every signature.

Native OBS signatures, virtual-hosted buckets, TLS with verified certificates, and temporary
credentials that change. Only the host names resolve to loopback, and the test is the authority.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn

import index
from local.cloud import PROJECT
from ocr_service.app import make_app
from ocr_service.auth.keyring import Credentials, write_key_file
from ocr_service.reading.reader import Reader
from ocr_service.settings import Settings as ServiceSettings
from ops.package.authorities import by_subject
from quota_invoice.errors import ServiceUnavailable, StoreError
from quota_invoice.invoice.duplicates import Appearance, identities
from quota_invoice.obs.store import ObsStore
from quota_invoice.ocr.service import OcrService
from quota_invoice.recognition.ocr_input import OcrInput
from quota_invoice.recognition.reading import Api, Recognition
from quota_invoice.settings.credentials import Credentials as FunctionCredentials
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from quota_invoice.settings.settings import Settings
from quota_invoice.sockets import AUTHORITIES, bounded_tls
from quota_invoice.stopwatch import Stopwatch
from tests.support.announce import announce, etag
from tests.support.context import Context
from tests.support.obs_server import ObsServer
from tests.support.paths import SAMPLES
from tests.support.servers import Answer, Asked, Server, serving
from tests.support.tls import Authority, resolving

OBS, OCR = "obs.cn-north-4.test", "ocr.cn-north-4.test"
KEY = "incoming/差旅 50%+/a b.png"
FIRST = FunctionCredentials("AK-one", "secret-one", "token/one+with=signs")
SECOND = FunctionCredentials("AK-two", "secret-two", "token/two+with=signs")


@dataclass
class Production:
    """Both services under their host names, and the function's settings for them."""

    obs: ObsServer
    obs_server: Server
    user_data: dict[str, str]

    def settings(self) -> Settings:
        return Settings.read(self.user_data.get, PROJECT)

    def context(self, credentials: FunctionCredentials) -> Context:
        access_key, secret_key, token = credentials
        return Context(self.user_data, access_key, secret_key, token, PROJECT)


def endpoints(obs_port: int, ocr_port: int = 0) -> dict[str, str]:
    """The settings of both endpoints; by default one server is both."""
    return {
        "OBS_ENDPOINT": f"https://{OBS}:{obs_port}",
        "OCR_ENDPOINT": f"https://{OCR}:{ocr_port or obs_port}",
    }


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def production(authority: Authority, tmp_path: Path) -> Iterator[Production]:
    secrets = {keys.access_key: (keys.secret_key, keys.security_token) for keys in (FIRST, SECOND)}
    obs = ObsServer("invoices", OBS, secrets)
    with contextlib.ExitStack() as stack:
        stack.enter_context(resolving(OBS, OCR))
        tls = authority.context(tmp_path, f"*.{OBS}")
        obs_server = stack.enter_context(serving(obs.answer, tls))
        allowed = f"invoices.{OBS}:{obs_server.port}"
        port = stack.enter_context(_ocr_service(authority, tmp_path, allowed))
        user_data = endpoints(obs_server.port, port) | {"CA_FILE": str(authority.ca_file)}
        yield Production(obs, obs_server, user_data)


@contextlib.contextmanager
def _ocr_service(authority: Authority, folder: Path, allowed: str) -> Iterator[int]:
    """Run the real OCR service in a thread, with TLS and both credentials; yield its port."""
    soon = datetime.now(timezone.utc) + timedelta(minutes=10)
    key_file = folder / "keys.json"
    known = [
        Credentials(keys.access_key, keys.secret_key, keys.security_token, soon)
        for keys in (FIRST, SECOND)
    ]
    write_key_file(key_file, known)
    settings = ServiceSettings.read(
        {},
        project=PROJECT,
        key_file=key_file,
        allow_hosts=allowed,
        ca_file=authority.ca_file,
    )
    chain, key = authority.files(folder, OCR)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            make_app(settings, Reader()), log_config=None, ssl_certfile=chain, ssl_keyfile=key
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True  # the SDK keeps its connection open
            thread.join()


def test_an_upload_becomes_a_record(production: Production, image: bytes) -> None:
    obs, entries = production.obs, {}
    other = (SAMPLES / "beijing-10-yuan-stamped.jpg").read_bytes()
    for name, credentials, content in (("one", FIRST, image), ("two", SECOND, other)):
        key = KEY.replace("a b", name)
        obs.objects[key] = content
        if credentials is FIRST:
            index.initializer(production.context(credentials))
        assert index.handler(announce(key, content), production.context(credentials)) == {
            "recognized": 1
        }
        record = json.loads(obs.objects[key.replace("incoming/", "results/") + ".json"])
        assert record["source"]["key"] == key
        assert record["result"]["amount"] == "￥10.00"
        appearance = Appearance(key, record["source"]["uploaded_at"])
        [itself] = identities(record["invoices"])
        entries[key] = DEFAULT_LAYOUT.appearance_key(*itself, appearance)
    assert obs.refused == []
    # Per upload: the function identifies the object, reads record and failure, the OCR service
    # reads the image by its signed URL, the function notes the invoice in the index and looks for
    # others of it, confirms the object and writes the record.
    assert obs.verified == [
        (method, key)
        for image_key in (KEY.replace("a b", "one"), KEY.replace("a b", "two"))
        for method, key in (
            ("GET", image_key),
            ("GET", image_key.replace("incoming/", "results/") + ".json"),
            ("GET", image_key.replace("incoming/", "failures/") + ".json"),
            ("GET", image_key),
            ("PUT", entries[image_key]),
            ("GET", ""),
            ("HEAD", image_key),
            ("PUT", image_key.replace("incoming/", "results/") + ".json"),
        )
    ]


def read_by_url(settings: Settings, url: str) -> Recognition:
    ocr = OcrService.connect(settings, FIRST)
    return ocr.recognize(OcrInput(url), Api.QUOTA_INVOICE, None, 5)


def test_every_request_to_obs_has_a_valid_signature(production: Production) -> None:
    store = ObsStore.connect(production.settings(), FIRST)
    document = {"status": "recognized", "text": "发票"}
    store.write("invoices", "results/a b+%20.json", document)
    assert store.read("invoices", "results/a b+%20.json") == document
    assert store.read("invoices", "results/none.json") is None
    store = store.for_invocation(SECOND, Stopwatch())
    production.obs.objects[KEY] = b"image"
    info = store.describe("invoices", KEY)
    assert info is not None
    assert (info.etag, info.size) == (etag(b"image"), 5)
    assert store.describe("invoices", "incoming/none") is None
    store.delete("invoices", "results/a b+%20.json")
    assert production.obs.refused == []
    assert [method for method, _ in production.obs.verified] == [
        # A GET confirms that the object of the second HEAD is missing.
        *("PUT", "GET", "GET", "HEAD", "HEAD", "GET", "DELETE")
    ]


def test_one_request_identifies_an_object_by_its_metadata_and_its_first_bytes(
    production: Production,
) -> None:
    store = ObsStore.connect(production.settings(), FIRST)
    for size in (5, 4096, 4097, 1_000_000):
        production.obs.verified.clear()
        content = b"x" * size
        production.obs.objects[KEY] = content
        found = store.identify("invoices", KEY)
        assert found is not None
        assert (found.source.etag, found.source.size) == (etag(content), size)
        assert found.source.version_id is None
        assert found.beginning == content[:4096]
        assert [method for method, _ in production.obs.verified] == ["GET"]
        assert store.describe("invoices", KEY) == found.source
    assert store.identify("invoices", "incoming/none") is None


def test_an_empty_object_is_identified_by_a_second_request(production: Production) -> None:
    store = ObsStore.connect(production.settings(), FIRST)
    production.obs.objects[KEY] = b""
    found = store.identify("invoices", KEY)
    assert found is not None
    assert (found.source.etag, found.source.size, found.beginning) == (etag(b""), 0, b"")
    assert [method for method, _ in production.obs.verified] == ["GET", "HEAD"]


def test_a_signed_url_and_a_fetch_name_the_version_of_an_object(production: Production) -> None:
    store = ObsStore.connect(production.settings(), FIRST)
    production.obs.objects[KEY] = b"image"
    production.obs.version = "G0011/+=v1"
    found = store.identify("invoices", KEY)
    assert found is not None
    assert found.source.version_id == "G0011/+=v1"
    assert store.fetch(found.source, 10) == b"image"
    parts = urlsplit(store.signed_url(found.source))
    host = f"invoices.{OBS}:{production.obs_server.port}"
    asked = Asked("GET", f"{parts.path}?{parts.query}", {"host": host}, b"")
    assert production.obs.answer(asked).body == b"image"
    assert production.obs.wanted == [None, "G0011/+=v1", "G0011/+=v1"]
    assert production.obs.refused == []


def test_a_wrong_secret_key_is_refused(production: Production) -> None:
    store = ObsStore.connect(
        production.settings(), FunctionCredentials("AK-one", "wrong", FIRST.security_token)
    )
    with pytest.raises(StoreError, match=r"Store.SignatureDoesNotMatch: get results/a.json: 403"):
        store.read("invoices", "results/a.json")
    assert production.obs.refused == [("GET", "results/a.json")]


@contextlib.contextmanager
def untrusted(kind: str, folder: Path) -> Iterator[tuple[Server, Path]]:
    """A server whose certificate is from an unknown authority or for another host name."""
    trusted, unknown = folder / "trusted", folder / "unknown"
    trusted.mkdir()
    unknown.mkdir()
    authority = Authority(trusted)
    if kind == "self-signed":
        tls = Authority(unknown).context(folder, f"*.{OBS}", OBS, OCR)
    else:
        tls = authority.context(folder, "*.elsewhere.test", "elsewhere.test")
    with serving(lambda _: Answer(200, {}, b"{}"), tls) as server, resolving(OBS, OCR):
        yield server, authority.ca_file


@pytest.mark.parametrize("kind", ["self-signed", "wrong-host"])
def test_both_sdks_refuse_an_invalid_certificate(kind: str, tmp_path: Path) -> None:
    with untrusted(kind, tmp_path) as (server, ca_file):
        user_data = endpoints(server.port) | {"CA_FILE": str(ca_file)}
        settings = Settings.read(user_data.get, PROJECT)
        with pytest.raises(StoreError, match=r"Store.Unreachable: get .*SSLCertVerificationError"):
            ObsStore.connect(settings, FIRST).read("invoices", "results/a.json")
        with pytest.raises(ServiceUnavailable, match=r"^Service.Certificate: "):
            read_by_url(settings, "https://example.test/a.jpg")
        assert server.asked == []


@pytest.fixture
def zipped_authorities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of public authorities that the zip has; there is no file of all of them."""
    folder = tmp_path / AUTHORITIES
    folder.mkdir()
    monkeypatch.setattr("certifi.where", lambda: str(tmp_path / "none.pem"))
    bounded_tls.cache_clear()
    yield folder
    bounded_tls.cache_clear()


@pytest.mark.parametrize("is_known", [True, False])
def test_both_sdks_find_the_authority_of_a_server_in_the_folder_of_the_zip(
    authority: Authority,
    zipped_authorities: Path,
    is_known: bool,
    tmp_path: Path,
) -> None:
    for name, content in by_subject(authority.ca_file.read_text("utf-8")).items():
        (zipped_authorities / (name if is_known else f"0{name}")).write_bytes(content)
    tls = authority.context(tmp_path, f"*.{OBS}", OCR)
    with (
        serving(lambda _: Answer(200, {"ETag": '"e"'}, b'{"result": {}}'), tls) as server,
        resolving(OBS, OCR),
    ):
        user_data = endpoints(server.port)
        settings = Settings.read(user_data.get, PROJECT)
        store = ObsStore.connect(settings, FIRST)
        if is_known:
            assert store.read("invoices", "results/a.json") == {"result": {}}
            assert read_by_url(settings, "https://a.test/a.jpg").result == {}
        else:
            with pytest.raises(StoreError, match="SSLCertVerificationError"):
                store.read("invoices", "results/a.json")
            with pytest.raises(ServiceUnavailable, match=r"^Service.Certificate: "):
                read_by_url(settings, "https://a.test/a.jpg")


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_authorities_that_the_environment_names_are_not_trusted(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with untrusted("self-signed", tmp_path) as (server, ca_file):
        monkeypatch.setenv(name, str(tmp_path / "unknown" / "ca.pem"))
        user_data = {"OCR_ENDPOINT": f"https://{OCR}:{server.port}", "CA_FILE": str(ca_file)}
        settings = Settings.read(user_data.get, PROJECT)
        with pytest.raises(ServiceUnavailable, match=r"^Service.Certificate: "):
            read_by_url(settings, "https://example.test/a.jpg")


def test_both_sdks_accept_a_valid_certificate(authority: Authority, tmp_path: Path) -> None:
    # Without this, the refusals above would not prove anything.
    tls = authority.context(tmp_path, f"*.{OBS}", OCR)
    with (
        serving(lambda _: Answer(200, {"ETag": '"e"'}, b'{"result": {}}'), tls) as server,
        resolving(OBS, OCR),
    ):
        user_data = endpoints(server.port) | {"CA_FILE": str(authority.ca_file)}
        settings = Settings.read(user_data.get, PROJECT)
        assert ObsStore.connect(settings, FIRST).read("invoices", "results/a.json") == {
            "result": {}
        }
        assert read_by_url(settings, "https://a.test/a.jpg").result == {}
        assert [asked.method for asked in server.asked] == ["GET", "POST"]
