"""Events for any object, from the sample events in events/."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any
from urllib.parse import quote_plus

from tests.support.paths import EVENTS

SHAPES = ("eventgrid", "classic", "obs-native", "smn")


def sample_event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_bytes())


def announce(
    key: str,
    content: bytes = b"",
    *,
    shape: str = "eventgrid",
    encoded: bool = True,
    bucket: str = "invoices",
) -> dict[str, Any]:
    """An event of a shape for an object with this key and content."""
    return announce_all([(key, content)], shape=shape, encoded=encoded, bucket=bucket)


def announce_all(
    objects: list[tuple[str, bytes]],
    *,
    shape: str = "classic",
    encoded: bool = True,
    bucket: str = "invoices",
) -> dict[str, Any]:
    event: dict[str, Any] = sample_event(shape)
    if shape == "eventgrid":
        [(key, content)] = objects
        _fill(event["data"]["obs"], key, content, encoded=encoded, bucket=bucket)
        return event
    inner = json.loads(event["record"][0]["smn"]["message"]) if shape == "smn" else event
    [pattern] = inner["Records"]
    inner["Records"] = []
    for key, content in objects:
        record = copy.deepcopy(pattern)
        body = record.get("s3") or record["obs"]
        _fill(body, key, content, encoded=encoded, bucket=bucket)
        inner["Records"].append(record)
    if shape == "smn":
        event["record"][0]["smn"]["message"] = json.dumps(inner)
        return event
    return inner


def _fill(body: Any, key: str, content: bytes, *, encoded: bool, bucket: str) -> None:
    body["bucket"]["name"] = bucket
    body["object"]["key"] = quote_plus(key) if encoded else key
    body["object"]["size"] = len(content)
    body["object"]["eTag"] = etag(content)


def etag(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
