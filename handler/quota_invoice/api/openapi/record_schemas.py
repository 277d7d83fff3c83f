"""Records and failure records, in JSON Schema: those of schema 2, and stored ones of schema 1."""

from __future__ import annotations

from collections.abc import Iterable

from quota_invoice.api.openapi.json_schema import (
    BOOLEAN,
    COUNT,
    COUNT_OR_NULL,
    NUMBER,
    TEXT,
    TEXT_OR_NULL,
    TIME,
    Json,
    array_of,
    object_of,
    one_of,
    or_null,
    ref,
)
from quota_invoice.api.openapi.review_schemas import review, reviewed_invoice
from quota_invoice.invoice.findings import Severity
from quota_invoice.records.record import FORMER_SCHEMA, SCHEMA, Status

_FORMER = "Schema 1, of records that were written by a former version of the function."


def record_schemas() -> dict[str, Json]:
    """Return the schemas of all records by name."""
    return {
        "Record": _record(),
        "Failure": _failure(),
        "Pending": _record_of(SCHEMA, Status.PENDING, {"source": ref("Source")}),
        "Gone": {
            "description": "The input was removed or renamed; its record is unchanged.",
            **_record_of(
                SCHEMA,
                Status.GONE,
                {"source": or_null(ref("Source")), "record": ref("RecordOrFailure")},
            ),
        },
        "FormerRecord": _former_record(),
        "FormerFailure": _former_failure(),
        "AnyRecord": one_of("Record", "FormerRecord"),
        "RecordOrFailure": one_of("Record", "Failure", "FormerRecord", "FormerFailure"),
        "AnyStatus": one_of("Record", "Failure", "FormerRecord", "FormerFailure", "Gone"),
        "Source": _source(),
        "Invoice": object_of(
            {
                **_invoice(),
                "authority": {
                    "description": "The kind of tax bureau, by the code.",
                    **TEXT_OR_NULL,
                },
                "trade": {
                    "description": "The trade, by the code of a state or local tax bureau.",
                    **TEXT_OR_NULL,
                },
                "duplicate_of": {
                    "description": "The key of the first file that shows the same code and "
                    "number; null if this is the first. The API derives it anew.",
                    **TEXT_OR_NULL,
                },
                "findings": array_of(ref("Finding")),
                **reviewed_invoice(),
            },
            optional=["authority", "trade", *reviewed_invoice()],
        ),
        "FormerInvoice": object_of(
            {**_invoice(), "issues": array_of(TEXT), **reviewed_invoice()},
            optional=reviewed_invoice(),
        ),
        "Finding": object_of(
            {
                "code": TEXT,
                "severity": {
                    "enum": [severity.value for severity in Severity],
                    "description": "info: nobody needs to act; doubt: compare the invoice with its "
                    "image; serious: the invoice cannot be booked from this record.",
                },
                "message": ref("Text"),
            }
        ),
        "Text": object_of({"zh": TEXT, "en": TEXT}),
    }


def _record() -> Json:
    not_run = object_of({"rule": TEXT, "reason": TEXT})
    pages = object_of({"read": array_of(COUNT), "asked": COUNT, "total": COUNT_OR_NULL})
    rules = object_of({"version": TEXT, "run": array_of(TEXT), "not_run": array_of(not_run)})
    fallback = object_of({"code": TEXT, "scale": NUMBER, "kind": TEXT}, optional=["kind"])
    members = {
        **_result(),
        "invoices": array_of(ref("Invoice")),
        "rules": {"description": "The rules that gave the findings.", **rules},
        "ocr": object_of({**_ocr(), "fallback": or_null(fallback)}),
        "pages": {
            "description": "Page numbers of a PDF or TIFF; null for an image.",
            **or_null(pages),
        },
        "processed_at": TIME,
        "review": review(),
    }
    return _record_of(SCHEMA, Status.RECOGNIZED, members, optional=["review"])


def _failure() -> Json:
    error = {
        "code": TEXT,
        "message": ref("Text"),
        "hint": {"description": "The next step.", **ref("Text")},
        "service_message": {"description": "The refusing service's own text.", **TEXT_OR_NULL},
        "request_id": TEXT_OR_NULL,
    }
    members = {
        "source": ref("Source"),
        "error": object_of(error),
        "attempts": COUNT,
        "processed_at": TIME,
        "invoices": {
            "description": "The invoices that people entered by hand.",
            **array_of(ref("Invoice")),
        },
        "review": review(),
    }
    return _record_of(SCHEMA, Status.FAILED, members, optional=["invoices", "review"])


def _former_record() -> Json:
    members = {
        **_result(),
        "invoices": array_of(ref("FormerInvoice")),
        "ocr": object_of({**_ocr(), "rescue": {"type": ["object", "null"]}}),
        "processed_at": TIME,
        "review": review(),
    }
    return {
        **_record_of(FORMER_SCHEMA, Status.RECOGNIZED, members, optional=["review"]),
        "description": f"{_FORMER} `issues` are findings; `ocr.rescue` is the fallback.",
    }


def _former_failure() -> Json:
    error = object_of({"code": TEXT, "message": TEXT, "request_id": TEXT_OR_NULL})
    members = {
        "source": ref("Source"),
        "error": error,
        "processed_at": TIME,
        "invoices": array_of(ref("Invoice")),
        "review": review(),
    }
    return {
        **_record_of(FORMER_SCHEMA, Status.FAILED, members, optional=["invoices", "review"]),
        "description": f"{_FORMER} `error.message` is the OCR service's own text.",
    }


def _result() -> dict[str, Json]:
    return {
        "source": or_null(ref("Source")),
        "result": {
            "description": "The OCR service's own result.",
            "type": ["object", "array"],
        },
    }


def _ocr() -> dict[str, Json]:
    return {
        "api": TEXT,
        "region": TEXT,
        "request_id": TEXT_OR_NULL,
        "attempts": COUNT,
        "elapsed_ms": COUNT,
    }


def _invoice() -> dict[str, Json]:
    amount = object_of(dict.fromkeys(("text", "value", "words", "currency"), TEXT_OR_NULL))
    return {
        **dict.fromkeys(("code", "number", "location", "province", "city"), TEXT_OR_NULL),
        "year": {"type": ["integer", "null"]},
        "amount": amount,
        "confidence": {"type": "object", "additionalProperties": NUMBER},
        "needs_review": BOOLEAN,
    }


def _source() -> Json:
    return object_of(
        {
            "bucket": TEXT,
            "key": TEXT,
            "etag": TEXT,
            "size": COUNT_OR_NULL,
            "version_id": TEXT_OR_NULL,
            "uploaded_at": TEXT_OR_NULL,
        }
    )


def _record_of(
    schema: str, status: Status, members: dict[str, Json], optional: Iterable[str] = ()
) -> Json:
    members = {"schema": {"const": schema}, "status": {"const": status.value}, **members}
    return object_of(members, optional)
