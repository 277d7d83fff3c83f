"""The object store by OBS's SDK: one method per operation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from obs import GetObjectHeader, PutObjectHeader

from quota_invoice.deadline import Deadline
from quota_invoice.errors import StoreRefused, StoreUnreachable
from quota_invoice.json_values import parse_json
from quota_invoice.obs.client import make_client
from quota_invoice.obs.objects import BEGINNING, Entry, Identified, Source
from quota_invoice.obs.responses import (
    etag_of_response,
    foreign_response,
    listed_time,
    source_of,
    whole_size,
)
from quota_invoice.obs.sender import NO_SUCH_RANGE, Sender
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings
from quota_invoice.stopwatch import Stopwatch

LARGEST_RECORD = 16 << 20
"""Bytes of the largest object that is read as a record; that of 100 pages has about 150 KB."""
_NO_CONTENT = 204
_PARTIAL = 206
_PAGE = 1000  # objects; the maximum of one listing request
# The SDK reads them only, and takes long to make them.
_FIRST_BYTES = GetObjectHeader(range=f"0-{BEGINNING - 1}")
_AS_JSON = PutObjectHeader(contentType="application/json; charset=utf-8")
_V4_TOKEN = "X-Amz-Security-Token"  # noqa: S105 - a parameter's name
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


class ObsStore:
    """Reads, writes and signs objects, for one invocation.

    All methods raise ``StoreError`` if the bucket refuses a request or cannot be reached, and
    ``ObjectUnavailable`` if it refuses one object.

    Args:
        sender: sends the requests.

    Attributes:
        sender: as above; for operations that the function does not need.
    """

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self._client = sender.client

    @classmethod
    def connect(cls, settings: Settings, credentials: Credentials) -> ObsStore:
        """Return a store with connections of its own; no request is sent."""
        client = make_client(settings, credentials)
        return cls(Sender(settings, client, credentials, Stopwatch(), Deadline.never()))

    def for_invocation(self, credentials: Credentials, stopwatch: Stopwatch) -> ObsStore:
        """Return a store over the same connections with the credentials of another invocation."""
        self._client.refresh(
            credentials.access_key, credentials.secret_key, credentials.security_token
        )
        return ObsStore(self.sender._replace(credentials=credentials, stopwatch=stopwatch))

    def until(self, deadline: Deadline) -> ObsStore:
        """Return a store whose requests end at a deadline, such as a waiting caller's."""
        return ObsStore(self.sender._replace(deadline=deadline))

    def signed_url(self, source: Source) -> str:
        """Return a URL that reads the object, in its version, for a while. Never log it."""
        query = {"versionId": source.version_id} if source.version_id else {}
        return self._signed(
            "GET", source.bucket, source.key, self.sender.settings.url_life, query=query
        )

    def signed_put(self, bucket: str, key: str, seconds: int, content_type: str | None) -> str:
        """Return a URL that writes the object, for so many seconds. Never log it.

        OBS signs the Content-Type too: the upload must send this one, or none if it is None.
        """
        headers = {"Content-Type": content_type} if content_type else {}
        return self._signed("PUT", bucket, key, seconds, headers=headers)

    def _signed(  # noqa: PLR0913 - the parts of a request
        self,
        method: str,
        bucket: str,
        key: str,
        seconds: int,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> str:
        parameters = dict(query or {})
        if self._client.signature == "v4":
            # The SDK writes this parameter in lower case, which S3-compatible stores do not know.
            parameters[_V4_TOKEN] = self.sender.credentials.security_token
        signed = self._client.createSignedUrl(
            method, bucket, key, expires=seconds, headers=headers, queryParams=parameters
        )
        return str(signed.signedUrl)

    def identify(self, bucket: str, key: str) -> Identified | None:
        """Return an object's metadata and its first bytes; None if there is no such object."""
        request = f"get {key}"
        response = self.sender.get(bucket, key, BEGINNING, _FIRST_BYTES)
        if response is None:
            return None
        if response.status == NO_SUCH_RANGE:
            return self._identify_empty(bucket, key)
        source = source_of(bucket, key, response.body, request)
        if response.status == _PARTIAL:
            size = whole_size(response.content_range)
            if size is None:
                raise foreign_response(request)
            source = source._replace(size=size)
        return Identified(source, response.content[:BEGINNING])

    def _identify_empty(self, bucket: str, key: str) -> Identified | None:
        """Identify an object that has no first byte."""
        response = self._head(bucket, key)
        if response is None:
            return None
        source = source_of(bucket, key, response.body, f"head {key}")
        if source.size:
            message = f"get {key}: the object was replaced while it was identified"
            raise StoreUnreachable("Store.Changing", message)
        return Identified(source, b"")

    def describe(self, bucket: str, key: str) -> Source | None:
        """Return an object's metadata; None if there is no such object.

        The response to HEAD has no body that could name the reason of a refusal, and any proxy may
        respond with 404: a GET has OBS's own reason.
        """
        response = self._head(bucket, key)
        if response is None:
            identified = self.identify(bucket, key)
            return identified.source if identified else None
        return source_of(bucket, key, response.body, f"head {key}")

    def _head(self, bucket: str, key: str) -> Any:  # noqa: ANN401 - the SDK has no types
        """Return the response to HEAD; None if the object is missing or refused."""
        return self.sender.send("head", key, lambda k: self._client.getObjectMetadata(bucket, k))

    def read(self, bucket: str, key: str) -> dict[str, Any] | None:
        """Return a record; None if there is none.

        An object that is no JSON object, or larger than any record, is another program's or a part
        of a record: it is returned as an empty record, and the next write replaces it.
        """
        response = self.sender.get(bucket, key, LARGEST_RECORD)
        if response is None:
            return None
        etag_of_response(response.body, f"get {key}")
        if len(response.content) > LARGEST_RECORD:
            return {}
        try:
            record = parse_json(response.content)
        except ValueError:
            return {}
        return record if isinstance(record, dict) else {}

    def fetch(self, source: Source, limit: int) -> bytes | None:
        """Return an object of at most ``limit`` bytes; None if it is missing or larger."""
        response = self.sender.get(source.bucket, source.key, limit, version=source.version_id)
        if response is None or len(response.content) > limit:
            return None
        etag_of_response(response.body, f"get {source.key}")
        return response.content

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
        response = self.sender.send(
            "list",
            f"{prefix}…",
            # Keys come encoded, since XML cannot hold every character; the SDK decodes them.
            lambda _: self._client.listObjects(
                bucket, prefix=prefix, marker=marker, max_keys=_PAGE, encoding_type="url"
            ),
        )
        if response is None:
            raise StoreRefused("Store.NoSuchBucket", f"list {prefix}: there is no bucket {bucket}")
        if getattr(response.body, "name", None) != bucket:
            raise foreign_response(f"list {prefix}")
        return response.body

    def write(self, bucket: str, key: str, record: Mapping[str, Any]) -> None:
        """Write a record."""
        content = _text_of(record)
        response = self.sender.send(
            "put", key, lambda k: self._client.putContent(bucket, k, content, headers=_AS_JSON)
        )
        if response is None:
            raise StoreRefused("Store.NoSuchBucket", f"put {key}: there is no bucket {bucket}")
        etag_of_response(response.body, f"put {key}")

    def delete(self, bucket: str, key: str) -> None:
        """Remove a record, if there is one."""
        response = self.sender.send("delete", key, lambda k: self._client.deleteObject(bucket, k))
        if response is not None and response.status != _NO_CONTENT:
            raise foreign_response(f"delete {key}")


def _text_of(record: Mapping[str, Any]) -> bytes:
    """Return a record as JSON, each of its members on a line of its own.

    Up to Python 3.12, the encoder that indents all levels takes three times as long.
    """
    members = ",\n".join([f"  {_encode(name)}: {_encode(value)}" for name, value in record.items()])
    # OCR text may hold half of a surrogate pair, which is valid JSON as an escape.
    return f"{{\n{members}\n}}\n".encode("utf-8", "backslashreplace")
