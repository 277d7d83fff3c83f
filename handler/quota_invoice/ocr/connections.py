"""The OCR SDK's HTTP session over bounded connections, with bounded responses.

The SDK sends by ``requests``, which is made to be extended by adapters of one's own.
"""

from __future__ import annotations

import socket
import ssl
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from quota_invoice.sockets import BoundedSocket, KeptConnections, connect, current_exchange

LARGEST_ANSWER = 4 << 20
"""Bytes of a response, decoded; that of a page with a hundred invoices has some 100 KB."""
LARGEST_ERROR = 64 << 10
"""Bytes of an error's response; the rest is cut off."""
_CHUNK = 64 << 10
_FIRST_ERROR = 400
# Headers that describe the body as it was sent. By the Content-Type, the SDK would choose a parser
# for XML or BSON, which the zip does not have; a result is JSON under any Content-Type.
_FORM = {"content-encoding", "content-length", "content-type", "transfer-encoding"}
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class UnusableBody(Exception):
    """A response whose body is too large, encoded in an unknown way, or sent twice."""


class _Bounded(HTTPConnection):
    """The part of a connection that ends with its exchange, with and without TLS."""

    def _new_conn(self) -> socket.socket:
        try:
            return connect(self.host, self.port)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "the connection timed out") from error
        except OSError as error:
            raise NewConnectionError(self, type(error).__name__) from error

    @property
    def is_connected(self) -> bool:
        """Whether the connection may be used again; the pool opens another one otherwise."""
        opened: Any = self.sock
        return isinstance(opened, BoundedSocket) and opened.is_usable()


class _BoundedTls(_Bounded, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Bounded


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _BoundedTls


class BoundedAdapter(HTTPAdapter):
    """Sends the SDK's requests: each one once, within its exchange.

    Args:
        tls: makes bounded sockets.

    Attributes:
        kept: which connections may be used again.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self.kept = KeptConnections()
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as the base class
        """Make the connection pools."""
        super().init_poolmanager(*args, **options, ssl_context=self._tls)
        _bound(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> PoolManager:  # noqa: ANN401 - as the base class
        """Return the connection pools by way of a proxy."""
        return _bound(super().proxy_manager_for(proxy, **options, ssl_context=self._tls))

    def send(self, *args: Any, **options: Any) -> Response:  # noqa: ANN401 - as the base class
        """Send a request, unless its exchange has sent one.

        The SDK sends a request again if it does not understand the response, which is billed.
        """
        bounds = current_exchange()
        if bounds.is_sent:
            message = "its shape is unknown"
            raise UnusableBody(message)
        bounds.is_sent = True
        # The context has the certificates; a file named by the environment would be added to them.
        return super().send(*args, **{**options, "verify": True})

    def cert_verify(self, conn: Any, *_: object) -> None:  # noqa: ANN401 - as the base class
        """Load no certificates for a connection: its context has them, and checks them."""
        conn.cert_reqs = "CERT_REQUIRED"

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:  # noqa: ANN401 - as the base class
        """Return the response with all of its body, which is bounded."""
        current_exchange().status = resp.status
        body = _body(resp)
        headers = {name: value for name, value in resp.headers.items() if name.lower() not in _FORM}
        plain = HTTPResponse(
            BytesIO(body),
            headers,
            resp.status,
            reason=resp.reason,
            decode_content=False,
            preload_content=False,
        )
        response = super().build_response(req, plain)
        # Without a name, the library would compare megabytes with every encoding that there is.
        response.encoding = "utf-8"
        return response


def _bound(manager: PoolManager) -> PoolManager:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
    return manager


def _body(response: HTTPResponse) -> bytes:
    """Read a response's body and decode it, both up to its limit."""
    is_error = response.status >= _FIRST_ERROR
    limit = LARGEST_ERROR if is_error else LARGEST_ANSWER
    try:
        body = b"".join(_decoded(response, limit + 1))
    except BaseException:
        response.close()
        raise
    if len(body) <= limit:
        response.release_conn()
        return body
    response.close()
    if is_error:
        return body[:limit]
    message = f"it has more than {limit} bytes"
    raise UnusableBody(message)


def _decoded(response: HTTPResponse, most: int) -> Iterator[bytes]:
    """Yield the parts of a body, decoded; ``most`` bytes of all together."""
    unpack = _unpacker(response.headers.get("Content-Encoding", ""))
    while most > 0:
        packed = response.read(_CHUNK, decode_content=False)
        if not packed:
            return
        try:
            part = unpack.decompress(packed, most) if unpack else packed[:most]
        except zlib.error:
            message = "its encoding is invalid"
            raise UnusableBody(message) from None
        most -= len(part)
        yield part


def _unpacker(encoding: str) -> Any:  # noqa: ANN401 - zlib does not name the type
    name = encoding.strip().lower()
    if name in {"gzip", "x-gzip", "deflate"}:
        return zlib.decompressobj(_GZIP_OR_ZLIB)
    if name in {"", "identity"}:
        return None
    message = "its encoding is unknown"
    raise UnusableBody(message)
