"""The bodies of requests and responses, in JSON Schema."""

from __future__ import annotations

from quota_invoice.api.openapi.json_schema import (
    COUNT,
    TEXT,
    TEXT_OR_NULL,
    TIME,
    Json,
    any_of,
    array_of,
    closed_object,
    object_of,
    or_null,
    ref,
)
from quota_invoice.api.openapi.record_schemas import record_schemas
from quota_invoice.api.requests import LARGEST_BODY, LONGEST_MARKER, LONGEST_NAME, STATUSES
from quota_invoice.api.url_check import LONGEST
from quota_invoice.settings.layout import LONGEST_PATH

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
        "UploadRequest": closed_object({"name": _NAME, "content_type": _CONTENT_TYPE}, ["name"]),
        "Upload": object_of(
            {
                "method": {"const": "PUT"},
                "url": {"type": "string", "format": "uri"},
                "headers": {"type": "object", "additionalProperties": TEXT},
                "expires_at": TIME,
                "key": TEXT,
                "record": TEXT,
            }
        ),
        "Page": object_of({"invoices": array_of(_entry()), "next": TEXT_OR_NULL}),
        **record_schemas(),
        "Error": _error(),
        "Health": object_of({"status": {"const": "ok"}, "region": TEXT}),
        "Description": {"type": "object"},
    }


def _recognize_request() -> Json:
    image = {
        "type": "string",
        "minLength": 1,
        "pattern": r"^[\x00-\x7f]+$",
        "description": "The image in Base64, also as a data URL (`data:image/jpeg;base64,…`); the "
        f"whole body has at most {LARGEST_BODY} bytes.",
    }
    url = {
        "type": "string",
        "pattern": r"^[Hh][Tt][Tt][Pp][Ss]?://[!-\[\]-~]+$",
        "maxLength": LONGEST,
        "description": "Its URL: http or https, with a public host, without a user name.",
    }
    ways = [closed_object({name: way}, [name]) for name, way in (("image", image), ("url", url))]
    return {"oneOf": [*ways, closed_object({"key": KEY}, ["key"])]}


def _entry() -> Json:
    return object_of(
        {
            "key": TEXT,
            "status": {"enum": list(STATUSES)},
            "etag": TEXT,
            "size": COUNT,
            "uploaded_at": TEXT_OR_NULL,
            "record": TEXT,
            "invoices": {
                "description": "With `include=record`: the record's; null if there are none.",
                # A corrected invoice of a former schema fits both.
                **or_null(array_of(any_of("Invoice", "FormerInvoice"))),
            },
        },
        optional=["invoices"],
    )


def _error() -> Json:
    chinese = {
        "type": "string",
        "description": "The cause in Chinese, of a refusal by the function (4xx, except 429).",
    }
    return object_of(
        {
            "error_code": TEXT,
            "error_msg": TEXT,
            "error_msg_zh": chinese,
            "hint": {"description": "The next step, where there is `error_msg_zh`.", **ref("Text")},
            "request_id": TEXT_OR_NULL,
        },
        optional=["error_msg_zh", "hint"],
    )
