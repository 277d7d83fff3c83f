"""The commands of the local cloud, as a person at a terminal uses them."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.processes import plain_environment
from tests.support.paths import ROOT, SAMPLES

linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="looks for processes in /proc"
)


@contextlib.contextmanager
def run(
    module: str, *arguments: str, folder: Path, **variables: str
) -> Iterator[subprocess.Popen[str]]:
    """Run a command; it is ended with the block, if it has not ended by then."""
    process = subprocess.Popen(  # noqa: S603 - our own commands
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=plain_environment() | {"TMPDIR": str(folder)} | variables,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)


def processes_of(folder: Path) -> list[str]:
    """Every process that was started with this folder for its temporary files."""
    mark = f"TMPDIR={folder}".encode()  # or a folder in it, as the store has
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if any(text.startswith(mark) for text in environment.read_bytes().split(b"\0")):
                found.append((environment.parent / "cmdline").read_bytes().decode()[:100])
        except OSError:
            continue  # it ended while we looked
    return found


def wait_for(condition: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "nothing came of the wait"
        time.sleep(0.05)
    return found


@linux
def test_up_takes_an_image_by_curl_and_leaves_nothing_behind(tmp_path: Path) -> None:
    log = tmp_path / "up.log"
    name = "beijing-10-yuan-stamped.jpg"
    ports = ("--port", "0", "--api-port", "0")
    with run("local", "up", *ports, "--log", str(log), folder=tmp_path) as process:
        assert process.stdout
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        found = re.search(r"curl -T (\S+) (http://127\.0\.0\.1:\d+)/incoming/", said)
        assert found, said
        door = found[2]
        assert found[1] == f"samples/{name}"
        content = (SAMPLES / name).read_bytes()
        put = httpx.put(f"{door}/incoming/{name}", content=content, timeout=30)
        assert put.status_code == 200
        record = wait_for(
            lambda: (
                (answer := httpx.get(f"{door}/results/{name}.json", timeout=30)).status_code == 200
                and answer.json()
            )
        )
        truth = json.loads((SAMPLES / "truth.json").read_bytes())[name]
        assert record["result"]["code"] == truth["code"]
        api = re.search(r"curl (http://127\.0\.0\.1:\d+)/invoices -d '(.*)'", said)
        assert api, said
        asked = httpx.post(f"{api[1]}/invoices", content=api[2], timeout=30)
        assert asked.json() == record
        # The record announced itself too, and the function left it alone.
        wait_for(lambda: "the function's own output" in log.read_text(encoding="utf-8"))
        assert len(processes_of(tmp_path)) >= 5
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    wait_for(lambda: not processes_of(tmp_path), 5)
    assert not list(tmp_path.glob("quota-cloud-*"))


@linux
@pytest.mark.parametrize("seconds", [0.7, 1.5, 3.0])
@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGTERM])
def test_a_start_that_is_killed_half_way_leaves_nothing_behind(
    tmp_path: Path, seconds: float, kind: signal.Signals
) -> None:
    options = ("--port", "0", "--api-port", "0", "--log", str(tmp_path / "log"))
    with run("local", "up", *options, folder=tmp_path) as process:
        time.sleep(seconds)
        assert process.poll() is None
        process.send_signal(kind)
        process.wait(20)
    wait_for(lambda: not processes_of(tmp_path), 10)
    wait_for(lambda: not list(tmp_path.glob("quota-cloud-*")), 5)


def test_the_demo_compares_the_records_with_the_truth(tmp_path: Path) -> None:
    samples = tmp_path / "samples"
    samples.mkdir()
    truth = json.loads((SAMPLES / "truth.json").read_bytes())
    names = ["shanghai-10-yuan-clean.png", "nanning-10-yuan-grey-copy.tif"]
    chosen = {name: truth[name] for name in names}
    chosen[names[1]] = {**truth[names[1]], "number": "00000000"}  # a truth that no image tells
    (samples / "truth.json").write_text(json.dumps(chosen), encoding="utf-8")
    for name in names:
        (samples / name).write_bytes((SAMPLES / name).read_bytes())
    out = tmp_path / "build"
    arguments = ("demo", "--samples", str(samples), "--out", str(out))
    # Neither a proxy nor a password file of the user's is any business of the cloud's.
    proxy, home = "http://nonsense.invalid:1", tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text("default login a password b\n", encoding="utf-8")
    variables = {"HTTP_PROXY": proxy, "http_proxy": proxy, "HOME": str(home)}
    with run("local", *arguments, folder=tmp_path, **variables) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert json.loads((out / "demo.json").read_bytes()) == {
        "images": 2,
        "records": 2,
        "right": {"code": 2, "number": 1, "location": 2, "amount": 2},
    }
    for name in names:
        record = json.loads((out / "demo" / f"{name}.json").read_bytes())
        assert record["source"]["key"] == f"incoming/{name}"
        assert truth[name]["code"] in said


def test_invoke_shows_log_record_and_answer(tmp_path: Path) -> None:
    with run("local", "invoke", "events/eventgrid-encoded-key.json", folder=tmp_path) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "results/2026/差旅 50%+餐/shanghai-10-yuan-clean.png.json" in said
    assert '{"recognized": 1}' in said
    assert '"step": "write"' in said


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "No such file"), ("{", "Expecting property name")]
)
def test_invoke_refuses_what_is_no_event_file(
    tmp_path: Path, content: str | None, reason: str
) -> None:
    event = tmp_path / "event.json"
    if content:
        event.write_text(content, encoding="utf-8")
    with run("local", "invoke", str(event), folder=tmp_path) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"error: {event}" in said.replace("\n", "")
    assert reason in said


def test_the_ocr_service_alone_names_every_setting_that_is_missing(tmp_path: Path) -> None:
    with run("ocr_service", "--port", "99999", folder=tmp_path) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "QUOTA_OCR_PROJECT" in said
    assert "QUOTA_OCR_PORT" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", ["local up", "local demo", "local invoke", "ocr_service"])
def test_each_command_explains_itself(command: str, tmp_path: Path) -> None:
    with run(*command.split(), "--help", folder=tmp_path) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"python -m {command}" in said
