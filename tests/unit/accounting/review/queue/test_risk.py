"""The risk that an invoice is wrong."""

from __future__ import annotations

import inspect

from accounting.review.queue.risk import WEIGHTS, Facts, Reason, assess
from quota_invoice.invoice import file_rules
from quota_invoice.invoice.duplicates import RULE
from quota_invoice.invoice.rules import RULES
from quota_invoice.reviews.effective import CONFLICT, READ_AGAIN


def test_each_rule_has_a_weight() -> None:
    of_files = [name for name, _ in inspect.getmembers(file_rules, inspect.isgeneratorfunction)]
    names = {*(rule.__name__ for rule in RULES), *of_files, RULE, CONFLICT, READ_AGAIN}
    assert names - set(WEIGHTS) == set()


def test_all_weights_are_shares() -> None:
    assert all(0 <= weight < 1 for weight in WEIGHTS.values())


def test_a_further_reason_never_lowers_the_risk() -> None:
    codes: list[str] = []
    former = 0
    for code in WEIGHTS:
        codes.append(code)
        score = assess(Facts(codes=" ".join(codes), severities="doubt " * len(codes))).score
        assert score >= former
        former = score


def test_a_finding_that_a_person_accepted_does_not_count() -> None:
    found = assess(
        Facts(codes="duplicate zero_amount", severities="serious serious", accepted="duplicate")
    )
    assert found.reasons == (Reason("zero_amount", 0.6),)


def test_a_finding_for_one_field_has_the_weight_of_its_rule_or_its_own() -> None:
    number, place = (
        assess(Facts(codes=f"missing_field.{field}", severities="serious")).score
        for field in ("number", "location")
    )
    assert (number, place) == (90, 30)


def test_an_unknown_finding_counts_by_its_severity() -> None:
    scores = [
        assess(Facts(codes="of_tomorrow", severities=severity)).score
        for severity in ("info", "doubt", "serious", "other", "")
    ]
    assert scores == [0, 30, 60, 30, 30]


def test_a_lower_confidence_is_a_higher_risk_until_a_person_looked() -> None:
    scores = [assess(Facts(confidence=each)).score for each in (0.99, 0.9, 0.5)]
    assert scores == [1, 10, 50]
    assert assess(Facts(confidence=0.5, has_near=True, is_judged=True)).score == 0
