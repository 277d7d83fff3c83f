"""Check of the alarms on the function's log."""

from __future__ import annotations

from huaweicloudsdkfunctiongraph.v2 import ShowFunctionConfigRequest
from huaweicloudsdklts.v2 import ListNotificationTemplatesRequest, LtsClient

from ops.live_check.check import Finding, held, not_held, unknown
from ops.live_check.live_stage import LiveStage
from ops.sdk.clients import stage_client
from ops.sdk.errors import readable_errors

_MOST = 100  # templates in one answer of LTS, and in an account


def message_template_exists(live: LiveStage) -> Finding:
    """Look for the alarms' message template among those of LTS."""
    with readable_errors("FunctionGraph"):
        request = ShowFunctionConfigRequest(function_urn=live.urn)
        account = live.functiongraph.show_function_config(request).domain_id
    if not account:
        return unknown("FunctionGraph does not name the account of the function")
    client = stage_client(LtsClient, live.stage, "lts", "lts", live.urn)
    with readable_errors("LTS"):
        listing = ListNotificationTemplatesRequest(domain_id=account, limit=_MOST)
        found = client.list_notification_templates(listing).results or []
    names = [str(template.name) for template in found]
    if live.variable("alarm_message_template") in names:
        return held(f"LTS has {live.variable('alarm_message_template')}")
    return not_held(
        f"LTS has {', '.join(names) or 'no template'}; set alarm_message_template to one"
    )
