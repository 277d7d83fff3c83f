"""One local cloud for the functional tests: real object store, OCR service and function processes.

New objects send no events; each test passes its events to the function.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from obs import ObsClient

from local.cloud import BUCKET, Cloud, Options, running_cloud
from local.runtime import Runtime
from ocr_service.auth.keyring import Credentials
from ops.package.bytecode import runtime_python
from tests.support.fakes import require_failure_texts
from tests.support.faulty import Faulty, faulty_cloud
from tests.support.paths import SAMPLES
from tests.support.repository.package import PACKAGES, extracted_once


@dataclass
class Run:
    """A function in the shared cloud, and the output of its invocations by one test.

    Attributes:
        runtime: invokes the function.
        log: file with the function's output.
        used: the credentials of each invocation.
        since: size of the log before the test.
    """

    runtime: Runtime
    log: Path
    used: list[Credentials] = field(default_factory=list)
    since: int = 0

    def invoke(self, event: object) -> Any:
        return self.runtime.invoke(event)

    def text(self) -> str:
        return self.log.read_bytes()[self.since :].decode()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]

    def count(self, step: str) -> int:
        return sum(line["step"] == step for line in self.lines())


@pytest.fixture(scope="session")
def cloud_options(
    tmp_path_factory: pytest.TempPathFactory, run_folder: Path, reads_once: tuple[str, ...]
) -> Options:
    """Options of clouds under test; the function is the zip on the runtime's Python.

    On a machine without that Python, it is handler/ with the packages of the tests.
    """
    log = tmp_path_factory.mktemp("cloud") / "log"
    python = runtime_python() if PACKAGES.exists() else None
    code = extracted_once(run_folder) if python else None
    return Options(output=log, notify=False, code=code, python=python, ocr=reads_once)


@pytest.fixture(scope="session")
def cloud(cloud_options: Options) -> Iterator[Cloud]:
    with running_cloud(cloud_options) as running:
        yield running


@pytest.fixture(scope="module")
def faulty(cloud_options: Options) -> Iterator[Faulty]:
    """A cloud with fault proxies, which a module's ``cloud`` fixture can return."""
    with faulty_cloud(cloud_options) as running:
        yield running


Start = Callable[..., Run]


@contextlib.contextmanager
def starting(cloud: Cloud, folder: Path) -> Iterator[Start]:
    """Start functions with the cloud's settings and the given changes."""
    with contextlib.ExitStack() as stack:

        def make(*, seconds: float = 60, instances: int = 1, **user_data: str) -> Run:
            used: list[Credentials] = []

            def credentials() -> Credentials:
                used.append(cloud.agency.credentials())
                return used[-1]

            function = replace(
                cloud.runtime.function,
                user_data={**cloud.runtime.function.user_data, **user_data},
                seconds=seconds,
                instances=instances,
            )
            log = folder / f"function-{secrets.token_hex(4)}.log"
            runtime = Runtime(function, credentials, stack.enter_context(log.open("ab")))
            stack.callback(runtime.stop)
            return Run(runtime, log, used)

        yield make


@pytest.fixture
def start(cloud: Cloud, tmp_path: Path) -> Iterator[Start]:
    with starting(cloud, tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def default_function(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One instance with the cloud's settings, for all tests of a module."""
    with starting(cloud, tmp_path_factory.mktemp("function")) as make:
        yield make()


@pytest.fixture
def run(default_function: Run) -> Run:
    default_function.used.clear()
    return replace(default_function, since=default_function.log.stat().st_size)


@dataclass
class Objects:
    """The bucket with its owner's access."""

    client: ObsClient

    def put(self, key: str, content: bytes) -> bytes:
        assert self.client.putContent(BUCKET, key, content).status < 300
        return content

    def get(self, key: str) -> bytes | None:
        answer = self.client.getObject(BUCKET, key, loadStreamInMemory=True)
        return bytes(answer.body.buffer) if answer.status < 300 else None

    def record(self, key: str) -> dict[str, Any]:
        content = self.get(key)
        assert content is not None, f"there is no {key}"
        return dict(json.loads(content))

    def keys(self, prefix: str = "") -> list[str]:
        answer = self.client.listObjects(BUCKET, prefix=prefix, max_keys=1000)
        return [item.key for item in answer.body.contents]


@pytest.fixture
def objects(cloud: Cloud) -> Iterator[Objects]:
    """The empty bucket; at its end, each failure has its texts."""
    found = Objects(cloud.bucket.client())
    every = found.keys()
    for key in every:
        found.client.deleteObject(BUCKET, key)
    yield found
    keys = [*found.keys("failures/"), *found.keys("retries/")]
    for key in keys:
        content = found.get(key) or b""
        require_failure_texts(json.loads(content) if key.endswith(".json") else {})


@pytest.fixture(scope="session")
def image() -> bytes:
    return (SAMPLES / "shanghai-10-yuan-clean.png").read_bytes()


@pytest.fixture(scope="session")
def truth() -> dict[str, dict[str, str]]:
    return dict(json.loads((SAMPLES / "truth.json").read_bytes()))
