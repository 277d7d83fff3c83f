"""Two instances of the service, stopped and started in turn under load."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from local.processes import reserve_ports
from tests.support.ocr_service import PATH, TOKEN, Running, body_of, running

PNG = BytesIO()
Image.new("RGB", (100, 30), "white").save(PNG, "PNG")
SECONDS = 60
PROBE_SECONDS = 0.05
DRAIN_SECONDS = 3


@dataclass
class Balancer:
    """Sends requests to instances whose readiness was true at the last look, in turn."""

    urls: list[str]
    ready: dict[str, bool] = field(default_factory=dict)
    done: threading.Event = field(default_factory=threading.Event)
    answers: list[tuple[str, object]] = field(default_factory=list)

    def follow_readiness(self, url: str) -> None:
        each_connects = httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(timeout=1, limits=each_connects) as client:
            while not self.done.wait(PROBE_SECONDS):
                try:
                    self.ready[url] = client.get(f"{url}/readyz").status_code == 200
                except httpx.HTTPError:
                    self.ready[url] = False

    def call(self, number: int) -> None:
        body = body_of(PNG.getvalue())
        with httpx.Client(headers=TOKEN, timeout=30) as client:  # keeps connections
            while not self.done.is_set():
                ready = [url for url in self.urls if self.ready.get(url)]
                if not ready:
                    time.sleep(PROBE_SECONDS)
                    continue
                number += 1
                url = ready[number % len(ready)]
                answer: object
                try:
                    answer = client.post(url + PATH, json=body).status_code
                except httpx.HTTPError as error:
                    answer = repr(error)
                self.answers.append((url, answer))

    def wait_until(self, url: str, *, ready: bool, answers: int) -> None:
        """Wait until an instance has a readiness, and then for some answers of any instance."""
        deadline = time.monotonic() + SECONDS
        while self.ready.get(url) is not ready:
            assert time.monotonic() < deadline
            time.sleep(PROBE_SECONDS)
        enough = len(self.answers) + answers
        while len(self.answers) < enough:
            assert time.monotonic() < deadline
            time.sleep(PROBE_SECONDS)


@contextlib.contextmanager
def under_load(balancer: Balancer) -> Iterator[None]:
    threads = [
        threading.Thread(target=balancer.follow_readiness, args=(url,)) for url in balancer.urls
    ]
    threads += [threading.Thread(target=balancer.call, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        balancer.done.set()
        for thread in threads:
            thread.join()


@pytest.mark.exhaustive
def test_instances_stop_and_start_in_turn_without_a_failed_request(tmp_path: Path) -> None:
    markers = reserve_ports(2)
    ports = [marker.getsockname()[1] for marker in markers]
    balancer = Balancer([f"http://127.0.0.1:{port}" for port in ports])
    with contextlib.ExitStack() as stack:
        for marker in markers:
            stack.enter_context(marker)
        instances = [stack.enter_context(instance(tmp_path, port)) for port in ports]
        stack.enter_context(under_load(balancer))
        for index, url in enumerate(balancer.urls):
            other = balancer.urls[1 - index]
            balancer.wait_until(other, ready=True, answers=20)
            instances[index].process.terminate()
            balancer.wait_until(url, ready=False, answers=20)
            assert instances[index].process.wait(20) == 0
            instances[index] = stack.enter_context(instance(tmp_path, ports[index]))
            balancer.wait_until(url, ready=True, answers=20)
    counts = Counter(balancer.answers)
    assert {answer for _, answer in counts} == {200}
    assert {url for url, _ in counts} == set(balancer.urls)


@contextlib.contextmanager
def instance(folder: Path, port: int) -> Iterator[Running]:
    place = folder / str(time.monotonic_ns())
    place.mkdir()
    with running(place, port=port, drain_seconds=DRAIN_SECONDS) as one:
        yield one


def test_a_stopping_instance_is_not_ready_and_still_answers(tmp_path: Path) -> None:
    with running(tmp_path, drain_seconds=5) as service:
        assert httpx.get(f"{service.url}/readyz").json() == {"status": "ready"}
        service.process.terminate()
        deadline = time.monotonic() + 4
        while httpx.get(f"{service.url}/readyz").status_code == 200:
            assert time.monotonic() < deadline
        response = httpx.post(
            service.url + PATH, headers=TOKEN, json=body_of(PNG.getvalue()), timeout=10
        )
        assert response.status_code == 200
        assert response.headers["connection"] == "close"
        assert httpx.get(f"{service.url}/healthz").status_code == 200
        service.process.terminate()  # again: now
        assert service.process.wait(10) == 0
    with contextlib.suppress(OSError), socket.create_connection(service.address):
        raise AssertionError("it still listens")
