"""The OpenAPI 3.1 description of the service, from the models and the table of error codes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ocr_service import errors
from ocr_service.auth.iam import TokenRequestBody, TokenResponse
from ocr_service.contract.auto_classification import (
    AutoClassificationRequestBody,
    AutoClassificationResponse,
)
from ocr_service.contract.models import ErrorResponse, QuotaInvoiceRequestBody, QuotaInvoiceResponse

Json = dict[str, Any]

_REFERENCE = "#/components/schemas/"
_MODELS = (
    AutoClassificationRequestBody,
    AutoClassificationResponse,
    ErrorResponse,
    QuotaInvoiceRequestBody,
    QuotaInvoiceResponse,
    TokenRequestBody,
    TokenResponse,
)
_REQUEST_ID = {"X-Request-Id": {"schema": {"type": "string"}, "required": True}}
_OBJECT = {"application/json": {"schema": {"type": "object"}}}
_TEXT = {"text/plain": {"schema": {"type": "string"}}}
_EVERYWHERE = (
    errors.BAD_REQUEST,
    errors.HEAD_TOO_LONG,
    errors.TOO_MANY_CONNECTIONS,
    errors.STOPPING,
    errors.INTERNAL,
)
_WITH_BODY = (
    *_EVERYWHERE,
    errors.BAD_PARAMETER,
    errors.NOT_JSON,
    errors.NOT_DECLARED_JSON,
    errors.BODY_TOO_LONG,
    errors.BODY_TOO_SLOW,
    errors.TOO_MANY_AT_ONCE,
    errors.WRONG_SIGNATURE,
    errors.WRONG_PROJECT,
)
_RECOGNITION = [
    code for code in errors.ALL if code not in (errors.NO_SUCH_API, errors.NO_SUCH_METHOD)
]


def describe(project: str) -> Json:
    """Return the description of the service for its project."""
    _, schemas = models_json_schema(
        [(model, "validation") for model in _MODELS], ref_template=_REFERENCE + "{model}"
    )
    components = schemas["$defs"]
    for model in (QuotaInvoiceRequestBody, AutoClassificationRequestBody):
        _without_nulls(components[model.__name__])
        components[model.__name__]["oneOf"] = [{"required": ["image"]}, {"required": ["url"]}]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Quota Invoice OCR", "version": "2"},
        "paths": {
            "/v2/{project_id}/ocr/quota-invoice": {
                "post": _recognition(
                    "recognizeQuotaInvoice",
                    "Recognize the fields of a quota invoice",
                    (QuotaInvoiceRequestBody, QuotaInvoiceResponse),
                    project,
                )
            },
            "/v2/{project_id}/ocr/auto-classification": {
                "post": _recognition(
                    "recognizeAutoClassification",
                    "Find the quota invoices on an image, and recognize the fields of each",
                    (AutoClassificationRequestBody, AutoClassificationResponse),
                    project,
                )
            },
            "/v3/auth/tokens": {"post": _tokens()},
            "/healthz": {"get": _get("Check that the service is up", "health")},
            "/readyz": {"get": _get("Check that the service wants requests", "readiness")},
            "/metrics": {"get": _get("Return numbers for Prometheus", "metrics", _TEXT)},
            "/openapi.json": {"get": _get("Return this description", "description")},
        },
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"},
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "SDK-HMAC-SHA256, as the official SDKs send it; with "
                    "temporary credentials also X-Security-Token.",
                },
            },
        },
    }


def _recognition(
    name: str, summary: str, models: tuple[type[BaseModel], type[BaseModel]], project: str
) -> Json:
    return {
        "operationId": name,
        "summary": summary,
        "security": [{"token": []}, {"signature": []}],
        "parameters": [
            {
                "name": "project_id",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "enum": [project]},
            },
            {
                "name": "Enterprise-Project-Id",
                "in": "header",
                "description": "Accepted and ignored, since nothing is billed.",
                "schema": {"type": "string"},
            },
        ],
        "requestBody": _content(models[0]) | {"required": True},
        "responses": {"200": _response("Recognized", models[1])} | _error_responses(_RECOGNITION),
    }


def _tokens() -> Json:
    created = _response("A token, in the header X-Subject-Token", TokenResponse)
    subject = {"X-Subject-Token": {"schema": {"type": "string"}, "required": True}}
    created["headers"] = _REQUEST_ID | subject
    return {
        "operationId": "createToken",
        "summary": "Get a token, in the shape of IAM's API",
        "requestBody": _content(TokenRequestBody) | {"required": True},
        "responses": {"201": created} | _error_responses(_WITH_BODY),
    }


def _get(summary: str, name: str, content: Json = _OBJECT) -> Json:
    success = {"description": "Success", "headers": _REQUEST_ID, "content": content}
    return {
        "operationId": name,
        "summary": summary,
        "responses": {"200": success} | _error_responses(_EVERYWHERE),
    }


def _without_nulls(schema: Json) -> None:
    """Describe optional members without null, although the service accepts null."""
    for member in schema["properties"].values():
        member.update(next(one for one in member.pop("anyOf") if one.get("type") != "null"))
        del member["default"]


def _content(model: type[BaseModel]) -> Json:
    return {"content": {"application/json": {"schema": {"$ref": _REFERENCE + model.__name__}}}}


def _response(description: str, model: type[BaseModel]) -> Json:
    return {"description": description, "headers": _REQUEST_ID} | _content(model)


def _error_responses(codes: Iterable[errors.Code]) -> Json:
    """Return one response for each status, with its codes and messages."""
    lines: dict[str, list[str]] = {}
    for one in codes:
        lines.setdefault(str(one.status), []).append(f"{one.code}: {one.message}")
    return {
        status: _response("\n".join(sorted(set(texts))), ErrorResponse)
        for status, texts in sorted(lines.items())
    }
