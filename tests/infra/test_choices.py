"""A stage's file: its choices are validated, and all problems are reported."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ops.deploy.render import render
from ops.errors import OpsError
from ops.stage import CHOICES, read_stage
from tests.infra.conftest import Account


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


DAYS = "is a number of days"
# Wrong values of single variables and what their message says. The engine reports those of all
# variables at once, and each start of it takes two seconds: one run has a value of each variable.
WRONG: dict[str, tuple[str, list[object]]] = {
    "retries": ("retries is 0 to 3", [4]),
    "ocr_concurrency": ("ocr_concurrency is 1 to 400", [1.5]),
    "failures_days": (f"failures_days {DAYS}", [-1]),
    "history_days": (f"history_days {DAYS}", [0.5]),
    "memory_mb": ("memory_mb is 128", [64]),
    "timeout_seconds": ("timeout_seconds is 10", [5]),
    "event_age_seconds": ("event_age_seconds is 60", [5]),
    "log_days": ("log_days is 1", [0]),
    "sweep_schedule": (
        "sweep_schedule is an interval up to 60m, 24h or 30d",
        # The service would refuse these after the former timer was removed.
        ["whenever", "90m", "61m", "25h", "30h", "31d", "40d", "@every 90"],
    ),
    "alarm_email": ("alarm_email is an e-mail address", ["nobody"]),
    "history_prefix": (
        "A prefix is a path",
        [f"a{character}b/" for character in '\\:"<>|'],  # lifecycle rules do not allow them
    ),
    "api_domain": ("api_domain is a domain", ["https://a.example"]),
    "enterprise_project_id": ("enterprise_project_id is an id", ["ours"]),
    "settings": ("settings has an unknown name", [{"OCR_SECRET_KEY": "x"}]),
}
ROUNDS = range(max(len(values) for _, values in WRONG.values()))


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("number", ROUNDS)
def test_the_wrong_values_of_all_variables_are_refused_at_once(stage: Account, number: int) -> None:
    wrong = {
        name: (message, values[number])
        for name, (message, values) in WRONG.items()
        if number < len(values)
    }
    code, output = validated(stage, {name: value for name, (_, value) in wrong.items()})
    assert code == 1
    missing = [name for name, (message, _) in wrong.items() if message not in output]
    assert missing == [], output


def validated(stage: Account, choices: dict[str, object]) -> tuple[int, str]:
    """Validate without an account and a zip; return the exit code, and the output in one line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("HW_ACCESS_KEY")
        stage.choose(**{"bucket": "invoices", **choices})
        code, output = stage.run("validate")
    return code, " ".join(output.split())


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({}, "test can be planned with it"),
        ({"api_auth": "NONE"}, "api_open_to_everyone"),
        ({"results_prefix": "incoming/x/"}, "One prefix is inside another"),
        ({"results_prefix": "failures-not/"}, "is the beginning of another"),
        ({"timeout_seconds": "soon"}, "number"),
        ({"code": "another.zip"}, "code is not a variable"),
        ({"region": None}, "region has no value"),
        ({"bucket": ["a"]}, "string required"),
        ({"reviews_prefix": "index-of-people/"}, "is the beginning of another"),
        ({"timeout_seconds": 5, "api": False}, "timeout_seconds is 10"),
        ({"cors_origins": ["https://a.example/"]}, "CORS_ORIGINS: https://a.example/ is not"),
        ({"region": "nowhere"}, "REGION"),
        ({"settings": {"OCR_TIMEOUT_SECONDS": "500"}}, "OCR_TIMEOUT_SECONDS: 500"),
        ({"settings": {"RECOGNITION": "bogus"}}, "RECOGNITION"),
        ({"input_prefix": "*/"}, "A prefix is a path"),
        ({"endpoints": {"obs": "http://127.0.0.1:9000"}}, "endpoints.obs is"),
        ({"endpoints": {"obs": "https://obs.cn-east-3.example.com"}}, "endpoints.obs is"),
        ({"api_certificate_id": "c"}, "require each other"),
        ({"api_calls_per_app": 601}, "must not exceed api_calls_per_minute"),
        ({"settings": {"URL_ALLOW_HOSTS": "a.example," * 500}}, "more than 4096 characters"),
        ({"state": {"bucket": 5}}, "state requires bucket"),
    ],
)
def test_choices_are_validated_without_account_or_zip(
    stage: Account, choices: dict[str, object], message: str
) -> None:
    code, output = validated(stage, choices)
    assert (code, message in output) == (int(bool(choices)), True), output


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


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("bucket: [a\nregion: b\n", "error: test.yaml, line 2: this is not YAML: "),
        ("bucket: a: b\n", "error: test.yaml, line 1: this is not YAML: "),
        ("bucket: a\x00\n", "error: test.yaml: "),
    ],
)
def test_a_stage_file_that_is_no_yaml_is_one_line(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "test.yaml").write_text(text, encoding="utf-8")
    code, output = Account(tmp_path, tmp_path / "f.zip").run("validate")
    assert code == 1
    [found] = output.splitlines()
    assert found.startswith(line)


def test_a_binary_stage_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "test.yaml").write_bytes(b"bucket: \xff")
    code, output = Account(tmp_path, tmp_path / "f.zip").run("validate")
    assert (code, "test.yaml" in output) == (1, True), output
