"""The command ``ledger`` and the bucket that it opens."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from accounting.__main__ import app
from accounting.bucket import open_bucket, read_environment
from accounting.errors import AccountingError
from bench.ledger.generated import GeneratedBucket
from bench.ledger.server import BUCKET, application
from local.http_server import HttpServer
from tests.support.paths import ROOT

ENVIRONMENT = {
    "HW_ACCESS_KEY": "access",
    "HW_SECRET_KEY": "very-secret",
    "BUCKET": "invoices",
    "OBS_ENDPOINT": "http://127.0.0.1:1",
    "OBS_SIGNATURE": "v4",
    "OBS_PATH_STYLE": "true",
    "OBS_TIMEOUT_SECONDS": "1",
}


def test_the_environment_names_bucket_and_prefixes() -> None:
    bucket = open_bucket({**ENVIRONMENT, "INPUT_PREFIX": "scans/"})
    assert (bucket.name, bucket.layout.input_prefix) == ("invoices", "scans/")


def test_all_missing_variables_are_named() -> None:
    with pytest.raises(
        AccountingError, match="HW_ACCESS_KEY: not set; .*BUCKET: not set; .*LOCAL=1.*STAGE=dev"
    ):
        open_bucket({"HW_SECRET_KEY": "very-secret"})
    with pytest.raises(AccountingError, match="OBS_TIMEOUT_SECONDS"):
        open_bucket({**ENVIRONMENT, "OBS_TIMEOUT_SECONDS": "never"})


def test_the_local_clouds_file_has_its_variables(tmp_path: Path) -> None:
    (tmp_path / "up.env").write_text("BUCKET=invoices\nHW_SECRET_KEY=a=b\n", encoding="utf-8")
    expected = {"BUCKET": "invoices", "HW_SECRET_KEY": "a=b"}
    assert read_environment(tmp_path / "up.env") == expected


def test_a_local_cloud_that_is_not_running_is_named(tmp_path: Path) -> None:
    arguments = ["ledger", "--out", "l.xlsx", "--env", str(tmp_path / "up.env")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "make up" in result.stderr


def test_a_bucket_that_is_not_reached_is_named_without_secrets(tmp_path: Path) -> None:
    arguments = ["ledger", "--out", str(tmp_path / "l.xlsx"), "--cache", str(tmp_path / "cache")]
    result = CliRunner().invoke(app, arguments, env=ENVIRONMENT)
    assert result.exit_code == 1
    assert "the same command continues from here" in result.stderr
    assert "very-secret" not in result.stderr + result.stdout
    assert not (tmp_path / "l.xlsx").exists()


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("台账[draft].csv", 0, "台账[draft].csv"),
        ("folder.csv", 2, "error: [Errno 21] Is a directory"),
    ],
)
def test_the_file_that_is_written_or_cannot_be_is_named(
    tmp_path: Path, name: str, code: int, said: str
) -> None:
    (tmp_path / "folder.csv").mkdir()
    server = HttpServer(application(GeneratedBucket(3)))
    arguments = ["ledger", "--out", str(tmp_path / name), "--cache", str(tmp_path / "cache")]
    environment = {**ENVIRONMENT, "BUCKET": BUCKET, "OBS_ENDPOINT": server.url}
    try:
        result = CliRunner().invoke(app, arguments, env=environment)
    finally:
        server.stop()
    assert (result.exit_code, said in result.stderr) == (code, True), result.output


QUERY = """
import os, signal, threading
import duckdb, typer
from accounting.__main__ import _errors_in_words

def run():
    connection = duckdb.connect(config={"threads": 1})
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with _errors_in_words():
        connection.execute("SELECT sum(a.range) FROM range(900000) a, range(900000) b")

typer.run(run)
"""


def test_ctrl_c_during_a_query_is_one_line() -> None:
    """DuckDB takes the signal for itself, and ends the query with an error of its own."""
    done = subprocess.run(  # noqa: S603 - the program above
        [sys.executable, "-c", QUERY],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = "\nstopped; the same command continues from here\n"
    assert (done.returncode, done.stderr) == (130, said)


def test_a_path_that_matches_no_input_is_named(tmp_path: Path) -> None:
    server = HttpServer(application(GeneratedBucket(3)))
    arguments = ["ledger", "--out", str(tmp_path / "l.csv"), "--cache", str(tmp_path / "cache")]
    environment = {**ENVIRONMENT, "BUCKET": BUCKET, "OBS_ENDPOINT": server.url}
    try:
        results = [
            CliRunner().invoke(app, [*arguments, "--prefix", prefix], env=environment)
            for prefix in ("2062[1]/", "2026/")
        ]
    finally:
        server.stop()
    said = [
        "no input lies below incoming/2062[1]/: check PREFIX" in result.stderr for result in results
    ]
    assert said == [True, False]
    assert [result.exit_code for result in results] == [0, 0]


def test_a_day_is_written_as_year_month_and_day() -> None:
    result = CliRunner().invoke(app, ["ledger", "--out", "l.csv", "--since", "1/2/2026"])
    assert result.exit_code == 2
    assert "%Y-%m-%d" in result.stderr
