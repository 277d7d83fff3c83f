"""Files on their way to the bucket: streamed, or stored again so that the function reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from hashlib import md5
from typing import Any, cast

import anyio.from_thread
from obs import CompleteMultipartUploadRequest, CompletePart, PutObjectHeader

from accounting.bucket import Bucket
from accounting.errors import AccountingError
from quota_invoice.errors import StoreError
from quota_invoice.obs.objects import BEGINNING, Source
from quota_invoice.obs.responses import etag_of_response
from quota_invoice.obs.sender import Sender
from quota_invoice.obs.store import ObsStore
from quota_invoice.recognition.formats.memory import LARGEST_FILE

_LONGEST = 1800.0  # seconds of one upload: a large PDF over a slow line
_IN_PARTS = "-"  # in the ETag of an object that was stored in parts


class Body:
    """The body of a request, read by a thread while it arrives.

    Args:
        chunks: the body's chunks; they belong to the event loop.
        size: its bytes, as the request says.

    Attributes:
        size: as above.
    """

    def __init__(self, chunks: AsyncIterator[bytes], size: int) -> None:
        self.size = size
        self._chunks = chunks
        self._buffer = b""
        self._digest = md5(usedforsecurity=False)

    def beginning(self) -> bytes:
        """Return the first bytes; they are read again afterwards."""
        while len(self._buffer) < min(BEGINNING, self.size):
            self._buffer += self._next()
        return self._buffer[:BEGINNING]

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most so many.

        Raises:
            EOFError: the sender ended before the size that the request says.
        """
        taken = self._buffer[:size] if self._buffer else self._next()
        self._buffer = self._buffer[size:] if self._buffer else taken[size:]
        taken = taken[:size]
        self._digest.update(taken)
        return taken

    def etag(self) -> str:
        """Return the ETag of the bytes that were read, of an object that is stored whole."""
        return self._digest.hexdigest()

    def _next(self) -> bytes:
        async def following() -> bytes:
            async for chunk in self._chunks:
                if chunk:
                    return chunk
            raise EOFError

        return anyio.from_thread.run(following)


class TooLargeToRenew(AccountingError):
    """A file is too large to be stored once more."""

    def __init__(self) -> None:
        super().__init__(f"the file has more than {LARGEST_FILE:,} bytes")


class Uploader:
    """Writes inputs to the bucket; several threads may use it.

    All methods raise ``StoreError`` if the bucket refuses a request or cannot be reached.

    Args:
        bucket: the bucket, over the SDK's client.
    """

    def __init__(self, bucket: Bucket) -> None:
        sender = cast("ObsStore", bucket.store).sender
        settings = sender.settings._replace(obs_timeout=_LONGEST)
        self._sender: Sender = sender._replace(settings=settings)
        self._bucket = bucket

    def put(self, key: str, body: Body) -> str:
        """Store a file while it arrives, and return its ETag.

        If the sender stops, the bucket keeps nothing: it waits for the size that was announced.
        """
        client, name = self._sender.client, self._bucket.name
        headers = PutObjectHeader(contentLength=body.size)
        response = self._send(
            key, lambda k: client.putContent(name, k, body, headers=headers, autoClose=False)
        )
        return etag_of_response(response.body, f"put {key}")

    def renew(self, source: Source) -> str:
        """Store an object's content once more under its key, with another ETag, and return it.

        The function reads no content again that it could not read: its failure record names the
        ETag. So the same bytes get another one. The ETag of an object in parts differs from that of
        a whole one. The bucket copies the bytes itself; only an object that is in parts already is
        downloaded and stored whole.

        Raises:
            TooLargeToRenew: the object is in parts, and larger than a file that is read.
            AccountingError: the object was replaced or removed meanwhile.
        """
        is_in_parts = _IN_PARTS in source.etag
        etag = self._store_whole(source) if is_in_parts else self._copy_in_parts(source)
        if etag == source.etag:
            raise StoreError("Store.SameEtag", f"put {source.key}: the ETag is the same as before")
        return etag

    def _store_whole(self, source: Source) -> str:
        client, name = self._sender.client, self._bucket.name
        if source.size > LARGEST_FILE:
            raise TooLargeToRenew
        content = self._bucket.store.fetch(source, LARGEST_FILE)
        self._check(source)
        if content is None or len(content) != source.size:  # else it would replace the original
            raise AccountingError("the file was replaced or removed meanwhile")
        response = self._send(source.key, lambda k: client.putContent(name, k, content))
        return etag_of_response(response.body, f"put {source.key}")

    def _copy_in_parts(self, source: Source) -> str:
        client, name, key = self._sender.client, self._bucket.name, source.key
        begun = self._send(key, lambda k: client.initiateMultipartUpload(name, k)).body.uploadId
        copied = self._send(key, lambda k: client.copyPart(name, k, 1, begun, f"/{name}/{k}"))
        parts = CompleteMultipartUploadRequest([CompletePart(1, copied.body.etag)])
        self._check(source)
        response = self._send(key, lambda k: client.completeMultipartUpload(name, k, begun, parts))
        return etag_of_response(response.body, f"put {key}")

    def _check(self, source: Source) -> None:
        present = self._bucket.store.describe(source.bucket, source.key)
        if present is None or present.etag != source.etag:
            raise AccountingError("the file was replaced or removed meanwhile")

    def _send(self, key: str, call: Callable[[str], Any]) -> Any:  # noqa: ANN401 - the SDK has no types
        response = self._sender.send("put", key, call)
        if response is None:
            raise StoreError("Store.NoSuchBucket", f"put {key}: there is no such bucket or object")
        return response
