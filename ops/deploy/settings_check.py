"""Whether the function would take the settings that a plan gives it, or refuse every event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ops.errors import OpsError
from quota_invoice.errors import ConfigurationError
from quota_invoice.settings.settings import Settings

_FUNCTION = "huaweicloud_fgs_function.function"
_PROJECT = "0" * 32  # the function knows its own
_THERE_ALONE = "CA_FILE"  # a file in the function's environment
_MOST = 4096  # characters of all settings together, which FunctionGraph takes


def check_settings(plan: Mapping[str, Any]) -> None:
    """Read the settings as the function will.

    Args:
        plan: as ``show -json`` gives it.

    Raises:
        OpsError: names what it would refuse.
    """
    for change in plan.get("resource_changes", []):
        planned = change["change"].get("after") or {}
        if change["address"] != _FUNCTION or not planned.get("user_data"):
            continue
        if len(planned["user_data"]) > _MOST:
            raise OpsError(f"settings have more than {_MOST} characters")
        data: dict[str, str] = json.loads(planned["user_data"])
        data.pop(_THERE_ALONE, None)
        try:
            Settings.read(data.get, _PROJECT)
        except ConfigurationError as error:
            raise OpsError(*error.problems) from None
