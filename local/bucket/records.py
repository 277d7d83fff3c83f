"""The record of an input, for callers who ask for it right after the upload."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from obs import ObsClient
from starlette.concurrency import run_in_threadpool

from quota_invoice.json_values import parse_json
from quota_invoice.obs.responses import etag_of_response, is_success
from quota_invoice.records.record import Status, etag_of
from quota_invoice.settings.layout import DEFAULT_LAYOUT

_PAUSE = 0.2  # seconds between two looks


def input_of(record_key: str) -> str | None:
    """Return the key of the input whose record has this key; None if it is no record's key.

    A key that ends in a hash does not tell its input: the result is None as well.

    >>> input_of("results/2026/a.jpg.json"), input_of("failures/2026/a.jpg.json")
    ('incoming/2026/a.jpg', None)
    """
    layout = DEFAULT_LAYOUT
    found = layout.input_key(record_key.removeprefix(layout.results_prefix))
    if not found or layout.reason_to_ignore(found) or layout.record_key(found) != record_key:
        return None
    return found


async def wait_for_status(
    client: ObsClient, bucket: str, input_key: str, is_over: Callable[[], bool]
) -> Status | None:
    """Wait until an input is no longer pending, or the time for it is over.

    Returns:
        The status of its present content: recognized, failed or pending. None if there is no such
        input.
    """
    while True:
        status = await run_in_threadpool(_status, client, bucket, input_key)
        if status is not Status.PENDING or is_over():
            return status
        await asyncio.sleep(_PAUSE)


def _status(client: ObsClient, bucket: str, input_key: str) -> Status | None:
    described = client.getObjectMetadata(bucket, input_key)
    if not is_success(described.status):
        return None
    etag = etag_of_response(described.body, f"head {input_key}")
    for status, key in (
        (Status.RECOGNIZED, DEFAULT_LAYOUT.record_key(input_key)),
        (Status.FAILED, DEFAULT_LAYOUT.failure_key(input_key)),
    ):
        answer = client.getObject(bucket, key, loadStreamInMemory=True)
        # A record of a content that was replaced does not count.
        if is_success(answer.status) and _etag_in(answer.body.buffer) == etag:
            return status
    return Status.PENDING


def _etag_in(content: bytes) -> str | None:
    try:
        record = parse_json(content)
    except ValueError:
        return None  # somebody else's object
    return etag_of(record) if isinstance(record, dict) else None
