"""The only place that knows what events look like, and the only one that decodes object keys.

An upload is announced in one of five shapes (a sample of each lies in ``events/``):

1. EventGrid: a CloudEvents 1.0 object with source ``HC.OBS.DWR``;
2. classic: ``Records`` whose members hold ``s3``;
3. OBS-native v3: ``Records`` whose members hold ``obs``;
4. SMN: ``record[0].smn.message`` is a JSON *string* that holds shape 2 or 3;
5. backfill: our own, by which an operator hands over what is missing: ``backfill`` holds a
   ``bucket`` and ``objects`` with ``key`` (plain), ``eTag`` and ``size``.

A timer asks for a sweep; its ``user_event`` says of which kind. A caller of the API comes by way of
API Gateway (``api_request``).

A new shape is one more function in ``_SHAPES``. Names of members are compared without regard to
case, and any optional member may be absent: both vary among sites and versions of OBS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import unquote_plus

from quota_invoice.errors import EventError
from quota_invoice.events.api_request import ApiRequest, request_of
from quota_invoice.json_values import member, outline, text_of

_NULL_VERSION = "null"  # what OBS calls the version of an object in a bucket without versioning


@dataclass(frozen=True)
class Upload:
    """One object that an event says was created.

    Attributes:
        bucket: the bucket's name.
        key: the object's key, decoded once; may be empty where the event says so.
        raw_key: the key as it stood in the event. It differs from ``key`` if the event encodes
            keys, or if it does not and the key itself holds a ``+`` or a ``%``.
        etag: the object's ETag in lower case, without quotes; None if the event gives none.
        size: bytes, or None.
        version_id: the object's version, or None.
        uploaded_at: the time that the event gives, as it stands there, or None.
        event_name: such as ``ObjectCreated:Put``; empty if the event does not say.
        event_id: an id to find the event by in other logs, or None.
        again: whether content that could not be read is to be tried again.
    """

    bucket: str
    key: str
    raw_key: str
    etag: str | None = None
    size: int | None = None
    version_id: str | None = None
    uploaded_at: str | None = None
    event_name: str = ""
    event_id: str | None = None
    again: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that the object may have, likeliest first."""
        return (self.key,) if self.key == self.raw_key else (self.key, self.raw_key)

    @property
    def is_creation(self) -> bool:
        """Whether the event speaks of a new object; one that does not say is taken to."""
        return not self.event_name or "objectcreated" in self.event_name.lower()


@dataclass(frozen=True)
class Sweep:
    """A timer's request to look for inputs that no event led to.

    Attributes:
        failures: whether inputs that could not be read are tried again.
        verify: whether every record is read to compare it with its input, where otherwise the
            times of both decide.
    """

    failures: bool = False
    verify: bool = False


def parse(event: object) -> list[Upload | EventError] | Sweep | ApiRequest:
    """Read what an event asks for: uploads in its order, a sweep, or an answer to a caller.

    A record that cannot be read stands as an ``EventError`` in its place, so that the others are
    still worked through.

    Raises:
        EventError: the event as a whole has no shape that we know.
    """
    asked = _timer(event) or request_of(event)
    if asked:
        return asked
    for shape in _SHAPES:
        found = shape(event)
        if found is not None:
            return found
    raise EventError(f"the event has none of the known shapes: {outline(event)}")


def _eventgrid(event: object) -> list[Upload | EventError] | None:
    data = member(event, "data")
    if member(event, "specversion") is None or member(data, "obs") is None:
        return None
    # data.eventTime is Beijing time labelled Z; the envelope's time is right.
    time, event_id = text_of(member(event, "time")), text_of(member(event, "id"))
    kind = text_of(member(data, "eventName")) or text_of(member(event, "type")) or ""
    return [_upload(member(data, "obs"), kind, uploaded_at=time, event_id=event_id)]


def _records(event: object) -> list[Upload | EventError] | None:
    records = member(event, "records")
    if not isinstance(records, list):
        return None
    return [_record(record) for record in records]


def _smn(event: object) -> list[Upload | EventError] | None:
    wrapped = member(event, "record")
    if not isinstance(wrapped, list):
        return None
    return [upload for item in wrapped for upload in _message(item)]


def _backfill(event: object) -> list[Upload | EventError] | None:
    body = member(event, "backfill")
    items = member(body, "objects")
    if not isinstance(items, list):
        return None
    bucket, again = {"name": member(body, "bucket")}, member(body, "failures") is True
    uploads = [_upload({"bucket": bucket, "object": item}, "") for item in items]
    return [
        replace(upload, key=upload.raw_key, again=again) if isinstance(upload, Upload) else upload
        for upload in uploads
    ]


def _timer(event: object) -> Sweep | None:
    if str(member(event, "trigger_type")).upper() != "TIMER":
        return None
    text = text_of(member(event, "user_event")) or "{}"
    try:
        options = {} if text.strip().lower() == "sweep" else json.loads(text)
    except (ValueError, RecursionError):
        options = None
    names = {field.name for field in fields(Sweep)}
    if not isinstance(options, Mapping) or not options.keys() <= names:
        raise EventError("a timer's user_event is neither sweep nor its options as JSON")
    if not all(isinstance(value, bool) for value in options.values()):
        raise EventError("the options of a sweep are true or false")
    return Sweep(**options)


_SHAPES: tuple[Callable[[object], list[Upload | EventError] | None], ...] = (
    _eventgrid,
    _records,
    _smn,
    _backfill,
)


def _message(item: object) -> Iterator[Upload | EventError]:
    text = member(member(item, "smn"), "message")
    try:
        inner = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        inner = None
    found = _records(inner)
    if found is None:
        yield EventError("an SMN message does not hold records of OBS as a JSON string")
    else:
        yield from found


def _record(record: object) -> Upload | EventError:
    for name in ("s3", "obs"):
        body = member(record, name)
        if body is not None:
            response = member(record, "responseElements")
            return _upload(
                body,
                text_of(member(record, "eventName")) or "",
                uploaded_at=text_of(member(record, "eventTime")),
                event_id=text_of(member(response, "x-obs-request-id"))
                or text_of(member(response, "x-amz-request-id")),
            )
    return EventError(f"a record holds neither s3 nor obs: {outline(record)}")


def _upload(
    body: object, event_name: str, *, uploaded_at: str | None = None, event_id: str | None = None
) -> Upload | EventError:
    bucket = text_of(member(member(body, "bucket"), "name"))
    item = member(body, "object")
    key = member(item, "key")
    if bucket is None or not isinstance(key, str):
        return EventError(f"a record does not name its bucket and key: {outline(body)}")
    etag = text_of(member(item, "eTag"))
    size = member(item, "size")
    version = text_of(member(item, "versionId"))
    return Upload(
        bucket=bucket,
        key=unquote_plus(key),
        raw_key=key,
        etag=etag.strip('"').lower() if etag else None,
        size=size if isinstance(size, int) and not isinstance(size, bool) else None,
        version_id=None if version == _NULL_VERSION else version,
        uploaded_at=uploaded_at,
        event_name=event_name,
        event_id=event_id,
    )
