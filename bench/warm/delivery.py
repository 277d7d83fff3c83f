"""Delivers events to one instance of the extracted zip, by way of counting relays.

Where there are several processors, the instance has one of its own; otherwise the servers, which
stand for other machines, would slow it.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.warm.relay import Relay
from local.cloud import BUCKET, PROJECT, Cloud, Options, running_cloud
from quota_invoice.settings.layout import DEFAULT_LAYOUT

_ROOT = Path(__file__).parents[2]
_INVOCATIONS = Path(__file__).with_name("invocations.py")
_PROBE = _ROOT / "ops" / "package"
_EVENT = _ROOT / "events" / "eventgrid.json"
_IMAGE = _ROOT / "samples" / "shenzhen-50-yuan-telephone.jpg"
_KEPT = 8192  # bytes of the image: only its beginning is read, and the stand-in reads none
_ISOLATED = ("-I", "-S", "-B", "-W", "ignore")
_CREDENTIALS_SECONDS = 600.0  # as long as the platform provides the same credentials
_PROCESSORS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@dataclass(frozen=True)
class Delivered:
    """The figures of a series.

    Attributes:
        invocations: of each one: ``result``, ``own_ms``, ``threads``, and ``mb`` where asked for.
        requests: number of requests at each server.
        connections: number of connections at each server.
    """

    invocations: list[dict[str, Any]]
    requests: dict[str, int]
    connections: dict[str, int]


@contextmanager
def instance(zip_file: Path, log: Path) -> Iterator[tuple[Cloud, str]]:
    """Run the local cloud with a stand-in for OCR; give it and the folder of the extracted zip.

    Raises:
        CloudError: a part did not start.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    options = Options(
        output=log,
        notify=False,
        credentials_seconds=_CREDENTIALS_SECONDS,
        open_bucket=True,
        ocr=("bench.api.instant_ocr", "distinct"),
    )
    with (
        _on(_PROCESSORS[:-1]),
        running_cloud(options) as cloud,
        tempfile.TemporaryDirectory() as folder,
    ):
        with zipfile.ZipFile(zip_file) as archive:
            archive.extractall(folder)
        yield cloud, folder


def deliver(  # noqa: PLR0913 - the choices of a series
    cloud: Cloud,
    tree: str,
    interpreter: str,
    uploads: int,
    *,
    each: int = 2,
    memory_after: Sequence[int] = (),
) -> Delivered:
    """Put objects into the bucket, and deliver their events in one process.

    Args:
        cloud: the running cloud.
        tree: the folder of the extracted zip.
        interpreter: a Python of the runtime's version.
        uploads: number of objects.
        each: how often each event is delivered.
        memory_after: the numbers of uploads after which the memory is read.
    """
    keys = [f"{DEFAULT_LAYOUT.input_prefix}{number}.jpg" for number in range(uploads)]
    image, client = _IMAGE.read_bytes()[:_KEPT], cloud.bucket.client()
    for key in keys:
        client.putContent(BUCKET, key, image + key.encode())
    bucket, ocr = Relay(cloud.bucket.endpoint), Relay(cloud.ocr_endpoint)
    with bucket, ocr:
        request = {
            **_context(cloud, bucket.url, ocr.url),
            "events": [_event(key) for key in keys],
            "each": each,
            "memory_after": list(memory_after),
        }
        with _on(_PROCESSORS[-1:]):
            completed = subprocess.run(  # noqa: S603 - the script beside this module
                [interpreter, *_ISOLATED, _INVOCATIONS, tree, _PROBE],
                check=True,
                env={"PATH": os.defpath},
                input=json.dumps(request).encode(),
                stdout=subprocess.PIPE,
            )
    return Delivered(
        json.loads(completed.stdout.splitlines()[-1]),
        {"bucket": bucket.requests, "ocr": ocr.requests},
        {"bucket": bucket.connections, "ocr": ocr.connections},
    )


@contextmanager
def _on(processors: Sequence[int]) -> Iterator[None]:
    """Keep this thread, and the threads and processes that it starts, on some processors.

    A machine with one processor, or without such a choice, is left as it is.
    """
    if len(_PROCESSORS) < 2:  # noqa: PLR2004 - one for the instance, one for the servers
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _context(cloud: Cloud, bucket_url: str, ocr_url: str) -> dict[str, Any]:
    credentials = cloud.agency.credentials()
    return {
        "user_data": {
            **cloud.runtime.function.user_data,
            "BUCKET": BUCKET,
            "OBS_SIGNATURE": "obs",  # as deployed; the relay removes it
            "OBS_ENDPOINT": bucket_url,
            "OCR_ENDPOINT": ocr_url,
        },
        "project_id": PROJECT,
        "credentials": {
            "access_key": credentials.access_key,
            "secret_key": credentials.secret_key,
            "security_token": credentials.security_token,
        },
    }


def _event(key: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(_EVENT.read_bytes())
    about = event["data"]["obs"]
    about["bucket"]["name"] = BUCKET
    about["object"] = {"key": key.replace("/", "%2F")}
    return event
