"""``make up`` when one of its processes is killed: it stops and says so, and data is kept."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shlex
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.bucket.proxy import bucket_proxy
from local.cloud import BUCKET, Options, running_cloud
from local.http_server import HttpServer
from local.processes import plain_environment
from tests.support.paths import ROOT, SAMPLES
from tests.support.waiting import wait_for

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
NAME = "shanghai-10-yuan-clean.png"

# How each process is recognised by its arguments.
STORE = r"\S*/weed "
OCR = r"\S+ -m bench\.soak\.replay "
INSTANCE = r"\S+ \S+/worker\.py "
_GUARD = r"\S+ -I -S \S+/process_guard\.py "
PARTS = {
    OCR: "the OCR service",
    _GUARD + r".*/weed ": "the object store",
    _GUARD + r"\S+ \S+ --remove \S+/quota-cloud-\w+$": "the guard of the cloud's files",
    _GUARD + r".*up\.env$": "the guard of the credentials' file",
}
IDS = ["OCR service", "store's guard", "guard of files", "guard of credentials"]


@dataclass
class Up:
    """A running ``make up``, the text that it printed, and its URLs."""

    folder: Path
    process: subprocess.Popen[str]
    printed: str

    @property
    def bucket(self) -> str:
        return self._url("bucket invoices")

    @property
    def api(self) -> str:
        return self._url("API")

    def _url(self, name: str) -> str:
        found = re.search(rf"^ +{name} +(http://127\.0\.0\.1:\d+)", self.printed, re.MULTILINE)
        assert found, self.printed
        return found[1]

    def upload(self, name: str = NAME) -> None:
        content = (SAMPLES / NAME).read_bytes()
        put = httpx.put(f"{self.bucket}/incoming/{name}", content=content, timeout=30)
        assert put.status_code == 200, put.text

    def record(self, name: str = NAME) -> Any:
        answer = httpx.get(f"{self.bucket}/results/{name}.json", timeout=30)
        return answer.json() if answer.status_code == 200 else None

    def pid(self, pattern: str) -> int:
        """The id of the one process with these arguments.

        A process that was started at this moment has no arguments yet, although it runs.
        """

        def found() -> list[int]:
            return [pid for pid, words in processes_of(self.folder) if re.match(pattern, words)]

        [one] = wait_for(found)
        return int(one)

    def end(self) -> str:
        """Wait until the command has ended, and nothing of it runs; return the rest it printed."""
        printed, _ = self.process.communicate(timeout=30)
        wait_for(lambda: not processes_of(self.folder))
        return printed


def processes_of(folder: Path | None) -> list[tuple[int, str]]:
    """All processes with this TMPDIR, or one below it as the store has, and their arguments."""
    mark = f"TMPDIR={folder or ''}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
            words = (process / "cmdline").read_bytes().decode().rstrip("\0").replace("\0", " ")
        except OSError:
            continue  # it ended meanwhile
        if any(text.startswith(mark) for text in environment):
            found.append((int(process.name), words))
    return found


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or only waits for its parent to see its end."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2]
    except OSError:
        return True
    return state.startswith("Z")


Start = Callable[[], Up]


@contextlib.contextmanager
def starting(folder: Path, ocr: Sequence[str]) -> Iterator[Start]:
    """Start the command, again and again, in the same folder."""
    started: list[subprocess.Popen[str]] = []

    def up() -> Up:
        log = folder / "up.log"
        ports = ("--port", "0", "--api-port", "0", "--review-port", "0")
        process = subprocess.Popen(  # noqa: S603 - this project's command
            [
                *(sys.executable, "-m", "local", "up", *ports),
                *("--log", str(log), "--ocr", shlex.join(ocr)),
            ],
            cwd=ROOT,
            env=plain_environment() | {"TMPDIR": str(folder)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        assert process.stdout
        printed = ""
        while "Ctrl-C stops everything" not in printed:
            line = process.stdout.readline()
            assert line, printed
            printed += line
        return Up(folder, process, printed)

    yield up
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=30)


@pytest.fixture
def start(tmp_path: Path, reads_once: tuple[str, ...]) -> Iterator[Start]:
    with starting(tmp_path, reads_once) as up:
        yield up


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, reads_once: tuple[str, ...]) -> Iterator[Up]:
    """One command for all tests that do not end it: each start takes seconds."""
    with starting(tmp_path_factory.mktemp("up"), reads_once) as up:
        yield up()


def require_end(up: Up, part: str) -> None:
    """Check that the command ends after a part, names that part, and keeps only the objects."""
    printed = up.end()
    assert up.process.returncode == 1
    data = up.folder / "up.data"
    assert f"error: {part} ended unexpectedly; everything is stopped." in printed
    assert f"All objects are kept in {data}: make up goes on with them" in printed
    assert data.is_dir()
    # Credentials and the copy of the function are gone, even if their guard was killed.
    assert not (up.folder / "up.env").exists()
    assert not list(up.folder.glob("quota-cloud-*"))


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("pattern", PARTS, ids=IDS)
def test_a_part_that_is_killed_stops_everything_and_is_named(start: Start, pattern: str) -> None:
    up = start()
    os.kill(up.pid(pattern), signal.SIGKILL)
    require_end(up, PARTS[pattern])


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("is_store", [True, False], ids=["the store", "the command itself"])
def test_the_next_start_has_the_objects_and_reads_images_whose_events_were_lost(
    start: Start, *, is_store: bool
) -> None:
    first = start()
    os.kill(first.pid(OCR), signal.SIGSTOP)  # so no record can come
    first.upload()
    if is_store:
        os.kill(first.pid(STORE), signal.SIGKILL)
        require_end(first, "the object store")
    else:
        first.process.kill()
        first.end()
    second = start()
    assert second.process.stdout
    said = "The last run ended unexpectedly: this one goes on with its 1 input"
    assert any(line.startswith(said) for line in second.process.stdout)
    assert wait_for(second.record)["status"] == "recognized"
    image = httpx.get(f"{second.bucket}/incoming/{NAME}", timeout=30)
    assert image.content == (SAMPLES / NAME).read_bytes()
    second.process.send_signal(signal.SIGINT)
    second.end()
    assert not (second.folder / "up.data").exists()


def test_the_function_is_started_again(running: Up) -> None:
    name = "again.png"
    running.upload(name)
    wait_for(lambda: running.record(name))
    instances = [pid for pid, words in processes_of(running.folder) if re.match(INSTANCE, words)]
    for pid in instances:
        os.kill(pid, signal.SIGKILL)
    # A call that reaches an instance before its end fails, as on the platform.
    wait_for(lambda: all(map(has_ended, instances)))
    answer = httpx.post(f"{running.api}/invoices", json={"key": name}, timeout=30)
    assert answer.json()["status"] == "recognized"
    after = {pid for pid, words in processes_of(running.folder) if re.match(INSTANCE, words)}
    assert instances
    assert after - set(instances)
    assert running.process.poll() is None


def test_callers_get_json_while_the_store_is_gone(
    tmp_path: Path, reads_once: tuple[str, ...]
) -> None:
    options = Options(output=tmp_path / "log", notify=False, ocr=reads_once)
    with running_cloud(options) as cloud:  # nobody watches it
        proxy = HttpServer(bucket_proxy(BUCKET, cloud.bucket.client()))
        store = rf"{STORE}.* -s3\.port={cloud.bucket.endpoint.rpartition(':')[2]} "
        [pid] = [pid for pid, words in processes_of(None) if re.match(store, words)]
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not cloud.bucket.is_running())
        found = [httpx.get(f"{proxy.url}/incoming/{NAME}", timeout=30)]
        found.append(httpx.put(f"{proxy.url}/incoming/{NAME}", content=b"x", timeout=30))
        found.append(httpx.delete(f"{proxy.url}/incoming/{NAME}", timeout=30))
        found.append(httpx.get(f"{cloud.api_endpoint}/invoices", timeout=30))
        proxy.stop()
    assert [(answer.status_code, answer.json()["error_code"]) for answer in found] == [
        (503, "StoreUnavailable"),
        (503, "StoreUnavailable"),
        (405, "MethodNotAllowed"),
        (500, "APIG.9999"),
    ]


def require_no_grpc(port: int) -> None:
    """Check that a server accepts neither plain HTTP/2 nor TLS without a certificate."""
    hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
    with socket.create_connection(("127.0.0.1", port), 30) as plain:
        plain.sendall(hello)
        with contextlib.suppress(ConnectionError):
            assert plain.recv(9)[3:4] != b"\x04", "it answered with its settings"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", port), 30) as connection,
        context.wrap_socket(connection) as secure,
        pytest.raises(ssl.SSLError, match="certificate required"),
    ):
        secure.recv(1)


def test_no_page_of_another_origin_and_no_unsigned_caller_reaches_the_objects(
    running: Up,
) -> None:
    running.upload()
    wait_for(running.record)
    for url in (f"{running.bucket}/incoming/{NAME}", f"{running.api}/invoices"):
        assert httpx.get(url, timeout=30).status_code == 200
        for name, value in (("Host", "evil.example"), ("Origin", "http://evil.example")):
            answer = httpx.get(url, headers={name: value}, timeout=30)
            assert (answer.status_code, answer.json()["error_code"]) == (403, "Forbidden")
    [words] = [words for _, words in processes_of(running.folder) if re.match(STORE, words)]
    ports = re.findall(r"-(?:master|volume|filer|s3)\.port=(\d+)", words)
    assert len(ports) == 4
    paths = (f"/buckets/invoices/incoming/{NAME}", "/buckets/", "/dir/assign", "/1,01deadbeef")
    with httpx.Client(timeout=30, trust_env=False) as http:
        for port, path in itertools.product(ports, paths):
            for method in ("GET", "PUT", "POST", "DELETE"):
                answer = http.request(method, f"http://127.0.0.1:{port}{path}")
                assert answer.status_code >= 400, (words, method, answer.url)
    for port in re.findall(r"\.grpc=(\d+)", words):
        require_no_grpc(int(port))
    assert httpx.get(f"{running.bucket}/incoming/{NAME}", timeout=30).status_code == 200
