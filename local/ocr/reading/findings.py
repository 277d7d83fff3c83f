"""What the lines of one invoice say, before anything is concluded from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.ocr.reading import amount, code, number
from local.ocr.reading.evidence import Candidate, Label
from local.ocr.reading.title import is_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.ocr.reading.lines import Line


@dataclass(frozen=True, eq=False)
class Findings:
    """The best candidate for each thing that an invoice says."""

    title: Line | None
    code: Candidate | None
    number: Candidate | None
    words: Candidate | None
    figures: Candidate | None

    @property
    def suffice(self) -> bool:
        """Whether nothing more need be read: every field stands where its label says."""
        return bool(
            self.title
            and self.words
            and self.code
            and self.code.label is Label.OWN
            and self.number
            and self.number.label is Label.OWN
        )


def findings(lines: Sequence[Line]) -> Findings:
    """The best of what the lines say."""
    return Findings(
        title=max((line for line in lines if is_title(line.text)), key=size, default=None),
        code=best(code.candidates(lines)),
        number=best(number.candidates(lines)),
        words=best(amount.words_candidates(lines)),
        figures=best(amount.figures_candidates(lines)),
    )


def best(candidates: Sequence[Candidate]) -> Candidate | None:
    """The candidate with a label of its own, and of those the surest."""
    return max(candidates, key=lambda each: (each.label, each.chance), default=None)


def size(line: Line) -> float:
    """How much of the image the line fills."""
    return (line.right - line.left) * line.height
