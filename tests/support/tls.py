"""Certificates for test domains, and a resolver that maps these domains to loopback."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import trustme


class Authority:
    """A certificate authority for tests; its certificate is in ``ca_file``."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.ca_file))

    def files(self, folder: Path, *names: str) -> tuple[Path, Path]:
        """Write a certificate for the names, and its private key."""
        certificate = self._authority.issue_cert(*names)
        chain, key = (
            folder / f"{names[0].lstrip('*.')}.pem",
            folder / f"{names[0].lstrip('*.')}.key",
        )
        chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        certificate.private_key_pem.write_to_path(str(key))
        return chain, key

    def context(self, folder: Path, *names: str) -> ssl.SSLContext:
        """Return a server's SSL context with a certificate for the names."""
        chain, key = self.files(folder, *names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        return context


@contextlib.contextmanager
def resolving(*domains: str) -> Iterator[None]:
    """Resolve names in these domains to loopback, in this process only."""
    real = socket.getaddrinfo

    def resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        inside = isinstance(name, str) and any(
            name == domain or name.endswith(f".{domain}") for domain in domains
        )
        return real("127.0.0.1" if inside else host, *args, **kwargs)

    socket.getaddrinfo = resolve
    try:
        yield
    finally:
        socket.getaddrinfo = real
