"""The soak itself: a cloud with proxies, uploads, faults, kills, and the sweeps at the end."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.soak.exchange_log import ExchangeLog
from bench.soak.inputs import Upload
from bench.soak.memory import MemoryMonitor
from local.cloud import BUCKET, Cloud, Options, running_cloud
from local.faults import BUCKET as BUCKET_SERVICE
from local.faults import OCR, Faults, Proxy
from local.runtime import FunctionError, Weather

TIMER = Path(__file__).parents[2] / "events" / "timer.json"
INSTANCES = 6
_MOST_WAITING = 2 * INSTANCES  # invocations; more would only measure how long a queue is
_SPACING = 0.02  # seconds between uploads at the least
_KILL = 0.02  # of the uploads have the instances killed soon after
_KILL_WITHIN = 0.6  # seconds
_QUIET = 2.0  # seconds without an invocation: no more events will come
_MOST_ROUNDS = 40
_OK = 300
# Chances of an event, which come on top of the faults of requests.
WEATHER = {"duplicate": 0.1, "drop": 0.05, "reorder": 0.1, "delay": 3.0}


@dataclass
class Observations:
    """What is known when the storm is over.

    Attributes:
        uploaded: when each content of a key was there (``time.monotonic``), and its ETag.
        kills: when instances were killed.
        swept_from: when each sweep began.
        sweeps: what each sweep did, over all its rounds.
        given_up: events that the platform gave up, to its failure destination.
        documents: every object under results/ and failures/ in the end, by key.
    """

    faults: Faults
    exchange_log: ExchangeLog
    weather: Weather
    uploaded: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    kills: list[float] = field(default_factory=list)
    swept_from: list[float] = field(default_factory=list)
    sweeps: list[dict[str, int]] = field(default_factory=list)
    given_up: list[dict[str, Any]] = field(default_factory=list)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    peak_mb: float = 0.0


class Scenario:
    """Runs it once.

    Args:
        uploads: in their order.
        seed: where the chances of events and kills begin.
        replay: whether the OCR service reads each picture once only.
        log: file for what the function and the OCR service print.
    """

    def __init__(self, uploads: Sequence[Upload], seed: int, log: Path, *, replay: bool) -> None:
        self._uploads = uploads
        self._random = random.Random(f"{seed}-kills")  # noqa: S311 - no secret
        self._replay = replay
        self._log = log
        self._lock = threading.Lock()
        self._waiting = 0
        self._last = time.monotonic()
        self.found = Observations(Faults(), ExchangeLog(), Weather(seed, **WEATHER))

    def run(self, progress: Callable[[str, int, int], None]) -> Observations:
        """Do it all.

        Args:
            progress: is told what is under way, how far, and of how much.

        Raises:
            CloudError: some part of the cloud did not get ready, or refused an upload.
        """
        progress("starting the cloud", 0, 1)
        with self._cloud() as cloud:
            memory = MemoryMonitor()
            try:
                self._upload(cloud, progress)
                self._settle(progress)
                self._sweep(cloud, progress)
                self._collect(cloud, progress)
            finally:
                memory.stop()
            self.found.peak_mb = memory.peak_mb
        return self.found

    @contextlib.contextmanager
    def _cloud(self) -> Iterator[Cloud]:
        faults, exchange_log = self.found.faults, self.found.exchange_log
        with (
            Proxy(BUCKET_SERVICE, faults, exchange_log) as bucket,
            Proxy(OCR, faults, exchange_log) as ocr,
        ):
            options = Options(
                output=self._log,
                instances=INSTANCES,
                user_data=(
                    ("OBS_ENDPOINT", bucket.url),
                    ("OCR_ENDPOINT", ocr.url),
                    # Short, as every fault that makes somebody wait takes that long.
                    ("OBS_TIMEOUT_SECONDS", "2"),
                    ("OCR_TIMEOUT_SECONDS", "5" if self._replay else "15"),
                ),
                watch=self._watch,
                retries=3,
                on_failure=self.found.given_up.append,
                weather=self.found.weather,
                ocr=("bench.soak.replay",) if self._replay else ("ocr_service",),
                ocr_settings=(
                    ("QUOTA_OCR_ALLOW_HOSTS", "127.0.0.1"),  # the proxy before the bucket
                    ("QUOTA_OCR_MAX_SECONDS", "3"),
                ),
            )
            with running_cloud(options) as cloud:
                bucket.upstream, ocr.upstream = cloud.bucket.endpoint, cloud.ocr_endpoint
                yield cloud

    def _watch(self, invocation: Future[Any]) -> None:
        def over(_: Future[Any]) -> None:
            with self._lock:
                self._waiting -= 1
                self._last = time.monotonic()

        with self._lock:
            self._waiting += 1
        invocation.add_done_callback(over)

    def _upload(self, cloud: Cloud, progress: Callable[[str, int, int], None]) -> None:
        client = cloud.bucket.client()
        for number, upload in enumerate(self._uploads):
            while self._waiting >= _MOST_WAITING:
                time.sleep(_SPACING)
            if upload.fault:
                operation, name = upload.fault
                self.found.faults.queue(name, operation, about=upload.key.partition("/")[2])
            answer = client.putContent(BUCKET, upload.key, upload.content)
            if answer.status >= _OK:
                raise OSError(f"the bucket refused {upload.key}: {answer.status}")
            etag = hashlib.md5(upload.content, usedforsecurity=False).hexdigest()
            self.found.uploaded.setdefault(upload.key, []).append((time.monotonic(), etag))
            if self._random.random() < _KILL:
                threading.Timer(self._random.random() * _KILL_WITHIN, self._kill, [cloud]).start()
            progress("uploading", number + 1, len(self._uploads))
            time.sleep(_SPACING)

    def _kill(self, cloud: Cloud) -> None:
        # Noted before: what a kill interrupts must not seem to have been interrupted earlier.
        when = time.monotonic()
        if cloud.runtime.kill():
            self.found.kills.append(when)

    def _settle(self, progress: Callable[[str, int, int], None]) -> None:
        """Wait until events have stopped coming and all invocations are over."""
        while True:
            with self._lock:
                waiting, quiet = self._waiting, time.monotonic() - self._last
            if not waiting and quiet > _QUIET:
                return
            progress("waiting for the last events", 0, 1)
            time.sleep(0.1)

    def _sweep(self, cloud: Cloud, progress: Callable[[str, int, int], None]) -> None:
        """Sweep twice: each time until the timer has come for a whole pass without a failure.

        A round that fails leaves what it failed at to the next pass, not to the next round.
        """
        event = json.loads(TIMER.read_bytes())
        for sweep in range(2):
            self.found.swept_from.append(time.monotonic())
            total: dict[str, int] = {"rounds": 0, "failed_rounds": 0}
            self.found.sweeps.append(total)
            failed = False
            for _ in range(_MOST_ROUNDS):
                progress(f"sweep {sweep + 1}", total["rounds"], 1)
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
            self._settle(progress)

    def _collect(self, cloud: Cloud, progress: Callable[[str, int, int], None]) -> None:
        client = cloud.bucket.client()
        keys: list[str] = []
        for prefix in ("results/", "failures/"):
            marker = None
            while True:
                page = client.listObjects(BUCKET, prefix=prefix, marker=marker, max_keys=1000)
                keys += [item.key for item in page.body.contents]
                if not page.body.is_truncated:
                    break
                marker = page.body.next_marker or keys[-1]
        for number, key in enumerate(keys):
            progress("collecting records", number + 1, len(keys))
            content = client.getObject(BUCKET, key, loadStreamInMemory=True).body.buffer
            self.found.documents[key] = json.loads(content)
