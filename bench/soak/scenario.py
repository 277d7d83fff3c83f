"""Runs the soak: a local cloud with proxies, uploads, faults, kills, and sweeps."""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from bench.soak.exchange_log import ExchangeLog
from bench.soak.inputs import Upload, contents_by_key
from bench.soak.memory import MemoryMonitor
from bench.soak.observations import Observations, SweepRun
from local.cloud import BUCKET, Cloud, Options, running_cloud
from local.faults import BUCKET as BUCKET_SERVICE
from local.faults import OCR, Faults, Proxy
from local.runtime import DeliveryFaults, FunctionError
from quota_invoice.obs.responses import is_success
from quota_invoice.settings.layout import DEFAULT_LAYOUT

_TIMER = Path(__file__).parents[2] / "events" / "timer.json"
INSTANCES = 6
_MAX_WAITING = 2 * INSTANCES  # invocations; a longer queue would only add delay
_SPACING = 0.02  # minimum seconds between uploads
_KILL = 0.02  # share of the uploads after which the instances are killed
_KILL_WITHIN = 0.6  # seconds
_QUIET = 2.0  # seconds without an invocation after which no more events are expected
_MAX_ROUNDS = 40
_MAX_SWEEPS = 5
_OCR_SECONDS = 15.0  # short, as many faults last until the timeout
_OCR_SECONDS_OF_REPLAY = 5.0
_KEPT = (
    DEFAULT_LAYOUT.results_prefix,
    DEFAULT_LAYOUT.failures_prefix,
    DEFAULT_LAYOUT.retries_prefix,
    DEFAULT_LAYOUT.progress_prefix,
)
Progress = Callable[[str, int, int], None]
"""Callback for the description of the current phase, the steps done, and their total."""
# Probabilities for an event, in addition to the faults of requests.
DELIVERY_FAULTS = {"duplicate": 0.1, "drop": 0.05, "reorder": 0.1, "delay": 3.0}


class Scenario:
    """One run of the soak.

    Args:
        uploads: the uploads, in order.
        seed: seed of the delivery faults and kills.
        log: file for the output of the function and the OCR service.
        replay: whether the OCR service reads each picture only once.
    """

    def __init__(self, uploads: Sequence[Upload], seed: int, log: Path, *, replay: bool) -> None:
        self._uploads = uploads
        self._random = random.Random(f"{seed}-kills")  # noqa: S311 - no secret
        self._replay = replay
        self._log = log
        self._lock = threading.Lock()
        self._waiting = 0
        self._last = time.monotonic()
        self.observed = Observations(
            Faults(),
            ExchangeLog(contents_by_key(uploads)),
            DeliveryFaults(seed, **DELIVERY_FAULTS),
            ocr_seconds=_OCR_SECONDS_OF_REPLAY if replay else _OCR_SECONDS,
        )

    def run(self, progress: Progress) -> Observations:
        """Run every phase.

        Raises:
            CloudError: part of the local cloud did not start.
            OSError: the bucket refused an upload.
        """
        progress("starting the cloud", 0, 1)
        with self._cloud() as cloud:
            memory = MemoryMonitor()
            try:
                self._upload(cloud, progress)
                self._settle(progress)
                self._sweep_all(cloud, progress)
                self._collect(cloud, progress)
            finally:
                memory.stop()
            self.observed.peak_mb = memory.peak_mb
        return self.observed

    @contextlib.contextmanager
    def _cloud(self) -> Iterator[Cloud]:
        faults, log = self.observed.faults, self.observed.log
        with (
            Proxy(BUCKET_SERVICE, faults, log) as bucket,
            Proxy(OCR, faults, log) as ocr,
        ):
            options = Options(
                output=self._log,
                instances=INSTANCES,
                user_data=(
                    ("OBS_ENDPOINT", bucket.url),
                    ("OCR_ENDPOINT", ocr.url),
                    # Short, as many faults last until the timeout.
                    ("OBS_TIMEOUT_SECONDS", "2"),
                    ("OCR_TIMEOUT_SECONDS", f"{self.observed.ocr_seconds:g}"),
                ),
                watch=self._count_invocation,
                retries=3,
                on_failure=self.observed.given_up.append,
                delivery_faults=self.observed.delivery_faults,
                ocr=("bench.soak.replay",) if self._replay else ("ocr_service",),
                ocr_settings=(
                    ("QUOTA_OCR_ALLOW_HOSTS", "127.0.0.1"),  # the proxy before the bucket
                    ("QUOTA_OCR_MAX_SECONDS", "3"),
                ),
            )
            with running_cloud(options) as cloud:
                bucket.upstream, ocr.upstream = cloud.bucket.endpoint, cloud.ocr_endpoint
                yield cloud

    def _count_invocation(self, _event: object, invocation: Future[Any]) -> None:
        def end(_: Future[Any]) -> None:
            with self._lock:
                self._waiting -= 1
                self._last = time.monotonic()

        with self._lock:
            self._waiting += 1
        invocation.add_done_callback(end)

    def _upload(self, cloud: Cloud, progress: Progress) -> None:
        client = cloud.bucket.client()
        for number, upload in enumerate(self._uploads):
            while self._waiting >= _MAX_WAITING:
                time.sleep(_SPACING)
            self._queue_fault(upload)
            response = client.putContent(BUCKET, upload.key, upload.content)
            if not is_success(response.status):
                raise OSError(f"the bucket refused {upload.key}: {response.status}")
            uploaded = self.observed.uploaded.setdefault(upload.key, [])
            uploaded.append((time.monotonic(), upload.etag))
            if self._random.random() < _KILL:
                threading.Timer(self._random.random() * _KILL_WITHIN, self._kill, [cloud]).start()
            progress("uploading", number + 1, len(self._uploads))
            time.sleep(_SPACING)

    def _queue_fault(self, upload: Upload) -> None:
        if fault := upload.fault:
            path = upload.key.removeprefix(DEFAULT_LAYOUT.input_prefix)
            self.observed.faults.queue(
                fault.name, fault.operation, fault.times, key_part=path, seconds=fault.seconds
            )

    def _kill(self, cloud: Cloud) -> None:
        began = time.monotonic()
        if cloud.runtime.kill():  # it waits for instances that are starting
            self.observed.kills.append((began, time.monotonic()))

    def _settle(self, progress: Progress) -> None:
        """Wait until no more events arrive, and all invocations and late requests have ended."""
        while True:
            with self._lock:
                waiting, quiet = self._waiting, time.monotonic() - self._last
            if not waiting and quiet > _QUIET and not self.observed.log.has_open_requests():
                return
            progress("waiting for the last events", 0, 1)
            time.sleep(0.1)

    def _sweep_all(self, cloud: Cloud, progress: Progress) -> None:
        """Sweep twice, then try inputs that wait, then sweep until no write came after a sweep."""
        observed = self.observed
        self._sweep(cloud, progress)
        last = self._sweep(cloud, progress)
        retries = self._keys(cloud, DEFAULT_LAYOUT.retries_prefix)
        observed.waiting = sorted({observed.log.input_of(key) for key in retries})
        if observed.waiting:
            self._sweep(cloud, progress, retry_failed=True)
        while observed.log.late_writes(last.began) and len(observed.sweeps) < _MAX_SWEEPS:
            last = self._sweep(cloud, progress)

    def _sweep(self, cloud: Cloud, progress: Progress, *, retry_failed: bool = False) -> SweepRun:
        """Sweep until a complete pass has no failed round.

        Inputs that fail in a round are processed by the next pass, not by the next round.
        """
        event = json.loads(_TIMER.read_bytes())
        if retry_failed:
            event["user_event"] = json.dumps({"retry_failed": True})
        sweep = SweepRun(retry_failed, time.monotonic())
        self.observed.sweeps.append(sweep)
        total, failed = sweep.counts, False
        for _ in range(_MAX_ROUNDS):
            progress(f"sweep {len(self.observed.sweeps)}", total["rounds"], 1)
            total["rounds"] += 1
            try:
                counts: dict[str, int] = cloud.runtime.invoke(event)
            except FunctionError:
                total["failed_rounds"] += 1
                failed = True
                continue
            for name, count in counts.items():
                total[name] = total.get(name, 0) + count
            if not counts.get("unfinished"):
                if not failed:
                    break
                failed = False
        sweep.ended = time.monotonic()
        self._settle(progress)
        return sweep

    def _collect(self, cloud: Cloud, progress: Progress) -> None:
        keys = [key for prefix in _KEPT for key in self._keys(cloud, prefix)]
        client = cloud.bucket.client()
        for number, key in enumerate(keys):
            progress("collecting records", number + 1, len(keys))
            content = client.getObject(BUCKET, key, loadStreamInMemory=True).body.buffer
            self.observed.records[key] = json.loads(content)

    def _keys(self, cloud: Cloud, prefix: str) -> list[str]:
        client, keys, marker = cloud.bucket.client(), list[str](), None
        while True:
            page = client.listObjects(BUCKET, prefix=prefix, marker=marker, max_keys=1000)
            keys += [item.key for item in page.body.contents]
            if not page.body.is_truncated:
                return keys
            marker = page.body.next_marker or keys[-1]
