"""The rules that check an invoice; each yields its findings.

Each rule is a function, named in the records that it checked. A change of any rule's result gets a
new VERSION, so that a record tells which rules it met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quota_invoice.invoice.amount_rules import (
    contradicting_amount,
    lost_point,
    unreadable_amount,
    unusual_amount,
    zero_amount,
)
from quota_invoice.invoice.code_rules import (
    contradicting_place,
    early_year,
    future_year,
    malformed_code,
    malformed_number,
    unknown_division,
)
from quota_invoice.invoice.expiry_rules import (
    not_verifiable,
    old_local_bureau,
    past_last_day,
    table,
)
from quota_invoice.invoice.fields import NAMES, Fields
from quota_invoice.invoice.findings import Finding, Severity, Text

VERSION = "6"
_OF_SEVERAL = 0.5  # a service that reads one of several invoices is not surer of any field


def missing_field(fields: Fields) -> Iterator[Finding]:
    """Every quota invoice has a code, a number, a place and an amount.

    >>> [finding.code for finding in missing_field(Fields(code="144031909110", amount="￥50.00"))]
    ['missing_field.number', 'missing_field.location']
    """
    for name, (zh, en) in NAMES.items():
        if not getattr(fields, name):
            # The place follows from the code.
            severity = Severity.DOUBT if name == "location" else Severity.SERIOUS
            text = Text(f"图片上没有读到{zh}。", f"The {en} was not read from the image.")
            yield Finding(f"missing_field.{name}", severity, text)


def several_invoices(fields: Fields) -> Iterator[Finding]:
    """The image shows one invoice, where the API gives one per image.

    It cannot say that there are others: a whole invoice of which it is unsure is the only sign.

    >>> from quota_invoice.invoice.fields import Conditions
    >>> low = dict.fromkeys(NAMES, 0.4)
    >>> one = Conditions(is_one_per_image=True)
    >>> fields = Fields("144031909110", "91234567", "深圳", "￥50.00", low, one)
    >>> [finding.code for finding in several_invoices(fields)]
    ['several_invoices']
    """
    confidences = map(fields.confidence.get, NAMES)
    is_unsure = all(isinstance(each, int | float) and each <= _OF_SEVERAL for each in confidences)
    is_whole = is_unsure and all(getattr(fields, name) for name in NAMES)
    if fields.conditions.is_one_per_image and is_whole:
        text = Text(
            "所有字段的识别置信度都很低：图片上可能还有其他发票。请与图片核对；"
            "如有多张发票，请每张单独拍照上传，或请系统运维人员设置 RECOGNITION=auto。",
            "The OCR service's confidence in all fields is low: there may be further invoices on "
            "the image. Compare it with the image. If there are several, photograph each alone, or "
            "ask the operator to set RECOGNITION=auto.",
        )
        yield Finding("several_invoices", Severity.DOUBT, text)


def low_confidence(fields: Fields) -> Iterator[Finding]:
    """The OCR service is confident of each text that it read; see ``several_invoices`` for all.

    The limit is a setting; 0.9 by default.

    >>> fields = Fields(code="144031909110", confidence={"code": 0.5})
    >>> [finding.code for finding in low_confidence(fields)]
    ['low_confidence.code']
    """
    if fields.conditions.is_checked or any(several_invoices(fields)):
        return
    least = fields.conditions.confidence_below
    for name, (zh, en) in NAMES.items():
        confidence = fields.confidence.get(name)
        if not getattr(fields, name):
            continue
        if not isinstance(confidence, int | float):
            text = Text(
                f"{zh}没有识别置信度，请与图片核对。",
                f"The OCR service gives no confidence in the {en}: compare it with the image.",
            )
            yield Finding(f"low_confidence.{name}", Severity.DOUBT, text)
        elif not confidence >= least:  # NaN included
            text = Text(
                f"{zh}的识别置信度低于 {least:g}，请与图片核对。",
                f"The OCR service's confidence in the {en} is below {least:g}: compare it "
                "with the image.",
            )
            yield Finding(f"low_confidence.{name}", Severity.DOUBT, text)


RULES: tuple[Callable[[Fields], Iterator[Finding]], ...] = (
    missing_field,
    malformed_code,
    malformed_number,
    unknown_division,
    early_year,
    future_year,
    old_local_bureau,
    past_last_day,
    unreadable_amount,
    contradicting_amount,
    zero_amount,
    lost_point,
    unusual_amount,
    contradicting_place,
    several_invoices,
    low_confidence,
    not_verifiable,
)
"""The rules for each invoice, in the order of their findings."""
_NEVER_RUN = {
    "old_state_bureau": "only the title tells the invoices of the former state tax bureaus, which "
    "could be used until 2018-12-31 (国家税务总局公告2018年第32号), from those of merged bureaus, "
    "whose codes also begin with 1; the OCR service does not return the title",
    "amount_in_words": "the OCR service returns the amount once, not in words beside figures; a "
    "text that holds both meets contradicting_amount",
    "invoice_seal": "the OCR service does not return the seller's seal (发票专用章)",
}
"""Rules that need facts which the OCR service does not return, with the reason."""


def applied() -> tuple[list[str], list[dict[str, str]]]:
    """Return the names of the rules that are run, and those that are not, with the reason."""
    skipped = dict(_NEVER_RUN)
    if not table().days:
        skipped[past_last_day.__name__] = "the table expiry.yaml is empty"
    run = [rule.__name__ for rule in RULES if rule.__name__ not in skipped]
    if lines := table().unusable:  # the rule runs for the places of the other lines
        skipped[past_last_day.__name__] = (
            "the table expiry.yaml has lines that are not of the form 广东省: 2025-06-30, with the "
            f"full name of a province or city: {'; '.join(lines)}"
        )
    return run, [{"rule": rule, "reason": reason} for rule, reason in skipped.items()]


def check(fields: Fields) -> list[Finding]:
    """Return the findings of all rules for an invoice."""
    return [finding for rule in RULES for finding in rule(fields)]
