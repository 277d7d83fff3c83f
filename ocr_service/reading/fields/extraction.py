"""What the lines of one invoice say, before anything is concluded from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ocr_service.reading.fields import amount, code, number
from ocr_service.reading.fields.candidates import Candidate, Label
from ocr_service.reading.fields.title import is_title
from ocr_service.reading.text.lines import Line

SURE = 0.95
CREDIBLE = 0.5  # what is less sure asks for another look
NEAR = 1.3  # so many times as far as the nearest is still the same paper


@dataclass(frozen=True, eq=False)
class Findings:
    """Whatever may be a field, in the lines of one or more looks at an invoice."""

    titles: list[Line] = field(default_factory=list)
    codes: list[Candidate] = field(default_factory=list)
    numbers: list[Candidate] = field(default_factory=list)
    words: list[Candidate] = field(default_factory=list)
    figures: list[Candidate] = field(default_factory=list)
    code_labels: list[Line] = field(default_factory=list)
    number_labels: list[Line] = field(default_factory=list)

    @property
    def suffice(self) -> bool:
        """Whether nothing more need be read: every field stands where its label says."""
        return bool(
            self.titles
            and self.words
            and any(_is_credible(each) for each in self.codes)
            and any(_is_credible(each) for each in self.numbers)
        )

    @property
    def suffice_without_words(self) -> bool:
        """Whether all but the words was found, and the amount in figures is sure."""
        sure = any(each.chance > SURE for each in self.figures)
        return sure and replace(self, words=self.figures).suffice

    @property
    def is_invoice(self) -> bool:
        """Whether a quota invoice was seen: a title, and something that only invoices have."""
        return bool(self.titles and (self.code_labels or self.number_labels or self.codes))

    @property
    def title(self) -> Line | None:
        """The largest title."""
        return max(
            self.titles, key=lambda line: line.height * (line.right - line.left), default=None
        )

    def beside(self, title: Line) -> Findings:
        """What belongs to that title: of two papers on one image, the candidates nearest to it."""
        return Findings(
            [title],
            near(title, labelled(self.codes, self.code_labels)),
            near(title, labelled(self.numbers, self.number_labels)),
            near(title, self.words),
            near(title, self.figures),
        )

    def with_(self, other: Findings) -> Findings:
        """These findings and those of another look."""
        return Findings(
            self.titles + other.titles,
            self.codes + other.codes,
            self.numbers + other.numbers,
            self.words + other.words,
            self.figures + other.figures,
            self.code_labels + other.code_labels,
            self.number_labels + other.number_labels,
        )


def findings(lines: Sequence[Line]) -> Findings:
    """What the lines of one look say."""
    return Findings(
        [line for line in lines if is_title(line.text)],
        code.candidates(lines),
        number.candidates(lines),
        amount.words_candidates(lines),
        amount.figures_candidates(lines),
        [line for line in lines if code.is_label(line.text)],
        [line for line in lines if number.is_label(line.text)],
    )


def labelled(candidates: Sequence[Candidate], labels: Sequence[Line]) -> list[Candidate]:
    """The candidates beside a label; all of them where no label of their field was read.

    Where there is a label and nothing beside it can be read, what stands elsewhere is the number
    of a seal, or a piece of it.
    """
    if not labels:
        return list(candidates)
    return [each for each in candidates if each.label is Label.OWN]


def _is_credible(candidate: Candidate) -> bool:
    return candidate.label is Label.OWN and candidate.chance > CREDIBLE


def near(title: Line, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates about as far from the title as the nearest of those with the best label."""
    best = max((each.label for each in candidates), default=Label.NONE)
    away = {
        id(each): float(np.linalg.norm(each.line.box.mean(axis=0) - title.box.mean(axis=0)))
        for each in candidates
    }
    nearest = min((away[id(each)] for each in candidates if each.label is best), default=0.0)
    return [each for each in candidates if away[id(each)] < NEAR * nearest + title.height]
