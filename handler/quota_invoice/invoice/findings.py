"""Findings of the rules on an invoice, in words for an accountant."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any, NamedTuple


class Severity(str, Enum):
    """The consequence of a finding, by its word in records."""

    INFO = "info"  # worth knowing; nobody needs to act
    DOUBT = "doubt"  # a person should compare the invoice with its image
    SERIOUS = "serious"  # the invoice cannot be booked from this record


class Text(NamedTuple):
    """One text in Chinese and English."""

    zh: str
    en: str


class Finding(NamedTuple):
    """One finding on one invoice.

    Attributes:
        code: the rule's name; with the field after a dot if the rule looks at several.
        severity: its consequence.
        message: one sentence.
    """

    code: str
    severity: Severity
    message: Text

    def to_json(self) -> dict[str, Any]:
        """Return the finding's entry in a record."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message._asdict(),
        }


def needs_review(findings: Iterable[Finding]) -> bool:
    """Whether a person should look at an invoice with these findings."""
    return any(finding.severity is not Severity.INFO for finding in findings)
