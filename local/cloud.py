"""The cloud on a laptop: bucket, OCR service, function and the events between them."""

from __future__ import annotations

import contextlib
import json
import queue
import secrets
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from .agency import Agency
from .bucket import Bucket, CloudError
from .notifications import receiver
from .processes import Process, plain_environment
from .runtime import AsyncConfig, Function, Runtime, Weather
from .serving import Serving

ROOT = Path(__file__).parents[1]
BUCKET = "invoices"
PREFIXES = ("incoming/", ["results/", "failures/"])
PROJECT = "0123456789abcdef0123456789abcdef"
_OCR_START_SECONDS = 60.0


@dataclass(frozen=True)
class Options:
    """How the cloud is to be.

    Attributes:
        output: file for what the function and the OCR service print.
        notify: whether each new object is announced to the function.
        seconds: time limit of an invocation.
        instances: how many invocations may run at once.
        user_data: settings of the function beside those that the cloud makes, which they override.
        watch: called with the future of each invocation that an object caused.
        retries: tries of such an invocation after one that failed, 0 to 3.
        event_age: seconds after which its event is not tried any more.
        on_failure: the failure destination; takes what the platform would send there.
        discards: whether invocations beyond the limit are discarded, not kept waiting.
        weather: what happens to events and instances; None for a fine day.
    """

    output: Path
    notify: bool = True
    seconds: float = 60.0
    instances: int = 2
    user_data: tuple[tuple[str, str], ...] = ()
    watch: Callable[[Future[Any]], None] | None = None
    retries: int = 0
    event_age: float = 86_400.0
    on_failure: Callable[[dict[str, Any]], None] | None = None
    discards: bool = False
    weather: Weather | None = None


@dataclass(frozen=True)
class Cloud:
    """What is running.

    Attributes:
        bucket: the object store, with the owner's client.
        runtime: the function.
        agency: gives temporary credentials.
        ocr_endpoint: address of the OCR service.
    """

    bucket: Bucket
    runtime: Runtime
    agency: Agency
    ocr_endpoint: str


@contextlib.contextmanager
def running_cloud(options: Options) -> Iterator[Cloud]:
    """Start everything, in its order; leave nothing behind, whatever happens.

    Raises:
        CloudError: some part did not get ready.
    """
    with contextlib.ExitStack() as stack:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        output = stack.enter_context(options.output.open("ab"))
        folder = Path(tempfile.gettempdir()) / f"quota-cloud-{secrets.token_hex(6)}"
        # Its keeper is there before the folder is, so that no end of ours leaves it behind.
        keeper = Process([], env=plain_environment(), cwd=ROOT, output=output, remove=[folder])
        stack.callback(keeper.stop)
        folder.mkdir(mode=0o700)
        tree = folder / "function"
        shutil.copytree(ROOT / "handler", tree, ignore=shutil.ignore_patterns("__pycache__"))
        token = secrets.token_urlsafe(20)
        events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        listener = Serving(receiver(BUCKET, token, events.put))
        stack.callback(listener.stop)
        webhook = (listener.url, token) if options.notify else None
        bucket = Bucket(BUCKET, folder, webhook=webhook, prefixes=PREFIXES)
        stack.callback(bucket.stop)
        key_file = folder / "keys.json"
        service = _OcrProcess(key_file, urlsplit(bucket.endpoint).netloc, output)
        stack.callback(service.stop)
        # Both take a second or three to start, side by side; the models are the slower.
        bucket.wait()
        endpoint = service.wait()
        agency = Agency(bucket.temporary_keys, key_file)
        user_data = {
            "OBS_ENDPOINT": bucket.endpoint,
            "OBS_SIGNATURE": "v4",
            "OBS_PATH_STYLE": "true",
            "OCR_ENDPOINT": endpoint,
            **dict(options.user_data),
        }
        function = Function(
            tree,
            user_data,
            PROJECT,
            seconds=options.seconds,
            instances=options.instances,
            discards=options.discards,
            asynchronous=AsyncConfig(
                options.retries, options.event_age, on_failure=options.on_failure
            ),
        )
        runtime = Runtime(function, agency.credentials, output, options.weather)
        stack.callback(runtime.stop)
        _deliver(events, runtime, options.watch, stack)
        yield Cloud(bucket, runtime, agency, endpoint)


def _deliver(
    events: queue.SimpleQueue[dict[str, Any]],
    runtime: Runtime,
    watch: Callable[[Future[Any]], None] | None,
    stack: contextlib.ExitStack,
) -> None:
    """Hand each event to the function, as asynchronous invocations, until the cloud stops."""

    def deliver() -> None:
        while event := events.get():
            for invocation in runtime.deliver(event):
                if watch:
                    watch(invocation)

    thread = threading.Thread(target=deliver, daemon=True)
    thread.start()
    stack.callback(thread.join, 5)
    stack.callback(events.put, {})


class _OcrProcess:
    """The OCR service as a process of its own, which trusts the bucket's address."""

    def __init__(self, key_file: Path, bucket: str, output: IO[bytes]) -> None:
        self._process = Process(
            [sys.executable, "-m", "local", "ocr"],
            env=plain_environment(
                QUOTA_OCR_PORT="0",
                QUOTA_OCR_PROJECT=PROJECT,
                QUOTA_OCR_KEY_FILE=str(key_file),
                QUOTA_OCR_ALLOW_HOSTS=bucket,
            ),
            cwd=ROOT,
            output=output,
            piped=True,
        )
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self) -> str:
        """Give the service's address once it answers."""
        try:
            line = self._lines.get(timeout=_OCR_START_SECONDS)
        except queue.Empty:
            line = b""
        try:
            return str(json.loads(line)["url"])
        except (ValueError, KeyError):
            message = "the OCR service did not get ready; its log says why"
            raise CloudError(message) from None

    def stop(self) -> None:
        self._process.stop()

    def _read(self) -> None:
        with contextlib.suppress(ValueError, OSError):  # closed under our hands at the end
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put(b"")
