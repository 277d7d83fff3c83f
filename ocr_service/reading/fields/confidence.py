"""What the findings say about each other, and so how sure each field is.

A reading starts with the chance of its least sure character. That alone is trustworthy where
nothing contradicts it: a seal's ring that turns a 1 into a 4 shows in that character, and
vanishes in the mean over the line.
"""

from __future__ import annotations

from collections.abc import Sequence

from ocr_service.reading.fields import amount, code, place
from ocr_service.reading.fields.candidates import Candidate, Label
from ocr_service.reading.fields.extraction import Findings
from ocr_service.reading.invoice import Field

GUESS = 0.35  # what is less sure than this is no reading
LEAST_DOUBT = 0.05  # of one look
WEIGHTY = 0.3  # a rival less sure than this is noise
# What is left of a confidence when …
RIVAL = 0.6  # … another look reads something else
UNLABELLED = 0.9  # … no label says what the value is
EIGHT_DIGITS = 0.6  # … nor does its form
IMPLAUSIBLE = 0.5  # … a part of the code makes no sense
CONTRADICTED = 0.5  # … title and code name different places, words and figures different amounts
OTHER_AUTHORITY = 0.7  # … the title names another tax bureau than the code
UNUSUAL = 0.9  # … there is hardly an invoice of that amount
TITLE = 0.9  # how sure a place is that stands in the title; names of places are all alike
PROVINCE_ONLY = 0.6  # … the code could name the city, but cannot be read


def settled(candidates: Sequence[Candidate], *, unlabelled: float = UNLABELLED) -> Field:
    """The text that most looks agree on; less sure where one of them differs.

    Looks are independent enough for their doubts to be multiplied, but never fully; what is
    doubtful because of the way it was found remains so, however often.

    `unlabelled`: what is left of the confidence where no label says what it is.
    """
    doubts: dict[str, float] = {}
    label = max((each.label for each in candidates), default=Label.NONE)
    for each in candidates:
        if each.label is label:
            doubts[each.text] = doubts.get(each.text, 1.0) * max(1 - each.line.chance, LEAST_DOUBT)
    best, *rivals = sorted(doubts, key=lambda text: doubts[text]) or [""]
    if not best:
        return Field()
    agreed = [each for each in candidates if each.text == best]
    sure = max(*(each.line.chance for each in agreed), 1 - doubts[best])
    sure *= max(each.trust for each in agreed) * (1.0 if label is Label.OWN else unlabelled)
    if sure < GUESS:
        return Field()
    contested = any(1 - doubts[rival] > WEIGHTY for rival in rivals)
    return Field(best, sure * (RIVAL if contested else 1.0))


def number_field(found: Findings) -> Field:
    """The number; eight digits alone, without a label, may be anything."""
    return settled(found.numbers, unlabelled=EIGHT_DIGITS)


def code_field(found: Findings) -> Field:
    """The code; it loses confidence to a part without sense, or a title that differs."""
    field = settled(found.codes)
    title = found.title.text if found.title else ""
    named, coded = place.by_title(title), place.by_code(field.text)
    factor = 1.0 if not field or code.is_plausible(field.text) else IMPLAUSIBLE
    if named and coded and not place.agree(named, coded):
        factor *= CONTRADICTED
    if not code.is_of_authority(field.text, title):
        factor *= OTHER_AUTHORITY
    sure = field.confidence * factor
    return Field(field.text, sure) if sure >= GUESS else Field()


def amount_field(found: Findings) -> Field:
    """The amount in words, confirmed or contradicted by the one in figures."""
    words, figures = settled(found.words), settled(found.figures)
    if not (words and figures):
        field = words or figures
        return Field(
            field.text, field.confidence * (1.0 if amount.is_usual(field.text) else UNUSUAL)
        )
    if words.text == figures.text:
        return Field(words.text, 1 - (1 - words.confidence) * (1 - figures.confidence))
    surer = max(words, figures, key=lambda field: (amount.is_usual(field.text), field.confidence))
    return Field(surer.text, surer.confidence * CONTRADICTED)


def location_field(found: Findings, code_: Field) -> Field:
    """The place that code and title name; the code is more exact, the title easier to read."""
    named = place.by_title(found.title.text) if found.title else ""
    coded = place.by_code(code_.text)
    if coded and named:
        if coded == named:
            return Field(coded, 1 - (1 - code_.confidence) * (1 - TITLE))
        if place.agree(named, coded):
            return Field(coded, code_.confidence)
        return Field(coded if code_.confidence > TITLE else named, CONTRADICTED)
    if coded:
        return Field(coded, code_.confidence)
    if named:
        return Field(named, TITLE if place.is_exact(named) else PROVINCE_ONLY)
    return Field()
