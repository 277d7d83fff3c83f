"""The template and the function agree on settings, prefixes, rights and entry points."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
import yaml

from local.cloud import PROJECT
from ops.deploy.settings_check import LIMIT
from ops.errors import OpsError
from ops.package.bytecode import RUNTIME
from ops.stage import ROOT, TEMPLATE
from quota_invoice.logs import Alarm
from quota_invoice.settings.layout import DEFAULT_LAYOUT
from quota_invoice.settings.settings import Settings
from tests.infra.conftest import Plan, resources
from tests.infra.rights import granted, statements

SCHEMA = ROOT / "ops" / "standin" / "provider-schema.json"
TRIGGER = "huaweicloud_fgs_function_trigger"
OBJECTS = "OBS:*:*:object:quota-invoices-dev/"
PREFIXES = {
    "input_prefix": "in/a/",
    "results_prefix": "out/",
    "failures_prefix": "bad/",
    "retries_prefix": "later/",
    "progress_prefix": "pages/",
    "index_prefix": "where/",
    "history_prefix": "old/",
    "reviews_prefix": "people/",
}

Planned = Callable[..., Plan]


def function(plan: Plan) -> dict[str, Any]:
    [found] = resources(plan, "huaweicloud_fgs_function").values()
    return found


def test_the_default_stage_has_all_parts(plan: Planned) -> None:
    found = plan()
    kinds = {
        "huaweicloud_obs_bucket": 1,
        "huaweicloud_identity_agency": 1,
        "huaweicloud_identity_role": 2,
        "huaweicloud_fgs_function": 1,
        "huaweicloud_eg_event_subscription": 1,
        "huaweicloud_fgs_function_trigger": 1,
        "huaweicloud_apig_api": 1,
        "huaweicloud_apig_api_publishment": 1,
        "huaweicloud_apig_throttling_policy_associate": 1,
        "huaweicloud_fgs_async_invoke_configuration": 1,
        "huaweicloud_smn_topic": 1,
        "huaweicloud_ces_alarmrule": 3,
        "huaweicloud_lts_keywords_alarm_rule": 4,
        "huaweicloud_ces_dashboard_widget": 3,
        "huaweicloud_lts_group": 1,
        "huaweicloud_lts_stream": 1,
    }
    assert {kind: len(resources(found, kind)) for kind in kinds} == kinds


def test_the_function_reads_every_setting_in_user_data(plan: Planned) -> None:
    data: dict[str, str] = json.loads(function(plan(**PREFIXES))["user_data"])
    read = set()

    def lookup(name: str) -> str | None:
        read.add(name)
        return data.get(name)

    settings = Settings.read(lookup, PROJECT)
    assert set(data) <= read
    assert settings.bucket == "quota-invoices-dev"
    assert settings.layout.prefixes == PREFIXES


def test_additional_settings_reach_the_function(plan: Planned) -> None:
    chosen = {
        "RECOGNITION": "auto",
        "IGNORE": "default, *.bak",
        "KEEP_HISTORY": "false",
        "CONFIDENCE_BELOW": "0.95",
    }
    data = json.loads(function(plan(settings=chosen))["user_data"])
    settings = Settings.read(data.get, PROJECT)
    assert (settings.recognize_all, settings.keep_history) == (True, False)
    assert settings.confidence_below == 0.95
    assert settings.layout.reason_to_ignore(f"{settings.layout.input_prefix}a.bak")


def test_the_templates_defaults_are_the_functions_defaults(plan: Planned) -> None:
    data = json.loads(function(plan())["user_data"])
    default = Settings.read({"BUCKET": data["BUCKET"]}.get, PROJECT)
    assert Settings.read(data.get, PROJECT) == default


def test_the_longest_prefixes_leave_room_for_other_settings(plan: Planned) -> None:
    longest = {name: f"{n}{'p' * 198}/" for n, name in enumerate(PREFIXES)}
    data = function(plan(**longest))["user_data"]
    assert Settings.read(json.loads(data).get, PROJECT).layout.prefixes == longest
    assert len(data) < LIMIT / 2


def test_the_outputs_name_all_prefixes(plan: Planned) -> None:
    outputs = plan(**PREFIXES)["planned_values"]["outputs"]
    assert {name: outputs[name]["value"] for name in PREFIXES} == PREFIXES


def test_the_subscription_passes_uploads_of_inputs_only(plan: Planned) -> None:
    """Otherwise every record that the function writes would invoke it once more."""
    found = plan(**PREFIXES)
    [subscription] = resources(found, "huaweicloud_eg_event_subscription").values()
    [source] = subscription["sources"]
    assert (source["name"], source["detail_name"]) == ("HC.OBS.DWR", "detail")
    assert json.loads(source["detail"]) == {
        "bucket": "quota-invoices-dev",
        "objectKeyEncode": True,
    }
    rules = json.loads(source["filter_rule"])
    [subject], [name], [kind] = (
        rules["subject"],
        rules["data"]["obs"]["bucket"]["name"],
        rules["type"],
    )
    assert subject["op"] == "StringStartsWith"
    assert {unquote_plus(value) for value in subject["values"]} == {"in/a/"}
    assert (name["op"], name["values"]) == ("StringIn", ["quota-invoices-dev"])
    kinds = {value.removeprefix("OBS:DWR:ObjectCreated:") for value in kind["values"]}
    assert kinds == {"PUT", "POST", "COPY", "CompleteMultipartUpload"}
    assert rules["source"] == [{"op": "StringIn", "values": ["HC.OBS.DWR"]}]  # required
    assert len(source["filter_rule"]) <= 2048
    assert not resources(plan(trigger="OBS"), "huaweicloud_eg_event_subscription")


def test_the_longest_prefix_fits_into_the_subscriptions_filter(plan: Planned) -> None:
    found = plan(input_prefix=f"{'发' * 66}/")
    [subscription] = resources(found, "huaweicloud_eg_event_subscription").values()
    [source] = subscription["sources"]
    assert len(source["filter_rule"]) <= 2048  # characters that the service accepts


def test_the_classic_trigger_filters_by_the_input_prefix(plan: Planned) -> None:
    found = plan(trigger="OBS", **PREFIXES)
    trigger = resources(found, "huaweicloud_fgs_function_trigger")[f"{TRIGGER}.uploads[0]"]
    inputs = resources(found, "terraform_data")["terraform_data.uploads"]["input"]["OBS"]
    assert (trigger["type"], inputs["prefix"]) == ("OBS", "in/a/")
    assert inputs["events"] == ["s3:ObjectCreated:*"]


def test_the_function_may_do_only_its_own_actions_under_each_prefix(plan: Planned) -> None:
    readable = ["in/a/*", "out/*", "bad/*", "pages/*", "where/*", "people/*"]
    removable = ["out/*", "bad/*", "later/*", "pages/*", "where/*"]
    assert granted(plan(**PREFIXES)) == {
        "obs:object:GetObject": {f"{OBJECTS}{keys}" for keys in readable},
        "obs:object:PutObject": {
            f"{OBJECTS}{keys}" for keys in (*removable, "old/*", "in/a/uploads/*")
        },
        "obs:object:DeleteObject": {f"{OBJECTS}{keys}" for keys in removable},
        "obs:object:GetObjectVersion": {f"{OBJECTS}in/a/*"},
        "obs:bucket:ListBucket": {"OBS:*:*:bucket:quota-invoices-dev"},
    }


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize(
    ("exists", "versioning", "allowed"),
    [(False, False, False), (True, False, True), (False, True, True)],
)
def test_the_function_may_read_the_versions_of_inputs_where_there_may_be_some(
    plan: Planned,
    exists: bool,
    versioning: bool,
    allowed: bool,
) -> None:
    rights = granted(plan(bucket_exists=exists, bucket_versioning=versioning))
    assert ("obs:object:GetObjectVersion" in rights) == allowed


def test_browsers_may_upload_from_configured_origins(plan: Planned) -> None:
    [closed] = resources(plan(), "huaweicloud_obs_bucket").values()
    assert not closed.get("cors_rule")
    origins = ["https://books.example", "https://desk.example"]
    found = plan(cors_origins=origins)
    [bucket] = resources(found, "huaweicloud_obs_bucket").values()
    [rule] = bucket["cors_rule"]
    assert (rule["allowed_origins"], rule["allowed_methods"]) == (origins, ["PUT"])
    data = json.loads(function(found)["user_data"])
    assert set(Settings.read(data.get, PROJECT).cors_origins) == set(origins)


def test_gateway_and_function_agree_on_the_timeout(plan: Planned) -> None:
    found = plan(api_timeout_seconds=20, upload_url_seconds=900)
    settings = Settings.read(json.loads(function(found)["user_data"]).get, PROJECT)
    [api] = resources(found, "huaweicloud_apig_api").values()
    [gateway] = api["func_graph"]
    assert (int(gateway["timeout"]), settings.api_seconds, settings.upload_life) == (
        20_000,
        20,
        900,
    )
    assert function(found)["timeout"] >= settings.api_seconds + 3


def test_without_an_api_the_function_may_not_write_inputs(plan: Planned) -> None:
    written = granted(plan(api=False))["obs:object:PutObject"]
    assert not [resource for resource in written if "incoming/" in resource]


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"failures_prefix": "in/"}, "A prefix is the beginning of another"),
        ({"reviews_prefix": "retries-and-more/"}, "A prefix is the beginning of another"),
        ({"history_prefix": "results/old/"}, "One prefix is inside another"),
        ({"settings": {"BUCKET": "another-bucket"}}, "a name that is set by a variable"),
    ],
)
def test_contradictory_choices_are_refused(
    plan: Planned, choice: dict[str, Any], message: str
) -> None:
    with pytest.raises(OpsError, match=message):
        plan(**{"input_prefix": "incoming/", **choice})


def test_no_policy_grants_all_actions_or_all_buckets(plan: Planned) -> None:
    for rights in statements(plan()).values():
        for right in rights:
            assert not [action for action in right["Action"] if "*" in action]
            for resource in right.get("Resource", []):
                assert "quota-invoices-dev" in resource
    [agency] = resources(plan(), "huaweicloud_identity_agency").values()
    roles = [role for entry in agency["project_role"] for role in entry["roles"]]
    assert set(roles) == {"OCR ReadOnlyAccess", "quota-invoice-ocr-dev-topic"}
    assert agency["domain_roles"] == ["quota-invoice-ocr-dev-bucket"]


def test_the_bucket_is_private_and_encrypted(plan: Planned) -> None:
    [bucket] = resources(plan(), "huaweicloud_obs_bucket").values()
    found = (bucket["acl"], bucket["encryption"], bucket["force_destroy"])
    assert found == ("private", True, False)
    rules = {rule["prefix"]: rule for rule in bucket["lifecycle_rule"]}
    # No rule applies to the whole bucket or to the objects of another.
    assert set(rules) == {prefix.removesuffix("/") for prefix in DEFAULT_LAYOUT.prefixes.values()}


def test_only_retries_and_progress_expire_unless_a_stage_chooses_more(plan: Planned) -> None:
    assert expiring(plan()) == {"retries": 30, "progress": 7}
    chosen = expiring(plan(failures_days=400, history_days=3650, **PREFIXES))
    assert chosen == {"bad": 400, "later": 30, "pages": 7, "old": 3650}


def test_replaced_and_deleted_objects_are_kept_for_a_month(plan: Planned) -> None:
    assert noncurrent(plan()) == (True, [[{"days": 30}]] * len(DEFAULT_LAYOUT.prefixes))
    off = plan(bucket_versioning=False)
    assert noncurrent(off) == (False, [[]] * len(DEFAULT_LAYOUT.prefixes))


def test_failed_events_are_retried_and_then_notified(plan: Planned) -> None:
    [retries] = resources(plan(), "huaweicloud_fgs_async_invoke_configuration").values()
    assert retries["max_async_retry_attempts"] == 3
    assert [entry["destination"] for entry in retries["on_failure"]] == ["SMN"]


def test_the_entry_points_exist_in_the_zip(plan: Planned, function_zip: Path) -> None:
    found = function(plan())
    with zipfile.ZipFile(function_zip) as archive:
        for entry in (found["handler"], found["initializer_handler"]):
            module, _, name = entry.partition(".")
            source = archive.read(f"{module}.py").decode()
            assert re.search(rf"^def {name}\(", source, re.MULTILINE)


def test_the_zip_is_built_for_the_runtime(plan: Planned) -> None:
    assert function(plan())["runtime"] == f"Python{RUNTIME}"


def test_the_alarms_search_for_the_words_that_the_function_logs(plan: Planned) -> None:
    rules = resources(plan(), "huaweicloud_lts_keywords_alarm_rule").values()
    requests = [request for rule in rules for request in rule["keywords_requests"]]
    assert {request["keywords"] for request in requests} == {alarm.value for alarm in Alarm}
    assert {(request["condition"], request["number"]) for request in requests} == {(">=", 1)}
    for rule in rules:
        assert len(rule["name"]) <= 64
        assert len(rule["description"]) <= 64
        # Lines of a search must not fall between two searches.
        [frequency], [request] = rule["frequency"], rule["keywords_requests"]
        assert (frequency["type"], frequency["fixed_rate_unit"]) == ("FIXED_RATE", "minute")
        assert request["search_time_range_unit"] == "minute"
        assert request["search_time_range"] == frequency["fixed_rate"]


def test_an_enterprise_project_pays_for_resources_and_ocr_calls(plan: Planned) -> None:
    project = "0aa1b2c3-d4e5-f6a7-b8c9-d0e1f2a3b4c5"
    found = plan(enterprise_project_id=project)
    settings = Settings.read(json.loads(function(found)["user_data"]).get, PROJECT)
    assert settings.enterprise_project_id == project
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))["resources"]
    for entry in found["planned_values"]["root_module"]["resources"]:
        if "enterprise_project_id" in schema.get(entry["type"], {}).get("attributes", {}):
            assert entry["values"]["enterprise_project_id"] == project, entry["address"]
    assert "ENTERPRISE_PROJECT_ID" not in json.loads(function(plan())["user_data"])


def test_variables_have_types_and_descriptions() -> None:
    template = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    for name, variable in template["variable"].items():
        assert variable["type"], name
        assert variable["description"], name
        assert not variable.get("sensitive"), "a secret would be kept in the state"


def noncurrent(plan: Plan) -> tuple[bool, list[Any]]:
    """Return whether the bucket keeps versions, and the expiration of versions by rule."""
    [bucket] = resources(plan, "huaweicloud_obs_bucket").values()
    rules = [rule["noncurrent_version_expiration"] for rule in bucket["lifecycle_rule"]]
    return bucket["versioning"], rules


def expiring(plan: Plan) -> dict[str, int]:
    """Return the days after which objects expire, by the prefix of the rule."""
    [bucket] = resources(plan, "huaweicloud_obs_bucket").values()
    return {
        rule["prefix"]: expiration["days"]
        for rule in bucket["lifecycle_rule"]
        for expiration in rule["expiration"]
    }
