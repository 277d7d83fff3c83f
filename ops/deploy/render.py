"""From YAML to the files that OpenTofu and Terraform read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ops.stage import Stage

CHECK = "choices.tftest.json"
# A plan with the stage's choices by a provider that is mocked, so that each rule of the template on
# them is applied without account or network. The lookups find what they find in a usual account.
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
    """Write a stage's configuration into its folder.

    Args:
        stage: what.
        code: the zip to deploy; None for what does not deploy.

    Returns:
        The folder.
    """
    stage.folder.mkdir(parents=True, exist_ok=True)
    stage.folder.chmod(0o700)  # the state tells what is deployed, to nobody else
    _write(stage.folder / "main.tf.json", stage.template)
    zip_file = str(code.resolve()) if code else "main.tf.json"  # any file: it is read all the same
    _write(stage.folder / "stage.auto.tfvars.json", {**stage.variables, "code": zip_file})
    _write(stage.folder / CHECK, _CHECK)
    backend = stage.folder / "backend.tf.json"
    if stage.remote:
        _write(backend, {"terraform": {"backend": {"s3": _s3(stage)}}})
    else:
        backend.unlink(missing_ok=True)
    return stage.folder


def _s3(stage: Stage) -> dict[str, Any]:
    """Give the settings with which the backend for S3 keeps state in OBS; keys are not in it."""
    remote = stage.remote or {}
    region = remote.get("region", stage.region)
    return {
        "bucket": remote["bucket"],
        "key": remote.get("key", f"quota-invoice-ocr/{stage.name}.tfstate"),
        "region": region,
        "endpoints": {"s3": remote.get("endpoint", f"https://obs.{region}.myhuaweicloud.com")},
        # OBS is not AWS: there is no account, region or metadata service to ask about.
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "skip_region_validation": True,
        "skip_requesting_account_id": True,
        "skip_s3_checksum": True,
        "use_path_style": "endpoint" in remote,
    }


def _write(path: Path, document: dict[str, Any]) -> None:
    # What YAML takes for a date is a text to Terraform.
    text = json.dumps(document, ensure_ascii=False, indent=2, default=str)
    path.write_text(text + "\n", encoding="utf-8")
