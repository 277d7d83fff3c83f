"""The service's description, OpenAPI 3.1, made of the models and the table of codes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ocr_service.auth.iam import TokenRequestBody, TokenResponse
from ocr_service.contract import errors
from ocr_service.contract.auto_classification import (
    AutoClassificationRequestBody,
    AutoClassificationResponse,
)
from ocr_service.contract.models import ErrorResponse, QuotaInvoiceRequestBody, QuotaInvoiceResponse

Json = dict[str, Any]

REFERENCE = "#/components/schemas/"
MODELS = (
    AutoClassificationRequestBody,
    AutoClassificationResponse,
    ErrorResponse,
    QuotaInvoiceRequestBody,
    QuotaInvoiceResponse,
    TokenRequestBody,
    TokenResponse,
)
REQUEST_ID = {"X-Request-Id": {"schema": {"type": "string"}, "required": True}}
EVERYWHERE = (
    errors.BAD_REQUEST,
    errors.HEAD_TOO_LONG,
    errors.TOO_MANY_CONNECTIONS,
    errors.STOPPING,
    errors.INTERNAL,
)
WITH_BODY = (
    *EVERYWHERE,
    errors.BAD_PARAMETER,
    errors.NOT_JSON,
    errors.NOT_DECLARED_JSON,
    errors.BODY_TOO_LONG,
    errors.BODY_TOO_SLOW,
    errors.TOO_MANY_AT_ONCE,
    errors.WRONG_SIGNATURE,
    errors.WRONG_PROJECT,
)
TOKENS = (
    errors.TOKEN_WRONG,
    errors.TOKEN_WITHOUT_PROJECT,
    errors.TOKEN_EMPTY,
    errors.TOKEN_UNPARSABLE,
    errors.TOKEN_EXPIRED,
)
IMAGES = (
    errors.BAD_FORMAT,
    errors.BAD_SIZE,
    errors.NOT_AN_INVOICE,
    errors.RECOGNITION_FAILED,
    errors.URL_REFUSED,
    errors.DOWNLOAD_FAILED,
    errors.TOO_MANY_A_MINUTE,
)


def describe(project: str) -> Json:
    """Give the description of the service for its one project."""
    _, schemas = models_json_schema(
        [(model, "validation") for model in MODELS], ref_template=REFERENCE + "{model}"
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
                    "Recognise the fields of a quota invoice",
                    (QuotaInvoiceRequestBody, QuotaInvoiceResponse),
                    project,
                )
            },
            "/v2/{project_id}/ocr/auto-classification": {
                "post": _recognition(
                    "recognizeAutoClassification",
                    "Find the quota invoices on an image, and recognise the fields of each",
                    (AutoClassificationRequestBody, AutoClassificationResponse),
                    project,
                )
            },
            "/v3/auth/tokens": {"post": _tokens()},
            "/healthz": {"get": _get("Tell that the service is up", "health")},
            "/openapi.json": {"get": _get("Give this description", "description")},
        },
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"},
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "SDK-HMAC-SHA256 with an access key's secret, which the "
                    "official SDKs put there; with temporary keys X-Security-Token as well.",
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
                "description": "Taken and not used, since nothing is billed.",
                "schema": {"type": "string"},
            },
        ],
        "requestBody": _content(models[0]) | {"required": True},
        "responses": {"200": _answer("Recognised", models[1])}
        | _refusals((*WITH_BODY, *TOKENS, *IMAGES)),
    }


def _tokens() -> Json:
    done = _answer("A token, in the header X-Subject-Token", TokenResponse)
    subject = {"X-Subject-Token": {"schema": {"type": "string"}, "required": True}}
    done["headers"] = REQUEST_ID | subject
    return {
        "operationId": "createToken",
        "summary": "Get a token, in the shape of IAM's API",
        "requestBody": _content(TokenRequestBody) | {"required": True},
        "responses": {"201": done} | _refusals(WITH_BODY),
    }


def _get(summary: str, name: str) -> Json:
    content = {"application/json": {"schema": {"type": "object"}}}
    done = {"description": "Done", "headers": REQUEST_ID, "content": content}
    return {
        "operationId": name,
        "summary": summary,
        "responses": {"200": done} | _refusals(EVERYWHERE),
    }


def _without_nulls(schema: Json) -> None:
    """Say in the schema that a member is left out rather than null, which is taken all the same."""
    for member in schema["properties"].values():
        member.update(next(one for one in member.pop("anyOf") if one.get("type") != "null"))
        del member["default"]


def _content(model: type[BaseModel]) -> Json:
    return {"content": {"application/json": {"schema": {"$ref": REFERENCE + model.__name__}}}}


def _answer(description: str, model: type[BaseModel]) -> Json:
    return {"description": description, "headers": REQUEST_ID} | _content(model)


def _refusals(possible: Iterable[errors.Code]) -> Json:
    """Give one response for each status, with its codes and their meanings."""
    lines: dict[str, list[str]] = {}
    for one in possible:
        lines.setdefault(str(one.status), []).append(f"{one.code}: {one.message}")
    return {
        status: _answer("\n".join(sorted(set(texts))), ErrorResponse)
        for status, texts in sorted(lines.items())
    }
