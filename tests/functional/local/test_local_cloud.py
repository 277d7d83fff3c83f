"""The commands of the local cloud, run in a terminal."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import httpx
import pytest
from python_calamine import CalamineWorkbook

from local.processes import plain_environment
from tests.support.paths import ROOT, SAMPLES
from tests.support.waiting import wait_for

FREE = ("--port", "0", "--api-port", "0", "--review-port", "0")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@contextlib.contextmanager
def run(
    module: str, *arguments: str, folder: Path, **variables: str
) -> Iterator[subprocess.Popen[str]]:
    """Run a command; end it at the end of the block."""
    process = subprocess.Popen(  # noqa: S603 - commands of this project
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
    """All processes with this folder as TMPDIR."""
    mark = f"TMPDIR={folder}".encode()  # or a folder in it, as for the store
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if any(text.startswith(mark) for text in environment.read_bytes().split(b"\0")):
                found.append((environment.parent / "cmdline").read_bytes().decode()[:100])
        except OSError:
            continue  # it ended meanwhile
    return found


@pytest.mark.sampled(every=2)
@linux
@pytest.mark.parametrize("recognition", ["quota", "auto"])
def test_up_takes_an_image_by_curl_and_leaves_nothing_behind(
    tmp_path: Path, recognition: str
) -> None:
    log = tmp_path / "up.log"
    name = "beijing-10-yuan-stamped.jpg"
    options = (*FREE, "--recognition", recognition, "--log", str(log))
    with run("local", "up", *options, folder=tmp_path) as process:
        assert process.stdout
        printed = ""
        while "Ctrl-C" not in printed:
            line = process.stdout.readline()
            assert line, printed
            printed += line
        found = re.search(r"curl -T (\S+) (http://127\.0\.0\.1:\d+)/incoming/", printed)
        assert found, printed
        bucket = found[2]
        assert found[1] == f"samples/{name}"
        content = (SAMPLES / name).read_bytes()
        put = httpx.put(f"{bucket}/incoming/{name}", content=content, timeout=30)
        assert put.status_code == 200
        record = wait_for(
            lambda: (
                (answer := httpx.get(f"{bucket}/results/{name}.json", timeout=30)).status_code
                == 200
                and answer.json()
            )
        )
        truth = json.loads((SAMPLES / "truth.json").read_bytes())[name]
        assert record["invoices"][0]["code"] == truth["code"]
        assert isinstance(record["result"], list) == (recognition == "auto")
        assert "RECOGNITION=auto" in printed
        said = f"incoming/{name} became results/{name}.json\n"
        assert any(line == said for line in process.stdout)
        api = re.search(r"curl (http://127\.0\.0\.1:\d+)/invoices -d '(.*)'", printed)
        assert api, printed
        answer = httpx.post(f"{api[1]}/invoices", content=api[2], timeout=30)
        assert answer.json() == record
        # The event of the record itself was ignored.
        wait_for(lambda: "the function's own output" in log.read_text(encoding="utf-8"))
        assert len(processes_of(tmp_path)) >= 5
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    wait_for(lambda: not processes_of(tmp_path), 5)
    assert not list(tmp_path.glob("quota-cloud-*"))


MOMENTS: dict[str, Callable[[Path], bool]] = {
    "its files exist": lambda folder: any(folder.glob("quota-cloud-*")),
    "the OCR service starts": lambda folder: "bench.soak" in " ".join(processes_of(folder)),
    "it is up": lambda folder: (folder / "up.env").exists(),
}


@pytest.mark.sampled(every=3)
@linux
@pytest.mark.parametrize(
    ("kind", "moment"),
    # SIGKILL when it is up: see the test of the operator's credentials.
    [*product([signal.SIGKILL, signal.SIGTERM], list(MOMENTS)[:2]), (signal.SIGTERM, "it is up")],
)
def test_a_start_that_is_killed_leaves_nothing_behind(
    tmp_path: Path, kind: signal.Signals, moment: str, reads_once: tuple[str, ...]
) -> None:
    options = (*FREE, "--log", str(tmp_path / "up.log"), "--ocr", shlex.join(reads_once))
    with run("local", "up", *options, folder=tmp_path) as process:
        wait_for(lambda: MOMENTS[moment](tmp_path))
        assert process.poll() is None
        process.send_signal(kind)
        process.wait(20)
    require_nothing_left(tmp_path)


def require_nothing_left(folder: Path) -> None:
    """Wait until neither processes nor files of the cloud are left."""
    wait_for(lambda: not processes_of(folder), 10)
    wait_for(lambda: not list(folder.glob("quota-cloud-*")), 5)


def test_the_demo_compares_the_records_with_the_truth(tmp_path: Path) -> None:
    samples = tmp_path / "samples"
    samples.mkdir()
    truth = json.loads((SAMPLES / "truth.json").read_bytes())
    names = ["shanghai-10-yuan-clean.png", "nanning-10-yuan-grey-copy.tif"]
    chosen = {name: truth[name] for name in names}
    chosen[names[1]] = {**truth[names[1]], "number": "00000000"}  # wrong on purpose
    (samples / "truth.json").write_text(json.dumps(chosen), encoding="utf-8")
    for name in names:
        (samples / name).write_bytes((SAMPLES / name).read_bytes())
    out = tmp_path / "build"
    arguments = ("demo", "--samples", str(samples), "--out", str(out))
    # The cloud ignores the user's proxy and password file.
    proxy, home = "http://nonsense.invalid:1", tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text("default login a password b\n", encoding="utf-8")
    variables = {"HTTP_PROXY": proxy, "http_proxy": proxy, "HOME": str(home)}
    with run("local", *arguments, folder=tmp_path, **variables) as process:
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0, printed
    assert json.loads((out / "demo.json").read_bytes()) == {
        "images": 4,
        "records": 3,
        "failures": 1,
        "right": {"code": 3, "number": 1, "location": 3, "amount": 3},
    }
    require_ledger(out / "demo" / "ledger.xlsx", printed)
    for name in names:
        record = json.loads((out / "demo" / f"{name}.json").read_bytes())
        assert record["source"]["key"] == f"incoming/{name}"
        assert truth[name]["code"] in printed


def require_ledger(path: Path, printed: str) -> None:
    """Check the ledger of two samples, a copy of the first one, and a failure."""
    book = CalamineWorkbook.from_path(str(path))
    rows = {name: book.get_sheet_by_name(name).to_python()[1:] for name in book.sheet_names}
    copied = ["145011640732", "54221019"]
    assert [row[1:3] for row in rows["Duplicates"]] == [copied]
    assert sorted(row[1:4] for row in rows["Invoices"]) == [
        ["13100139T713", "57344418", 10.0],
        [*copied, 10.0],
        [*copied, 10.0],
    ]
    assert [row[0] for row in rows["Failures"]] == ["incoming/cut-off.png"]
    assert ["差异 unexplained", 0.0] in [row[:2] for row in rows["Reconciliation"]]
    assert re.search(r"counted +2 +￥20\.00", printed)
    assert "open it in Excel" in printed


def test_invoke_shows_log_record_and_answer(tmp_path: Path) -> None:
    with run("local", "invoke", "events/eventgrid-encoded-key.json", folder=tmp_path) as process:
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0, printed
    assert "results/2026/差旅 50%+餐/shanghai-10-yuan-clean.png.json" in printed
    assert '{"recognized": 1}' in printed
    assert '"step": "write"' in printed


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "No such file"), ("{", "Expecting property name")]
)
def test_invoke_refuses_an_invalid_event_file(
    tmp_path: Path, content: str | None, reason: str
) -> None:
    event = tmp_path / "event.json"
    if content:
        event.write_text(content, encoding="utf-8")
    with run("local", "invoke", str(event), folder=tmp_path) as process:
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"error: {event}" in printed.replace("\n", "")
    assert reason in printed


def test_the_ocr_service_alone_names_every_invalid_setting(tmp_path: Path) -> None:
    with run("ocr_service", "--port", "99999", folder=tmp_path) as process:
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "QUOTA_OCR_PROJECT" in printed
    assert "QUOTA_OCR_PORT" in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("option", ["--ak", "--sk", "--token"])
def test_the_ocr_service_takes_no_credentials_from_the_command_line(
    tmp_path: Path, option: str
) -> None:
    with run("ocr_service", option, "s3cret", "--project", "p1", folder=tmp_path) as process:
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "QUOTA_OCR_SK_FILE" in printed
    assert "s3cret" not in printed


@pytest.mark.parametrize("command", ["local up", "local demo", "local invoke", "ocr_service"])
def test_each_command_has_a_help_text(command: str, tmp_path: Path) -> None:
    with run(*command.split(), "--help", folder=tmp_path) as process:
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"python -m {command}" in printed
