"""The observations of a soak, from which its report is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bench.soak.exchange_log import ExchangeLog
from local.faults import Faults
from local.runtime import DeliveryFaults


@dataclass
class SweepRun:
    """A sweep over all its rounds.

    Attributes:
        retry_failed: whether it read failures again, and tried waiting inputs at once.
        began: its start.
        ended: its end; 0 before.
        counts: its counts.
    """

    retry_failed: bool
    began: float
    ended: float = 0.0
    counts: dict[str, int] = field(default_factory=lambda: {"rounds": 0, "failed_rounds": 0})


@dataclass
class Observations:
    """The observations of a run; times are those of ``time.monotonic``.

    Attributes:
        uploaded: upload time and ETag of each content of a key.
        kills: start and end of each killing of the busy instances.
        sweeps: the sweeps, in order.
        waiting: the inputs that waited for a later sweep's attempt after two sweeps.
        given_up: events that the platform sent to its failure destination.
        ocr_seconds: seconds for which the function waits for the OCR service.
        records: every object that the function kept at the end, by key; without former records.
    """

    faults: Faults
    log: ExchangeLog
    delivery_faults: DeliveryFaults
    uploaded: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    kills: list[tuple[float, float]] = field(default_factory=list)
    sweeps: list[SweepRun] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    given_up: list[dict[str, Any]] = field(default_factory=list)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    peak_mb: float = 0.0
    ocr_seconds: float = 0.0
