"""The status as a table and as JSON, and the points that need a person."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from ops.status.inventory import Inventory
from ops.status.summary import BILLING_ZONE, CONFLICT
from ops.status.sweeps import LastSweep
from quota_invoice.times import format_time, parse_time

_LONGEST_PENDING = timedelta(hours=1)


@dataclass(frozen=True)
class Report:
    """The status at one time.

    Attributes:
        name: the name of the stage, or of the local cloud.
        now: the time, UTC.
        inventory: the inputs.
        sweep: the last sweep.
        deployed: the digest of the deployed code; None where no code is deployed.
        built: the digest of the working tree's zip; None if it is not built.
        price: the price of one billed OCR result; None if it is not given.
    """

    name: str
    now: datetime
    inventory: Inventory
    sweep: LastSweep
    deployed: str | None = None
    built: str | None = None
    price: Decimal | None = None

    @property
    def needs_a_person(self) -> list[str]:
        """The points that need a person, one line each."""
        found, points = self.inventory, []
        if failures := found.failures.total():
            points.append(f"failed inputs: {failures}; their records below failures/ have hints")
        if found.doubtful:
            command = "make review REVIEWER=name, with the same LOCAL=1 or STAGE,"
            points.append(f"doubtful records: {found.doubtful}; {command} shows them")
        if conflicts := found.reviews[CONFLICT]:
            points.append(f"invoices on which people decided differently: {conflicts}")
        age = self._oldest_age
        if age is not None and age > _LONGEST_PENDING:
            points.append(f"an input has been pending for {_duration(age)}")
        if self.sweep.is_dead:
            points.append("the sweep does not run as often as its schedule says")
        if self.deployed is not None and self.built is not None and self.deployed != self.built:
            points.append("the deployed code is not that of build/function.zip")
        return points

    @property
    def _oldest_age(self) -> timedelta | None:
        oldest = self.inventory.oldest
        uploaded = parse_time(oldest.modified_at) if oldest else None
        return self.now - uploaded if uploaded else None

    @property
    def _month(self) -> str:
        return f"{self.now.astimezone(BILLING_ZONE):%Y-%m}"

    @property
    def _cost(self) -> Decimal | None:
        return None if self.price is None else self.price * self.inventory.billed[self._month]

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        found, age, sweep = self.inventory, self._oldest_age, self.sweep
        return {
            "name": self.name,
            "at": format_time(self.now, "seconds"),
            "inputs": found.inputs,
            "records": found.records,
            "failures": {"total": found.failures.total(), "by_code": dict(found.failures)},
            "pending": {
                "total": found.pending,
                "waiting_for_another_attempt": found.waiting,
                "oldest_key": found.oldest.key if found.oldest else None,
                "oldest_seconds": int(age.total_seconds()) if age else None,
            },
            "undecided": found.undecided,
            "doubtful": found.doubtful,
            "reviews": {"inputs": found.reviewed, "invoices": dict(found.reviews)},
            "records_not_read": found.unread,
            "sweep": {
                "at": format_time(sweep.at, "seconds") if sweep.at else None,
                "continues_after": sweep.continues_after or None,
                "is_dead": sweep.is_dead,
                "result": sweep.result or None,
            },
            "code": {"deployed": self.deployed, "built": self.built},
            "ocr": {
                "month": self._month,
                "calls": found.calls[self._month],
                "billed": found.billed[self._month],
                "cost": None if self._cost is None else str(self._cost),
            },
            "needs_a_person": self.needs_a_person,
        }

    def to_table(self) -> Table:
        """Return the report as a table."""
        found, month = self.inventory, self._month
        table = Table(title=f"Status of {self.name}", show_header=False, title_justify="left")
        partly = f" (of the {found.read} records read)" if found.unread else ""
        rows = {
            "inputs": f"{found.inputs}",
            "records": f"{found.records}",
            "failures": _with_parts(found.failures.total(), found.failures),
            "pending": self._pending(),
            "doubtful": f"{found.doubtful}{partly}",
            "reviewed": f"{_with_parts(found.reviews.total(), found.reviews)} invoices{partly}",
            "last sweep": self._sweep(),
            "code": self._code(),
            f"OCR in {month}": f"{found.calls[month]} calls, {found.billed[month]} billed{partly}",
        }
        if self._cost is not None:
            rows[f"cost of {month}"] = f"{self._cost:.2f} at {self.price} each{partly}"
        if found.unread:
            rows["not read"] = (
                f"{found.unread} records; {found.undecided} of them decide whether their input is "
                "done. Each run reads more; STATUS='--read-seconds 600' reads all"
            )
        for name, value in rows.items():
            table.add_row(name, escape(value))  # keys are people's
        return table

    def _pending(self) -> str:
        found, age = self.inventory, self._oldest_age
        if not found.pending or age is None:
            return "0"
        waiting = f", {found.waiting} wait for another attempt" if found.waiting else ""
        return f"{found.pending}, the oldest for {_duration(age)}{waiting}"

    def _sweep(self) -> str:
        sweep = self.sweep
        if sweep.at is None:
            return "none yet"
        parts = [f"{_duration(self.now - sweep.at)} ago"]
        if sweep.result:
            counts = sweep.result.get("counts") or {}
            parts.append(_with_parts(sweep.result.get("outcome", ""), counts))
        if sweep.continues_after:
            parts.append(f"the next one continues after {sweep.continues_after}")
        return ", ".join(parts)

    def _code(self) -> str:
        if self.deployed is None:
            return "the working tree's, as it was at the start"
        if self.built is None:
            return f"{self.deployed[:12]}…; build/function.zip is not built"
        same = "the same as" if self.deployed == self.built else "NOT that of"
        return f"{self.deployed[:12]}…, {same} build/function.zip"


def digest_of(zip_file: Path) -> str | None:
    """Return the digest of a zip as FunctionGraph computes it; None if there is no zip."""
    if not zip_file.is_file():
        return None
    return hashlib.sha512(zip_file.read_bytes()).hexdigest()


def _with_parts(total: object, parts: dict[str, Any]) -> str:
    named = ", ".join(f"{name} {count}" for name, count in sorted(parts.items()))
    return f"{total} ({named})" if named else f"{total}"


def _duration(age: timedelta) -> str:
    """Return a duration in its two largest units.

    >>> _duration(timedelta(hours=3)), _duration(timedelta(days=4))
    ('3 h 0 min', '4 d 0 h')
    """
    hours, minutes = divmod(max(0, int(age.total_seconds())) // 60, 60)
    days, hours_of_day = divmod(hours, 24)
    if days:
        return f"{days} d {hours_of_day} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
