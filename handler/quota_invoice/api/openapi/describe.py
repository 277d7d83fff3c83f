"""The description of the API, OpenAPI 3.1: its paths. ``schemas`` says what bodies look like."""

from __future__ import annotations

from typing import Any

from quota_invoice.api.openapi.schemas import KEY, MARKER, PREFIX, schemas
from quota_invoice.api.requests import MOST_ENTRIES, STATUSES

Json = dict[str, Any]

_ERRORS = {
    400: "The request makes no sense; its code says in what way.",
    404: "Nothing is known of such a path or such an input.",
    405: "The path exists, with other methods: see Allow.",
    408: "The gateway's: the body did not come.",
    413: "The body is too large: POST /uploads gives an address for files of any size.",
    422: "The request makes sense, but the image cannot be read, or its address not be used. The "
    "code is the OCR service's own.",
    429: "A limit of the OCR service or the gateway is reached: see Retry-After.",
    500: "A fault, or a configuration that makes no sense.",
    502: "The OCR service or the bucket refuses the function.",
    503: "The OCR service or the bucket cannot answer now: see Retry-After.",
    504: "It takes longer than a caller can wait. If there is a `key`, ask for its record later.",
}
_ALWAYS = (405, 408, 413, 429, 500, 502, 503, 504)
_RETRIED = (429, 503)
_HEADERS = {
    "X-Request-Id": "The gateway's id of the request.",
    "Server-Timing": "Milliseconds spent with the OCR service, the bucket, and in the function.",
}
_ETAG = {"ETag": "Stands for these bytes: send it as If-None-Match."}
_RETRY = {"Retry-After": "Seconds until it is worth asking again."}


def describe(base: str) -> Json:
    """Give the description of the API as it is called below ``base``."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Quota invoices",
            "version": "1",
            "description": "Images of quota invoices (定额发票) become JSON records. Who may call "
            "is the gateway's matter. Every path answers OPTIONS, and HEAD where it has GET.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base or "/"}],
        "paths": {
            "/invoices": {"get": _list(), "post": _read()},
            "/invoices/{key}": {"get": _record()},
            "/uploads": {"post": _upload()},
            "/healthz": {"get": _about("Tell that the function answers", "health", "Health")},
            "/openapi.json": {"get": _about("Give this description", "description", "Description")},
        },
        "components": {"schemas": schemas()},
    }


def _read() -> Json:
    return {
        "operationId": "readInvoice",
        "summary": "Have an invoice read now",
        "description": "`image` or `url` is read and stored nowhere. With `key`, a stored object "
        "is processed as if it had just been uploaded: content that was dealt with before is not "
        "read again.",
        "requestBody": _body("Order"),
        "responses": {"200": _answer("The record", "Record")} | _errors(400, 404, 422),
    }


def _record() -> Json:
    known = {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}
    return {
        "operationId": "getInvoice",
        "summary": "Get the record of an input, or its failure record",
        "parameters": [
            {
                "name": "key",
                "in": "path",
                "required": True,
                "description": "The input's key; slashes need not be encoded, and the input prefix "
                "may be left out.",
                "schema": KEY,
            },
            {**known, "description": "An ETag that is known already, or several."},
        ],
        "responses": {
            "200": _answer("The record or failure record", "RecordOrFailure", _ETAG),
            "202": _answer("The input is there, and neither is yet", "Pending", _RETRY),
            "304": {"description": "It is what is known", "headers": _headers(_ETAG)},
        }
        | _errors(400, 404),
    }


def _list() -> Json:
    limit = {"type": "integer", "minimum": 1, "maximum": MOST_ENTRIES, "default": 100}
    return {
        "operationId": "listInvoices",
        "summary": "List inputs and how it stands with them, in the order of keys",
        "description": "A page may have fewer entries than its limit, even none, where few inputs "
        "have the status asked for: there are more for as long as `next` is not null.",
        "parameters": [
            _parameter("prefix", "What keys begin with; the input prefix may be left out.", PREFIX),
            _parameter("status", "Only inputs of that status.", {"enum": list(STATUSES)}),
            _parameter("after", "The key to go on after: `next` of the page before.", MARKER),
            _parameter("limit", "The most entries of a page.", limit),
        ],
        "responses": {"200": _answer("A page", "Page")} | _errors(400),
    }


def _upload() -> Json:
    location = {"Location": "Where the record will be."}
    return {
        "operationId": "createUpload",
        "summary": "Get an address to upload a file of any size to",
        "description": "PUT the file to `url`, with the headers of `headers` and no other "
        "Content-Type, before `expires_at`. `record` answers 404 until then, 202 until it is read.",
        "requestBody": _body("Announcement"),
        "responses": {"201": _answer("The address", "Upload", location)} | _errors(400),
    }


def _about(summary: str, name: str, schema: str) -> Json:
    answers = {"200": _answer(summary, schema)}
    return {"operationId": name, "summary": summary, "responses": answers | _errors()}


def _parameter(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _body(schema: str) -> Json:
    return {"required": True, "content": _content(schema)}


def _answer(description: str, schema: str, headers: dict[str, str] | None = None) -> Json:
    return {
        "description": description,
        "headers": _headers(headers or {}),
        "content": _content(schema),
    }


def _errors(*statuses: int) -> Json:
    found = {}
    for status in sorted({*statuses, *_ALWAYS}):
        headers = _RETRY if status in _RETRIED else {}
        found[str(status)] = _answer(_ERRORS[status], "Error", headers)
    return found


def _content(schema: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _headers(more: dict[str, str]) -> Json:
    return {
        name: {"description": text, "schema": {"type": "string"}}
        for name, text in {**_HEADERS, **more}.items()
    }
