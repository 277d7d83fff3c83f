"""Concludes each field and its confidence from the candidates of all passes.

The confidence of a reading is the chance of its least certain character, not the mean over the
line: where the ring of a seal turns a 1 into a 4, only this character has a low chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import prod
from statistics import geometric_mean

import numpy as np

from ocr_service.reading.fields import amount, code, place
from ocr_service.reading.fields.candidates import Candidate, Label
from ocr_service.reading.fields.extraction import Extraction
from ocr_service.reading.invoice import Corners, Field, QuotaInvoice

_SURER = 0.1  # more confidence: figures count before words
_GUESS = 0.35  # a field below this confidence stays empty
_LEAST_DOUBT = 0.001  # of one pass
_LEAST_VOTE = 0.05  # of one pass, where its text is compared with that of others
_WEIGHTY = 0.3  # a rival below this confidence is noise
# Factors of the confidence when …
_RIVAL = 0.6  # … another pass reads something else
_UNLABELLED = 0.9  # … the value has no label
_EIGHT_DIGITS = 0.6  # … the value has no label and no typical form
_IMPLAUSIBLE = 0.5  # … a part of the code is invalid
_CONTRADICTED = 0.5  # … title and code name different places, or words and figures differ
_OTHER_AUTHORITY = 0.7  # … the title names another tax bureau than the code
_UNUSUAL = 0.9  # … invoices of this amount are rare
_TITLE = 0.9  # confidence of a place in the title: names of places are similar
_PROVINCE_ONLY = 0.6  # … the code could name the city, but is unreadable
# Scores and their confidences: the shares of right fields, from ``python -m bench.ocr.fit``.
_CALIBRATION = (
    (0.0, 0.0),
    (0.15, 0.15),
    (0.4356, 0.5092),
    (0.5614, 0.5823),
    (0.7805, 0.7981),
    (0.8, 0.8),
    (0.8838, 0.917),
    (0.9146, 0.9224),
    (0.9703, 0.9795),
    (0.9845, 0.9914),
    (0.9955, 0.9993),
    (0.9992, 0.9999),
    (1.0, 1.0),
)


def to_invoice(found: Extraction, polygon: Corners) -> QuotaInvoice:
    """Return the invoice with each field's best reading."""
    code_, number = code_field(found), consensus(found.numbers, unlabelled=_EIGHT_DIGITS)
    scored = code_, number, amount_field(found), location_field(found, code_)
    code_, number, amount_, place_ = (
        Field(each.text, _calibrated(each.confidence)) for each in scored
    )
    return QuotaInvoice(code_, number, amount_, place_, polygon)


def score(confidence: float) -> float:
    """Return the score of a field with this confidence, for a new fit."""
    scores, confidences = zip(*_CALIBRATION, strict=True)
    return float(np.interp(confidence, confidences, scores))


def _calibrated(score: float) -> float:
    scores, confidences = zip(*_CALIBRATION, strict=True)
    return float(np.interp(score, scores, confidences))


def consensus(candidates: Sequence[Candidate], *, unlabelled: float = _UNLABELLED) -> Field:
    """Return the text that most passes agree on; less confident if one of them differs.

    The doubts of the passes that agree are multiplied to find the text. They see the same pixels
    and err alike, though: if three of them doubt a digit, it is doubtful. So the confidence follows
    from the mean of their doubts. A reading that several passes share counts once. ``trust`` and
    ``unlabelled``, the factor for a value without a label, stay in full.
    """
    label = max((each.label for each in candidates), default=Label.NONE)
    different = {(each.text, each.line.chances) for each in candidates if each.label is label}
    doubts: defaultdict[str, list[float]] = defaultdict(list)
    for text, chances in different:
        doubts[text].append(max(1 - min(chances), _LEAST_DOUBT))
    agreed = {
        text: prod(max(each, _LEAST_VOTE) for each in found) for text, found in doubts.items()
    }
    best, *rivals = sorted(agreed, key=lambda text: agreed[text]) or [""]
    if not best:
        return Field()
    sure = 1 - geometric_mean(doubts[best])
    sure *= max(each.trust for each in candidates if each.text == best)
    sure *= 1.0 if label is Label.OWN else unlabelled
    if sure < _GUESS:
        return Field()
    contested = any(1 - agreed[rival] > _WEIGHTY for rival in rivals)
    return Field(best, sure * (_RIVAL if contested else 1.0))


def code_field(found: Extraction) -> Field:
    """Return the code; less confident if a part is invalid or the title contradicts it."""
    field = consensus(found.codes)
    title = found.title.text if found.title else ""
    named, coded = place.by_title(title), place.by_code(field.text)
    factor = 1.0 if not field or code.is_plausible(field.text) else _IMPLAUSIBLE
    if named and coded and not place.agree(named, coded):
        factor *= _CONTRADICTED
    if not code.is_of_authority(field.text, title):
        factor *= _OTHER_AUTHORITY
    sure = field.confidence * factor
    return Field(field.text, sure) if sure >= _GUESS else Field()


def amount_field(found: Extraction) -> Field:
    """Return the amount in words, confirmed or contradicted by the amount in figures."""
    words, figures = consensus(found.words), consensus(found.figures)
    if not (words and figures):
        field = words or figures
        factor = 1.0 if amount.is_usual(field.text) else _UNUSUAL
        return Field(field.text, field.confidence * factor)
    if words.text == figures.text:
        return Field(words.text, 1 - (1 - words.confidence) * (1 - figures.confidence))
    # Of two that are about as sure, the words count: figures of another paper look the same.
    surer = figures if figures.confidence > words.confidence + _SURER else words
    usual = [field for field in (words, figures) if amount.is_usual(field.text)]
    likelier = usual[0] if len(usual) == 1 else surer
    return Field(likelier.text, likelier.confidence * _CONTRADICTED)


def location_field(found: Extraction, code_: Field) -> Field:
    """Return the place of code and title; the code is more exact, the title easier to read."""
    named = place.by_title(found.title.text) if found.title else ""
    coded = place.by_code(code_.text)
    if coded and named:
        if coded == named:
            return Field(coded, 1 - (1 - code_.confidence) * (1 - _TITLE))
        if place.agree(named, coded):
            return Field(coded, code_.confidence)
        return Field(coded if code_.confidence > _TITLE else named, _CONTRADICTED)
    if coded:
        return Field(coded, code_.confidence)
    if named:
        return Field(named, _TITLE if place.is_exact(named) else _PROVINCE_ONLY)
    return Field()
