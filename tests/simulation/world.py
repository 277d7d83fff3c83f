"""The world of one history: clock, bucket, OCR service, and the record of all that happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from quota_invoice.settings.settings import Settings
from tests.simulation.bucket import Bucket, Stored
from tests.simulation.contents import BY_ETAG
from tests.simulation.invocation import Step
from tests.simulation.ocr import Reading
from tests.simulation.scheduler import Scheduler

SETTINGS = Settings.read(
    {"BUCKET": "invoices", "SWEEP_CONCURRENCY": "2", "CORS_ORIGINS": "*"}.get, "0123456789abcdef"
)
LAYOUT = SETTINGS.layout


@dataclass(frozen=True)
class Rates:
    """How often a step meets a fault, by the fault."""

    crash: float
    store: float
    write: float
    ocr: float


@dataclass(frozen=True)
class Happening:
    """A change of an object that no invocation waited for: of an input, or a late effect."""

    at: float
    key: str


class World:
    """Everything outside the function.

    Args:
        seed: the seed of all chance.
        rates: how often steps meet faults.
        skew: seconds by which the bucket's clock differs.
        versioned: whether the bucket keeps versions.
        plain: the steps, by invocation and number, that meet neither a fault nor a delay.
        is_traced: whether ``lines`` tells everything.
    """

    def __init__(
        self,
        seed: int,
        rates: Rates,
        skew: float,
        *,
        versioned: bool,
        plain: AbstractSet[tuple[str, int]],
        is_traced: bool,
    ) -> None:
        self.seed = seed
        self.rates = rates
        self.scheduler = Scheduler()
        self.bucket = Bucket(self.clock, skew, versioned=versioned)
        self.violations: list[str] = []
        self.steps: list[Step] = []
        self.readings: list[Reading] = []
        self.changes: list[Happening] = []
        self.late_effects: list[Happening] = []
        self.decisions: list[tuple[str, int]] = []
        self.lines: list[str] = []
        self.is_settled = False  # whether all steps are plain by now
        self._plain = plain
        self._is_traced = is_traced
        self._windows: dict[str, int] = {}
        self._written_at: dict[str, float] = {}

    @property
    def now(self) -> float:
        return self.scheduler.now

    def clock(self) -> float:
        return self.scheduler.now

    def sleep(self, seconds: float) -> None:
        self.scheduler.sleep(seconds)

    def token(self, size: int) -> str:
        """Return a text that is new in this history, as ``secrets.token_hex`` does."""
        return f"{len(self.steps):0{2 * size}x}"

    def trace(self, name: str, text: str) -> None:
        if self._is_traced:
            self.lines.append(f"{self.now:10.2f}  {name:14} {text}")

    def is_plain(self, invocation: str, number: int) -> bool:
        return self.is_settled or (invocation, number) in self._plain

    def is_on(self, name: str) -> bool:
        """Whether an outage of this name is going on."""
        return self._windows.get(name, 0) > 0

    def outage(self, name: str, seconds: float) -> None:
        """Let an outage go on for some time."""
        self._windows[name] = self._windows.get(name, 0) + 1
        self.trace("world", f"{name}, for {seconds:.0f} s")
        self.sleep(seconds)
        self._windows[name] -= 1

    def upload(self, key: str, data: bytes) -> Stored:
        """Write an input, as a person does."""
        stored = self.bucket.put(key, data)
        self.changes.append(Happening(self.now, key))
        name = BY_ETAG[stored.etag].name
        self.trace("person", f"uploads {key}: {name} at {stored.second}, {stored.version or ''}")
        return stored

    def remove(self, key: str) -> None:
        """Delete an input, as a person does."""
        self.bucket.delete(key)
        self.changes.append(Happening(self.now, key))
        self.trace("person", f"deletes {key}")

    def function_put(self, data: bytes, step: Step) -> None:
        """Write an object of the function's own.

        A record must be of one content. A failure must not come to a record of the same content
        that its writer could see: one that was there before the writer confirmed the content.
        """
        key = step.key
        self.bucket.put(key, data)
        self._written_at[key] = self.now
        if key.startswith((LAYOUT.results_prefix, LAYOUT.history_prefix)):
            record = json.loads(data)
            content = BY_ETAG[record["source"]["etag"]]
            self.trace("bucket", f"now has the record {key}: {content.name}")
            if amounts_of(record) != content.amounts and not self._gave_up_pages(record, key):
                self.violations.append(f"{key}: ETag of {content.name}, but {amounts_of(record)}")
        if key.startswith(LAYOUT.failures_prefix):
            self.trace("bucket", f"now has {key}: {data.decode()[:200]}")
            self._check_failure(json.loads(data).get("source"), step)

    def _gave_up_pages(self, record: dict[str, Any], key: str) -> bool:
        """Whether a record lacks those pages of a PDF only that its last attempt did not get."""
        source, pages = record["source"], record["pages"] or {"read": []}
        amounts = BY_ETAG[source["etag"]].amounts
        is_last = LAYOUT.retry_key(source["key"], 5) in self.bucket.objects
        read = tuple(amounts[number - 1] for number in pages["read"])
        return amounts_of(record) == read and (is_last or key.startswith(LAYOUT.history_prefix))

    def _check_failure(self, source: dict[str, str] | None, step: Step) -> None:
        if source is None or step.at < self.now:  # a sweep's state, or a late effect
            return
        record_key = LAYOUT.record_key(source["key"])
        record = self.bucket.record(record_key)
        confirmed_at = max(
            (
                earlier.at
                for earlier in self.steps
                if earlier.invocation is step.invocation
                and (earlier.action, earlier.key) == ("head", source["key"])
            ),
            default=self.now,
        )
        is_visible = self._written_at.get(record_key, self.now) < confirmed_at
        if is_visible and record and record["source"]["etag"] == source["etag"]:
            self.violations.append(f"{step.key}: a failure, although there was a record")

    def start_late_effect(self, step: Step, effect: Callable[[Step], object]) -> None:
        """Let the effect of a request come that its sender no longer waits for."""

        def land() -> None:
            self.trace("network", f"a late effect on {step.key}")
            self.late_effects.append(Happening(self.now, step.key))
            effect(step)

        self.scheduler.start(land, self.now + step.delay)


def amounts_of(record: dict[str, object]) -> tuple[str, ...]:
    """Return the amounts of a record, one for each invoice."""
    result = record["result"]
    if isinstance(result, dict):
        return (result["amount"],)
    assert isinstance(result, list)
    return tuple(ticket["content"]["amount"] for ticket in result)
