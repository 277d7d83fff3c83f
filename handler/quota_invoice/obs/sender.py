"""Requests to the bucket: one attempt each by the SDK, bounded, with retries of our own.

The SDK returns HTTP errors as values and raises any exception for network failures; both become
errors of the function here.
"""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Callable
from typing import Any, NamedTuple

from obs import GetObjectHeader, GetObjectRequest

from quota_invoice.deadline import SHORTEST_REQUEST, Deadline
from quota_invoice.errors import StoreError, StoreUnreachable
from quota_invoice.obs.connections import BoundedObsClient
from quota_invoice.obs.responses import (
    error_of_response,
    foreign_response,
    is_success,
    name_of,
)
from quota_invoice.retry import retry
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings
from quota_invoice.sockets import ResponseTooLarge, exchange
from quota_invoice.stopwatch import Stopwatch

LARGEST_ANSWER = 4 << 20
"""Bytes of a response; a listing of 1,000 keys of 1,024 bytes, encoded, has about 3.5 MB."""
NO_SUCH_RANGE = 416  # an empty object has no first byte
_FOR_HEADERS = 64 << 10  # bytes
_NOT_FOUND = 404
_WITHOUT_REASON = {403, _NOT_FOUND}
_MISSING = {"NoSuchKey", "NoSuchVersion"}
_WRITES = {"put", "delete"}
_WRITE_RETRIES = 2.0  # seconds
# The SDK reads them only, and takes long to make them.
_PRESENT, _WHOLE = GetObjectRequest(), GetObjectHeader()


class Received(NamedTuple):
    """A response to GET: its status, its headers as the SDK's ``body``, the object's content."""

    status: int
    body: Any
    content: bytes = b""
    content_range: str | None = None


class Sender(NamedTuple):
    """Sends requests, for one invocation.

    Attributes:
        settings: timeouts and layout.
        client: the SDK's client, whose connections outlive an invocation.
        credentials: the invocation's.
        stopwatch: counts the time of requests.
        deadline: no request waits longer.
    """

    settings: Settings
    client: BoundedObsClient
    credentials: Credentials
    stopwatch: Stopwatch
    deadline: Deadline

    def send(
        self, action: str, key: str, call: Callable[[str], Any], most: int = LARGEST_ANSWER
    ) -> Any:  # noqa: ANN401 - the SDK has no types
        """Send a request, again if the bucket is busy or the connection failed.

        A write is sent again within a moment only, and never after a time-out: it may have been
        carried out, or may be yet, and its input may have been replaced meanwhile.

        Args:
            action: head, get, list, put or delete.
            key: the object's key.
            call: calls the SDK, with the key.
            most: bytes of the response.

        Returns:
            The SDK's response; None if there is no such object. A HEAD that is refused returns
            None too, since its response has no reason.
        """
        if not key:
            # An empty key would be an operation on the bucket itself.
            raise StoreError("Store.EmptyKey", f"{action}: an object's key is missing")
        # The timeout of the settings is for one attempt.
        longest = 2 * self.settings.obs_timeout + 1
        seconds = min(longest, max(self.deadline.remaining(), SHORTEST_REQUEST))
        deadline = Deadline.after(seconds)
        if action in _WRITES:
            deadline = deadline.retries_at_most(_WRITE_RETRIES)
        response, _ = retry(lambda: self._attempt(action, key, call, deadline, most), deadline)
        return response

    def get(
        self,
        bucket: str,
        key: str,
        limit: int,
        headers: GetObjectHeader | None = None,
        version: str | None = None,
    ) -> Received | None:
        """Return the response to GET, with ``limit`` + 1 bytes of its content at most."""
        wanted = GetObjectRequest(versionId=version) if version else _PRESENT

        def get(k: str) -> Any:  # noqa: ANN401 - the SDK has no types
            response = self.client.getObject(
                bucket, k, getObjectRequest=wanted, headers=headers or _WHOLE
            )
            if response.status == NO_SUCH_RANGE:
                return Received(response.status, response.body)
            return _received(response, limit) if is_success(response.status) else response

        received: Received | None = self.send("get", key, get, most=limit)
        return received

    def _attempt(
        self, action: str, key: str, call: Callable[[str], Any], deadline: Deadline, most: int
    ) -> Any:  # noqa: ANN401 - as above
        request = f"{action} {key}"
        seconds = min(self.settings.obs_timeout, deadline.remaining())
        kept = self.client.kept
        try:
            with (
                self.stopwatch.waiting("bucket"),
                exchange(seconds, most + _FOR_HEADERS, kept),
            ):
                response = call(key)
        except ResponseTooLarge:
            raise foreign_response(request) from None
        except TimeoutError as error:
            kept.distrust()
            kind = StoreError if action in _WRITES else StoreUnreachable
            raise kind("Store.Unreachable", f"{request}: {name_of(error)}") from None
        except (OSError, http.client.HTTPException) as error:
            kept.distrust()
            raise StoreUnreachable("Store.Unreachable", f"{request}: {name_of(error)}") from None
        except Exception as error:  # noqa: BLE001 - the SDK raises it for some network failures
            raise StoreError("Store.Failed", f"{request}: {name_of(error)}") from None
        return self._checked(action, key, response)

    def _checked(self, action: str, key: str, response: Any) -> Any:  # noqa: ANN401 - as above
        status = response.status
        if is_success(status) or (status == NO_SUCH_RANGE and action == "get"):
            return response
        if action == "head" and status in _WITHOUT_REASON:
            return None
        if status == _NOT_FOUND and response.errorCode in _MISSING:
            return None
        reason = self.credentials.masked(response.errorMessage or response.reason)
        is_input = action != "list" and key.startswith(self.settings.layout.input_prefix)
        raise error_of_response(response, f"{action} {key}", reason, is_input=is_input)


def _received(response: Any, limit: int) -> Received:  # noqa: ANN401 - the SDK has no types
    """Return a response to GET with ``limit`` + 1 bytes of its content at most."""
    body = response.body
    with contextlib.closing(body.response) as stream:
        content = stream.read(limit + 1)
        content_range = stream.getheader("Content-Range")
    if len(content) < min(limit + 1, body.contentLength or 0):
        raise http.client.IncompleteRead(b"")
    return Received(response.status, body, content, content_range)
