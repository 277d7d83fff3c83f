"""The object store's notifications become EventGrid events."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from local.bucket.notifications import eventgrid_event, receiver
from local.http_server import HttpServer
from quota_invoice.events.parse import parse
from quota_invoice.events.upload import Upload
from tests.support.announce import etag


def change(key: str, *, directory: bool = False) -> dict[str, Any]:
    """A notification of SeaweedFS 4, with only the members that are read."""
    return {
        "event_type": "create",
        "key": key,
        "message": {
            "new_entry": {
                "name": key.rpartition("/")[2],
                "is_directory": directory,
                "attributes": {"file_size": 5, "mtime": 1795354274},
                "extended": {
                    "Seaweed-X-Amz-ETag": base64.b64encode(etag(b"image").encode()).decode()
                },
            }
        },
    }


def test_an_object_becomes_an_event_that_the_function_reads() -> None:
    event = eventgrid_event(change("/buckets/invoices/incoming/差旅 50%+/a b.jpg"), "invoices")
    uploads = parse(event)
    assert isinstance(uploads, list)
    [found] = uploads
    assert isinstance(found, Upload)
    assert found.key == "incoming/差旅 50%+/a b.jpg"
    assert (found.bucket, found.etag, found.size) == ("invoices", etag(b"image"), 5)


@pytest.mark.parametrize(
    "posted",
    [
        change("/buckets/invoices/incoming", directory=True),
        change("/buckets/other/incoming/a.jpg"),
        change("/buckets/.system/log"),
        change("/buckets/invoices/.uploads/1234/0001.part"),
        {"event_type": "delete", "key": "/buckets/invoices/incoming/a.jpg", "message": {}},
        {},
    ],
)
def test_changes_without_a_new_object_make_no_event(posted: dict[str, Any]) -> None:
    assert eventgrid_event(posted, "invoices") is None


def test_a_notification_needs_the_bearer_token() -> None:
    events: list[dict[str, Any]] = []
    posted = change("/buckets/invoices/incoming/a.jpg")
    posted["message"]["new_entry"]["extended"] = {}
    server = HttpServer(receiver("invoices", "right", events.append))
    try:
        for token in (None, "Bearer wrong", "right"):
            headers = {"Authorization": token} if token else {}
            assert httpx.post(server.url, json=posted, headers=headers).status_code == 401
        assert events == []
        right = httpx.post(server.url, json=posted, headers={"Authorization": "Bearer right"})
        assert right.status_code == 204
    finally:
        server.stop()
    [event] = events
    assert event["data"]["obs"]["object"]["key"] == "incoming%2Fa.jpg"
