"""OpenTofu or Terraform as a subprocess: signals, environment, a missing engine."""

from __future__ import annotations

import ast
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ops.credentials.sources import FoundCredentials
from ops.deploy.engine import Engine
from ops.errors import OpsError
from ops.stage import ROOT
from quota_invoice.settings.credentials import Credentials

# Like Terraform, it finishes its current work after a signal.
ENGINE = """
import signal, sys, time
signals = []
signal.signal(signal.SIGINT, lambda *_: signals.append(1))
sys.stderr.write("x" * 300_000)
print('{"type": "begun"}', flush=True)
while not signals: time.sleep(0.01)
time.sleep(float(sys.argv[-1]))
print('{"type": "ended"}', flush=True)
sys.exit(len(signals) - 1)
"""
COMMAND = """
import sys
from pathlib import Path
from ops.deploy.engine import Engine
engine = Engine("python", (sys.executable, "-c", sys.argv[1]), Path("."))
try:
    engine.run_json("apply", sys.argv[2], on_event=lambda event: print(event["type"], flush=True))
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


@pytest.mark.parametrize(
    ("signals", "seconds", "output"),
    [
        ([signal.SIGINT], "0.5", ["ended", "stopped"]),
        ([signal.SIGTERM, signal.SIGINT], "2", ["ended", "stopped"]),
        ([signal.SIGINT] * 3, "60", ["stopped"]),
    ],
)
def test_ctrl_c_waits_for_the_engine_and_kills_it_the_third_time(
    signals: list[signal.Signals], seconds: str, output: list[str]
) -> None:
    command = [sys.executable, "-c", COMMAND, ENGINE, seconds]
    with subprocess.Popen(  # noqa: S603 - this Python
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout
        assert process.stderr
        try:
            assert process.stdout.readline() == "begun\n"
            for number in signals:
                process.send_signal(number)
                # Two signals at the same time are delivered as one, so wait for the notice.
                assert process.stderr.readline() == "\n"
                assert process.stderr.readline()
            assert process.stdout.read().split() == output
        finally:
            process.kill()


def test_the_engine_gets_no_settings_for_aws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HW_ACCESS_KEY", "ours")
    monkeypatch.setenv("HW_SECRET_KEY", "secret")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "theirs")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://elsewhere")
    code = "import os; print({n: v for n, v in os.environ.items() if n.startswith('AWS_')})"
    engine = Engine("python", (sys.executable, "-c", code), tmp_path)
    found = ast.literal_eval(engine.run())
    assert found.pop("AWS_ACCESS_KEY_ID") == "ours"
    assert "AWS_ENDPOINT_URL" not in found
    assert found["AWS_REQUEST_CHECKSUM_CALCULATION"] == "when_required"


def test_the_engine_gets_the_credentials_of_any_source_and_no_agency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HW_ACCESS_KEY", "of the operator")
    monkeypatch.setenv("HW_SECURITY_TOKEN", "of the operator")
    monkeypatch.setenv("HW_ASSUME_ROLE_AGENCY_NAME", "operators")
    found = FoundCredentials(Credentials("AK", "SK", ""), "a file, then the agency operators")
    names = "HW_ACCESS_KEY HW_SECRET_KEY HW_SECURITY_TOKEN AWS_ACCESS_KEY_ID AWS_SESSION_TOKEN"
    code = (
        "import os, sys; print([os.environ.get(name) for name in sys.argv[1].split()], "
        "[name for name in os.environ if 'AGENCY' in name])"
    )
    engine = Engine("python", (sys.executable, "-c", code, names), tmp_path, lambda: found)
    assert engine.run() == "['AK', 'SK', '', 'AK', ''] []\n"


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="make is not an engine"):
        Engine.choose(tmp_path, "make")
