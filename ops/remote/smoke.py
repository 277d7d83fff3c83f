"""The smoke test: uploads one sample to the deployed stage and waits for its record."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from obs import ObsClient

from ops.errors import OpsError
from ops.sdk.clients import bucket_client
from ops.sdk.errors import readable_errors, response_body
from ops.stage import Stage
from quota_invoice.invoice.duplicates import Appearance, identities
from quota_invoice.settings.layout import DEFAULT_LAYOUT, BucketLayout

_NOT_FOUND = 404
_PAUSE = 0.5  # seconds between polls


@dataclass(frozen=True)
class SmokeResult:
    """The outcome of the smoke test.

    Attributes:
        key: the key of the sample.
        record_key: the key of its record.
        record: the record.
        upload_seconds: duration of the upload.
        record_seconds: time from the end of the upload until the record was found.
    """

    key: str
    record_key: str
    record: dict[str, Any]
    upload_seconds: float
    record_seconds: float


def smoke(
    stage: Stage, outputs: Mapping[str, Any], sample: Path, seconds: float, *, keep: bool
) -> SmokeResult:
    """Upload a sample, wait for its record, and remove all objects of both.

    Args:
        stage: the deployed stage.
        outputs: the stage's outputs.
        sample: an image.
        seconds: maximum wait for the record.
        keep: whether to keep the sample and its record.

    Raises:
        OpsError: the bucket refused a request or was not reached, or no record was found in time.
    """
    bucket = str(outputs["bucket"])
    layout = _layout(outputs)
    key = f"{layout.input_prefix}smoke/{int(time.time())}-{sample.name}"
    records = [layout.record_key(key), layout.failure_key(key)]
    written: list[str] = []  # entries of the index
    started = time.monotonic()
    with readable_errors("OBS"):
        client = bucket_client(stage)
        response_body(client.putContent(bucket, key, sample.read_bytes()), f"put {key}")
        uploaded = time.monotonic()
        try:
            while time.monotonic() - uploaded < seconds:
                for record_key in records:
                    record = _read_record(client, bucket, record_key)
                    if record is not None:
                        written += _index_keys(layout, record)
                        waited = time.monotonic() - uploaded
                        return SmokeResult(key, record_key, record, uploaded - started, waited)
                time.sleep(_PAUSE)
        finally:
            if not keep:
                for created in (key, *records, *written):
                    client.deleteObject(bucket, created)
    raise OpsError(
        f"no record of {key} after {seconds:g} s; make logs shows the function's log, and an "
        "empty log means that no event reached the function"
    )


def _index_keys(layout: BucketLayout, record: Mapping[str, Any]) -> list[str]:
    """Return the keys of the appearances that a record's invoices left in the index."""
    source = record["source"]
    appearance = Appearance(source["key"], source["uploaded_at"])
    found = identities(record.get("invoices"))
    return [layout.appearance_key(*itself, appearance) for itself in found]


def _layout(outputs: Mapping[str, Any]) -> BucketLayout:
    """Return the stage's layout; stages of earlier versions have outputs for some prefixes only."""
    defaults = DEFAULT_LAYOUT.prefixes
    return BucketLayout(*(str(outputs.get(name, defaults[name])) for name in defaults))


def _read_record(client: ObsClient, bucket: str, key: str) -> dict[str, Any] | None:
    response = client.getObject(bucket, key, loadStreamInMemory=True)
    if response.status == _NOT_FOUND:
        return None
    record: dict[str, Any] = json.loads(response_body(response, f"get {key}").buffer)
    return record
