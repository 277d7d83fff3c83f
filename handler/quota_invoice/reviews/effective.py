"""Records as they stand with people's decisions: the values that count from now on.

The stored record keeps the OCR service's own result and values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quota_invoice.invoice.duplicates import RULE, duplicate_finding, is_open
from quota_invoice.invoice.fields import CONFIDENCE_BELOW, NAMES, Conditions, day_in_china
from quota_invoice.invoice.findings import Finding, Severity, Text
from quota_invoice.invoice.interpret import interpret
from quota_invoice.invoice.rules import RULES
from quota_invoice.json_values import member
from quota_invoice.reviews.entry import ReviewEntry, Verdict
from quota_invoice.reviews.states import InvoiceState, outdated, revision, states
from quota_invoice.times import parse_time

CONFLICT = "review_conflict"
_RULES = frozenset(rule.__name__ for rule in RULES)
_CONFLICT = Finding(
    CONFLICT,
    Severity.SERIOUS,
    Text(
        "两个人的审核结果不一致，请在审核页面上决定以哪个为准。",
        "Two people decided differently at the same moment: decide on the review page.",
    ),
)


def effective_record(
    record: Mapping[str, Any],
    entries: Iterable[ReviewEntry],
    confidence_below: float = CONFIDENCE_BELOW,
) -> dict[str, Any]:
    """Return a record, or a failure record, with people's decisions applied.

    It has a member ``review`` then, with the number of entries, of conflicts, and of entries that
    are outdated because they are on another content; and so has each invoice with a decision or a
    conflict. A failure record gets the invoices that were entered by hand. Duplicates in other
    files are not looked for. Without entries, the record is returned as it is.

    Args:
        record: the stored record, of any schema.
        entries: the entries on its input.
        confidence_below: a field with a lower confidence is doubtful.
    """
    source = record.get("source")
    entries = list(entries)
    if not entries or not isinstance(source, Mapping):
        return dict(record)
    etag = str(source.get("etag"))
    found = states(entries, etag)
    read = record.get("invoices")
    invoices: list[Any] = list(read) if isinstance(read, list) else []
    uploaded = parse_time(source.get("uploaded_at"))
    conditions = Conditions(day_in_china(uploaded), confidence_below, is_checked=True)
    unused = 0
    for place, state in found.items():
        if place <= len(invoices):
            read_invoice = invoices[place - 1]  # any JSON: another program may have written it
            one = read_invoice if isinstance(read_invoice, Mapping) else {}
            invoices[place - 1] = _reviewed(one, state, etag, conditions)
        elif state.decision.is_by_hand:
            # The places of two that were added at the same moment are one place: a conflict.
            invoices.append(_reviewed(None, state, etag, conditions) | {"place": place})
        else:  # the input was read again, with fewer invoices
            unused += len(state.entries)
    return {
        **record,
        **({"invoices": invoices} if isinstance(read, list) or invoices else {}),
        "review": {
            "entries": len(entries),
            "conflicts": sum(state.is_conflict for state in found.values()),
            "outdated": len(outdated(entries, etag)) + unused,
        },
    }


def texts_of(invoice: object) -> dict[str, str]:
    """Return the texts of an invoice entry's fields, by their names; empty ones for none."""
    texts = {name: member(invoice, name) for name in NAMES}
    amount = texts["amount"]
    texts["amount"] = member(amount, "text") if isinstance(amount, Mapping) else amount
    return {name: text if isinstance(text, str) else "" for name, text in texts.items()}


def _reviewed(
    invoice: Mapping[str, Any] | None, state: InvoiceState, etag: str, conditions: Conditions
) -> dict[str, Any]:
    decision, read = state.decision, texts_of(invoice)
    result = {**read, **decision.fields, "confidence": member(invoice, "confidence")}
    former = dict(invoice or {})
    findings, accepted = _findings_of(former), decision.accepted
    if decision.verdict or decision.fields or invoice is None:
        new = interpret(result, (), conditions)
        others = [each for each in findings if _is_of_file(each)]
        former, findings = {**former, **new}, [*new["findings"], *others]
    if decision.verdict is Verdict.NOT_AN_INVOICE:
        former["duplicate_of"], findings = None, []
    if decision.verdict is Verdict.DUPLICATE and decision.duplicate_of:
        findings.append(duplicate_finding(decision.duplicate_of, "").to_json())
        former["duplicate_of"] = decision.duplicate_of
        accepted = tuple(dict.fromkeys([*accepted, RULE]))  # the person says so
    if state.is_conflict:
        findings.append(_CONFLICT.to_json())
    last = state.latest[-1]
    former["review"] = {
        "verdict": decision.verdict.value if decision.verdict else None,
        "by": last.by,
        "at": last.at,
        "reason": last.reason,
        "read": {name: read[name] for name in decision.fields},
        "accepted": list(accepted),
        "is_by_hand": decision.is_by_hand,
        "conflict": [entry.name for entry in state.latest] if state.is_conflict else None,
        "revision": revision(etag, invoice, state),
    }
    if findings or "findings" in former:  # the former schema has issues instead
        former["findings"] = findings
        former["needs_review"] = is_open(former)
    return former


def _findings_of(invoice: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = invoice.get("findings")
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _is_of_file(finding: Mapping[str, Any]) -> bool:
    """Whether a finding is on the whole file; those of the rules for invoices are made anew."""
    rule = str(finding.get("code")).partition(".")[0]
    return rule not in _RULES and rule != RULE
