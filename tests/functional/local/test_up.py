"""Mistakes with ``make up``: a second one, and ports that are taken."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from accounting.ledger.cache import open_cache
from local.cloud import BUCKET
from local.processes import plain_environment
from tests.support.paths import ROOT

FREE = ("--port", "0", "--api-port", "0", "--review-port", "0")


def start(folder: Path, *options: str, **variables: str) -> subprocess.Popen[str]:
    """Start the command in a folder of its own, with further environment variables."""
    log = folder / "build" / "up.log"
    return subprocess.Popen(  # noqa: S603 - this project's command
        [sys.executable, "-m", "local", "up", "--log", str(log), *options],
        cwd=ROOT,
        env=plain_environment() | {"TMPDIR": str(folder)} | variables,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def read_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout
    printed = ""
    while text not in printed:
        line = process.stdout.readline()
        assert line, printed
        printed += line
    return printed


def stop(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_a_second_up_is_refused_and_the_first_one_keeps_its_files(tmp_path: Path) -> None:
    first = start(tmp_path, *FREE)
    try:
        read_until(first, "Ctrl-C stops everything")
        credentials = tmp_path / "build" / "up.env"
        former, log = credentials.read_bytes(), (tmp_path / "build" / "up.log").stat().st_ino
        second = start(tmp_path, *FREE)
        printed, _ = second.communicate(timeout=30)
        assert second.returncode == 1
        [line] = printed.splitlines()
        assert f"error: the cloud is up already, by process {first.pid}" in line
        assert credentials.read_bytes() == former
        assert (tmp_path / "build" / "up.log").stat().st_ino == log
    finally:
        stop(first)
    third = start(tmp_path, *FREE)
    try:
        read_until(third, "Ctrl-C stops everything")
    finally:
        stop(third)


@pytest.mark.parametrize(
    ("option", "name"),
    [("--port", "bucket"), ("--api-port", "API"), ("--review-port", "review page")],
)
def test_a_taken_port_is_replaced_and_said(tmp_path: Path, option: str, name: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        process = start(tmp_path, *FREE, option, str(taken))
        try:
            printed = read_until(process, "use this URL")
        finally:
            stop(process)
    found = re.search(rf"Port {taken} is in use: the {name} is at http://127.0.0.1:(\d+)", printed)
    assert found, printed
    assert int(found[1]) != taken


def test_a_port_that_does_not_exist_is_one_line(tmp_path: Path) -> None:
    process = start(tmp_path, "--api-port", "65536")
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"{output}{errors or ''}" == "error: API_PORT is 0 to 65535, not 65536\n"


def test_the_review_page_of_the_cloud_opens_by_its_address_and_ends_with_it(tmp_path: Path) -> None:
    process = start(tmp_path, *FREE, REVIEWER="王芳")
    try:
        printed = read_until(process, "?token=")
        [address] = re.findall(r"http://127\.0\.0\.1:\d+/\?token=\S+", printed)
        with httpx.Client(follow_redirects=True) as client:
            page = client.get(address)
        assert page.history[0].status_code == 303
        assert "复核人：王芳" in page.text
    finally:
        stop(process)
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
    assert list(tmp_path.glob("quota-review-*")) == []


def test_the_caches_of_the_buckets_records_end_with_it_and_no_others(tmp_path: Path) -> None:
    ledger, review = tmp_path / "build" / "ledger", tmp_path / "build" / "review"
    for folder, bucket in ((ledger, BUCKET), (review, BUCKET), (ledger, "quota-invoices")):
        with open_cache(folder, bucket):
            pass
    assert len(list(tmp_path.rglob("*.duckdb"))) == 3
    process = start(tmp_path, *FREE)
    try:
        read_until(process, "Ctrl-C stops everything")
        assert len(list(tmp_path.rglob("*.duckdb"))) == 3
    finally:
        stop(process)
    [left] = tmp_path.rglob("*.duckdb")
    assert left.name.startswith("quota-invoices.")
