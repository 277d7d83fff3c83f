"""Mistakes with ``make up``: a second one, and ports that are taken."""

from __future__ import annotations

import contextlib
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from accounting.ledger.cache import open_cache
from local.cloud import BUCKET
from local.processes import plain_environment
from tests.support.paths import ROOT

FREE = ("--port", "0", "--api-port", "0", "--review-port", "0")
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path, reads_once: tuple[str, ...]) -> Iterator[Start]:
    """A function that starts the command in one folder; each process is stopped at the end."""
    with contextlib.ExitStack() as stack:

        def up(*options: str, **variables: str) -> subprocess.Popen[str]:
            log = tmp_path / "build" / "up.log"
            given = ("--log", str(log), "--ocr", shlex.join(reads_once), *options)
            process = subprocess.Popen(  # noqa: S603 - this project's command
                [sys.executable, "-m", "local", "up", *given],
                cwd=ROOT,
                env=plain_environment() | {"TMPDIR": str(tmp_path)} | variables,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            stack.callback(stop, process)
            return process

        yield up


def read_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout
    printed = ""
    while text not in printed:
        line = process.stdout.readline()
        assert line, printed
        printed += line
    return printed


def stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


@pytest.mark.exhaustive
def test_a_second_up_is_refused_and_the_first_one_keeps_its_files(
    start: Start, tmp_path: Path
) -> None:
    first = start(*FREE)
    read_until(first, "Ctrl-C stops everything")
    credentials = tmp_path / "build" / "up.env"
    former, log = credentials.read_bytes(), (tmp_path / "build" / "up.log").stat().st_ino
    second = start(*FREE)
    printed, _ = second.communicate(timeout=30)
    assert second.returncode == 1
    [line] = printed.splitlines()
    assert f"error: the cloud is up already, by process {first.pid}" in line
    assert credentials.read_bytes() == former
    assert (tmp_path / "build" / "up.log").stat().st_ino == log
    stop(first)
    read_until(start(*FREE), "Ctrl-C stops everything")


def test_taken_ports_are_replaced_and_said(start: Start) -> None:
    names = {"--port": "bucket", "--api-port": "API", "--review-port": "review page"}
    taken: dict[str, int] = {}
    with contextlib.ExitStack() as stack:
        for option in names:
            other = stack.enter_context(socket.socket())
            other.bind(("127.0.0.1", 0))
            other.listen()
            taken[option] = other.getsockname()[1]
        process = start(*(str(word) for pair in taken.items() for word in pair))
        said = [read_until(process, "use this URL").splitlines()[-1] for _ in names]
    for line, (option, name) in zip(said, names.items(), strict=True):
        port = taken[option]
        found = re.match(rf"Port {port} is in use: the {name} is at http://127.0.0.1:(\d+)", line)
        assert found, line
        assert int(found[1]) != port


def test_a_port_that_does_not_exist_is_one_line(start: Start) -> None:
    process = start("--api-port", "65536")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output == "error: API_PORT is 0 to 65535, not 65536\n"


def test_the_review_page_opens_by_its_address_and_ends_with_the_caches_of_the_buckets_records(
    start: Start, tmp_path: Path
) -> None:
    ledger, review = tmp_path / "build" / "ledger", tmp_path / "build" / "review"
    for folder, bucket in ((ledger, BUCKET), (review, BUCKET), (ledger, "quota-invoices")):
        with open_cache(folder, bucket):
            pass
    process = start(*FREE, REVIEWER="王芳")
    printed = read_until(process, "?token=")
    [address] = re.findall(r"http://127\.0\.0\.1:\d+/\?token=\S+", printed)
    assert len(list((tmp_path / "build").rglob("*.duckdb"))) == 3
    with httpx.Client(follow_redirects=True) as client:
        page = client.get(address)
    assert page.history[0].status_code == 303
    assert "复核人：王芳" in page.text
    stop(process)
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
    assert list(tmp_path.glob("quota-review-*")) == []
    [left] = tmp_path.rglob("*.duckdb")
    assert left.name.startswith("quota-invoices.")
