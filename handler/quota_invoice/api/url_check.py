"""Check of the URLs that API callers want the OCR service to fetch.

The service fetches a URL from its own network, so a URL must not lead into a network that the
caller cannot reach. The service has the same rules; this check refuses such a URL before it is
sent. The function itself fetches nothing.

A host name may resolve to another IP address when the service fetches the URL; the service's own
check covers that.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, unquote, urlsplit

from quota_invoice.errors import UrlRefused

Resolve = Callable[[str, int], Iterable[str]]
"""Returns the IP addresses of a host; raises OSError if it has none."""

LONGEST = 16 << 10
"""Characters; a URL signed with a security token has some 3,000."""
_PORTS = {"http": 80, "https": 443}
_ODD = re.compile(r"[\x00-\x20\x7f\\]")  # characters that URL parsers treat differently
_NOT_PUBLIC = [  # global according to older versions of Python
    ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "fec0::/10", "5f00::/16")
]
_NAT64 = ip_network("64:ff9b::/96")


def resolve(host: str, port: int) -> list[str]:
    """Resolve a host by the system, which also reads unusual notations of IPv4 addresses."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: str) -> bool:
    """Whether an IP address is public; an IPv4 address within an IPv6 one is checked itself.

    >>> is_public("114.115.0.1"), is_public("169.254.169.254"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    found = ip_address(address)
    inner = _embedded(found) if isinstance(found, IPv6Address) else None
    if inner is not None:
        return is_public(str(inner))
    return (
        found.is_global
        and not found.is_multicast
        and not found.is_reserved
        and not any(found in network for network in _NOT_PUBLIC if network.version == found.version)
    )


def parse_url(url: str) -> SplitResult:
    """Return the parts of an HTTP URL.

    Raises:
        UrlRefused: it is invalid; the message says why, without the URL.
    """
    if len(url) > LONGEST or not url.isascii() or _ODD.search(url):
        raise UrlRefused("url is too long, or holds characters that must be percent-encoded")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UrlRefused("url is not a URL") from None
    if parts.scheme not in _PORTS or not host or port == 0:
        raise UrlRefused("url is not of the form https://host/path")
    if {".", ".."} & set(unquote(parts.path).split("/")):
        raise UrlRefused("url holds . or .. as a part of its path, which servers treat differently")
    if "@" in parts.netloc:
        raise UrlRefused("url holds a user name or password")
    return parts


def check_host(
    parts: SplitResult, allowed: AbstractSet[str] = frozenset(), resolve: Resolve = resolve
) -> None:
    """Check that a URL's host has public IP addresses only.

    Args:
        parts: the URL.
        allowed: hosts (``host`` or ``host:port``) that need not be public.
        resolve: returns the IP addresses of a host.

    Raises:
        UrlRefused: it has others; the message says why, without the URL.
    """
    host = (parts.hostname or "").lower()
    port = parts.port or _PORTS[parts.scheme]
    named = f"[{host}]" if ":" in host else host
    if {named, f"{named}:{port}"} & allowed:
        return
    try:
        found = [address.partition("%")[0] for address in resolve(host, port)]
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise UrlRefused("url names a host that is not found")
    if not all(map(is_public, found)):
        raise UrlRefused("url names a host that is not public")


def is_of_bucket(parts: SplitResult, bucket: str, endpoint: str) -> bool:
    """Whether a URL is in the function's own bucket, by any of OBS's host names.

    The service may have rights there that the caller does not have.

    >>> parts = urlsplit("https://invoices.obs.cn-north-4.myhuaweicloud.com/private/a.jpg")
    >>> is_of_bucket(parts, "invoices", "https://obs.cn-north-4.myhuaweicloud.com")
    True
    """
    host = (parts.hostname or "").lower().rstrip(".")
    ours = (urlsplit(endpoint).hostname or "").lower()
    if host.startswith((f"{bucket}.obs.", f"{bucket}.obs-")) or host == f"{bucket}.{ours}":
        return True
    stores = host == ours or host.startswith(("obs.", "obs-"))
    return stores and unquote(parts.path).lstrip("/").partition("/")[0] == bucket


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address within an IPv6 one, or None."""
    if address in _NAT64 or int(address) >> 32 == 0:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
