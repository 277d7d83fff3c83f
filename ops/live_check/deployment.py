"""Checks of the deployed code and of the plans after a deployment."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from huaweicloudsdkfunctiongraph.v2 import ShowFunctionConfigRequest

from ops.deploy.code_check import code_differs
from ops.deploy.deployment import Deployment
from ops.live_check.check import Finding, held, not_held, unknown
from ops.live_check.live_stage import LiveStage
from ops.remote.tail import found_lines
from ops.sdk.errors import readable_errors
from ops.status.report import digest_of

_FUNCTION = "huaweicloud_fgs_function.function"
_CHANGED = {"SIGNED_URL_SECONDS": "301"}  # a setting whose change does no harm
_HOURS = 24


def digest_is_sha512(live: LiveStage) -> Finding:
    """Compare the digest of the deployed code with that of the zip."""
    built = digest_of(live.code)
    if built is None:
        return unknown(f"{live.code} is missing: make package")
    with readable_errors("FunctionGraph"):
        request = ShowFunctionConfigRequest(function_urn=live.urn)
        digest = str(live.functiongraph.show_function_config(request).digest or "").lower()
    text = f"deployed {digest[:12]}…, built {built[:12]}…"
    if digest == built:
        return held(text)
    if len(digest) == len(built):
        return unknown(f"{text}: another zip is deployed; {live.stage.command('deploy')}")
    return not_held(f"{text}: the digest is not a SHA-512 in hexadecimal")


def own_requests_is_used(live: LiveStage) -> Finding:
    """Read the first line of an instance in the log."""
    for text in reversed(found_lines(live.stage, live.outputs, "start", hours=_HOURS)):
        origin = _origin(text)
        if origin:
            return (held if origin.endswith("of the package") else not_held)(f"requests {origin}")
    return unknown("the log of the last 24 hours has no start of an instance")


def second_plan_is_empty(live: LiveStage) -> Finding:
    """Plan without a change; another zip than the deployed one would be a change."""
    if reason := _changed_code(live):
        return unknown(reason)
    changes = Deployment.prepare(live.stage, live.code, live.engine).plan()
    if changes:
        return not_held(", ".join(f"{change.address}: {change.actions}" for change in changes))
    return held("no changes")


def a_setting_changes_the_function_only(live: LiveStage) -> Finding:
    """Plan with another setting, without applying it."""
    if reason := _changed_code(live):
        return unknown(reason)
    settings = {**(live.stage.variables.get("settings") or {}), **_CHANGED}
    changed = replace(live.stage, variables={**live.stage.variables, "settings": settings})
    try:
        changes = Deployment.prepare(changed, live.code, live.engine).plan()
    finally:
        Deployment.prepare(live.stage, live.code, live.engine)  # renders the stage's own values
    text = ", ".join(f"{change.address}: {'/'.join(change.actions)}" for change in changes)
    is_expected = [(change.address, list(change.actions)) for change in changes] == [
        (_FUNCTION, ["update"])
    ]
    return held(text) if is_expected else not_held(text or "no changes")


def _changed_code(live: LiveStage) -> str:
    """Return the reason for which a plan would change the code; empty if there is none."""
    if not live.code.is_file():
        return f"{live.code} is missing: make package"
    if code_differs(live.stage, live.urn, live.code):
        return f"another zip than {live.code} is deployed; {live.stage.command('deploy')}"
    return ""


def _origin(text: str) -> str:
    try:
        fields: Any = json.loads(text[text.index("{") :])
        return str(fields["libraries"]["requests"]) if fields["step"] == "start" else ""
    except (ValueError, KeyError, TypeError):
        return ""
