"""The OBS SDK's client over bounded connections, which are kept for a short time only."""

from __future__ import annotations

import http.client
import queue
import ssl
from typing import Any

from obs import ObsClient

from quota_invoice.sockets import BoundedSocket, KeptConnections, connect, current_exchange

LARGEST_ERROR = 64 << 10  # bytes of an error's body, which is XML of a few hundred


class Connection(http.client.HTTPConnection):
    """A connection whose requests end with their exchange.

    Args:
        host: the server.
        port: its port.
        tls: makes the socket of a connection with TLS.
    """

    sock: BoundedSocket | Any  # Any: the types of ``ssl`` do not know the context's own class

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        super().__init__(host, port)
        self._tls = tls
        self._response: http.client.HTTPResponse | None = None

    def connect(self) -> None:
        """Open the connection; the base class calls it when there is none."""
        opened: Any = connect(self.host, self.port)
        self.sock = (
            self._tls.wrap_socket(opened, server_hostname=self.host) if self._tls else opened
        )

    def getresponse(self) -> http.client.HTTPResponse:
        """Return the response after its headers; an error has little to follow them."""
        self._response = response = super().getresponse()
        bounds = current_exchange()
        bounds.status = response.status
        if response.status >= http.client.MULTIPLE_CHOICES:
            bounds.bytes_left = min(bounds.bytes_left, LARGEST_ERROR)
        return response

    def is_usable(self) -> bool:
        """Whether another request may be sent: the last response was read to its end, and so on."""
        read = self._response is None or self._response.isclosed()
        return read and self.sock is not None and self.sock.is_usable()


class IdleConnections:
    """The connections without a request, as the queue that the SDK expects.

    The one that was used last is used first, so that the others grow old and are closed.
    """

    def __init__(self) -> None:
        self._connections: list[Connection] = []

    def empty(self) -> bool:
        """Whether there is none."""
        return not self._connections

    def get_nowait(self) -> Connection:
        """Return a usable connection; close those that are not.

        Raises:
            queue.Empty: there is none.
        """
        while True:
            try:
                found = self._connections.pop()
            except IndexError:
                raise queue.Empty from None
            if found.is_usable():
                return found
            found.close()

    def get(self) -> Connection:
        """Return any connection; the SDK closes all of them with its client."""
        return self._connections.pop()

    def put_nowait(self, connection: Connection) -> None:
        """Keep a connection, unless its last request failed; close those that are too old."""
        for old in list(self._connections):
            if not old.is_usable():
                try:
                    self._connections.remove(old)
                except ValueError:
                    continue  # another thread has taken it
                old.close()
        if connection.is_usable():
            self._connections.append(connection)
        else:
            connection.close()


class BoundedObsClient(ObsClient):  # type: ignore[misc] # the SDK has no types
    """The SDK's client with bounded connections.

    Args:
        tls: makes the sockets of connections with TLS.

    Attributes:
        kept: which connections may be used again.
    """

    def __init__(self, *args: Any, tls: ssl.SSLContext, **options: Any) -> None:  # noqa: ANN401 - as the base class
        self._tls = tls
        super().__init__(*args, **options)
        self.kept = KeptConnections()
        self.connHolder["connSet"] = IdleConnections()

    def _init_ssl_context(self, custom_ciphers: str) -> None:  # noqa: ARG002 - as the base class
        # The SDK's own context does not check the host name, and would load all certificates.
        self.context = self._tls

    def _get_server_connection_use_http1x(
        self,
        is_secure: bool,  # noqa: FBT001 - as the base class
        server: str,
        port: int,
        *_: object,
    ) -> Connection:
        return Connection(server, port, self._tls if is_secure else None)
