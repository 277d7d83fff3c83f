"""Extracts the candidates of every field from lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

from ocr_service.reading.fields import amount, code, number
from ocr_service.reading.fields.candidates import BROKEN, Candidate, Label
from ocr_service.reading.fields.title import is_other_title, is_title
from ocr_service.reading.text.lines import Line
from ocr_service.reading.text.orientation import centre, is_below

_SURE = 0.95
_CREDIBLE = 0.5  # a lower chance asks for another pass
_SAME_LABEL = 2.0  # heights between the places where two passes find a label
_NEAR = 1.3  # candidates up to this many times as far as the nearest are on the same paper


@dataclass(frozen=True, eq=False)
class Extraction:
    """Titles, labels and candidates in the lines of one or more passes."""

    titles: list[Line] = field(default_factory=list)
    codes: list[Candidate] = field(default_factory=list)
    numbers: list[Candidate] = field(default_factory=list)
    words: list[Candidate] = field(default_factory=list)
    figures: list[Candidate] = field(default_factory=list)
    other_titles: list[Line] = field(default_factory=list)
    code_labels: list[Line] = field(default_factory=list)
    number_labels: list[Line] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether every field was found beside its label."""
        return bool(
            self.titles
            and self.has_amount
            and any(each.label is Label.OWN for each in self.codes)
            and any(each.label is Label.OWN for each in self.numbers)
        )

    @property
    def has_amount(self) -> bool:
        """Whether there is an amount in words that lacks no character."""
        return any(each.trust > BROKEN for each in self.words)

    @property
    def is_sufficient(self) -> bool:
        """Whether every field was found beside its label and is credible: reading can stop."""
        credible = [any(map(_is_credible, each)) for each in (self.codes, self.numbers)]
        return self.is_complete and all(credible)

    @property
    def is_sufficient_without_words(self) -> bool:
        """Whether only the amount in words is missing, and the amount in figures is certain."""
        sure = any(each.chance > _SURE for each in self.figures)
        return sure and replace(self, words=self.figures).is_sufficient

    @property
    def is_other_paper(self) -> bool:
        """Whether there is only a paper of another kind, so that further passes are useless."""
        return bool(self.other_titles and not self.titles and len(self.code_labels) <= 1)

    @property
    def is_invoice(self) -> bool:
        """Whether there is a title, and a label or code that only invoices have."""
        return bool(self.titles and (self.code_labels or self.number_labels or self.codes))

    @property
    def title(self) -> Line | None:
        """The largest title."""
        return max(
            self.titles, key=lambda line: line.height * (line.right - line.left), default=None
        )

    def nearest_to(self, title: Line, other_titles: Sequence[Line] = ()) -> Extraction:
        """Return the candidates on the paper with this title, if there are two on the image.

        On an invoice, all values are below the title: text above it is on another paper.
        """
        others = [*self.other_titles, *other_titles]

        def own(candidates: Sequence[Candidate]) -> list[Candidate]:
            return [each for each in candidates if _is_on_paper(title, each.line, others)]

        def own_labels(labels: Sequence[Line]) -> list[Line]:
            return [each for each in labels if is_below(each.box, title.box)]

        return Extraction(
            [title],
            _near(title, _labelled(title, own(self.codes), own_labels(self.code_labels))),
            _near(title, _labelled(title, own(self.numbers), own_labels(self.number_labels))),
            _near(title, own(self.words), of_any_label=True),
            _near(title, own(self.figures), of_any_label=True),
        )

    def of_one_paper(self) -> Extraction:
        """Return the candidates on the paper with the largest title; all without a title."""
        return self.nearest_to(self.title) if self.title else self

    def merged_with(self, other: Extraction) -> Extraction:
        """Both extractions together."""
        names = [each.name for each in fields(self)]
        return Extraction(*(getattr(self, name) + getattr(other, name) for name in names))


def extract(lines: Sequence[Line]) -> Extraction:
    """Extract titles, labels and candidates from the lines of one pass.

    A title has no field: （百元版） names the largest amount of its kind.
    """
    titles = [line for line in lines if is_title(line.text)]
    others = [line for line in lines if is_other_title(line.text)]
    lines = [line for line in lines if line not in titles]
    return Extraction(
        titles,
        code.candidates(lines),
        number.candidates(lines),
        amount.words_candidates(lines),
        amount.figures_candidates(lines),
        others,
        code.labels(lines),
        number.labels(lines),
    )


def _is_on_paper(title: Line, line: Line, other_titles: Sequence[Line]) -> bool:
    """Whether a line is below this title, and no title of another paper is nearer above it."""
    nearer = (each for each in other_titles if _away(each, line) < _away(title, line))
    return is_below(line.box, title.box) and not any(
        is_below(line.box, each.box) for each in nearer
    )


def _labelled(
    title: Line, candidates: Sequence[Candidate], labels: Sequence[Line]
) -> list[Candidate]:
    """Return the candidates beside the label of this paper; all if no label of theirs was read.

    A candidate beside another label of the same text is on another paper. One away from an existing
    label is the number of a seal, or a part of it.
    """
    if not labels:
        return list(candidates)
    own = min(labels, key=lambda label: _away(label, title))

    def is_own(line: Line) -> bool:
        nearest = min(labels, key=lambda label: _away(label, line))
        return _away(nearest, own) < _SAME_LABEL * own.height

    return [each for each in candidates if each.label is Label.OWN and is_own(each.line)]


def _is_credible(candidate: Candidate) -> bool:
    return candidate.label is Label.OWN and candidate.chance > _CREDIBLE


def _away(line: Line, other: Line) -> float:
    return abs(centre(line.box) - centre(other.box))


def _near(
    title: Line, candidates: Sequence[Candidate], *, of_any_label: bool = False
) -> list[Candidate]:
    """Return the candidates about as far from the title as the nearest one with the best label.

    ``of_any_label``: the nearest one counts, also if its label belongs to the row of a form.
    """
    best = max((each.label for each in candidates), default=Label.NONE)
    away = {id(each): _away(each.line, title) for each in candidates}
    counted = [each for each in candidates if of_any_label or each.label is best]
    nearest = min((away[id(each)] for each in counted), default=0.0)
    return [each for each in candidates if away[id(each)] < _NEAR * nearest + title.height]
