"""The risk that an invoice is wrong: the queue shows the highest first.

Each reason has a weight: an estimate of how likely a record with it is wrong in a field, or must
not be booked as it is. Reasons count as independent of each other, so that the risk is one minus
the product of what each leaves: two reasons of 0.5 make 0.75. Findings that a person accepted do
not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from quota_invoice.invoice.findings import Severity

CONFIDENCE = "confidence"
NEAR = "near_invoice"
FAILED = "failed"
NO_INVOICE = "no_invoice"

WEIGHTS = {
    # Nobody knows the values that count.
    "review_conflict": 0.95,
    FAILED: 0.9,
    NO_INVOICE: 0.9,
    # A text is missing, or cannot be right.
    "missing_field": 0.9,
    "missing_field.location": 0.3,  # it follows from the code
    "unreadable_amount": 0.9,
    "contradicting_amount": 0.85,
    "malformed_code": 0.85,
    "malformed_number": 0.85,
    # The invoice may be right, but must not be booked as it is.
    "duplicate": 0.7,
    "future_year": 0.7,
    "early_year": 0.6,
    "zero_amount": 0.6,
    "old_local_bureau": 0.5,
    "past_last_day": 0.4,
    # The texts are possible, but unusual.
    "read_again": 0.6,
    "several_invoices": 0.6,
    "contradicting_place": 0.5,
    "unread_pages": 0.5,
    "unread_tickets": 0.5,
    "lost_point": 0.6,
    "unknown_division": 0.6,
    "unusual_amount": 0.4,
    NEAR: 0.35,
    "low_confidence": 0.3,  # besides the confidence itself
    "low_confidence.location": 0.0,  # it follows from the code
    "pages_without_invoice": 0.05,
    "not_verifiable": 0.0,
}
"""The weights of reasons by the code of their finding, or by its part before the dot."""
_OTHERS = {Severity.INFO.value: 0.0, Severity.DOUBT.value: 0.3, Severity.SERIOUS.value: 0.6}
_UNKNOWN = 0.3  # of a severity that is none of these


class Reason(NamedTuple):
    """A reason of a risk: a finding's code, or one of the words above, and its weight."""

    code: str
    weight: float


@dataclass(frozen=True)
class Risk:
    """The risk of one invoice.

    Attributes:
        score: from 0 to 100.
        reasons: the reasons that count, the heaviest first.
    """

    score: int
    reasons: tuple[Reason, ...]


class Facts(NamedTuple):
    """The facts from which the risk follows.

    Attributes:
        has_failed: whether the input could not be read.
        has_invoice: whether the row is of an invoice.
        is_judged: whether a person compared the invoice with its image: then neither the OCR
            service's confidence nor a similar invoice counts.
        confidence: that no field is wrong: the product of the fields' confidences. Of code and
            place the lower one counts, since the place follows from the code.
        has_near: whether another invoice differs in one character of code or number.
        codes: the codes of the findings, separated by spaces.
        severities: their severities, in the same order.
        accepted: the codes that a person accepted, separated by spaces.
    """

    has_failed: bool = False
    has_invoice: bool = True
    is_judged: bool = False
    confidence: float = 1.0
    has_near: bool = False
    codes: str = ""
    severities: str = ""
    accepted: str = ""


def assess(facts: Facts) -> Risk:
    """Return the risk that follows from facts.

    >>> assess(Facts(confidence=0.9, codes="malformed_number", severities="serious"))
    Risk(score=86, reasons=(Reason(code='malformed_number', weight=0.85), \
Reason(code='confidence', weight=0.1)))
    >>> assess(Facts(is_judged=True, confidence=0.2)).score
    0
    """
    reasons = [reason for reason in _reasons(facts) if reason.weight > 0]
    left = prod(1 - reason.weight for reason in reasons)
    heaviest_first = sorted(reasons, key=lambda reason: -reason.weight)
    return Risk(round(100 * (1 - left)), tuple(heaviest_first))


def _reasons(facts: Facts) -> Iterator[Reason]:
    if facts.has_failed:
        yield Reason(FAILED, WEIGHTS[FAILED])
    elif not facts.has_invoice:
        yield Reason(NO_INVOICE, WEIGHTS[NO_INVOICE])
    yield from _of_findings(facts)
    if not facts.is_judged:
        yield Reason(CONFIDENCE, round(1 - facts.confidence, 2))
        if facts.has_near:
            yield Reason(NEAR, WEIGHTS[NEAR])


def _of_findings(facts: Facts) -> Iterable[Reason]:
    accepted = set(facts.accepted.split())
    codes, severities = facts.codes.split(), facts.severities.split()
    # The finding of a duplicate is the last one, and its severity is known.
    severities += [""] * (len(codes) - len(severities))
    found = zip(codes, severities, strict=False)
    return [Reason(code, _weight(code, each)) for code, each in found if code not in accepted]


def _weight(code: str, severity: str) -> float:
    for known in (code, code.partition(".")[0]):
        if known in WEIGHTS:
            return WEIGHTS[known]
    return _OTHERS.get(severity, _UNKNOWN)
