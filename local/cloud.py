"""The cloud on a laptop: bucket, OCR service, function and the events between them."""

from __future__ import annotations

import contextlib
import queue
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local.agency import Agency
from local.bucket.bucket import Bucket
from local.bucket.notifications import receiver
from local.functiongraph import Target, functiongraph
from local.gateway import Gateway, gateway
from local.ocr_process import OcrProcess
from local.processes import Process, plain_environment
from local.runtime import AsyncConfig, Function, Runtime, Watch, Weather
from local.serving import Serving
from ocr_service.auth.keyring import Credentials, StaticKeyring

ROOT = Path(__file__).parents[1]
BUCKET = "invoices"
PREFIXES = ("incoming/", ["results/", "failures/"], ["failures/"])
PROJECT = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Options:
    """How the cloud is to be.

    Attributes:
        output: file for what the function and the OCR service print.
        notify: whether each new object is announced to the function.
        seconds: time limit of an invocation.
        instances: how many invocations may run at once.
        user_data: settings of the function beside those that the cloud makes, which they override.
        watch: called with the future of each asynchronous invocation.
        retries: tries of such an invocation after one that failed, 0 to 3.
        event_age: seconds after which its event is not tried any more.
        on_failure: the failure destination; takes what the platform would send there.
        discards: whether invocations beyond the limit are discarded, not kept waiting.
        weather: what happens to events and instances; None for a fine day.
        ocr: what serves OCR: a Python module and its arguments.
        ocr_settings: its settings beside those that the cloud makes, which they override.
        calls_per_minute: invocations by FunctionGraph's API before APIG.0308; 0 for no limit.
        gateway_seconds: time limit of an answer to a caller of the function's own API.
        gateway_port: where that API is served; 0 takes a free port, and so does one that is taken.
        origins: of web pages that may call that API, and upload to the bucket, from browsers.
        keys_seconds: how long an invocation's credentials are handed to those after it, too.
    """

    output: Path
    notify: bool = True
    seconds: float = 60.0
    instances: int = 2
    user_data: tuple[tuple[str, str], ...] = ()
    watch: Watch | None = None
    retries: int = 0
    event_age: float = 86_400.0
    on_failure: Callable[[dict[str, Any]], None] | None = None
    discards: bool = False
    weather: Weather | None = None
    ocr: tuple[str, ...] = ("ocr_service",)
    ocr_settings: tuple[tuple[str, str], ...] = ()
    calls_per_minute: int = 0
    gateway_seconds: float = 30.0
    gateway_port: int = 0
    origins: tuple[str, ...] = ()
    keys_seconds: float = 0.0


@dataclass(frozen=True)
class Cloud:
    """What is running.

    Attributes:
        bucket: the object store, with the owner's client.
        runtime: the function.
        agency: gives temporary credentials.
        ocr_endpoint: address of the OCR service.
        functiongraph_endpoint: address of FunctionGraph's API for invocations.
        api_endpoint: address of the function's own API, behind API Gateway.
        operator: long-lived keys that are good for the bucket and for FunctionGraph.
    """

    bucket: Bucket
    runtime: Runtime
    agency: Agency
    ocr_endpoint: str
    functiongraph_endpoint: str
    api_endpoint: str
    operator: Credentials

    @property
    def function_urn(self) -> str:
        """The function's name at FunctionGraph."""
        return self.runtime.function.urn

    def environment(self) -> dict[str, str]:
        """Give what an operator's tools need, secrets included, by the names they look for."""
        return {
            "HW_ACCESS_KEY": self.operator.access_key,
            "HW_SECRET_KEY": self.operator.secret_key,
            "HW_REGION_NAME": self.runtime.function.region,
            "HW_PROJECT_ID": PROJECT,
            "BUCKET": BUCKET,
            "OBS_ENDPOINT": self.bucket.endpoint,
            "OBS_SIGNATURE": "v4",
            "OBS_PATH_STYLE": "true",
            "FUNCTIONGRAPH_ENDPOINT": self.functiongraph_endpoint,
            "FUNCTION_URN": self.function_urn,
        }


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
        settings = {
            "QUOTA_OCR_PROJECT": PROJECT,
            "QUOTA_OCR_KEY_FILE": str(key_file),
            "QUOTA_OCR_ALLOW_HOSTS": urlsplit(bucket.endpoint).netloc,
            **dict(options.ocr_settings),
        }
        service = OcrProcess(options.ocr, settings, ROOT, output)
        stack.callback(service.stop)
        # Both take a second or three to start, side by side; the models are the slower.
        bucket.wait()
        if options.origins:
            bucket.allow(options.origins)
        endpoint = service.wait()
        agency = Agency(bucket.temporary_keys, key_file, options.keys_seconds)
        user_data = {
            "BUCKET": BUCKET,
            "OBS_ENDPOINT": bucket.endpoint,
            "OBS_SIGNATURE": "v4",
            "OBS_PATH_STYLE": "true",
            "OCR_ENDPOINT": endpoint,
            "API_TIMEOUT_SECONDS": f"{options.gateway_seconds:g}",
            "CORS_ORIGINS": ",".join(options.origins),
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
        runtime = Runtime(function, agency.credentials, output, options.weather, options.watch)
        stack.callback(runtime.stop)
        _deliver(events, runtime, stack)
        operator = bucket.owner
        target = Target(function.urn, runtime.invoke, runtime.submit)
        api = functiongraph(target, StaticKeyring([operator]), options.calls_per_minute)
        invocations = Serving(api)
        stack.callback(invocations.stop)
        before = gateway(runtime.invoke, Gateway(options.gateway_seconds))
        callers = Serving(before, options.gateway_port)
        stack.callback(callers.stop)
        yield Cloud(bucket, runtime, agency, endpoint, invocations.url, callers.url, operator)


def _deliver(
    events: queue.SimpleQueue[dict[str, Any]], runtime: Runtime, stack: contextlib.ExitStack
) -> None:
    """Hand each event to the function, as asynchronous invocations, until the cloud stops."""

    def deliver() -> None:
        while event := events.get():
            runtime.deliver(event)

    thread = threading.Thread(target=deliver, daemon=True)
    thread.start()
    stack.callback(thread.join, 5)
    stack.callback(events.put, {})
