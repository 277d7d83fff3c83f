"""The status of the local cloud, by the command that an operator uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from local.cloud import Cloud
from ops.status.__main__ import main
from tests.functional.conftest import Objects, Run
from tests.functional.ops.conftest import operate
from tests.support.announce import announce, etag, sample_event


def status(env_file: Path, *options: str) -> Any:
    cache = env_file.parent / "status"
    return operate("ops.status", {}, "--local", env_file, "--cache", cache, *options)


@pytest.fixture
def env_file(cloud: Cloud, tmp_path: Path) -> Path:
    path = tmp_path / "up.env"
    path.write_text("".join(f"{name}={value}\n" for name, value in cloud.environment().items()))
    return path


def test_two_bad_files_are_counted_and_need_a_person(
    env_file: Path, run: Run, objects: Objects, image: bytes
) -> None:
    files = {"good 1.png": image, "票+.png": image, "bad.txt": b"text", "cut.jpg": b"\xff\xd8\xff"}
    for name, content in files.items():
        key = f"incoming/{name}"
        objects.put(key, content)
        run.invoke(announce(key, content))
    objects.put("incoming/pending.png", image)
    before = {key: objects.get(key) for key in objects.keys("")}
    done = status(env_file, "--price", "0.05", "--json", "--read-seconds", "60")
    found = json.loads(done.stdout)
    failures = [objects.record(key) for key in objects.keys("failures/")]
    assert done.returncode == 1, done.stderr
    assert (found["inputs"], found["records"], found["pending"]["total"]) == (5, 2, 1)
    assert found["failures"]["total"] == 2
    assert sorted(found["failures"]["by_code"]) == sorted({f["error"]["code"] for f in failures})
    assert (found["ocr"]["calls"], found["ocr"]["cost"]) == (2, "0.10")
    assert any("failed inputs: 2" in point for point in found["needs_a_person"])
    # It changes nothing.
    assert {key: objects.get(key) for key in objects.keys("")} == before
    table = status(env_file)
    assert table.returncode == 1
    assert "needs a person" in table.stdout
    for text in (done.stdout, table.stdout, done.stderr, table.stderr):
        assert env_file.read_text().splitlines()[1].partition("=")[2] not in text


def test_a_failure_beside_the_record_of_the_same_content_is_not_removed(
    env_file: Path, run: Run, objects: Objects, image: bytes
) -> None:
    """Sweeps remove it; the status reads only."""
    objects.put("incoming/a.png", image)
    run.invoke(announce("incoming/a.png", image))
    failure = {"status": "failed", "source": {"etag": etag(image)}, "error": {"code": "AIS.0104"}}
    objects.put("failures/a.png.json", json.dumps(failure).encode())
    found = json.loads(status(env_file, "--json", "--read-seconds", "60").stdout)
    assert (found["records"], found["failures"]["total"]) == (1, 0)
    assert objects.keys("failures/") == ["failures/a.png.json"]


def test_the_last_sweep_is_shown_with_its_result(
    env_file: Path, run: Run, objects: Objects, image: bytes
) -> None:
    objects.put("incoming/a.png", image)
    run.invoke(sample_event("timer"))
    env_file.with_suffix(".log").write_text(run.text())
    found = json.loads(status(env_file, "--json").stdout)
    assert found["sweep"]["at"]
    assert found["sweep"]["result"]["counts"]["recognized"] == 1
    assert not found["sweep"]["is_dead"]


def test_an_empty_bucket_needs_nobody(env_file: Path, objects: Objects) -> None:
    assert objects.keys() == []
    done = status(env_file)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            lambda path: path.unlink(),
            "cannot be read: start the local cloud in another terminal (make up)",
        ),
        (lambda path: path.write_text("BUCKET=invoices\n"), "FUNCTION_URN: not set"),
        (
            lambda path: path.write_text(
                path.read_text().replace("HW_SECRET_KEY=", "HW_SECRET_KEY=x")
            ),
            "the bucket: ",
        ),
    ],
)
def test_a_mistake_is_one_clear_line(env_file: Path, change: Any, line: str) -> None:
    change(env_file)
    done = status(env_file)
    assert done.returncode == 1
    assert line in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("price", ["cheap", "nan", "inf", "-1"])
def test_a_wrong_price_is_one_clear_line(price: str) -> None:
    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, ["--price", price])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"error: '{price}' is not a price: PRICE=0.05\n"
