"""A stage's settings reach the operators' commands as they reach the function."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.errors import OpsError
from ops.remote.accounting_access import stage_environment
from ops.remote.deployed import deployed_settings
from ops.stage import Stage, read_stage

OUTPUTS = {"bucket": "invoices", "function_urn": f"urn:fss:cn-north-4:{'0' * 32}:function:f:g:h"}


def stage_with(folder: Path, **settings: Any) -> Stage:
    text = yaml.safe_dump({"bucket": "invoices", "settings": settings})
    (folder / "ours.yaml").write_text(text, encoding="utf-8")
    return read_stage("ours", folder, folder)


def test_settings_need_not_be_texts(tmp_path: Path) -> None:
    stage = stage_with(tmp_path, KEEP_HISTORY=False, CONFIDENCE_BELOW=0, SWEEP_CONCURRENCY=9)
    settings = deployed_settings(stage, OUTPUTS)
    assert (settings.keep_history, settings.confidence_below) == (False, 0)
    assert settings.sweep_concurrency == 9
    assert deployed_settings(stage_with(tmp_path, KEEP_HISTORY=True), OUTPUTS).keep_history


def test_a_setting_without_a_value_has_its_default(tmp_path: Path) -> None:
    stage = stage_with(tmp_path, KEEP_HISTORY=None)
    assert deployed_settings(stage, OUTPUTS).keep_history
    assert "KEEP_HISTORY" not in stage.settings


def test_a_file_of_the_functions_environment_is_not_looked_for(tmp_path: Path) -> None:
    stage = stage_with(tmp_path, CA_FILE="/opt/function/ca.pem")
    assert deployed_settings(stage, OUTPUTS).ca_file is None


def test_the_settings_of_another_bucket_do_not_apply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after ``source build/up.env``, which names the local bucket."""
    local = {"BUCKET": "other", "OBS_ENDPOINT": "http://127.0.0.1:8333", "OBS_PATH_STYLE": "true"}
    for name, value in {**local, "HW_ACCESS_KEY": "AK", "HW_SECRET_KEY": "SK"}.items():
        monkeypatch.setenv(name, value)
    found = stage_environment(stage_with(tmp_path, CONFIDENCE_BELOW=0.8))
    assert (found["BUCKET"], found["CONFIDENCE_BELOW"]) == ("invoices", "0.8")
    assert not {"OBS_ENDPOINT", "OBS_PATH_STYLE"} & set(found)
    assert "PATH" in found


def test_the_operators_own_file_of_certificates_applies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"CA_FILE": "own.pem", "HW_ACCESS_KEY": "AK", "HW_SECRET_KEY": "SK"}.items():
        monkeypatch.setenv(name, value)
    found = stage_environment(stage_with(tmp_path, CA_FILE="/opt/function/ca.pem"))
    assert found["CA_FILE"] == "own.pem"


@pytest.mark.parametrize("name", ["settings", "endpoints"])
def test_a_text_in_place_of_names_and_values_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "ours.yaml").write_text(f"bucket: invoices\n{name}: RECOGNITION=auto\n")
    with pytest.raises(OpsError) as raised:
        read_stage("ours", tmp_path, tmp_path)
    assert raised.value.problems == (f"ours.yaml: {name} is not a mapping of names to values",)
