"""Check of the alarms on the function's log."""

from __future__ import annotations

import json
from typing import Any

from huaweicloudsdkfunctiongraph.v2 import ShowFunctionConfigRequest
from huaweicloudsdklts.v2 import (
    ListKeywordsAlarmRulesRequest,
    ListNotificationTemplatesRequest,
    LtsClient,
)

from ops.live_check.check import Finding, held, not_held, unknown
from ops.live_check.live_stage import LiveStage
from ops.sdk.clients import stage_client
from ops.sdk.errors import readable_errors

_MOST = 100  # templates in one answer of LTS, and in an account


def alarms_are_sent(live: LiveStage) -> Finding:
    """Look for the alarms' message template among those of LTS, and for the topic of each alarm."""
    with readable_errors("FunctionGraph"):
        request = ShowFunctionConfigRequest(function_urn=live.urn)
        account = live.functiongraph.show_function_config(request).domain_id
    if not account:
        return unknown("FunctionGraph does not name the account of the function")
    client = stage_client(LtsClient, live.stage, "lts", "lts", live.urn)
    with readable_errors("LTS"):
        listing = ListNotificationTemplatesRequest(domain_id=account, limit=_MOST)
        found = client.list_notification_templates(listing).results or []
        listed = client.list_keywords_alarm_rules(ListKeywordsAlarmRulesRequest())
    names = [str(template.name) for template in found]
    if live.variable("alarm_message_template") not in names:
        return not_held(
            f"LTS has {', '.join(names) or 'no template'}; set alarm_message_template to one"
        )
    topics = _topics_by_alarm(
        json.loads(listed.raw_content), f"quota-invoice-ocr-{live.stage.name}-"
    )
    silent = [name for name, urns in topics.items() if live.outputs["failures_topic"] not in urns]
    if silent or not topics:
        return not_held(
            f"no message tells of {', '.join(silent) or 'any alarm'}: its topic is lost"
        )
    text = f"LTS has {live.variable('alarm_message_template')}, and {len(topics)} alarms"
    return held(f"{text} with the topic")


def _topics_by_alarm(response: Any, prefix: str) -> dict[str, list[str]]:  # noqa: ANN401 - JSON
    """Return the topics of the alarms whose name has this prefix; the SDK's model has no topics."""
    return {
        rule["keywords_alarm_rule_name"]: [topic["topic_urn"] for topic in rule.get("topics") or []]
        for rule in response.get("keywords_alarm_rules") or []
        if rule["keywords_alarm_rule_name"].startswith(prefix)
    }
