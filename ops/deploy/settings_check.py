"""Checks that the function accepts the settings that a plan gives it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ops.errors import OpsError
from ops.stage import CA_FILE
from quota_invoice.errors import ConfigurationError
from quota_invoice.settings.settings import Settings

_FUNCTION = "huaweicloud_fgs_function.function"
_PROJECT = "0" * 32  # a placeholder: the platform sets the project's id
LIMIT = 4096
"""Characters of all settings together that FunctionGraph accepts."""


def check_settings(plan: Mapping[str, Any]) -> None:
    """Parse the settings in a plan from ``show -json`` as the function does.

    Raises:
        OpsError: the function would refuse the settings; lists the problems.
    """
    for change in plan.get("resource_changes", []):
        planned = change["change"].get("after") or {}
        if change["address"] != _FUNCTION or not planned.get("user_data"):
            continue
        if len(planned["user_data"]) > LIMIT:
            raise OpsError(f"settings have more than {LIMIT} characters")
        data: dict[str, str] = json.loads(planned["user_data"])
        data.pop(CA_FILE, None)
        try:
            Settings.read(data.get, _PROJECT)
        except ConfigurationError as error:
            raise OpsError(*error.problems) from None
