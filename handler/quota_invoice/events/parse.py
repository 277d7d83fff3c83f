"""Reads an event: uploads, a sweep, or an API request."""

from __future__ import annotations

from quota_invoice.errors import EventError
from quota_invoice.events.api_request import ApiRequest, parse_api_request
from quota_invoice.events.shapes import SHAPES, Uploads
from quota_invoice.events.timer import Sweep, parse_timer
from quota_invoice.json_values import outline


def parse(event: object) -> Uploads | Sweep | ApiRequest:
    """Read an event.

    An entry that cannot be read becomes an ``EventError`` in its place, so that the others are
    still processed.

    Returns:
        The uploads in the event's order, or the sweep or API request that it asks for.

    Raises:
        EventError: the event as a whole has an unknown shape.
    """
    request = parse_timer(event) or parse_api_request(event)
    if request:
        return request
    for shape in SHAPES:
        uploads = shape(event)
        if uploads is not None:
            return uploads
    raise EventError(f"the event has none of the known shapes: {outline(event)}")
