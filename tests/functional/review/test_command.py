"""The command that serves the page."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from accounting.errors import AccountingError
from accounting.review.serve import reviewer_names
from local.processes import plain_environment
from tests.support.paths import ROOT
from tests.support.review.desk import Desk

ADDRESS = re.compile(r"^  (.+): (http://127\.0\.0\.1:\d+/\?token=(\S+))$", re.MULTILINE)


@contextmanager
def serving(
    desk: Desk, folder: Path, *options: str, **more: str
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run the command with its output in a file, until the block ends."""
    output = folder / "output"
    environment = plain_environment() | dict(desk.environment) | more
    with output.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 - this project's command
            [
                sys.executable,
                "-m",
                "accounting",
                "review",
                "--folder",
                str(folder / "review"),
                *options,
            ],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=file,
        )
    try:
        yield process, output
    finally:
        process.kill()
        process.wait(30)


def addresses(output: Path, count: int) -> list[tuple[str, str, str]]:
    """Wait until the command has printed so many addresses: name, address, token."""
    deadline = time.monotonic() + 60
    while len(found := ADDRESS.findall(output.read_text(encoding="utf-8"))) < count:
        assert time.monotonic() < deadline, output.read_text(encoding="utf-8")
        time.sleep(0.05)
    return found


def test_each_member_gets_an_address_and_no_token_or_cookie_is_logged(
    desk: Desk, tmp_path: Path
) -> None:
    with serving(desk, tmp_path, "--reviewer", "王芳, li.lei", "--port", "0") as (process, output):
        first, second = addresses(output, 2)
        assert [first[0], second[0]] == ["王芳", "li.lei"]
        with httpx.Client() as client:
            assert client.get(first[1]).status_code == 303
            [cookie] = client.cookies.values()
            base = httpx.URL(first[1]).copy_with(query=None)
            assert client.get(base).status_code == 200
            assert client.get(f"{base}nothing?token={second[2]}x").status_code == 303
            assert client.get(f"{base}%ff%0a").is_client_error
        assert httpx.get(first[1]).status_code == 401
        again = addresses(output, 3)[2]
        assert again[0] == "王芳"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 130
        printed = output.read_text(encoding="utf-8")
    for secret in (first[2], second[2], again[2]):
        assert printed.count(secret) == 1
    assert cookie not in printed
    assert desk.environment["HW_SECRET_KEY"] not in printed
    assert "Traceback" not in printed
    assert printed.rstrip().endswith("stopped; all decisions are in the bucket")


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_the_page_stops_at_once_although_a_browser_is_connected(
    desk: Desk, tmp_path: Path, kind: signal.Signals
) -> None:
    with serving(desk, tmp_path, "--port", "0", REVIEWER="王芳") as (process, output):
        [(_, address, _)] = addresses(output, 1)
        with httpx.Client() as client:
            client.get(address)
            process.send_signal(kind)
            assert process.wait(30) == 130
        url = httpx.URL(address)
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind((url.host, url.port))


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "name the person who reviews: make review REVIEWER=name"),
        (["--reviewer", "<b>"], "REVIEWER: '<b>' is named twice, or has other characters"),
        (["--reviewer", "a", "--port", "{taken}"], "port {taken} is in use: name another one"),
    ],
)
def test_a_mistake_is_one_line(desk: Desk, tmp_path: Path, options: list[str], line: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        named = [option.format(taken=taken) for option in options]
        with serving(desk, tmp_path, *named) as (process, output):
            assert process.wait(60) == 2
            [printed] = output.read_text(encoding="utf-8").splitlines()
    assert printed.startswith(f"error: {line.format(taken=taken)}")


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (" , ", "name the person who reviews: make review REVIEWER=name"),
        ("a,a", "REVIEWER: 'a' is named twice"),
    ],
)
def test_wrong_names_are_told(names: str, line: str) -> None:
    with pytest.raises(AccountingError) as told:
        reviewer_names(names)
    assert str(told.value).startswith(line)


def test_a_number_that_is_no_port_is_one_line(desk: Desk, tmp_path: Path) -> None:
    with serving(desk, tmp_path, "--port", "99999", REVIEWER="王芳") as (process, output):
        assert process.wait(60) == 2
        assert output.read_text(encoding="utf-8") == "error: 99999 is no port: PORT is 0 to 65535\n"


def test_the_usual_port_is_replaced_if_it_is_in_use(desk: Desk, tmp_path: Path) -> None:
    with socket.socket() as other:
        with contextlib.suppress(OSError):  # somebody else has it
            other.bind(("127.0.0.1", 8302))
            other.listen()
        with serving(desk, tmp_path, REVIEWER="王芳") as (_, output):
            [(_, address, _)] = addresses(output, 1)
            said, heading, *_ = output.read_text(encoding="utf-8").splitlines()
            with httpx.Client() as client:
                assert client.get(address).status_code == 303
    port = httpx.URL(address).port
    assert port != 8302
    assert said.startswith("port 8302 is in use, as by the review page of make up")
    assert said.endswith(f"port {port} is taken instead")
    assert heading == f"review page of the bucket {desk.environment['BUCKET']}, until Ctrl-C:"


def test_the_page_listens_on_this_machine_only(desk: Desk, tmp_path: Path) -> None:
    with serving(desk, tmp_path, "--port", "0", REVIEWER="a") as (process, output):
        [(_, address, _)] = addresses(output, 1)
        port = httpx.URL(address).port
        listening = [
            line.split()[1]
            for line in Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()
            if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
        ]
        six = Path(f"/proc/{process.pid}/net/tcp6").read_text()
    assert listening == [f"0100007F:{port:04X}"]
    assert f":{port:04X} 00000000000000000000000000000000:0000 0A" not in six
