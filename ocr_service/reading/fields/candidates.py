"""Candidates for the value of a field, and their labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from ocr_service.reading.text.lines import Line, text_above, text_left_of

BROKEN = 0.8  # trust in a value that may lack a character
CUT = 0.85  # trust in the first characters of a longer run


class Label(IntEnum):
    """The field that the label beside a value names."""

    OTHER = 0
    NONE = 1
    OWN = 2


@dataclass(frozen=True, eq=False)
class Candidate:
    """A text that may be a field's value, with its line and its label.

    ``trust``: a factor below 1 for a less reliable way of finding it.
    """

    text: str
    line: Line
    label: Label = Label.NONE
    trust: float = 1.0

    @property
    def chance(self) -> float:
        """The chance of the least certain character, times ``trust``."""
        return self.line.chance * self.trust


def ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates by label, and then by chance, the best first."""
    return sorted(candidates, key=lambda each: (each.label, each.chance), reverse=True)


def label_in(words: str, own: re.Pattern[str], other: re.Pattern[str]) -> Label:
    """Return the last label in these words, since it is the nearest to the value.

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


def labels_in(
    lines: Sequence[Line], is_label: Callable[[str], bool], label: re.Pattern[str]
) -> list[Line]:
    """Return the labels in these lines, each without the other text of its line."""
    return [
        line.span(*match.span())
        for line in lines
        if is_label(line.text)
        for match in label.finditer(line.text)
    ]


def label_of(
    value: Line, prefix: str, lines: Sequence[Line], own: re.Pattern[str], other: re.Pattern[str]
) -> Label:
    """Return the label to the left of a value, in its line (``prefix``) or another; else above."""
    beside = label_in(text_left_of(value, lines) + prefix, own, other)
    return label_in(text_above(value, lines), own, other) if beside is Label.NONE else beside
