"""The shapes of events that announce uploads; ``events/`` holds a sample of each.

1. EventGrid: a CloudEvents 1.0 object with source ``HC.OBS.DWR``;
2. classic: ``Records`` whose members hold ``s3``;
3. OBS-native v3: ``Records`` whose members hold ``obs``;
4. SMN: ``record[0].smn.message`` is a JSON *string* that holds shape 2 or 3;
5. backfill: this project's own, by which an operator names inputs without a record: ``backfill``
   holds a ``bucket`` and ``objects`` with ``key`` (not encoded), ``eTag`` and ``size``.

A new shape is one more function in ``SHAPES``. It returns None for an event of another shape. The
case of member names is ignored, and any optional member may be absent: both vary among sites and
versions of OBS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from quota_invoice.errors import EventError
from quota_invoice.events.upload import Upload, parse_entry
from quota_invoice.json_values import member, outline, text_of

Uploads = list[Upload | EventError]


def _eventgrid(event: object) -> Uploads | None:
    data = member(event, "data")
    if member(event, "specversion") is None or member(data, "obs") is None:
        return None
    # data.eventTime is Beijing time labelled Z; the envelope's time is right.
    time, event_id = text_of(member(event, "time")), text_of(member(event, "id"))
    name = text_of(member(data, "eventName")) or text_of(member(event, "type")) or ""
    return [parse_entry(member(data, "obs"), name, uploaded_at=time, event_id=event_id)]


def _entries(event: object) -> Uploads | None:
    entries = member(event, "records")
    return [_entry(entry) for entry in entries] if isinstance(entries, list) else None


def _entry(entry: object) -> Upload | EventError:
    for name in ("s3", "obs"):
        body = member(entry, name)
        if body is not None:
            response = member(entry, "responseElements")
            return parse_entry(
                body,
                text_of(member(entry, "eventName")) or "",
                uploaded_at=text_of(member(entry, "eventTime")),
                event_id=text_of(member(response, "x-obs-request-id"))
                or text_of(member(response, "x-amz-request-id")),
            )
    return EventError(f"an entry holds neither s3 nor obs: {outline(entry)}")


def _smn(event: object) -> Uploads | None:
    wrapped = member(event, "record")
    if not isinstance(wrapped, list):
        return None
    return [upload for item in wrapped for upload in _smn_message(item)]


def _smn_message(item: object) -> Iterator[Upload | EventError]:
    text = member(member(item, "smn"), "message")
    try:
        inner = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        inner = None
    found = _entries(inner)
    if found is None:
        yield EventError("an SMN message does not hold entries of OBS as a JSON string")
    else:
        yield from found


def _backfill(event: object) -> Uploads | None:
    body = member(event, "backfill")
    items = member(body, "objects")
    if not isinstance(items, list):
        return None
    bucket = {"name": member(body, "bucket")}
    # "failures" is the option's former name.
    retry_failed = member(body, "retry_failed") is True or member(body, "failures") is True
    uploads = [parse_entry({"bucket": bucket, "object": item}, "") for item in items]
    return [
        upload._replace(key=upload.raw_key, retry_failed=retry_failed)
        if isinstance(upload, Upload)
        else upload
        for upload in uploads
    ]


SHAPES: tuple[Callable[[object], Uploads | None], ...] = (_eventgrid, _entries, _smn, _backfill)
