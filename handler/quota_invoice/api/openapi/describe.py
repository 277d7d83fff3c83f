"""The description of the API, OpenAPI 3.1: its paths; ``schemas`` describes the bodies."""

from __future__ import annotations

from quota_invoice.api.openapi.json_schema import Json
from quota_invoice.api.openapi.schemas import KEY, MARKER, PREFIX, schemas
from quota_invoice.api.requests import FILTERS, INCLUDE, MOST_ENTRIES

_ERRORS = {
    400: "The request is invalid; the code says why.",
    404: "There is no such path or input.",
    405: "The path exists, with other methods: see Allow.",
    408: "From the gateway: the body did not arrive.",
    413: "The body is too large: POST /uploads returns a URL for files of any size.",
    422: "The request is valid, but the image cannot be read, its URL must not be fetched, or the "
    "record is in the archive. Of an image, the code is the OCR service's own.",
    429: "A limit of the OCR service or of the gateway was reached: see Retry-After.",
    500: "A defect, or an invalid configuration.",
    502: "The OCR service or the bucket refused the function's request.",
    503: "The OCR service or the bucket is unavailable: see Retry-After.",
    504: "The result takes longer than the gateway waits. With a `key`, ask for its record later.",
}
_ALWAYS = (405, 408, 413, 429, 500, 502, 503, 504)
_RETRIED = (429, 503)
_HEADERS = {
    "X-Request-Id": "The gateway's id of the request.",
    "Server-Timing": "Milliseconds spent with the OCR service, the bucket, and in the function.",
}
_STATUS = (
    "Only inputs with this status. `needs_review` and `duplicate` are inputs with an invoice that "
    "a person should look at, or that repeats an earlier upload. `gone` lists those that have a "
    "record and were removed or renamed, in the order of their records' keys; every other list "
    "leaves them out."
)
_INCLUDE = (
    "Adds the invoices of each entry's record, with people's corrections and the duplicates that "
    "are known now; of a failed input, those that people entered by hand. Such a page has at most "
    "4 MB, so that it may have fewer entries than its limit; `invoices` is null in an entry that "
    "alone has more."
)
_ETAG = {"ETag": "Identifies this body: send it as If-None-Match."}
_RETRY = {"Retry-After": "Seconds to wait before the next request."}


def describe(base: str) -> Json:
    """Return the description of the API below the path ``base``."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Quota invoices",
            "version": "1",
            "description": "Images of quota invoices (定额发票) become JSON records. The "
            "gateway authenticates callers. Every path has OPTIONS, and HEAD where it has GET.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base or "/"}],
        "paths": {
            "/invoices": {"get": _list(), "post": _read()},
            "/invoices/{key}": {"get": _record()},
            "/uploads": {"post": _upload()},
            "/healthz": {"get": _about("Check that the function answers", "health", "Health")},
            "/openapi.json": {"get": _about("This description", "description", "Description")},
        },
        "components": {"schemas": schemas()},
    }


def _read() -> Json:
    return {
        "operationId": "readInvoice",
        "summary": "Read an invoice now",
        "description": "`image` or `url` is read and stored nowhere. With `key`, a stored object "
        "is processed as if it had just been uploaded: content with a record is not read "
        "again.",
        "requestBody": _body("RecognizeRequest"),
        "responses": {"200": _response("The record", "AnyRecord")} | _errors(400, 404, 422),
    }


def _record() -> Json:
    known = {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}
    return {
        "operationId": "getInvoice",
        "summary": "Get the record of an input, or its failure record",
        "description": "`invoices` has people's corrections and the duplicates that are known now. "
        "Other inputs name an invoice by its corrected code and number after the next sweep only. "
        "`record` of an input that is gone is as the function wrote it.",
        "parameters": [
            {
                "name": "key",
                "in": "path",
                "required": True,
                "description": "The input's key; slashes need not be encoded, and the input prefix "
                "may be left out.",
                "schema": KEY,
            },
            {**known, "description": "One or more ETags that the caller has."},
        ],
        "responses": {
            "200": _response(
                "The record or failure record; of an input that is gone, within `record`",
                "AnyStatus",
                _ETAG,
            ),
            "202": _response("The input has no record yet", "Pending", _RETRY),
            "304": {"description": "The caller has this record", "headers": _headers(_ETAG)},
        }
        | _errors(400, 404, 422),
    }


def _list() -> Json:
    limit = {"type": "integer", "minimum": 1, "maximum": MOST_ENTRIES, "default": 100}
    return {
        "operationId": "listInvoices",
        "summary": "List inputs with their status, in the order of keys",
        "description": "A page may have fewer entries than its limit, even none, if few inputs "
        "have the requested status: there are more pages while `next` is not null. Inputs whose "
        "records are in the archive are listed without invoices; they are in no list of "
        "`needs_review`, `duplicate` or `gone`.",
        "parameters": [
            _parameter("prefix", "The beginning of keys; the input prefix is optional.", PREFIX),
            _parameter("status", _STATUS, {"enum": list(FILTERS)}),
            _parameter("include", _INCLUDE, {"const": INCLUDE}),
            _parameter("after", "The key before the page: `next` of the page before.", MARKER),
            _parameter("limit", "Maximum number of entries.", limit),
        ],
        "responses": {"200": _response("A page", "Page")} | _errors(400),
    }


def _upload() -> Json:
    location = {"Location": "The path of the record."}
    return {
        "operationId": "createUpload",
        "summary": "Get a URL for uploading a file of any size",
        "description": "PUT the file to `url`, with the headers of `headers` and no other "
        "Content-Type, before `expires_at`. `record` returns 404 until then, 202 until it is read. "
        "Until `expires_at`, the holder of the URL can write this one object again and again; each "
        "different content is one paid reading.",
        "requestBody": _body("UploadRequest"),
        "responses": {"201": _response("The URL", "Upload", location)} | _errors(400),
    }


def _about(summary: str, name: str, schema: str) -> Json:
    responses = {"200": _response(summary, schema)}
    return {"operationId": name, "summary": summary, "responses": responses | _errors()}


def _parameter(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _body(schema: str) -> Json:
    return {"required": True, "content": _content(schema)}


def _response(description: str, schema: str, headers: dict[str, str] | None = None) -> Json:
    return {
        "description": description,
        "headers": _headers(headers or {}),
        "content": _content(schema),
    }


def _errors(*statuses: int) -> Json:
    found = {}
    for status in sorted({*statuses, *_ALWAYS}):
        headers = _RETRY if status in _RETRIED else {}
        found[str(status)] = _response(_ERRORS[status], "Error", headers)
    return found


def _content(schema: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _headers(more: dict[str, str]) -> Json:
    return {
        name: {"description": text, "schema": {"type": "string"}}
        for name, text in {**_HEADERS, **more}.items()
    }
