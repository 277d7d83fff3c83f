"""The local cloud: bucket, OCR service, function, and the events between them."""

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
from local.bucket.bucket import LocalBucket
from local.bucket.notifications import receiver
from local.functiongraph import Target, functiongraph
from local.gateway.app import gateway
from local.http_server import HttpServer
from local.ocr_process import OcrProcess
from local.processes import Parts, remove_at_end
from local.runtime import AsyncConfig, DeliveryFaults, Function, Runtime, Watch
from ocr_service.auth.keyring import StaticKeyring

ROOT = Path(__file__).parents[1]
BUCKET = "invoices"
PROJECT = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Options:
    """Options of the local cloud.

    Attributes:
        output: file for the output of the function and the OCR service.
        notify: whether each new object triggers the function.
        instances: maximum number of concurrent invocations.
        user_data: settings of the function; they override the cloud's.
        watch: called with the event and the future of each asynchronous invocation.
        retries: retries of a failed asynchronous invocation, 0 to 3.
        on_failure: the failure destination; called with its message.
        delivery_faults: faults of event delivery and instances; None for none.
        code: folder of the function's extracted zip; None for a copy of handler/.
        python: the Python that runs the zip.
        ocr: the Python module that serves OCR, and its arguments.
        ocr_settings: settings of the OCR service; they override the cloud's.
        gateway_seconds: timeout of the function's own API.
        gateway_port: port of that API; if it is 0 or in use, the API takes a free port.
        origins: origins of web pages that may call that API and upload to the bucket.
        credentials_seconds: how long invocations share the same credentials.
        data: folder of the bucket's objects, which outlives the cloud; None for a temporary one.
        open_bucket: whether the bucket also serves requests without a signature.
    """

    output: Path
    notify: bool = True
    instances: int = 2
    user_data: tuple[tuple[str, str], ...] = ()
    watch: Watch | None = None
    retries: int = 0
    on_failure: Callable[[dict[str, Any]], None] | None = None
    delivery_faults: DeliveryFaults | None = None
    code: Path | None = None
    python: Path | None = None
    ocr: tuple[str, ...] = ("ocr_service",)
    ocr_settings: tuple[tuple[str, str], ...] = ()
    gateway_seconds: float = 30.0
    gateway_port: int = 0
    origins: tuple[str, ...] = ()
    credentials_seconds: float = 0.0
    data: Path | None = None
    open_bucket: bool = False


@dataclass(frozen=True)
class Cloud:
    """The running parts of the local cloud.

    Attributes:
        bucket: the object store; its owner's credentials are valid at FunctionGraph, too.
        runtime: the function.
        agency: returns temporary credentials.
        ocr_endpoint: endpoint of the OCR service.
        functiongraph_endpoint: endpoint of FunctionGraph's API for invocations.
        api_endpoint: endpoint of the function's own API, behind API Gateway.
        parts: all parts that must run; the runtime itself starts instances that end.
    """

    bucket: LocalBucket
    runtime: Runtime
    agency: Agency
    ocr_endpoint: str
    functiongraph_endpoint: str
    api_endpoint: str
    parts: Parts

    def environment(self) -> dict[str, str]:
        """Return the environment variables of the operator's tools, secrets included."""
        return {
            "HW_ACCESS_KEY": self.bucket.owner.access_key,
            "HW_SECRET_KEY": self.bucket.owner.secret_key,
            "HW_REGION_NAME": self.runtime.function.region,
            "HW_PROJECT_ID": PROJECT,
            **self.bucket.settings(),
            "FUNCTIONGRAPH_ENDPOINT": self.functiongraph_endpoint,
            "FUNCTION_URN": self.runtime.function.urn,
        }


@contextlib.contextmanager
def running_cloud(options: Options) -> Iterator[Cloud]:
    """Start all parts in order; stop them and remove all files at the end.

    Raises:
        CloudError: a part did not start.
    """
    with contextlib.ExitStack() as stack:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        output = stack.enter_context(options.output.open("ab"))
        folder = Path(tempfile.gettempdir()) / f"quota-cloud-{secrets.token_hex(6)}"
        # Started before the folder exists, so that even kill -9 leaves no folder behind.
        removal = remove_at_end(folder, output)
        stack.callback(removal.stop)
        folder.mkdir(mode=0o700)
        code = options.code or folder / "function"
        if not options.code:
            shutil.copytree(ROOT / "handler", code)  # with its byte-code: instances start sooner
        token = secrets.token_urlsafe(20)
        events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        listener = HttpServer(receiver(BUCKET, token, events.put))
        stack.callback(listener.stop)
        webhook = (listener.url, token) if options.notify else None
        bucket = LocalBucket(BUCKET, folder, webhook, options.data, is_open=options.open_bucket)
        stack.callback(bucket.stop)
        key_file = folder / "keys.json"
        ocr_settings = {
            "QUOTA_OCR_PROJECT": PROJECT,
            "QUOTA_OCR_KEY_FILE": str(key_file),
            "QUOTA_OCR_ALLOW_HOSTS": urlsplit(bucket.endpoint).netloc,
            **dict(options.ocr_settings),
        }
        ocr = OcrProcess(options.ocr, ocr_settings, ROOT, output)
        stack.callback(ocr.stop)
        # Bucket and OCR service start in parallel, in one to three seconds.
        bucket.wait()
        if options.origins:
            bucket.allow_origins(options.origins)
        ocr_endpoint = ocr.wait()
        agency = Agency(bucket.temporary_credentials, key_file, options.credentials_seconds)
        function = _function(options, code, {**bucket.settings(), "OCR_ENDPOINT": ocr_endpoint})
        runtime = Runtime(
            function, agency.credentials, output, options.delivery_faults, options.watch
        )
        stack.callback(runtime.stop)
        delivery = _deliver(events, runtime, stack)
        target = Target(function.urn, runtime.invoke, runtime.submit)
        invocations = HttpServer(functiongraph(target, StaticKeyring([bucket.owner])))
        stack.callback(invocations.stop)
        application = gateway(runtime.invoke, options.gateway_seconds)
        api = HttpServer(application, options.gateway_port, options.origins)
        stack.callback(api.stop)
        parts = Parts(
            {
                "the object store": bucket.is_running,
                "the OCR service": ocr.is_running,
                "the guard of the cloud's files": removal.is_running,
                "the receiver of the store's notifications": listener.is_running,
                "the delivery of events": delivery.is_alive,
                "FunctionGraph's API": invocations.is_running,
                "the API": api.is_running,
            }
        )
        yield Cloud(bucket, runtime, agency, ocr_endpoint, invocations.url, api.url, parts)


def _function(options: Options, code: Path, endpoints: dict[str, str]) -> Function:
    user_data = {
        **endpoints,
        "API_TIMEOUT_SECONDS": f"{options.gateway_seconds:g}",
        "CORS_ORIGINS": ",".join(options.origins),
        **dict(options.user_data),
    }
    asynchronous = AsyncConfig(options.retries, on_failure=options.on_failure)
    return Function(
        code,
        user_data,
        PROJECT,
        instances=options.instances,
        asynchronous=asynchronous,
        python=options.python,
    )


def _deliver(
    events: queue.SimpleQueue[dict[str, Any]], runtime: Runtime, stack: contextlib.ExitStack
) -> threading.Thread:
    """Pass each event to the function as an asynchronous invocation, until the cloud stops."""

    def deliver() -> None:
        while event := events.get():
            runtime.deliver(event)

    thread = threading.Thread(target=deliver, daemon=True)
    thread.start()
    stack.callback(thread.join, 5)
    stack.callback(events.put, {})
    return thread
