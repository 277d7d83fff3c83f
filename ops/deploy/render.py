"""Renders the YAML of template and stage as the JSON files that OpenTofu and Terraform read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ops.stage import DECLINED, Stage

CHECK = "choices.tftest.json"
# Plans with the stage's choices and a mocked provider, so that every validation rule of the
# template runs without account or network. The lookups return the resources of a usual account.
_CHECK = {
    "mock_provider": {
        "huaweicloud": {
            "mock_data": {
                "huaweicloud_eg_event_channels": {"defaults": {"channels": [{"id": "channel"}]}},
                "huaweicloud_apig_instances": {"defaults": {"instances": [{"id": "gateway"}]}},
            }
        }
    },
    "run": {"choices": {"command": "plan"}},
}


def render(stage: Stage, code: Path | None) -> Path:
    """Write a stage's configuration into its folder, and return the folder.

    Args:
        stage: the stage.
        code: the zip to deploy; None if the command does not deploy.
    """
    stage.folder.mkdir(parents=True, exist_ok=True)
    stage.folder.chmod(0o700)  # only the owner may read the state
    _write(stage.folder / "main.tf.json", stage.template)
    # The template reads the file even if nothing is deployed: any file will do.
    zip_file = str(code.resolve()) if code else "main.tf.json"
    variables = {**stage.variables, "code": zip_file}
    if variables.get("alarm_email") == DECLINED:
        variables["alarm_email"] = ""
    _write(stage.folder / "stage.auto.tfvars.json", variables)
    _write(stage.folder / CHECK, _CHECK)
    backend = stage.folder / "backend.tf.json"
    if stage.remote:
        _write(backend, {"terraform": {"backend": {"s3": _s3_backend(stage, stage.remote)}}})
    else:
        backend.unlink(missing_ok=True)
    return stage.folder


def _s3_backend(stage: Stage, remote: dict[str, str]) -> dict[str, Any]:
    """Return the settings of the S3 backend that keeps state in OBS, without credentials."""
    region = remote.get("region", stage.region)
    return {
        "bucket": remote["bucket"],
        "key": remote.get("key", f"quota-invoice-ocr/{stage.name}.tfstate"),
        "region": region,
        "endpoints": {"s3": remote.get("endpoint", f"https://obs.{region}.myhuaweicloud.com")},
        # OBS has no AWS account, AWS region or metadata service to query.
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "skip_region_validation": True,
        "skip_requesting_account_id": True,
        "skip_s3_checksum": True,
        "use_path_style": "endpoint" in remote,
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    # YAML may parse a value as a date; Terraform takes it as a string.
    text = json.dumps(content, ensure_ascii=False, indent=2, default=str)
    path.write_text(text + "\n", encoding="utf-8")
