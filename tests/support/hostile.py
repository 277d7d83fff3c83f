"""A server whose connections do anything that a test says; and clients for its address."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from quota_invoice.obs.store import ObsStore
from quota_invoice.ocr.service import OcrService
from quota_invoice.recognition.ocr_input import OcrInput
from quota_invoice.recognition.reading import Api, Recognition
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings

FIRST = Credentials("AK-one", "secret-one", "token-one")
SECOND = Credentials("AK-two", "secret-two", "token-two")
_THREADS = "hostile"  # their names start with it


@dataclass
class Peer:
    """A client's connection.

    Attributes:
        number: from 0, in the order of connections.
        requests: the requests, from method to body.
        closed: set once the client closed the connection.
    """

    connection: socket.socket
    number: int
    requests: list[bytes] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)

    def request(self) -> bytes:
        """Read one request; an empty one once the client closed the connection."""
        with contextlib.suppress(OSError), self.connection.makefile("rb") as stream:
            lines = list(iter(stream.readline, b"\r\n"))[:100] if stream.peek(1) else []
            lengths = [
                line.split(b":")[1] for line in lines if line.lower().startswith(b"content-l")
            ]
            body = stream.read(int(lengths[0])) if lengths else b""
            if lines:
                self.requests.append(b"".join(lines) + b"\r\n" + body)
                return self.requests[-1]
        self.closed.set()
        return b""

    def send(self, content: bytes) -> bool:
        """Send bytes; return whether the client still takes them."""
        try:
            self.connection.sendall(content)
        except OSError:
            self.closed.set()
            return False
        return True

    def wait(self) -> None:
        """Wait until the client closes the connection."""
        with contextlib.suppress(OSError):
            while self.connection.recv(65536):
                pass
        self.closed.set()

    def reset(self) -> None:
        """Reset the connection."""
        linger = (1).to_bytes(4, "little") + bytes(4)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()


@dataclass
class Hostile:
    """The server, and its clients' connections."""

    port: int
    peers: list[Peer] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[bytes]:
        """The requests of all connections, one after the other."""
        return [request for peer in self.peers for request in peer.requests]

    def methods(self) -> list[str]:
        return [request.split(b" ")[0].decode() for request in self.requests]


@contextlib.contextmanager
def hostile(talk: Callable[[Peer], None], tls: ssl.SSLContext | None = None) -> Iterator[Hostile]:
    """Serve until the block ends; ``talk`` handles one connection, in a thread."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = Hostile(listening.getsockname()[1])
    threads: list[threading.Thread] = []

    def handle(peer: Peer) -> None:
        with contextlib.suppress(OSError):
            if tls:
                peer.connection = tls.wrap_socket(peer.connection, server_side=True)
            talk(peer)
        with contextlib.suppress(OSError):
            peer.connection.close()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                peer = Peer(connection, len(server.peers))
                server.peers.append(peer)
                thread = threading.Thread(target=handle, args=(peer,), name=_THREADS, daemon=True)
                threads.append(thread)
                thread.start()

    accepting = threading.Thread(target=accept, name=_THREADS, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for peer in server.peers:
            with contextlib.suppress(OSError):
                peer.connection.shutdown(socket.SHUT_RDWR)
        for thread in (accepting, *threads):
            thread.join(5)


def response(status: str, body: bytes = b"", *headers: str) -> bytes:
    """Return a whole response."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", "")
    return "\r\n".join(lines).encode() + body


def own_threads() -> set[threading.Thread]:
    """The threads of this process without those of hostile servers."""
    return {thread for thread in threading.enumerate() if not thread.name.startswith(_THREADS)}


def descriptors() -> dict[str, int]:
    """The number of open descriptors of this process by kind, such as ``socket``."""
    kinds: dict[str, int] = {}
    for each in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            kind = str(each.readlink()).partition(":")[0]
            kinds[kind] = kinds.get(kind, 0) + 1
    return kinds


def store_at(url: str, **settings: str) -> ObsStore:
    """Return a store at the address, with a time limit of one second per request."""
    return ObsStore.connect(_settings(OBS_ENDPOINT=url, **settings), FIRST)


def ocr_at(url: str, **settings: str) -> OcrService:
    """Return a service at the address, with a time limit of one second per request."""
    return OcrService.connect(_settings(OCR_ENDPOINT=url, **settings), FIRST)


def recognize(ocr: OcrService) -> Recognition:
    return ocr.recognize(OcrInput(image=b"image"), Api.QUOTA_INVOICE, None, 5)


def _settings(**settings: str) -> Settings:
    user_data = {"OBS_PATH_STYLE": "true", "OBS_TIMEOUT_SECONDS": "1", "OCR_TIMEOUT_SECONDS": "1"}
    return Settings.read((user_data | settings).get, "p1")
