"""Runs the zip's content in an empty place against the local cloud, along every path.

The cloud is the demo's: a real object store and a real OCR service. The function runs in an
interpreter of the runtime's version that is told to look nowhere but into the extracted zip.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cloud import BUCKET, PROJECT, Cloud, Options, running_cloud
from ops.package.build import LARGEST
from ops.package.bytecode import runtime_python
from ops.package.cases import Case, cases
from ops.package.selection import PackageError

_PROBE = Path(__file__).with_name("probe.py")
_SECONDS = 300
_OK = 300


@dataclass(frozen=True)
class CheckResult:
    """What the check found.

    Attributes:
        python: version of the interpreter it ran in.
        paths: the paths that were run.
        modules: how many of the zip's files were loaded.
        cold_ms: from the first import to the end of the initializer, in milliseconds.
        left_unchecked: what could not be run here, and why; empty if everything was.
    """

    python: str
    paths: tuple[str, ...]
    modules: int
    cold_ms: int
    left_unchecked: str


def check(zip_file: Path, python: str | None = None) -> CheckResult:
    """Run the zip.

    Raises:
        PackageError: it is too large, is not complete, changes when it runs, loads something from
            elsewhere, or some upload did not get the record it should.
    """
    if zip_file.stat().st_size > LARGEST:
        raise PackageError(f"{zip_file} is larger than {LARGEST:,} bytes")
    interpreter = runtime_python(python)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder).resolve()
        tree = place / "function"
        with zipfile.ZipFile(zip_file) as archive:
            archive.extractall(tree)
        before = _names(tree)
        options = Options(output=place / "log", notify=False)
        with running_cloud(options) as cloud:
            for recognition in ("quota", "auto"):
                work = list(cases(imaging=interpreter is not None))
                _empty(cloud)
                report = _run(cloud, place, interpreter or Path(sys.executable), work, recognition)
                for case in work:
                    _require(cloud, case, report)
                    found[f"{case.what}, {recognition}"] = report
        if interpreter and _names(tree) != before:  # another Python makes its own in any case
            raise PackageError("running it wrote byte-code: what the zip brings is not valid")
        modules = _loaded(report, tree)
    left = "" if interpreter else "rescue of large images: Pillow is built for Python 3.12"
    return CheckResult(_version(interpreter), tuple(found), modules, report["cold_ms"], left)


def _run(
    cloud: Cloud, place: Path, interpreter: Path, work: list[Case], recognition: str
) -> dict[str, Any]:
    """Upload everything, then have the function process it in a process of its own."""
    client = cloud.bucket.client()
    for case in work:
        if client.putContent(BUCKET, case.key, case.content).status >= _OK:
            raise PackageError(f"the bucket refused {case.key}")
    keys = cloud.agency.credentials()
    request = {
        "user_data": {
            **cloud.runtime.function.user_data,
            "BUCKET": BUCKET,
            "RECOGNITION": recognition,
        },
        "project_id": PROJECT,
        "credentials": {
            "access_key": keys.access_key,
            "secret_key": keys.secret_key,
            "security_token": keys.security_token,
        },
        "events": [case.event(BUCKET) for case in work],
    }
    answers = place / "answers.json"
    done = subprocess.run(  # noqa: S603 - our own probe
        [interpreter, "-I", "-S", "-W", "ignore", _PROBE, place / "function", answers],
        check=False,
        cwd=place,
        env={"PATH": os.defpath},
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    if done.returncode:
        raise PackageError(f"the function does not start: {done.stderr.strip()[-2000:]}")
    report: dict[str, Any] = json.loads(answers.read_bytes())
    return report


def _require(cloud: Cloud, case: Case, report: dict[str, Any]) -> None:
    """Raise if a case has not the record that it should have."""
    answer = cloud.bucket.client().getObject(BUCKET, case.record, loadStreamInMemory=True)
    record = json.loads(answer.body.buffer) if answer.status < _OK else {}
    status = record.get("status")
    if status != case.status:
        raise PackageError(f"{case.what}: {status or 'no record'}; answers: {report['answers']}")


def _empty(cloud: Cloud) -> None:
    client = cloud.bucket.client()
    for item in client.listObjects(BUCKET, max_keys=1000).body.contents:
        client.deleteObject(BUCKET, item.key)


def _names(tree: Path) -> set[str]:
    return {str(path.relative_to(tree)) for path in tree.rglob("*")}


def _loaded(report: dict[str, Any], tree: Path) -> int:
    """Count what was loaded from the zip; raise if something else was, but Python's own."""
    outside = [
        name
        for name in report["modules"]
        if not name.startswith((f"{tree}/", f"{report['stdlib']}/", str(_PROBE)))
        or "site-packages" in name
    ]
    if outside:
        raise PackageError(f"loaded from elsewhere: {', '.join(outside[:5])}")
    return sum(name.startswith(f"{tree}/") for name in report["modules"])


def _version(interpreter: Path | None) -> str:
    return "3.12" if interpreter else ".".join(map(str, sys.version_info[:2]))
