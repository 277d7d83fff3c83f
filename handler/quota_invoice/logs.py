"""One JSON line per step; only the fields named here can reach a log, so nothing whole does."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from quota_invoice.errors import QuotaInvoiceError


class Step:
    """A step that is under way; set what its line is to say before it ends.

    Attributes:
        key: the object that it is about.
        outcome: what came of it.
        reason: why, where it needs one.
        counts: how many had which outcome.
        gateway_request_id: the id that a caller of the API knows it by.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.outcome = "ok"
        self.reason: str | None = None
        self.counts: dict[str, int] = {}
        self.gateway_request_id: str | None = None


class Log:
    """Writes the steps of one invocation.

    Args:
        request_id: the platform's id of the invocation, on every line.
        write: takes one line without its end; standard output on the platform.
    """

    def __init__(self, request_id: str, write: Callable[[str], None] | None = None) -> None:
        self.request_id = request_id
        self._write = write or _print

    @contextmanager
    def step(self, name: str, key: str = "") -> Iterator[Step]:
        """Time a step and write its line when it ends, well or not."""
        step, started = Step(key), time.perf_counter()
        try:
            yield step
        except QuotaInvoiceError as error:
            step.outcome = "error"
            self._line(name, step, started, error)
            raise
        except Exception as error:
            step.outcome, step.reason = "error", type(error).__name__
            self._line(name, step, started)
            raise
        self._line(name, step, started)

    def _line(
        self,
        name: str,
        step: Step,
        started: float,
        error: QuotaInvoiceError | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "request_id": self.request_id,
            "step": name,
            "key": step.key,
            "outcome": step.outcome,
            "ms": round((time.perf_counter() - started) * 1000, 1),
        }
        if step.reason:
            fields["reason"] = step.reason
        if step.counts:
            fields["counts"] = step.counts
        if step.gateway_request_id:
            fields["gateway_request_id"] = step.gateway_request_id
        if error:
            fields["code"], fields["message"] = error.code, error.message
            fields["service_request_id"] = error.request_id
        # A key may hold half of a surrogate pair, which no UTF-8 stream takes but as an escape.
        line = json.dumps(fields, ensure_ascii=False).encode("utf-8", "backslashreplace")
        self._write(line.decode())


def _print(line: str) -> None:
    """Print a line in one go: the lines of several threads must not mix."""
    sys.stdout.write(line + "\n")
