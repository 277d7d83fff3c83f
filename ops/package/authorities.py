"""Splits a file of certificate authorities into the folder that OpenSSL searches by their subjects.

A TLS context with the whole file parses 120 certificates at each cold start, and one server needs
one of them. In a folder, each is a file named after the hash of its subject, as ``openssl rehash``
names it: OpenSSL opens the one that a chain leads to. A wrong name means a refused server, never a
trusted one.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator

_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----\n(?P<base64>.*?)-----END CERTIFICATE-----\n", re.DOTALL
)
_FIELDS_BEFORE_SUBJECT = 4  # serial number, signature's algorithm, issuer, validity
_VERSION = 0xA0
_UTF8 = 0x0C
_TEXTS = {  # encodings of the string types that OpenSSL compares as text
    _UTF8: "utf-8",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1A: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
_LONG_FORM = 0x80

Item = tuple[int, bytes]  # a DER value: its tag and its content


def by_subject(authorities: str) -> dict[str, bytes]:
    """Return the certificates of a PEM file by the names that OpenSSL looks for.

    Two of one subject differ in the number after the dot.
    """
    files: dict[str, bytes] = {}
    for found in _CERTIFICATE.finditer(authorities):
        name = subject_hash(base64.b64decode(found["base64"]))
        number = sum(other.startswith(f"{name}.") for other in files)
        files[f"{name}.{number}"] = found[0].encode()
    return files


def subject_hash(certificate: bytes) -> str:
    """Return the hash of a DER certificate's subject, as ``openssl x509 -subject_hash`` prints it.

    The source of the rule is ``X509_NAME_hash_ex`` and ``x509_name_canon`` of OpenSSL 1.0 and
    later: SHA-1 of the names as UTF-8, in lower case, with single spaces.
    """
    ((_, whole),) = _items(certificate)
    (_, signed), *_ = _items(whole)
    fields = [item for item in _items(signed) if item[0] != _VERSION]
    _, subject = fields[_FIELDS_BEFORE_SUBJECT]
    canonical = b"".join(
        _encoded(tag, b"".join(_attribute(*each) for each in _items(names)))
        for tag, names in _items(subject)
    )
    digest = hashlib.sha1(canonical, usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}"


def _attribute(tag: int, content: bytes) -> bytes:
    """Return an attribute of a name with its text in the form that is compared."""
    name, (kind, value) = _items(content)
    if kind in _TEXTS:
        words = value.decode(_TEXTS[kind]).encode().split()
        kind, value = _UTF8, b" ".join(words).lower()
    return _encoded(tag, _encoded(*name) + _encoded(kind, value))


def _items(content: bytes) -> Iterator[Item]:
    """Yield the DER values of which a content consists."""
    while content:
        tag, length, start = content[0], content[1], 2
        if length >= _LONG_FORM:
            start += length - _LONG_FORM
            length = int.from_bytes(content[2:start], "big")
        yield tag, content[start : start + length]
        content = content[start + length :]


def _encoded(tag: int, content: bytes) -> bytes:
    """Return a DER value."""
    size = len(content)
    if size < _LONG_FORM:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_FORM + len(length))) + length + content
