"""Checks of the API behind API Gateway."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import requests
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

from ops.live_check.check import Finding, held, not_held, unknown
from ops.live_check.live_stage import LiveStage
from ops.sdk.errors import readable_errors

_SECONDS = 60
_NO_API = "the stage has no API"
_REFUSED = {401, 403}
_UNKNOWN_INPUT = "Invoice.Unknown"
_OK = 200


def host_answers(live: LiveStage) -> Finding:
    """Call the API without credentials: the gateway itself has to refuse the call."""
    url = str(live.outputs.get("api_address") or "")
    if not url:
        return unknown(_NO_API)
    try:
        response = requests.get(f"{url}healthz", timeout=_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        return not_held(f"{urlsplit(url).netloc} was not reached: {type(error).__name__}")
    code = _error_code(response)
    text = f"{urlsplit(url).netloc} answered {response.status_code} {code}".rstrip()
    is_refusal = response.status_code in _REFUSED and code.startswith("APIG.03")
    is_open = response.status_code == _OK and live.variable("api_auth") == "NONE"
    return held(text) if is_refusal or is_open else not_held(text)


def backend_is_reached(live: LiveStage) -> Finding:
    """Call the API as one of its callers: the function itself has to answer."""
    response = _call(live, "GET", "healthz")
    if isinstance(response, Finding):
        return response
    text = f"GET /healthz answered {response.status_code} {_error_code(response)}".rstrip()
    if response.status_code in _REFUSED:
        return unknown(text)
    return held(text) if response.status_code == _OK else not_held(text)


def body_is_decoded(live: LiveStage) -> Finding:
    """Ask for the record of an input that does not exist, with a JSON body in UTF-16.

    Its bytes are no text in UTF-8: they reach the function in Base64, or not at all.
    """
    key = f"{live.settings.layout.input_prefix}live-check/票 +%.jpg"
    body = json.dumps({"key": key}, ensure_ascii=False).encode("utf-16")
    response = _call(live, "POST", "invoices", body)
    if isinstance(response, Finding):
        return response
    text = f"POST /invoices answered {response.status_code} {_error_code(response)}".rstrip()
    if _error_code(response) == _UNKNOWN_INPUT and key in json.dumps(
        response.json(), ensure_ascii=False
    ):
        return held(f"{text}: the function read the key in the body")
    return unknown(text) if response.status_code in _REFUSED else not_held(text)


def _call(
    live: LiveStage, method: str, path: str, body: bytes = b""
) -> requests.Response | Finding:
    """Send a signed request; return a finding where there is no API or no caller."""
    url = str(live.outputs.get("api_address") or "")
    if not url:
        return unknown(_NO_API)
    caller = _caller(live)
    if caller is None:
        return unknown("set API_APP_KEY and API_APP_SECRET, of an app that may call the API")
    headers = _signed(method, f"{url}{path}", body, caller, live)
    with readable_errors("API Gateway"):
        return requests.request(
            method,
            f"{url}{path}",
            data=body,
            headers=headers,
            timeout=_SECONDS,
            allow_redirects=False,
        )


def _caller(live: LiveStage) -> tuple[str, str] | None:
    """Return the key and the secret of a caller; empty ones where none are needed."""
    if live.variable("api_auth") == "NONE":
        return "", ""
    if live.variable("api_auth") == "IAM":
        return live.credentials.access_key, live.credentials.secret_key
    pair = live.environment.get("API_APP_KEY", ""), live.environment.get("API_APP_SECRET", "")
    return pair if all(pair) else None


def _signed(
    method: str, url: str, body: bytes, caller: tuple[str, str], live: LiveStage
) -> dict[str, str]:
    """Return the headers of a request; apps and IAM users sign in the same way."""
    headers = {"Content-Type": "application/json"}
    if not all(caller):
        return headers
    if live.variable("api_auth") == "IAM" and live.credentials.security_token:
        headers["X-Security-Token"] = live.credentials.security_token
    parts = urlsplit(url)
    request = SdkRequest(
        method, parts.scheme, parts.netloc, parts.path, header_params=headers, body=body
    )
    request.query_params = []
    signed: dict[str, str] = Signer(BasicCredentials(*caller)).sign(request).header_params
    return signed


def _error_code(response: requests.Response) -> str:
    """Return the error's code, of the gateway or of the function; empty if there is none."""
    try:
        found: Any = response.json()
    except ValueError:
        return ""
    if not isinstance(found, dict):
        return ""
    error = found.get("error")
    inner = error.get("code") if isinstance(error, dict) else None
    return str(found.get("error_code") or inner or "")
