"""A check of one assumption, and its finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from ops.errors import OpsError
from ops.live_check.live_stage import LiveStage


class Verdict(str, Enum):
    """Whether an assumption holds."""

    HELD = "held"
    NOT_HELD = "did not hold"
    UNKNOWN = "not checked"


class Finding(NamedTuple):
    """The finding of a check: its verdict and one sentence on the observation."""

    verdict: Verdict
    text: str


def held(text: str) -> Finding:
    """Return the finding that the assumption holds."""
    return Finding(Verdict.HELD, text)


def not_held(text: str) -> Finding:
    """Return the finding that the assumption does not hold."""
    return Finding(Verdict.NOT_HELD, text)


def unknown(text: str) -> Finding:
    """Return the finding that this stage does not show whether the assumption holds."""
    return Finding(Verdict.UNKNOWN, text)


@dataclass(frozen=True)
class Check:
    """A check.

    Attributes:
        name: its name on the command line.
        assumed: the assumption.
        why: the reason for the assumption, and its importance.
        observe: looks at the stage.
    """

    name: str
    assumed: str
    why: str
    observe: Callable[[LiveStage], Finding]

    def run(self, live: LiveStage) -> Finding:
        """Run the check; an error of a service leaves the assumption unchecked."""
        try:
            return self.observe(live)
        except OpsError as error:
            return unknown("; ".join(error.problems))
