"""An invocation of the function: its time limit, its steps, its end."""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from greenlet import getcurrent, greenlet

from quota_invoice.deadline import FOR_WRITING, Deadline
from quota_invoice.errors import QuotaInvoiceError
from quota_invoice.events.timer import Sweep
from quota_invoice.logs import Log

if TYPE_CHECKING:
    from tests.simulation.world import World

# Latencies in seconds, each with its share of the steps: usual, slow, very slow, frozen instance.
_LATENCIES = ((0.80, 0.01, 0.12), (0.16, 0.2, 2.0), (0.035, 2.0, 12.0), (0.005, 12.0, 90.0))
_OCR_LATENCIES = ((0.60, 0.05, 0.8), (0.35, 0.8, 5.0), (0.045, 5.0, 15.0), (0.005, 15.0, 90.0))
_USUAL, _OCR_USUAL = 0.05, 0.5
_STICKY = 0.5  # the rate of faults after a fault: faults come in bursts


class Crash(BaseException):
    """The invocation ends here; nothing of it goes on."""


@dataclass
class Step:
    """A request to bucket or OCR, at the moment when the other side receives it.

    Attributes:
        began_at: the simulated time at which it was sent.
        at: the time at which it is received.
        invocation: the sender.
        action: such as ``put``.
        key: the object, or the prefix of a listing.
        delay: seconds until a late effect.
        failed: the fault that the request met; empty if none.
    """

    began_at: float
    at: float
    invocation: Invocation
    action: str
    key: str
    delay: float
    failed: str = ""
    _chance: float = 1.0
    _kind: float = 0.0
    _rate: float = field(default=0.0, repr=False)

    def fault(self, *kinds: str) -> str | None:
        """Return the fault that this step meets, one of these kinds, or None."""
        rate = _STICKY if self.invocation.had_fault and self._rate else self._rate
        self.invocation.had_fault = self._chance < rate
        if self._chance >= rate:
            return None
        kind = kinds[int(self._kind * len(kinds))]
        self.fail(kind)
        return kind

    @property
    def is_odd(self) -> bool:
        """Return a result of chance, for contents that are refused now and then."""
        return int(self.delay * 1000) % 2 == 1

    def fail(self, kind: str) -> None:
        self.failed = kind
        self.invocation.world.trace(self.invocation.name, f"    … {kind}")


class Invocation:
    """One invocation, in a world.

    Args:
        world: the bucket, the OCR service and the clock.
        name: identifies it within its history, and seeds its steps.
        limit: the platform's time limit, in seconds.
        sweep: the options of a sweep; None for another invocation.
    """

    def __init__(self, world: World, name: str, limit: float, sweep: Sweep | None = None) -> None:
        self.world = world
        self.name = name
        self.sweep = sweep
        self.is_dead = False
        self.had_fault = False
        self.error: QuotaInvoiceError | None = None
        self.fetched: dict[greenlet, str] = {}  # the object that each thread fetched last
        self.began_at = world.now
        self._ends_at = world.now + limit
        self._random = random.Random(f"{world.seed} {name}")
        self._steps = 0
        self.log = Log(name, lambda _: None)
        self.deadline = Deadline.after(limit, world.clock).reserve(FOR_WRITING)

    def run(self, work: Callable[[], object]) -> object:
        """Do the work of the invocation; its errors are kept, and its defects are violations."""
        result = None
        try:
            result = work()
        except Crash:
            pass
        except QuotaInvoiceError as error:
            self.error = error
            if "Function.Fault" in str(error):
                self.world.violations.append(f"{self.name}: {error}")
        except Exception:  # noqa: BLE001 - a defect of the function
            self.world.violations.append(f"{self.name}: {traceback.format_exc()}")
        text = "crashed" if self.is_dead else f"{self.error or result}"
        self.world.trace(self.name, f"ended: {text[:300]}")
        return result

    def step(self, action: str, key: str, longest: float = 1000.0) -> Step:
        """Wait until the other side receives a request, and return the step.

        Raises:
            Crash: the invocation ends first.
        """
        if self.is_dead:
            raise Crash
        number, rates, drawn = self._steps, self.world.rates, self._random.random
        began_at = self.world.now
        self._steps += 1
        crash, chance, kind = drawn(), drawn(), drawn()
        share, part, late = drawn(), drawn(), drawn()
        usual, latencies = _USUAL, _LATENCIES
        if action.startswith("ocr"):
            usual, latencies = _OCR_USUAL, _OCR_LATENCIES
        if self.world.is_plain(self.name, number):
            crash, chance, latency = 1.0, 1.0, usual
        else:
            latency = _latency(latencies, share, part)
            if crash < rates.crash or chance < _STICKY or latency > latencies[0][2]:
                self.world.decisions.append((self.name, number))
        self.world.sleep(min(latency, longest))
        if crash < rates.crash or self.world.now > self._ends_at:
            self.is_dead = True
            self.world.trace(self.name, f"crashes before {action} {key}")
        if self.is_dead:
            raise Crash
        rate = rates.ocr if action.startswith("ocr") else rates.store
        if action in {"put", "delete"}:
            rate = max(rate, rates.write)
        step = Step(
            began_at, self.world.now, self, action, key, 1 + 150 * late, "", chance, kind, rate
        )
        self.world.steps.append(step)
        if action == "fetch":
            self.fetched[getcurrent()] = key
        self.world.trace(self.name, f"{action} {key}")
        return step


def _latency(latencies: tuple[tuple[float, float, float], ...], share: float, part: float) -> float:
    for portion, shortest, longest in latencies:
        if share < portion:
            return shortest + part * (longest - shortest)
        share -= portion
    return latencies[-1][2]
