"""The server on loopback: which hosts and origins it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from starlette.responses import PlainTextResponse

from local.http_server import HttpServer, _OwnHost

FRIEND = "http://localhost:5173"


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    started = HttpServer(PlainTextResponse("reached"), origins=[FRIEND])
    yield started
    started.stop()
    assert not started.is_running()


def status(server: HttpServer, **headers: str) -> tuple[int, str]:
    port = server.url.rpartition(":")[2]
    sent = {name: value.replace("PORT", port) for name, value in headers.items()}
    answer = httpx.get(server.url, headers=sent, trust_env=False)
    is_json = answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json()["error_msg"] if is_json else answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:PORT", "localhost:PORT"])
@pytest.mark.parametrize("origin", ["", "http://127.0.0.1:PORT", "http://localhost:PORT", FRIEND])
def test_its_own_host_and_origins_reach_the_application(
    server: HttpServer, host: str, origin: str
) -> None:
    headers = {"Host": host} | ({"Origin": origin} if origin else {})
    assert status(server, **headers) == (200, "reached")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:PORT", "127.0.0.1", "127.0.0.1:1", "localhost:PORT."]
)
def test_another_host_is_refused(server: HttpServer, host: str) -> None:
    assert status(server, Host=host) == (403, "the header Host does not name this server")


@pytest.mark.parametrize(
    "origin",
    ["null", "http://evil.example", "https://127.0.0.1:PORT", "http://127.0.0.1:1", FRIEND + "0"],
)
def test_another_origin_is_refused(server: HttpServer, origin: str) -> None:
    assert status(server, Origin=origin) == (403, "the header Origin does not name this server")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost:80"])
def test_clients_omit_the_port_80(host: str) -> None:
    async def ask(headers: dict[str, str]) -> int:
        transport = httpx.ASGITransport(_OwnHost(PlainTextResponse("reached"), 80, []))
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.get("http://localhost/", headers=headers)).status_code

    assert asyncio.run(ask({"Host": host, "Origin": f"http://{host}"})) == 200
    assert asyncio.run(ask({"Host": "evil.example"})) == 403
