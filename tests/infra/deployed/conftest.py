"""A stage on the local cloud, with the credentials of its operator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local.cloud import BUCKET, Cloud, Options, running_cloud
from ops.stage import Stage, read_stage
from quota_invoice.settings.layout import DEFAULT_LAYOUT

OUTPUTS = {
    "bucket": BUCKET,
    **DEFAULT_LAYOUT.prefixes,
    "log_group_id": "group",
    "log_stream_id": "stream",
    "function_urn": "urn:fss:cn-north-4:0123456789abcdef0123456789abcdef:function:default:f:latest",
}


@pytest.fixture(scope="module")
def log_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The function's log."""
    return tmp_path_factory.mktemp("cloud") / "log"


@pytest.fixture(scope="module")
def cloud(log_file: Path, reads_once: tuple[str, ...]) -> Iterator[Cloud]:
    with running_cloud(Options(output=log_file, ocr=reads_once)) as running:
        yield running


@pytest.fixture
def stage(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage on the local cloud, with the credentials of its operator."""
    environment = cloud.environment()
    for name in ("HW_ACCESS_KEY", "HW_SECRET_KEY"):
        monkeypatch.setenv(name, environment[name])
    found = read_stage("dev", tmp_path)
    endpoints = {"fgs": cloud.functiongraph_endpoint}
    settings = {
        "OBS_ENDPOINT": cloud.bucket.endpoint,
        "OBS_SIGNATURE": "v4",
        "OBS_PATH_STYLE": "true",
    }
    return replace(
        found, variables={**found.variables, "endpoints": endpoints, "settings": settings}
    )
