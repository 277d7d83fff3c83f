"""What became of an upload: its values, its failure, or that it still waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounting.bucket import Bucket
from quota_invoice.invoice.findings import Severity
from quota_invoice.records.record import Status, etag_of
from quota_invoice.reviews.states import texts_of


@dataclass(frozen=True)
class ReadInvoice:
    """An invoice of an upload.

    Attributes:
        texts: the texts of its fields.
        findings: the sentences of the findings that a person should see, in one language.
        needs_review: whether a person should look at it.
        duplicate_of: the key of the input that shows the same invoice first, or None.
    """

    texts: Mapping[str, str]
    findings: tuple[str, ...]
    needs_review: bool
    duplicate_of: str | None


@dataclass(frozen=True)
class UploadOutcome:
    """What became of an upload.

    Attributes:
        key: the input's key.
        status: ``recognized``, ``failed``, ``pending``, or ``gone`` if it was removed.
        invoices: the invoices on it.
        message: a failure's cause, in one language.
        hint: its next step.
    """

    key: str
    status: Status
    invoices: tuple[ReadInvoice, ...] = ()
    message: str = ""
    hint: str = ""


def outcome_of(bucket: Bucket, key: str, language: str) -> UploadOutcome:
    """Look up what became of an input, in two or three requests.

    Args:
        bucket: the bucket.
        key: the input's key.
        language: ``zh`` or ``en``.
    """
    store, layout, name = bucket.store, bucket.layout, bucket.name
    source = store.describe(name, key)
    if source is None:
        return UploadOutcome(key, Status.GONE)
    record = store.read(name, layout.record_key(key)) or {}
    if etag_of(record) == source.etag:
        return UploadOutcome(key, Status.RECOGNIZED, _invoices(record, language))
    failure = store.read(name, layout.failure_key(key)) or {}
    if etag_of(failure) != source.etag:
        return UploadOutcome(key, Status.PENDING)
    error = failure.get("error")
    error = error if isinstance(error, Mapping) else {}
    texts = (sentence(error.get(part), language) for part in ("message", "hint"))
    return UploadOutcome(key, Status.FAILED, (), *texts)


def sentence(text: object, language: str) -> str:
    """Return a text of a record in a language; in schema 1, it is one text.

    >>> sentence({"zh": "文件是空的。", "en": "It is empty."}, "en"), sentence("gone", "zh")
    ('It is empty.', 'gone')
    """
    if isinstance(text, Mapping):
        text = text.get(language)
    return text if isinstance(text, str) else ""


def _invoices(record: Mapping[str, Any], language: str) -> tuple[ReadInvoice, ...]:
    found = record.get("invoices")
    return tuple(_invoice(each, language) for each in found) if isinstance(found, list) else ()


def _invoice(invoice: Mapping[str, Any], language: str) -> ReadInvoice:
    shown = [
        sentence(each.get("message"), language)
        for each in invoice.get("findings", ())
        if each.get("severity") != Severity.INFO.value
    ]
    first = invoice.get("duplicate_of")
    return ReadInvoice(
        texts_of(invoice), tuple(shown), bool(invoice.get("needs_review")), first and str(first)
    )
