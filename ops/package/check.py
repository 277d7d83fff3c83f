"""Runs every path of the extracted zip against the local cloud.

The cloud is that of the demo: a real object store and a real OCR service. The function runs in an
interpreter of the runtime's version that imports from the extracted zip only.
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
from ops.errors import OpsError
from ops.package.build import LARGEST
from ops.package.bytecode import RUNTIME, runtime_python
from ops.package.cases import Case, cases
from ops.sdk.errors import response_body
from quota_invoice.obs.responses import is_success

_PROBE = Path(__file__).with_name("probe.py")
_SECONDS = 300


@dataclass(frozen=True)
class CheckResult:
    """The result of the check.

    Attributes:
        python: version of the interpreter.
        paths: the paths that were run.
        modules: number of files that were loaded from the zip.
        cold_ms: milliseconds from the first import to the end of the initializer.
        left_unchecked: paths that cannot run here, and why; empty if all ran.
    """

    python: str
    paths: tuple[str, ...]
    modules: int
    cold_ms: int
    left_unchecked: str


def check(
    zip_file: Path, python: str | None = None, ocr: tuple[str, ...] = Options.ocr
) -> CheckResult:
    """Run the zip.

    Args:
        zip_file: the zip.
        python: an interpreter of the runtime's version; None to look for one.
        ocr: the Python module that serves OCR, and its arguments.

    Raises:
        OpsError: the zip is too large or incomplete, changes when it runs, loads a module from
            elsewhere, or an upload did not get the expected record.
    """
    if zip_file.stat().st_size > LARGEST:
        raise OpsError(f"{zip_file} is larger than {LARGEST:,} bytes")
    interpreter = runtime_python(python)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder).resolve()
        tree = place / "function"
        with zipfile.ZipFile(zip_file) as archive:
            archive.extractall(tree)
        before = _file_names(tree)
        options = Options(output=place / "log", notify=False, ocr=ocr)
        uploads = list(cases(imaging=interpreter is not None))
        with running_cloud(options) as cloud:
            for recognition in ("quota", "auto"):
                _empty_bucket(cloud)
                report = _run(
                    cloud, place, interpreter or Path(sys.executable), uploads, recognition
                )
                for case in uploads:
                    _check_record(cloud, case, report)
                    found[f"{case.name}, {recognition}"] = report
        if interpreter and _file_names(tree) != before:  # another Python compiles in any case
            raise OpsError("running it wrote byte-code: the byte-code in the zip is not valid")
        modules = _count_modules(report, tree)
    version = RUNTIME if interpreter else ".".join(map(str, sys.version_info[:2]))
    left = "" if interpreter else "large images: Pillow is built for Python 3.12"
    return CheckResult(version, tuple(found), modules, report["cold_ms"], left)


def _run(
    cloud: Cloud, place: Path, interpreter: Path, uploads: list[Case], recognition: str
) -> dict[str, Any]:
    """Upload all cases, then run the function on them in a subprocess."""
    client = cloud.bucket.client()
    for case in uploads:
        response_body(client.putContent(BUCKET, case.key, case.content), f"put {case.key}")
    credentials = cloud.agency.credentials()
    request = {
        "user_data": {
            **cloud.runtime.function.user_data,
            "BUCKET": BUCKET,
            "RECOGNITION": recognition,
        },
        "project_id": PROJECT,
        "credentials": {
            "access_key": credentials.access_key,
            "secret_key": credentials.secret_key,
            "security_token": credentials.security_token,
        },
        "events": [case.event(BUCKET) for case in uploads],
    }
    report_file = place / "report.json"
    completed = subprocess.run(  # noqa: S603 - the probe beside this module
        [interpreter, "-I", "-S", "-W", "ignore", _PROBE, place / "function", report_file],
        check=False,
        cwd=place,
        env={"PATH": os.defpath},
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    if completed.returncode:
        raise OpsError(f"the function does not start: {completed.stderr.strip()[-2000:]}")
    report: dict[str, Any] = json.loads(report_file.read_bytes())
    return report


def _check_record(cloud: Cloud, case: Case, report: dict[str, Any]) -> None:
    """Raise an error if a case does not have the expected record."""
    response = cloud.bucket.client().getObject(BUCKET, case.record, loadStreamInMemory=True)
    record = json.loads(response.body.buffer) if is_success(response.status) else {}
    status = record.get("status")
    if status != case.status:
        raise OpsError(f"{case.name}: {status or 'no record'}; results: {report['results']}")
    pages = (record.get("pages") or {}).get("total")
    if pages != case.pages:
        raise OpsError(f"{case.name}: the record has {pages} pages instead of {case.pages}")


def _empty_bucket(cloud: Cloud) -> None:
    client = cloud.bucket.client()
    for item in client.listObjects(BUCKET, max_keys=1000).body.contents:
        client.deleteObject(BUCKET, item.key)


def _file_names(tree: Path) -> set[str]:
    return {str(path.relative_to(tree)) for path in tree.rglob("*")}


def _count_modules(report: dict[str, Any], tree: Path) -> int:
    """Count the modules from the zip; raise an error if any is neither from there nor Python's."""
    outside = [
        name
        for name in report["modules"]
        if not name.startswith((f"{tree}/", f"{report['stdlib']}/", str(_PROBE)))
        or "site-packages" in name
    ]
    if outside:
        raise OpsError(f"loaded from elsewhere: {', '.join(outside[:5])}")
    return sum(name.startswith(f"{tree}/") for name in report["modules"])
