"""Downloads the image behind ``url``, protected against server-side request forgery (SSRF).

Host names are resolved here, every IP address is checked, and the connection goes to a checked
address; the name is only used for the Host header, SNI and the certificate. So DNS rebinding has no
effect. Every redirect is checked in the same way. Proxies, ``.netrc``, cookies and compressed
responses are not supported: requests use a transport of httpx, not a client.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from urllib.parse import quote, urljoin

import anyio
import httpx

from ocr_service.decode.images import MAX_BYTES
from ocr_service.errors import BAD_SIZE, DOWNLOAD_FAILED, URL_REFUSED, ApiError
from ocr_service.settings import LAST_PORT

Resolve = Callable[[str, int], Awaitable[list[str]]]

MAX_URL_LENGTH = 16 << 10
"""Characters; a signed URL of a bucket with a security token needs about 3,000."""
_MAX_REDIRECTS = 3
_OK = 200
_REDIRECTS = {301, 302, 303, 307, 308}
_PORTS = {"http": 80, "https": 443}
_HEADERS = {"Accept": "image/*, */*;q=0.1", "Accept-Encoding": "identity", "Connection": "close"}

_TARGET = re.compile(r"[^:/?#]+://[^/?#]*(?P<path>[^?#]*)(?P<query>(\?[^#]*)?)")
_PATH_SAFE = "/!$&'()*+,;=:@[]\\^|%"
_QUERY_SAFE = _PATH_SAFE + "?`{}"


async def resolve(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host in the order of the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address is public; embedded IPv4 addresses are checked as well.

    >>> is_public("114.115.0.1"), is_public("169.254.169.254"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = _embedded(found)
        if inner is not None:
            return is_public(str(inner))
    return (
        found.is_global
        and not found.is_multicast
        and not found.is_reserved
        and not any(found in network for network in _NOT_PUBLIC if network.version == found.version)
    )


_NOT_PUBLIC = [  # global in older versions of Python
    ipaddress.ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "fec0::/10", "5f00::/16")
]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64 or int(address) >> 32 == 0:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]


class Fetcher:
    """Downloads images; hosts in ``allowed`` (``host[:port]``) may have private addresses."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        allowed: AbstractSet[str],
        seconds: float,
        resolve: Resolve = resolve,
    ) -> None:
        self._transport = transport
        self._allowed = allowed
        self._seconds = seconds
        self._resolve = resolve

    async def get(self, url: str) -> bytes:
        """Download at most 10 MiB within the time limit, following at most three redirects.

        Raises:
            ApiError: URL_REFUSED, DOWNLOAD_FAILED or BAD_SIZE.
        """
        try:
            with anyio.fail_after(self._seconds):
                return await self._follow(url)
        except (httpx.HTTPError, httpx.StreamError, OSError, TimeoutError, UnicodeError):
            raise ApiError(DOWNLOAD_FAILED) from None

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()

    async def _follow(self, url: str) -> bytes:
        for _ in range(1 + _MAX_REDIRECTS):
            response = await self._send(_parse(url), _target(url))
            try:
                if response.status_code not in _REDIRECTS:
                    return await _body(response)
                url = _join(url, response.headers.get("location", ""))
            finally:
                await response.aclose()
        raise ApiError(DOWNLOAD_FAILED, "too many redirects")

    async def _send(self, url: httpx.URL, target: bytes) -> httpx.Response:
        failure: httpx.HTTPError = httpx.ConnectError("no address")
        for address in await self._addresses(url):
            request = httpx.Request(
                "GET",
                url.copy_with(host=address, userinfo=b"", fragment=None),
                headers={"Host": url.netloc.decode("ascii"), **_HEADERS},
                extensions={
                    "sni_hostname": url.raw_host.decode("ascii"),
                    "target": target,
                    "timeout": httpx.Timeout(self._seconds).as_dict(),
                },
            )
            try:
                return await self._transport.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _addresses(self, url: httpx.URL) -> list[str]:
        port = url.port or _PORTS[url.scheme]
        host = url.raw_host.decode("ascii")
        name = f"[{host}]" if ":" in host else host
        found = await self._resolve(host, port)
        if not {name, f"{name}:{port}"} & self._allowed and not all(map(is_public, found)):
            raise ApiError(URL_REFUSED)
        return found


def _parse(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise ApiError(URL_REFUSED) from None
    is_known = url.scheme in _PORTS and url.host and (url.port or 0) <= LAST_PORT
    if len(text) > MAX_URL_LENGTH or not is_known:
        raise ApiError(URL_REFUSED)
    return url


def _target(text: str) -> bytes:
    """Return path and query unchanged, since ``..`` may be a part of an object's key.

    Only invalid characters are encoded.

    >>> _target("http://a/b%2Fc/../d e?f=%&g#h")
    b'/b%2Fc/../d%20e?f=%25&g'
    """
    found = _TARGET.match(text)
    assert found  # noqa: S101 - `_parse` accepted it
    path, query = (re.sub("%(?![0-9A-Fa-f]{2})", "%25", found[part]) for part in ("path", "query"))
    return (quote(path or "/", safe=_PATH_SAFE) + quote(query, safe=_QUERY_SAFE)).encode()


def _join(url: str, location: str) -> str:
    if not location:
        raise ApiError(DOWNLOAD_FAILED)
    try:
        return urljoin(url, location)
    except ValueError:
        raise ApiError(DOWNLOAD_FAILED) from None


async def _body(response: httpx.Response) -> bytes:
    encoding = response.headers.get("content-encoding", "identity").lower()
    if response.status_code != _OK or encoding != "identity":
        raise ApiError(DOWNLOAD_FAILED)
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > MAX_BYTES:
        raise ApiError(BAD_SIZE)
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ApiError(BAD_SIZE)
    return bytes(body)
