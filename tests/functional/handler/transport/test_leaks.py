"""A warm instance keeps its memory, threads and descriptors, however many answers are slow.

``LEAK_INVOCATIONS`` sets the number of invocations, 5,000 for the full measurement of 15 minutes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time

import pytest

from tests.support.hostile import Peer, hostile, response
from tests.support.paths import ROOT, SAMPLES

INVOCATIONS = int(os.environ.get("LEAK_INVOCATIONS", "100"))
FIRST_LOOK = INVOCATIONS // 10 if INVOCATIONS >= 1000 else INVOCATIONS // 2
SLOW = 10  # one in so many invocations meets a slow answer
GROWTH = 1.05
IMAGE = (SAMPLES / "shanghai-10-yuan-clean.png").read_bytes()
KEY = re.compile(rb"incoming/(\d+)\.png")
RESULT = b'{"result": {"amount": "1", "code": "2", "location": "3", "number": "4"}}'
HEADERS = ('ETag: "e"', "Last-Modified: Thu, 26 Nov 2026 08:00:00 GMT")
PROGRAM = """
import contextlib, gc, json, os, sys, threading
from pathlib import Path
import index
from quota_invoice.errors import InvocationError
from tests.support.announce import announce
from tests.support.context import Context

first, last, settings = int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
failed = 0
for number in range(1, last + 1):
    try:
        with contextlib.redirect_stdout(open(os.devnull, "w")):
            index.handler(announce(f"incoming/{number}.png", b"x"), Context(settings))
    except InvocationError:
        failed += 1
    if number in {first, last}:
        gc.collect()
        statm = Path("/proc/self/statm").read_text().split()
        fds = len(list(Path("/proc/self/fd").iterdir()))
        print(json.dumps([int(statm[1]), threading.active_count(), fds, failed]), flush=True)
"""


class SlowNowAndThen:
    """Bucket and OCR service; the first request of a kind for some keys gets a slow answer."""

    kinds = ("GET incoming", "GET results", "HEAD incoming", "PUT results", "POST")

    def __init__(self) -> None:
        self.slow: set[int] = set()

    def talk(self, peer: Peer) -> None:
        while request := peer.request():
            if self.is_slow(request):
                self.be_slow(peer, stalls=len(self.slow) % 2 == 0)
                return
            peer.send(answer(request))

    def is_slow(self, request: bytes) -> bool:
        line = request.partition(b"\r\n")[0].decode()
        found = KEY.search(request) or re.search(rb"results/(\d+)\.png", request)
        number = int(found[1]) if found else 1
        kind = self.kinds[number // SLOW % len(self.kinds)]
        method, _, folder = kind.partition(" ")
        meant = line.startswith(method) and folder in line and not number % SLOW
        if not meant or number in self.slow:
            return False
        self.slow.add(number)
        return True

    def be_slow(self, peer: Peer, *, stalls: bool) -> None:
        """Send nothing, or one byte now and then, until the client closes the connection."""
        if stalls:
            peer.wait()
        else:
            peer.send(b"HTTP/1.1 200 OK\r\nX: ")
            while peer.send(b"x"):
                time.sleep(0.1)


def answer(request: bytes) -> bytes:
    method, target = request.split(b" ")[:2]
    if method == b"POST":
        return response("200 OK", RESULT, "Content-Type: application/json")
    if method == b"GET" and b"/incoming/" not in target:
        return response("404 Not Found", b"<Error><Code>NoSuchKey</Code></Error>")
    if method == b"GET":
        part = IMAGE[:4096]
        named = f"Content-Range: bytes 0-{len(part) - 1}/{len(IMAGE)}"
        return response("206 Partial Content", part, *HEADERS, named)
    whole = response("200 OK", IMAGE if method == b"HEAD" else b"", *HEADERS)
    return whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


@pytest.mark.timeout(max(120, INVOCATIONS / 2))
def test_slow_answers_leave_no_memory_no_thread_and_no_descriptor() -> None:
    services = SlowNowAndThen()
    with hostile(services.talk) as server:
        settings = {
            "OBS_ENDPOINT": server.url,
            "OBS_PATH_STYLE": "true",
            "OBS_TIMEOUT_SECONDS": "1",
            "OCR_ENDPOINT": server.url,
            "OCR_TIMEOUT_SECONDS": "1",
        }
        arguments = (str(FIRST_LOOK), str(INVOCATIONS), json.dumps(settings))
        done = subprocess.run(  # noqa: S603 - this Python, with the program above
            [sys.executable, "-c", PROGRAM, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    looks = [json.loads(line) for line in done.stdout.splitlines()]
    print(looks)  # noqa: T201 - the figures of a full measurement, with pytest -s
    (first, *early, _), (last, *late, failed) = looks
    assert len(services.slow) == INVOCATIONS // SLOW
    # Only a write is not sent again: a fifth of the slow answers.
    assert failed == INVOCATIONS // SLOW // 5
    assert late == early
    assert last < first * GROWTH
