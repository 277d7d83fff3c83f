"""The smoke test: uploads one sample to the deployed stage and waits for its record."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from obs import ObsClient

from ops.errors import OpsError
from ops.remote.deliveries import Deliveries, count_deliveries
from ops.remote.deployed import deployed_settings
from ops.remote.tail import log_lines
from ops.sdk.clients import bucket_client
from ops.sdk.errors import readable_errors, response_body
from ops.stage import Stage
from quota_invoice.invoice.duplicates import Appearance, identities
from quota_invoice.obs.responses import is_success
from quota_invoice.settings.layout import BucketLayout

RIGHTS_SECONDS = 16 * 60.0
"""The rights of a new agency act after 5 to 15 minutes, as the documentation of IAM says."""
_NOT_FOUND = 404
_PAUSE = 0.5  # seconds between polls


@dataclass(frozen=True)
class SmokeResult:
    """The outcome of the smoke test.

    Attributes:
        key: the key of the sample.
        record_key: the key of its record.
        record: the record.
        uploads: the number of times that the sample was uploaded.
        upload_seconds: duration of the last upload.
        record_seconds: time from the end of the last upload until the record was found.
    """

    key: str
    record_key: str
    record: dict[str, Any]
    uploads: int
    upload_seconds: float
    record_seconds: float


def smoke(  # noqa: PLR0913 - the options of the command
    stage: Stage,
    outputs: Mapping[str, Any],
    sample: Path,
    seconds: float,
    *,
    keep: bool,
    rights_seconds: float = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> SmokeResult:
    """Upload a sample, wait for its record, and remove all objects of both.

    Args:
        stage: the deployed stage.
        outputs: the stage's outputs.
        sample: an image.
        seconds: maximum wait for the record.
        keep: whether to keep the sample and its record.
        rights_seconds: further wait in a stage without any record, since the rights of a new one
            do not act at once. Meanwhile, the sample is uploaded again and again, since the retries
            of the first event may have ended. The same content is paid for once.
        tell: takes a line for people, when the further wait begins or objects are left.

    Raises:
        OpsError: the bucket refused a request or was not reached, or no record was found in time.
    """
    bucket, layout = str(outputs["bucket"]), deployed_settings(stage, outputs).layout
    key = f"{layout.input_prefix}smoke/{int(time.time())}-{sample.name}"
    records = [layout.record_key(key), layout.failure_key(key)]
    written: list[str] = []  # entries of the index
    with readable_errors("OBS"):
        client = bucket_client(stage)
        further = 0 if _has_record(client, bucket, layout) else rights_seconds
        end = time.monotonic() + seconds + further
        uploads = 0
        try:
            while not uploads or time.monotonic() < end:
                started = time.monotonic()
                response_body(client.putContent(bucket, key, sample.read_bytes()), f"put {key}")
                uploads, uploaded = uploads + 1, time.monotonic()
                found = _wait(client, bucket, records, min(uploaded + seconds, end))
                if found:
                    written += _index_keys(layout, found[1])
                    times = uploaded - started, time.monotonic() - uploaded
                    return SmokeResult(key, *found, uploads, *times)
                if uploads == 1 and further:
                    tell(_about_rights(seconds, further))
        finally:
            if not keep:
                remove(client, bucket, (key, *records, *written), tell)
    raise OpsError(
        f"no record of {key} after {seconds + further:g} s; {stage.command('logs')} shows the "
        "function's log, and an empty log means that no event reached the function"
    )


def remove(
    client: ObsClient, bucket: str, keys: Iterable[str], tell: Callable[[str], None]
) -> None:
    """Remove the objects; tell those that the bucket refused to remove."""
    answers = {key: client.deleteObject(bucket, key).status for key in keys}
    left = [
        key for key, status in answers.items() if not is_success(status) and status != _NOT_FOUND
    ]
    if left:
        tell(f"The bucket refused to remove what the smoke test made: {', '.join(left)}")


def _about_rights(seconds: float, further: float) -> str:
    return (
        f"No record after {seconds:g} s. The rights of a new stage act after 5 to 15 minutes: the "
        f"sample is uploaded again for up to {further / 60:.0f} more minutes"
    )


def wait_for_deliveries(  # noqa: PLR0913 - the last three are for tests
    stage: Stage,
    outputs: Mapping[str, Any],
    key: str,
    minutes: float,
    *,
    seconds: float = 60,
    settle: float = 60,
    pause: float = 5,
) -> Deliveries:
    """Count the invocations that an upload caused, when the log shows them.

    LTS shows a line some seconds after the function wrote it, and EventGrid may announce a record
    later than the upload. When the upload's line is there, the lines of the function's own output
    get a minute more to appear.

    Args:
        stage: the deployed stage.
        outputs: the stage's outputs.
        key: the key of the upload.
        minutes: age of the oldest line that is read.
        seconds: maximum wait for the upload's line.
        settle: wait after the upload's line for a line of the function's own output.
        pause: seconds between looks at the log.

    Raises:
        OpsError: LTS refused a request or was not reached.
    """
    layout, end = deployed_settings(stage, outputs).layout, time.monotonic() + seconds
    seen = False
    while True:
        found = count_deliveries(log_lines(stage, outputs, minutes), key, layout)
        if found.of_key and not seen:
            seen, end = True, time.monotonic() + settle
        if (seen and found.of_outputs) or time.monotonic() >= end:
            return found
        time.sleep(pause)


def _has_record(client: ObsClient, bucket: str, layout: BucketLayout) -> bool:
    """Whether the stage wrote a record before, so that its rights act."""
    listing = client.listObjects(bucket, prefix=layout.results_prefix, max_keys=1)
    return bool(response_body(listing, "list records").contents)


def _wait(
    client: ObsClient, bucket: str, records: list[str], end: float
) -> tuple[str, dict[str, Any]] | None:
    """Wait for one of two records; return its key and the record, or None."""
    while True:
        for key in records:
            record = _read_record(client, bucket, key)
            if record is not None:
                return key, record
        if time.monotonic() >= end:
            return None
        time.sleep(_PAUSE)


def _index_keys(layout: BucketLayout, record: Mapping[str, Any]) -> list[str]:
    """Return the keys of the appearances that a record's invoices left in the index."""
    source = record["source"]
    appearance = Appearance(source["key"], source["uploaded_at"])
    found = identities(record.get("invoices"))
    return [layout.appearance_key(*itself, appearance) for itself in found]


def _read_record(client: ObsClient, bucket: str, key: str) -> dict[str, Any] | None:
    response = client.getObject(bucket, key, loadStreamInMemory=True)
    if response.status == _NOT_FOUND:
        return None
    record: dict[str, Any] = json.loads(response_body(response, f"get {key}").buffer)
    return record
