"""Candidates for a field, and how much is to be believed of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from ocr_service.reading.text.lines import Line, above, lead


class Label(IntEnum):
    """What the words beside a value say about it."""

    OTHER = 0  # it belongs to another field
    NONE = 1
    OWN = 2


@dataclass(frozen=True, eq=False)
class Candidate:
    """A text that may be a field's value, the line it was read from, and its label.

    `trust`: what is left of its chance because of the way it was found.
    """

    text: str
    line: Line
    label: Label = Label.NONE
    trust: float = 1.0

    @property
    def chance(self) -> float:
        """How sure its least sure character is."""
        return self.line.chance * self.trust


CUT = 0.85  # trust in the first characters of a longer run


def ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The best first: those whose label says so, and of these the surest."""
    return sorted(candidates, key=lambda each: (each.label, each.chance), reverse=True)


def label_in(words: str, own: re.Pattern[str], other: re.Pattern[str]) -> Label:
    """Which label these words hold; of several, the last stands nearest to the value.

    >>> import re
    >>> label_in("发票代码 发票号码", own=re.compile("号码"), other=re.compile("代码"))
    <Label.OWN: 2>
    """
    last = {
        label: max((match.end() for match in pattern.finditer(words)), default=0)
        for label, pattern in ((Label.OWN, own), (Label.OTHER, other))
    }
    best = max(last, key=lambda label: last[label])
    return best if last[best] else Label.NONE


def label_of(
    value: Line, prefix: str, lines: Sequence[Line], own: re.Pattern[str], other: re.Pattern[str]
) -> Label:
    """The label of a value: to its left, in its own line (`prefix`) or another; else above it."""
    beside = label_in(lead(value, lines) + prefix, own, other)
    return label_in(above(value, lines), own, other) if beside is Label.NONE else beside
