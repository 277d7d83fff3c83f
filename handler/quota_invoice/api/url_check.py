"""Which addresses the OCR service may be sent to by a caller of the API.

The service fetches whatever address it is given, from where it stands: it must not become a way
into a network that the caller cannot reach himself. Its own rules say so too; these are the same,
so that what it would refuse, or should, does not get there. The function fetches nothing.

What a name leads to can change between this look and the service's: that its own check must catch.
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
"""Gives the IP addresses of a host; raises OSError where it has none."""

LONGEST = 16 << 10
"""Characters; an address that is signed with a security token has some 3,000."""
_PORTS = {"http": 80, "https": 443}
_ODD = re.compile(r"[\x00-\x20\x7f\\]")  # what parsers of addresses disagree about
_NOT_PUBLIC = [  # what older Pythons still take for global
    ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "fec0::/10", "5f00::/16")
]
_NAT64 = ip_network("64:ff9b::/96")


def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver, which also reads the odder ways to write an IPv4 address."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the public Internet, whatever it is wrapped in.

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


def parsed(url: str) -> SplitResult:
    """Take an address apart that looks like one of the web's.

    Raises:
        UrlRefused: it does not; the message says why, without the address.
    """
    if len(url) > LONGEST or not url.isascii() or _ODD.search(url):
        raise UrlRefused("url is too long, or holds signs that belong percent-encoded")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UrlRefused("url is no address") from None
    if parts.scheme not in _PORTS or not host or port == 0:
        raise UrlRefused("url is no address of the kind https://host/path")
    if {".", ".."} & set(unquote(parts.path).split("/")):
        raise UrlRefused("url holds . or .. as a part of its path, which is not read alike by all")
    if "@" in parts.netloc:
        raise UrlRefused("url holds a user's name or password")
    return parts


def check_host(
    parts: SplitResult, allowed: AbstractSet[str] = frozenset(), resolve: Resolve = resolve
) -> None:
    """Let an address pass whose host is public, wherever its name leads.

    Args:
        parts: the address.
        allowed: hosts (``host`` or ``host:port``) that need not be public.
        resolve: gives the IP addresses of a host.

    Raises:
        UrlRefused: it may not; the message says why, without the address.
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
    """Tell whether an address is one of the function's own bucket, by any of OBS's names for it.

    The service may have rights there that the caller has not.

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
    """Give the IPv4 address that an IPv6 one stands for, or None."""
    if address in _NAT64 or int(address) >> 32 == 0:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
