"""One sample through the deployed stage: the live test."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from obs import ObsClient

from ops.errors import OpsError

_OK = 300
_MISSING = 404
_PAUSE = 0.5  # seconds between looks


@dataclass(frozen=True)
class SmokeResult:
    """The way that an upload took.

    Attributes:
        key: where it was put.
        record_key: where its record appeared.
        record: the record.
        uploaded: seconds that the upload took.
        waited: seconds from then until the record was there.
    """

    key: str
    record_key: str
    record: dict[str, Any]
    uploaded: float
    waited: float


def smoke(
    client: ObsClient, outputs: Mapping[str, Any], sample: Path, seconds: float, *, keep: bool
) -> SmokeResult:
    """Upload a sample, wait for its record, and remove both.

    Args:
        client: of the bucket.
        outputs: the stage's.
        sample: an image.
        seconds: how long to wait.
        keep: whether the sample and its record stay.

    Raises:
        OpsError: the bucket refuses, or no record came in time.
    """
    bucket, name = str(outputs["bucket"]), f"smoke/{int(time.time())}-{sample.name}"
    key = f"{outputs['input_prefix']}{name}"
    records = [f"{outputs[prefix]}{name}.json" for prefix in ("results_prefix", "failures_prefix")]
    started = time.monotonic()
    _sound(client.putContent(bucket, key, sample.read_bytes()), f"put {key}")
    uploaded = time.monotonic()
    try:
        while time.monotonic() - uploaded < seconds:
            for record_key in records:
                record = _read(client, bucket, record_key)
                if record is not None:
                    waited = time.monotonic() - uploaded
                    return SmokeResult(key, record_key, record, uploaded - started, waited)
            time.sleep(_PAUSE)
    finally:
        if not keep:
            for gone in (key, *records):
                client.deleteObject(bucket, gone)
    raise OpsError(
        f"no record of {key} after {seconds:g} s; make logs says what the function did, and an "
        "empty log that no event reached it"
    )


def _read(client: ObsClient, bucket: str, key: str) -> dict[str, Any] | None:
    answer = client.getObject(bucket, key, loadStreamInMemory=True)
    if answer.status == _MISSING:
        return None
    _sound(answer, f"get {key}")
    record: dict[str, Any] = json.loads(answer.body.buffer)
    return record


def _sound(answer: Any, action: str) -> None:  # noqa: ANN401 - the SDK has no types
    if answer.status >= _OK:
        reason = answer.errorCode or answer.reason
        raise OpsError(f"the bucket refused to {action}: {answer.status} {reason}")
