"""The bucket: the only module that knows OBS.

What the SDK leaves to its caller is done here: HTTP errors are values that must be looked at,
network failures are exceptions of any kind, certificates are not checked unless it is told how.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import certifi
from obs import GetObjectHeader, ObsClient, PutObjectHeader

from quota_invoice.errors import StoreBusy, StoreError
from quota_invoice.json_values import no_constant
from quota_invoice.obs.answers import etag_of_answer, listed_time, name_of, not_the_stores, utc
from quota_invoice.obs.objects import Entry, ObjectInfo
from quota_invoice.retry import persist, within
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings
from quota_invoice.stopwatch import Stopwatch

_NO_CONTENT = 204
_NOT_FOUND = 404
_BUSY = {429, 503}  # OBS slows callers down with either
_BAD = 300
_LEAST = 0.5  # seconds; what is known when time is up is still written
_PAGE = 1000  # objects, the most that a listing gives at once
_V4_TOKEN = "X-Amz-Security-Token"  # noqa: S105 - a parameter's name


class Store:
    """Reads, writes and signs.

    One instance serves an instance of the function for its life; ``use`` gives it each
    invocation's credentials. All methods raise ``StoreError`` where the bucket refuses or is not
    reached.

    Args:
        settings: where the bucket is, and how long to wait for it.
        credentials: of the first invocation.
        watch: counts the time that requests take.
    """

    def __init__(
        self, settings: Settings, credentials: Credentials, watch: Stopwatch | None = None
    ) -> None:
        self._credentials = credentials
        self._watch = watch or Stopwatch()
        self._url_life = settings.url_life
        # Of a request with its repetitions, however slowly bytes drip.
        self._limit = 2 * settings.obs_timeout + 1
        self._patience: Callable[[], float] = lambda: self._limit
        trusted = settings.ca_file or certifi.where()
        # OBS signs path-style requests with its own signature only in this mode of the SDK.
        mode = "local" if settings.obs_path_style else "obs"
        self._client = ObsClient(
            credentials.access_key,
            credentials.secret_key,
            security_token=credentials.security_token or None,
            server=settings.obs_endpoint,
            signature=settings.obs_signature,
            region=settings.region,
            path_style=settings.obs_path_style,
            client_mode=mode,
            is_signature_negotiation=False,  # it would cost a request per bucket
            ssl_verify=trusted,
            timeout=settings.obs_timeout,
            # Of its kept connections, several may have been closed unannounced.
            max_retry_count=3,
            # The first redirect ends it: followed, it would take our signature and token anywhere.
            max_redirect_count=1,
            long_conn_mode=True,
        )
        if self._client.context is not None:
            # The SDK's own context checks the chain at most: any trusted host could pose as OBS.
            self._client.context = ssl.create_default_context(cafile=trusted)

    def use(self, credentials: Credentials, patience: Callable[[], float] | None = None) -> None:
        """Go on with the credentials of the invocation at hand: the former may have expired.

        Args:
            credentials: the invocation's.
            patience: seconds that somebody waits, as of now; None if nobody does.
        """
        self._patience = patience or (lambda: self._limit)
        self._credentials = credentials
        self._client.refresh(
            credentials.access_key, credentials.secret_key, credentials.security_token
        )

    def signed_url(self, bucket: str, key: str) -> str:
        """Give an address under which the object can be read for a while. Never log it."""
        return self._signed("GET", bucket, key, self._url_life, {})

    def signed_put(self, bucket: str, key: str, seconds: int, content_type: str | None) -> str:
        """Give an address under which the object can be written for so many seconds.

        Never log it. OBS signs a Content-Type as well: that one has to be sent, or none at all.
        """
        headers = {"Content-Type": content_type} if content_type else {}
        return self._signed("PUT", bucket, key, seconds, headers)

    def _signed(
        self, method: str, bucket: str, key: str, seconds: int, headers: dict[str, str]
    ) -> str:
        query = {}
        if self._client.signature == "v4":
            # The SDK spells this parameter in lower case, which stores of the S3 kind do not know.
            query = {_V4_TOKEN: self._credentials.security_token}
        signed = self._client.createSignedUrl(
            method, bucket, key, expires=seconds, headers=headers, queryParams=query
        )
        return str(signed.signedUrl)

    def describe(self, bucket: str, key: str) -> ObjectInfo | None:
        """Look an object up without reading it; None if there is none."""
        response = self._ask("head", key, lambda k: self._client.getObjectMetadata(bucket, k))
        if response is None:
            return None
        body = response.body
        return ObjectInfo(
            etag=etag_of_answer(body, f"head {key}"),
            size=int(body.contentLength or 0),
            version_id=body.versionId or None,
            modified_at=utc(body.lastModified),
        )

    def read(self, bucket: str, key: str) -> dict[str, Any] | None:
        """Read a record; None if there is none, an empty one if it is not a JSON object."""
        response = self._ask(
            "get",
            key,
            lambda k: self._client.getObject(
                bucket, k, headers=GetObjectHeader(), loadStreamInMemory=True
            ),
        )
        if response is None:
            return None
        etag_of_answer(response.body, f"get {key}")
        try:
            document = json.loads(response.body.buffer, parse_constant=no_constant)
        except (ValueError, TypeError, AttributeError, RecursionError):
            return {}  # not ours, or not whole: as good as none, and the next write mends it
        return document if isinstance(document, dict) else {}

    def fetch(self, bucket: str, key: str, limit: int) -> bytes | None:
        """Read an object of at most ``limit`` bytes; None if there is none, or a larger one."""

        def get(k: str) -> Any:  # noqa: ANN401 - the SDK has no types
            response = self._client.getObject(bucket, k, headers=GetObjectHeader())
            if response.status < _BAD:
                with contextlib.closing(response.body.response) as stream:
                    response.body.buffer = stream.read(limit + 1)
            return response

        response = self._ask("get", key, get)
        if response is None or len(response.body.buffer) > limit:
            return None
        etag_of_answer(response.body, f"get {key}")
        if len(response.body.buffer) != (response.body.contentLength or 0):
            raise StoreError("Store.Unreachable", f"get {key}: the answer is cut")
        return bytes(response.body.buffer)

    def listing(self, bucket: str, prefix: str, after: str = "") -> Iterator[Entry]:
        """Give the objects under a prefix whose keys come after one, in the order of keys.

        A thousand come with each request, which is made when they are needed.
        """
        marker: str | None = after or None
        while True:
            response = self._ask(
                "list",
                f"{prefix}…",
                lambda _: self._page(bucket, prefix, marker),  # noqa: B023 - called at once
            )
            if response is None:
                raise StoreError(
                    "Store.NoSuchBucket", f"list {prefix}: there is no bucket {bucket}"
                )
            if getattr(response.body, "name", None) != bucket:
                raise not_the_stores(f"list {prefix}")
            for item in response.body.contents:
                etag = etag_of_answer(item, f"list {prefix}")
                yield Entry(item.key, etag, int(item.size or 0), listed_time(item.lastModified))
            if not response.body.is_truncated:
                return
            marker = response.body.next_marker or response.body.contents[-1].key

    def _page(self, bucket: str, prefix: str, marker: str | None) -> Any:  # noqa: ANN401 - the SDK has no types
        # Encoded, as XML cannot hold every key; the SDK decodes them.
        return self._client.listObjects(
            bucket, prefix=prefix, marker=marker, max_keys=_PAGE, encoding_type="url"
        )

    def write(self, bucket: str, key: str, document: Mapping[str, Any]) -> None:
        """Write a record."""
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        headers = PutObjectHeader(contentType="application/json; charset=utf-8")
        # What was read may hold half of a surrogate pair: as an escape it is JSON all the same.
        content = text.encode("utf-8", "backslashreplace")
        response = self._ask(
            "put", key, lambda k: self._client.putContent(bucket, k, content, headers=headers)
        )
        if response is None:
            raise StoreError("Store.NoSuchBucket", f"put {key}: there is no bucket {bucket}")
        etag_of_answer(response.body, f"put {key}")

    def delete(self, bucket: str, key: str) -> None:
        """Remove a record; well if there is none."""
        response = self._ask("delete", key, lambda k: self._client.deleteObject(bucket, k))
        if response is not None and response.status != _NO_CONTENT:
            raise not_the_stores(f"delete {key}")

    def _ask(self, action: str, key: str, call: Callable[[str], Any]) -> Any:  # noqa: ANN401 - the SDK has no types
        """Make a request, again where the bucket is busy; None if there is no such object."""
        deadline = time.monotonic() + min(self._limit, max(self._patience(), _LEAST))

        def left() -> float:
            return deadline - time.monotonic()

        response, _ = persist(lambda: self._ask_once(action, key, call, left()), left)
        return response

    def _ask_once(self, action: str, key: str, call: Callable[[str], Any], limit: float) -> Any:  # noqa: ANN401 - the SDK has no types
        if not key:
            # To OBS that would be an operation on the bucket itself.
            raise StoreError("Store.EmptyKey", f"{action}: an object's key is missing")
        try:
            with self._watch.waiting("bucket"):
                response = within(limit, lambda: call(key))
        except (OSError, http.client.HTTPException) as error:
            raise StoreError("Store.Unreachable", f"{action} {key}: {name_of(error)}") from None
        except Exception as error:  # noqa: BLE001 - the SDK raises it for some network failures
            raise StoreError("Store.Failed", f"{action} {key}: {name_of(error)}") from None
        if response.status < _BAD:
            return response
        # The answer to HEAD has no body that could say so.
        missing = {"NoSuchKey", None} if action == "head" else {"NoSuchKey"}
        if response.status == _NOT_FOUND and response.errorCode in missing:
            return None
        code = response.errorCode or response.status
        told = self._credentials.masked(response.errorMessage or response.reason)
        message = f"{action} {key}: {response.status} {told}"
        kind = StoreBusy if response.status in _BUSY else StoreError
        raise kind(f"Store.{code}", message, response.requestId)
