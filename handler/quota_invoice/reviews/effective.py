"""Records as they stand with people's decisions: the values that count from now on.

The stored record keeps the OCR service's own result and values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quota_invoice.invoice.duplicates import FIRST_MISSING, RULE, duplicate_finding, is_open
from quota_invoice.invoice.fields import CONFIDENCE_BELOW, Conditions, day_in_china
from quota_invoice.invoice.findings import Finding, Severity, Text
from quota_invoice.invoice.interpret import interpret
from quota_invoice.invoice.rules import RULES
from quota_invoice.reviews.entry import FIRST_BY_HAND, ReviewEntry, Verdict
from quota_invoice.reviews.states import (
    InvoiceState,
    etag_of_record,
    invoices_of,
    outdated,
    revision,
    states,
    texts_of,
)
from quota_invoice.times import parse_time

CONFLICT = "review_conflict"
READ_AGAIN = "read_again"
_NEVER_ACCEPTED = frozenset({CONFLICT, READ_AGAIN, FIRST_MISSING})
_RULES = frozenset(rule.__name__ for rule in RULES)
_CONFLICT = Finding(
    CONFLICT,
    Severity.SERIOUS,
    Text(
        "两个人的复核结果不一致，请在复核页面上决定以哪个为准。",
        "Two people decided differently at the same moment: decide on the review page.",
    ),
)
_READ_AGAIN = Finding(
    READ_AGAIN,
    Severity.DOUBT,
    Text(
        "复核之后，这个文件又重新识别过，结果与当时不同，请与图片核对后重新复核。",
        "This file was read again after a person's decision, with another result: compare it with "
        "the image and decide again.",
    ),
)


def effective_record(
    record: Mapping[str, Any],
    entries: Iterable[ReviewEntry],
    confidence_below: float = CONFIDENCE_BELOW,
) -> dict[str, Any]:
    """Return a record, or a failure record, with people's decisions applied.

    It has a member ``review`` then, with the number of entries, of conflicts, and of entries that
    are outdated because they are on another content or reading; and so has each invoice with a
    decision or a conflict. A failure record gets the invoices that were entered by hand. Duplicates
    in other files are not looked for. Without entries, the record is returned as it is.

    Args:
        record: the stored record, of any schema.
        entries: the entries on its input.
        confidence_below: a field with a lower confidence is doubtful.
    """
    entries, etag = list(entries), etag_of_record(record)
    if not entries or etag is None:
        return dict(record)
    found, former = states(record, entries), outdated(record, entries)
    uploaded = parse_time(record["source"].get("uploaded_at"))
    conditions = Conditions(day_in_china(uploaded), confidence_below, is_checked=True)
    is_read_again = any(entry.etag == etag for entry in former)
    invoices = []
    for place, invoice in enumerate(invoices_of(record), 1):
        state = found.get(place, InvoiceState())
        reviewed = _reviewed(invoice, state, etag, conditions) if state.entries else invoice
        is_undecided = not state.is_conflict and state.decision.verdict is None
        invoices.append(_doubted(reviewed) if is_read_again and is_undecided else reviewed)
    for place, state in found.items():
        if place >= FIRST_BY_HAND and (state.decision.verdict or state.is_conflict):
            reviewed = _reviewed(None, state, etag, conditions) | {"place": place}
            # A failed file that was read after all may show the same invoice twice now.
            is_former = state.latest[-1].processed_at != record.get("processed_at")
            invoices.append(_doubted(reviewed) if is_former and "result" in record else reviewed)
    return {
        **record,
        **({"invoices": invoices} if "invoices" in record or invoices else {}),
        "review": {
            "entries": len(entries),
            "conflicts": sum(state.is_conflict for state in found.values()),
            "outdated": len(former),
        },
    }


def _reviewed(
    invoice: Mapping[str, Any] | None, state: InvoiceState, etag: str, conditions: Conditions
) -> dict[str, Any]:
    decision, read = state.decision, texts_of(invoice)
    former = _sound(invoice)
    if decision.verdict or invoice is None:
        result = {**read, **decision.fields, "confidence": former.get("confidence") or {}}
        new = interpret(result, (), conditions)
        others = [each for each in former.get("findings", ()) if _is_of_file(each)]
        former |= {**new, "findings": [*new["findings"], *others]}
    if decision.verdict is Verdict.NOT_AN_INVOICE:
        former |= {"findings": [], "duplicate_of": None}
    if decision.duplicate_of is not None:
        finding = duplicate_finding(decision.duplicate_of, "")
        former["findings"] = [*former["findings"], finding.to_json()]
        former["duplicate_of"] = decision.duplicate_of
    if state.is_conflict:
        former["findings"] = [*former.get("findings", ()), _CONFLICT.to_json()]
    last = state.latest[-1]
    former["review"] = {
        "verdict": decision.verdict.value if decision.verdict else None,
        "by": last.by,
        "at": last.at,
        "reason": last.reason,
        "read": {name: read[name] for name in decision.fields},
        # A person who names the first appearance has seen the finding of a duplicate, too.
        # These are open until somebody decides; that somebody saw one does not accept the next.
        "accepted": [
            *(code for code in decision.accepted if code not in {RULE, *_NEVER_ACCEPTED}),
            *([RULE] if decision.duplicate_of is not None or RULE in decision.accepted else []),
        ],
        "is_by_hand": invoice is None,
        "conflict": [entry.name for entry in state.latest] if state.is_conflict else None,
        "revision": revision(etag, invoice, state),
    }
    if decision.verdict or state.is_conflict:
        former["needs_review"] = is_open(former)
    return former


def _sound(invoice: object) -> dict[str, Any]:
    """Return an invoice entry whose findings are objects; another program may write any JSON."""
    entry = dict(invoice) if isinstance(invoice, Mapping) else {}
    if "findings" in entry:
        present = entry["findings"] if isinstance(entry["findings"], list) else []
        entry["findings"] = [each for each in present if isinstance(each, Mapping)]
    return entry


def _doubted(invoice: object) -> dict[str, Any]:
    """Return an invoice that a person should look at, since its file was read again."""
    entry = _sound(invoice)
    findings = [*entry.get("findings", ()), _READ_AGAIN.to_json()]
    return {**entry, "findings": findings, "needs_review": True}


def _is_of_file(finding: Mapping[str, Any]) -> bool:
    """Whether a finding is on the whole file; those of the rules for invoices are made anew."""
    rule = str(finding.get("code")).partition(".")[0]
    return rule not in _RULES and rule != RULE
