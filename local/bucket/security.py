"""The security of SeaweedFS beside its S3 port, which alone verifies the callers' signatures."""

from __future__ import annotations

import secrets

import trustme

_PARTS = ("master", "volume", "filer", "s3", "client")


def security_files() -> dict[str, str]:
    """Return the content of ``security.toml`` and of the files that it names, by file name.

    The store's parts speak gRPC with each other, with certificates that nobody else has. Its volume
    server accepts only tokens of these parts.
    """
    authority = trustme.CA()
    certificate = authority.issue_cert("store.local")
    lines = ["[grpc]", 'ca = "authority.pem"']
    for part in _PARTS:
        lines += [f"[grpc.{part}]", 'cert = "store.pem"', 'key = "store.key"']
    for name in ("jwt.signing", "jwt.signing.read"):
        lines += [f"[{name}]", f'key = "{secrets.token_urlsafe(30)}"']
    return {
        "authority.pem": authority.cert_pem.bytes().decode(),
        "store.pem": certificate.cert_chain_pems[0].bytes().decode(),
        "store.key": certificate.private_key_pem.bytes().decode(),
        "security.toml": "\n".join([*lines, ""]),
    }
