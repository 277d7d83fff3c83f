"""The object store by OBS's SDK.

The SDK returns HTTP errors as values and raises any exception for network failures; this module
turns both into errors of the function.
"""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from obs import GetObjectHeader, ObsClient, PutObjectHeader

from quota_invoice.deadline import SHORTEST_REQUEST, Deadline, run_with_timeout
from quota_invoice.errors import StoreBusy, StoreError
from quota_invoice.json_values import no_constant
from quota_invoice.obs.client import make_client
from quota_invoice.obs.objects import Entry, Source
from quota_invoice.obs.responses import (
    etag_of_response,
    foreign_response,
    is_success,
    listed_time,
    name_of,
    utc,
)
from quota_invoice.retry import retry
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings
from quota_invoice.stopwatch import Stopwatch

_NO_CONTENT = 204
_NOT_FOUND = 404
_BUSY = {429, 503}  # OBS limits the rate of requests with either
_PAGE = 1000  # objects; the maximum of one listing request
_V4_TOKEN = "X-Amz-Security-Token"  # noqa: S105 - a parameter's name


class ObsStore:
    """Reads, writes and signs objects, for one invocation.

    All methods raise ``StoreError`` if the bucket refuses a request or cannot be reached.

    Args:
        settings: endpoint and timeouts.
        client: the SDK's client, whose connections outlive an invocation.
        credentials: the invocation's.
        stopwatch: counts the time of requests.
        deadline: no request waits longer.
    """

    def __init__(
        self,
        settings: Settings,
        client: ObsClient,
        credentials: Credentials,
        stopwatch: Stopwatch,
        deadline: Deadline,
    ) -> None:
        self._settings = settings
        self._client = client
        self._credentials = credentials
        self._stopwatch = stopwatch
        self._deadline = deadline

    @classmethod
    def connect(cls, settings: Settings, credentials: Credentials) -> ObsStore:
        """Return a store with connections of its own; no request is sent."""
        client = make_client(settings, credentials)
        return cls(settings, client, credentials, Stopwatch(), Deadline.never())

    def for_invocation(self, credentials: Credentials, stopwatch: Stopwatch) -> ObsStore:
        """Return a store over the same connections with the credentials of another invocation."""
        self._client.refresh(
            credentials.access_key, credentials.secret_key, credentials.security_token
        )
        return ObsStore(self._settings, self._client, credentials, stopwatch, self._deadline)

    def until(self, deadline: Deadline) -> ObsStore:
        """Return a store whose requests end at a deadline, such as a waiting caller's."""
        return ObsStore(self._settings, self._client, self._credentials, self._stopwatch, deadline)

    def signed_url(self, bucket: str, key: str) -> str:
        """Return a URL that reads the object for a while. Never log it."""
        return self._signed("GET", bucket, key, self._settings.url_life, {})

    def signed_put(self, bucket: str, key: str, seconds: int, content_type: str | None) -> str:
        """Return a URL that writes the object, for so many seconds. Never log it.

        OBS signs the Content-Type too: the upload must send this one, or none if it is None.
        """
        headers = {"Content-Type": content_type} if content_type else {}
        return self._signed("PUT", bucket, key, seconds, headers)

    def _signed(
        self, method: str, bucket: str, key: str, seconds: int, headers: dict[str, str]
    ) -> str:
        query = {}
        if self._client.signature == "v4":
            # The SDK writes this parameter in lower case, which S3-compatible stores do not know.
            query = {_V4_TOKEN: self._credentials.security_token}
        signed = self._client.createSignedUrl(
            method, bucket, key, expires=seconds, headers=headers, queryParams=query
        )
        return str(signed.signedUrl)

    def describe(self, bucket: str, key: str) -> Source | None:
        """Return an object's metadata; None if there is no such object."""
        response = self._request("head", key, lambda k: self._client.getObjectMetadata(bucket, k))
        if response is None:
            return None
        body = response.body
        return Source(
            bucket,
            key,
            etag=etag_of_response(body, f"head {key}"),
            size=int(body.contentLength or 0),
            version_id=body.versionId or None,
            uploaded_at=utc(body.lastModified),
        )

    def read(self, bucket: str, key: str) -> dict[str, Any] | None:
        """Return a record; None if there is none, an empty one if it is not a JSON object."""
        response = self._request(
            "get",
            key,
            lambda k: self._client.getObject(
                bucket, k, headers=GetObjectHeader(), loadStreamInMemory=True
            ),
        )
        if response is None:
            return None
        etag_of_response(response.body, f"get {key}")
        try:
            record = json.loads(response.body.buffer, parse_constant=no_constant)
        except (ValueError, TypeError, AttributeError, RecursionError):
            return {}  # another program's object, or a part of a record: the next write replaces it
        return record if isinstance(record, dict) else {}

    def fetch(self, bucket: str, key: str, limit: int) -> bytes | None:
        """Return an object of at most ``limit`` bytes; None if it is missing or larger."""

        def get(k: str) -> Any:  # noqa: ANN401 - the SDK has no types
            response = self._client.getObject(bucket, k, headers=GetObjectHeader())
            if is_success(response.status):
                with contextlib.closing(response.body.response) as stream:
                    response.body.buffer = stream.read(limit + 1)
            return response

        response = self._request("get", key, get)
        if response is None or len(response.body.buffer) > limit:
            return None
        etag_of_response(response.body, f"get {key}")
        if len(response.body.buffer) != (response.body.contentLength or 0):
            raise StoreError("Store.Unreachable", f"get {key}: the response is incomplete")
        return bytes(response.body.buffer)

    def listing(self, bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        """Yield the objects under a prefix whose keys come after one, in the order of keys.

        Each page of a thousand is requested when it is needed.
        """
        marker: str | None = after or None
        while True:
            body = self._page(bucket, prefix, marker)
            for item in body.contents:
                etag = etag_of_response(item, f"list {prefix}")
                yield Entry(item.key, etag, int(item.size or 0), listed_time(item.lastModified))
            if not body.is_truncated:
                return
            marker = body.next_marker or body.contents[-1].key

    def _page(self, bucket: str, prefix: str, marker: str | None) -> Any:  # noqa: ANN401 - the SDK has no types
        response = self._request(
            "list",
            f"{prefix}…",
            # Keys come encoded, since XML cannot hold every character; the SDK decodes them.
            lambda _: self._client.listObjects(
                bucket, prefix=prefix, marker=marker, max_keys=_PAGE, encoding_type="url"
            ),
        )
        if response is None:
            raise StoreError("Store.NoSuchBucket", f"list {prefix}: there is no bucket {bucket}")
        if getattr(response.body, "name", None) != bucket:
            raise foreign_response(f"list {prefix}")
        return response.body

    def write(self, bucket: str, key: str, record: Mapping[str, Any]) -> None:
        """Write a record."""
        text = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
        headers = PutObjectHeader(contentType="application/json; charset=utf-8")
        # OCR text may hold half of a surrogate pair, which is valid JSON as an escape.
        content = text.encode("utf-8", "backslashreplace")
        response = self._request(
            "put", key, lambda k: self._client.putContent(bucket, k, content, headers=headers)
        )
        if response is None:
            raise StoreError("Store.NoSuchBucket", f"put {key}: there is no bucket {bucket}")
        etag_of_response(response.body, f"put {key}")

    def delete(self, bucket: str, key: str) -> None:
        """Remove a record, if there is one."""
        response = self._request("delete", key, lambda k: self._client.deleteObject(bucket, k))
        if response is not None and response.status != _NO_CONTENT:
            raise foreign_response(f"delete {key}")

    def _request(self, action: str, key: str, send: Callable[[str], Any]) -> Any:  # noqa: ANN401 - the SDK has no types
        """Send a request, again if the bucket is busy; None if there is no such object."""
        # The timeout of the settings is for one attempt of the SDK, which sends a second one.
        longest = 2 * self._settings.obs_timeout + 1
        seconds = min(longest, max(self._deadline.remaining(), SHORTEST_REQUEST))
        deadline = Deadline.after(seconds)
        response, _ = retry(lambda: self._attempt(action, key, send, deadline), deadline)
        return response

    def _attempt(
        self, action: str, key: str, send: Callable[[str], Any], deadline: Deadline
    ) -> Any:  # noqa: ANN401 - the SDK has no types
        if not key:
            # An empty key would be an operation on the bucket itself.
            raise StoreError("Store.EmptyKey", f"{action}: an object's key is missing")
        try:
            with self._stopwatch.waiting("bucket"):
                response = run_with_timeout(deadline.remaining(), lambda: send(key))
        except (OSError, http.client.HTTPException) as error:
            raise StoreError("Store.Unreachable", f"{action} {key}: {name_of(error)}") from None
        except Exception as error:  # noqa: BLE001 - the SDK raises it for some network failures
            raise StoreError("Store.Failed", f"{action} {key}: {name_of(error)}") from None
        if is_success(response.status):
            return response
        # The response to HEAD has no body that could hold an error code.
        missing = {"NoSuchKey", None} if action == "head" else {"NoSuchKey"}
        if response.status == _NOT_FOUND and response.errorCode in missing:
            return None
        code = response.errorCode or response.status
        reason = self._credentials.masked(response.errorMessage or response.reason)
        message = f"{action} {key}: {response.status} {reason}"
        kind = StoreBusy if response.status in _BUSY else StoreError
        raise kind(f"Store.{code}", message, response.requestId)
