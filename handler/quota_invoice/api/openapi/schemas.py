"""The bodies of requests and responses, in JSON Schema."""

from __future__ import annotations

from typing import Any

from quota_invoice.api.requests import LARGEST_BODY, LONGEST_MARKER, LONGEST_NAME, STATUSES
from quota_invoice.api.url_check import LONGEST
from quota_invoice.records.record import SCHEMA, Status
from quota_invoice.settings.layout import LONGEST_PATH

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_TEXT_OR_NULL: Json = {"type": ["string", "null"]}
_NUMBER: Json = {"type": "number"}
_COUNT: Json = {"type": "integer", "minimum": 0}
_BOOLEAN: Json = {"type": "boolean"}
_SAFE = r"[^\\\x00-\x1f\x7f-\x9f]"
_NO_DOTS = r"(?!(?:.*/)?\.{1,2}(?:/|$))"
KEY: Json = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_PATH,
    "pattern": rf"^(?!/){_NO_DOTS}{_SAFE}*[^/\\\x00-\x1f\x7f-\x9f]$",
    "examples": ["incoming/2026/a.jpg", "2026/a.jpg"],
}
PREFIX: Json = {
    "type": "string",
    "maxLength": LONGEST_PATH,
    "pattern": rf"^(?!/){_NO_DOTS}{_SAFE}*$",
}
MARKER: Json = {"type": "string", "maxLength": LONGEST_MARKER, "pattern": r"^[^\x00]*$"}
_NAME: Json = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_NAME,
    "pattern": r"^(?!\.{1,2}$)[^/\\\x00-\x1f\x7f-\x9f]+$",
    "examples": ["photo.jpg"],
}
_CONTENT_TYPE: Json = {
    "type": "string",
    "pattern": r"^([0-9A-Za-z_.+-]{1,80}/[0-9A-Za-z_.+-]{1,80})?$",
    "description": "The Content-Type of the upload, which a browser takes from the file; without "
    "it the upload must have none.",
    "examples": ["image/jpeg"],
}


def schemas() -> dict[str, Json]:
    """Return all schemas by name."""
    return {
        "RecognizeRequest": _recognize_request(),
        "UploadRequest": _closed({"name": _NAME, "content_type": _CONTENT_TYPE}, ["name"]),
        "Upload": _object(
            {
                "method": {"const": "PUT"},
                "url": {"type": "string", "format": "uri"},
                "headers": {"type": "object", "additionalProperties": _TEXT},
                "expires_at": {"type": "string", "format": "date-time"},
                "key": _TEXT,
                "record": _TEXT,
            }
        ),
        "Page": _object({"invoices": {"type": "array", "items": _entry()}, "next": _TEXT_OR_NULL}),
        "Record": _record(),
        "Failure": _record_of(
            Status.FAILED, {"source": _ref("Source"), "error": _error("code", "message")}, made=True
        ),
        "Pending": _record_of(Status.PENDING, {"source": _ref("Source")}, made=False),
        "RecordOrFailure": {"oneOf": [_ref("Record"), _ref("Failure")]},
        "Source": _source(),
        "Invoice": _invoice(),
        "Error": _error("error_code", "error_msg"),
        "Health": _object({"status": {"const": "ok"}, "region": _TEXT}),
        "Description": {"type": "object"},
    }


def _recognize_request() -> Json:
    image = {
        "type": "string",
        "minLength": 1,
        "pattern": r"^[\x00-\x7f]+$",
        "description": f"The image in Base64; the whole body has at most {LARGEST_BODY} bytes.",
    }
    url = {
        "type": "string",
        "pattern": r"^[Hh][Tt][Tt][Pp][Ss]?://[!-\[\]-~]+$",
        "maxLength": LONGEST,
        "description": "Its URL: http or https, with a public host, without a user name.",
    }
    ways = [_closed({name: way}, [name]) for name, way in (("image", image), ("url", url))]
    return {"oneOf": [*ways, _closed({"key": KEY}, ["key"])]}


def _record() -> Json:
    ocr = _object(
        {
            "api": _TEXT,
            "region": _TEXT,
            "request_id": _TEXT_OR_NULL,
            "attempts": _COUNT,
            "elapsed_ms": _COUNT,
            "rescue": {"type": ["object", "null"]},
        }
    )
    own = {"description": "The OCR service's own result.", "type": ["object", "array"]}
    source = {"oneOf": [_ref("Source"), {"type": "null"}]}
    return _record_of(
        Status.RECOGNIZED,
        {
            "source": source,
            "result": own,
            "invoices": {"type": "array", "items": _ref("Invoice")},
            "ocr": ocr,
        },
        made=True,
    )


def _invoice() -> Json:
    texts = ("code", "number", "location", "province", "city")
    amount = _object(dict.fromkeys(("text", "value", "words", "currency"), _TEXT_OR_NULL))
    return _object(
        {
            **dict.fromkeys(texts, _TEXT_OR_NULL),
            "year": {"type": ["integer", "null"]},
            "amount": amount,
            "confidence": {"type": "object", "additionalProperties": _NUMBER},
            "issues": {"type": "array", "items": _TEXT},
            "needs_review": _BOOLEAN,
        }
    )


def _source() -> Json:
    return _object(
        {
            "bucket": _TEXT,
            "key": _TEXT,
            "etag": _TEXT,
            "size": {"type": ["integer", "null"]},
            "version_id": _TEXT_OR_NULL,
            "uploaded_at": _TEXT_OR_NULL,
        }
    )


def _entry() -> Json:
    return _object(
        {
            "key": _TEXT,
            "status": {"enum": list(STATUSES)},
            "etag": _TEXT,
            "size": _COUNT,
            "uploaded_at": _TEXT_OR_NULL,
            "record": _TEXT,
        }
    )


def _record_of(status: Status, members: dict[str, Json], *, made: bool) -> Json:
    when = {"processed_at": _TEXT} if made else {}
    return _object(
        {"schema": {"const": SCHEMA}, "status": {"const": status.value}, **members, **when}
    )


def _error(code: str, message: str) -> Json:
    return _object({code: _TEXT, message: _TEXT, "request_id": _TEXT_OR_NULL})


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(members: dict[str, Json]) -> Json:
    """Return the schema of an object with all of these members; later versions may add others."""
    return {"type": "object", "properties": members, "required": list(members)}


def _closed(members: dict[str, Json], required: list[str]) -> Json:
    return {
        "type": "object",
        "properties": members,
        "required": required,
        "additionalProperties": False,
    }
