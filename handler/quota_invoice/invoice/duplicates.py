"""Duplicates: the same code and number in several objects is the same invoice.

Source: 财会〔2020〕6号 requires that a system prevents the repeated use of electronic vouchers. To
apply it to photographs is practice.

An appearance is one object that shows an invoice. The first appearance is the invoice; all others
are duplicates of it. Only appearances that still count are compared: the object exists, and its
present record shows that code and number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from quota_invoice.invoice.code import is_code
from quota_invoice.invoice.code_rules import is_number
from quota_invoice.invoice.findings import Finding, Severity, Text

RULE = "duplicate"
FIRST_MISSING = "first_missing"
_OF_DUPLICATES = frozenset({RULE, FIRST_MISSING})
_HASH_DIGITS = 32
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?Z", re.ASCII)
_LAST = "99991231T235959Z"  # the time of an upload whose time is unknown

FIRST_MISSING_FINDING = Finding(
    FIRST_MISSING,
    Severity.SERIOUS,
    Text(
        "复核时指定的首次出现文件中没有计入的同一张发票，请重新复核：否则这张发票在任何文件中都不计入。",
        "The file that a person named as the first appearance does not count this invoice: decide "
        "again, or the invoice counts in no file.",
    ),
)
"""Of a duplicate by a person's decision; nobody can accept it."""


class Appearance(NamedTuple):
    """One object that shows an invoice.

    Attributes:
        key: the object's key.
        uploaded_at: the time of the upload of the content that was read, UTC; None if unknown.
    """

    key: str
    uploaded_at: str | None

    @property
    def name(self) -> str:
        """The text by which appearances are ordered: the time to the second, a hash of the key.

        >>> Appearance("incoming/a.jpg", "2026-11-22T00:00:30Z").name
        '20261122T000030Z-f1673053b18fde7aa725a383ce3d007b'
        """
        match = _TIME.fullmatch(self.uploaded_at or "")
        time = "{}{}{}T{}{}{}Z".format(*match.groups()) if match else _LAST
        return f"{time}-{hash_of_key(self.key)}"


def hash_of_key(key: str) -> str:
    """Return the hash that orders appearances of the same second, and ends the index's keys."""
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]


def identity(invoice: object) -> tuple[str, str] | None:
    """Return code and number of an entry of ``invoices``; None unless both are well-formed.

    >>> identity({"code": "144031909110", "number": "91234567"}), identity({"code": "1440319"})
    (('144031909110', '91234567'), None)
    >>> entry = {"code": "144031909110", "number": "91234567"}
    >>> identity({**entry, "review": {"verdict": "not_an_invoice"}}), identity("text")
    (None, None)
    """
    if not isinstance(invoice, dict) or verdict_of(invoice) == "not_an_invoice":
        return None
    code, number = invoice.get("code"), invoice.get("number")
    if isinstance(code, str) and isinstance(number, str) and is_code(code) and is_number(number):
        return code, number
    return None


def identities(invoices: object) -> list[tuple[str, str]]:
    """Return the distinct identities of a record's ``invoices``, which may be any JSON."""
    entries = invoices if isinstance(invoices, list) else []
    return list(dict.fromkeys(filter(None, map(identity, entries))))


def is_counted(invoices: object, itself: tuple[str, str] | None) -> bool:
    """Whether a record's ``invoices``, which may be any JSON, count an invoice.

    One that a person found to be a duplicate, or no invoice, does not count.

    >>> is_counted([{"code": "144031909110", "number": "91234567"}], ("144031909110", "00000000"))
    False

    Args:
        invoices: the entries of a file, with people's decisions.
        itself: code and number; None if they are not well-formed: any invoice counts then.
    """
    entries = invoices if isinstance(invoices, list) else []
    verdicts = {"duplicate", "not_an_invoice"}
    return any(
        itself in {None, identity(each)}
        and not (isinstance(each, dict) and verdict_of(each) in verdicts)
        for each in entries
    )


def name_duplicates(
    invoices: Iterable[Mapping[str, Any]],
    own_key: str,
    firsts: Mapping[tuple[str, str], str],
    is_first_missing: Callable[[Mapping[str, Any]], bool] = lambda _: False,
) -> list[dict[str, Any]]:
    """Return entries of ``invoices`` whose duplicates name the first appearance.

    An invoice that stands twice in one file is a duplicate of itself there.

    Args:
        invoices: the entries; former findings of duplicates are replaced.
        own_key: the key of the file that shows them.
        firsts: keys of the first appearances in other objects, by code and number.
        is_first_missing: whether the file that a person named does not count the invoice; called
            for those that a person found to be duplicates.
    """
    known = dict(firsts)
    named = []
    for invoice in invoices:
        itself = identity(invoice)
        is_decided = verdict_of(invoice) == "duplicate"  # a person named the first appearance
        is_missing = is_decided and is_first_missing(invoice)
        first = known.get(itself) if itself else None
        first = invoice["duplicate_of"] if is_decided else first
        findings = [each for each in invoice["findings"] if each["code"] not in _OF_DUPLICATES]
        if first is not None:
            findings.append(duplicate_finding(first, own_key).to_json())
        if is_missing:
            findings.append(FIRST_MISSING_FINDING.to_json())
        if itself and (first is None or is_missing):
            known.setdefault(itself, own_key)
        renamed = {**invoice, "duplicate_of": first, "findings": findings}
        named.append({**renamed, "needs_review": is_open(renamed)})
    return named


def is_open(invoice: Mapping[str, Any]) -> bool:
    """Whether a person should look at an invoice entry: it has a finding that nobody accepted.

    >>> doubt = {"code": "low_confidence.number", "severity": "doubt"}
    >>> is_open({"findings": [doubt]})
    True
    >>> is_open({"findings": [doubt], "review": {"accepted": ["low_confidence.number"]}})
    False
    """
    accepted = (invoice.get("review") or {}).get("accepted", ())
    return any(
        each.get("severity") != Severity.INFO.value and each.get("code") not in accepted
        for each in invoice.get("findings", ())
    )


def verdict_of(invoice: Mapping[str, Any]) -> str | None:
    """Return a person's verdict on an invoice entry, or None; see ``quota_invoice.reviews``."""
    review = invoice.get("review")
    return review.get("verdict") if isinstance(review, dict) else None


def duplicate_finding(first: str, own_key: str) -> Finding:
    """Return the finding of a duplicate.

    Args:
        first: the key of the file with the first appearance.
        own_key: the key of the file that shows the duplicate.
    """
    if first == own_key:
        text = Text(
            "这张发票在本文件中已出现过：代码和号码相同，不能重复报销。",
            "This invoice stands in this file before, with the same code and number: it must not "
            "be booked twice.",
        )
    else:
        text = Text(
            f"这张发票已在 {first} 中出现过：代码和号码相同，不能重复报销。",
            f"This invoice appears first in {first}, with the same code and number: it must not be "
            "booked twice.",
        )
    return Finding(RULE, Severity.SERIOUS, text)
