"""The OCR service as a process, with a reader that only waits."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.paths import ROOT
from tests.support.waiting import wait_for

PATH = "/v2/p1/ocr/quota-invoice"
SEVERAL = "/v2/p1/ocr/auto-classification"
TOKEN = {"X-Auth-Token": "tok", "Content-Type": "application/json"}
PROGRAM = """
import json, os, sys, time
from types import SimpleNamespace
from ocr_service.server import serve
from ocr_service.settings import Settings

class Reader:
    def read(self, image):
        print(json.dumps({"event": "reading"}), file=sys.stderr, flush=True)
        time.sleep(image.shape[1] / 1000)  # a wide image takes longer
        fields = dict(amount="￥5.00", code="144031800111", location="北京市", number="12345678")
        return SimpleNamespace(
            polygon=[(0, 0), (9.7, 0), (9.7, 5), (0, 5)],
            **{name: SimpleNamespace(text=text, confidence=0.9) for name, text in fields.items()}
        )

    def read_all(self, image):
        return [self.read(image)]

serve(Settings.read(os.environ), Reader())
"""


@dataclass
class Running:
    """The process of the service, and its output."""

    process: subprocess.Popen[str]
    url: str
    stderr: Path

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", int(self.url.rpartition(":")[2])

    def wait_until_reading(self) -> None:
        """Wait until the reader has begun with an image."""
        deadline = time.monotonic() + 30
        while not any(line["event"] == "reading" for line in self.log()):
            assert time.monotonic() < deadline, "no image was read"
            time.sleep(0.02)

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stderr.read_text().splitlines()]

    def line_of(self, response: httpx.Response) -> dict[str, Any]:
        """Return the log line of a request, which is written after its response is sent."""
        number = response.headers["x-request-id"]

        def found() -> list[dict[str, Any]]:
            return [line for line in self.log() if line.get("request_id") == number]

        return dict(wait_for(found)[-1])


@contextmanager
def running(folder: Path, **settings: object) -> Iterator[Running]:
    default = {"project": "p1", "ak": "AK", "sk": "S3CRET", "token": "tok", "port": 0}
    environ = default | {"drain_seconds": 0} | settings
    named = {f"QUOTA_OCR_{name.upper()}": str(value) for name, value in environ.items()}
    stderr = folder / "stderr"
    with (
        stderr.open("w") as log,
        subprocess.Popen(  # noqa: S603 - this Python, with the program above
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **named},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout
            ready = json.loads(process.stdout.readline() or "{}")
            assert ready.get("ready"), stderr.read_text()
            yield Running(process, ready["url"], stderr)
        finally:
            process.terminate()
            process.wait(20)


def body_of(data: bytes) -> dict[str, str]:
    return {"image": base64.b64encode(data).decode()}


def talk(at: Running, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send the parts over a raw connection, and return the response."""
    with socket.create_connection(at.address, timeout=15) as connection:
        for part in parts:
            try:
                connection.sendall(part)
            except OSError:
                break
            time.sleep(pause)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except ConnectionResetError:
            pass
    return received


def code_of(response: bytes) -> str:
    code: str = json.loads(response.partition(b"\r\n\r\n")[2])["error_code"]
    return code


@dataclass
class Peak:
    """The peak memory, in MB, of the service and its subprocesses together."""

    before: float
    most: float

    @property
    def growth(self) -> float:
        return self.most - self.before


@contextmanager
def measured(pid: int) -> Iterator[Peak]:
    """Watch the memory of a process and its children while the block runs."""
    peak = Peak(resident(pid), resident(pid))
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            peak.most = max(peak.most, resident(pid))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [each for task in tasks for each in (task / "children").read_text().split()]
    except OSError:  # it ended
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20 + sum(resident(int(one)) for one in children)
