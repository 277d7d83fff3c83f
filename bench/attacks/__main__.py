"""``python -m bench.attacks``: honest callers of the OCR service, quiet and under attack."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from rich.markup import escape
from rich.table import Table

from bench.api.callers import CallResult, Workload, run_callers
from bench.api.latency import figures
from bench.attacks.attackers import ATTACKS, Aim, head
from bench.console import console
from local.errors import CloudError
from local.ocr_process import OcrProcess
from local.processes import plain_environment

_ROOT = Path(__file__).parents[2]
_IMAGE = _ROOT / "samples" / "shenzhen-50-yuan-telephone.jpg"
_PROJECT = "p1"
_CALLERS = 3
_PAUSE_SECONDS = 0.2
_MIN_ANSWERED = 0.99
_MAX_RATIO = 3.0
"""Maximum of the 95th percentile under attack, in relation to the quiet one."""
_OCR = ("token", "signature")
_STOP_SECONDS = 30

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bench(
    seconds: Annotated[float, typer.Option(help="Duration of each phase.", min=1)] = 30.0,
    attack: Annotated[list[str] | None, typer.Option(help="Only these attacks.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the figures.")] = Path("build"),
) -> None:
    """Measure the callers in two phases for each attack: without it, then during it.

    Three honest callers open a connection for each request: an image with a token, an image with a
    signature, and ``/healthz``. All callers and attackers share one address and one access key,
    so that no limit by address or key can tell them apart.
    """
    if unknown := sorted(set(attack or ()) - set(ATTACKS)):
        raise typer.BadParameter(f"no such attack: {', '.join(unknown)}; {', '.join(ATTACKS)}")
    out.mkdir(parents=True, exist_ok=True)
    reports = []
    try:
        for kind in attack or ATTACKS:
            with _service(out / "bench-attacks.log") as aim, console.status(kind):
                honest = _honest(*aim, seconds)
                run_callers(_honest(*aim, 3))  # loads the models into memory
                quiet = run_callers(honest)
                with _attack(kind, aim[0]):
                    attacked = run_callers(honest)
            reports.append(compare(kind, quiet, attacked, seconds))
    except CloudError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from None
    (out / "bench-attacks.json").write_text(json.dumps(reports, indent=2) + "\n", encoding="utf-8")
    _show(reports)
    raise typer.Exit(0 if all(one["passed"] for one in reports) else 1)


@contextmanager
def _service(log: Path) -> Iterator[tuple[Aim, str]]:
    """Run the service; yield its address and credentials, and the secret key."""
    access_key, secret_key, token = (secrets.token_hex(10) for _ in range(3))
    settings = {"PROJECT": _PROJECT, "AK": access_key, "SK": secret_key, "TOKEN": token}
    environ = {f"QUOTA_OCR_{name}": value for name, value in settings.items()}
    with log.open("ab") as output:
        service = OcrProcess(["ocr_service"], environ, _ROOT, output)
        try:
            url = urlsplit(service.wait())
            yield Aim(url.hostname or "", url.port or 0, _PROJECT, access_key, token), secret_key
        finally:
            service.stop()


def _honest(aim: Aim, secret_key: str, seconds: float) -> Workload:
    body = json.dumps({"image": base64.b64encode(_IMAGE.read_bytes()).decode()}).encode()
    path = f"/v2/{_PROJECT}/ocr/quota-invoice"
    signed = SdkRequest(
        method="POST",
        schema="http",
        host="ocr",
        resource_path=path,
        query_params=[],
        header_params={"Content-Type": "application/json"},
        body=body,
    )
    headers = Signer(BasicCredentials(aim.access_key, secret_key, _PROJECT)).sign(signed)
    requests = [
        ("token", head(path, len(body), {"X-Auth-Token": aim.token}) + body),
        ("signature", head(path, len(body), headers.header_params) + body),
        ("health", b"GET /healthz HTTP/1.1\r\nHost: ocr\r\n\r\n"),
    ]
    encoded = [(kind, base64.b64encode(request).decode()) for kind, request in requests]
    return Workload(aim.host, aim.port, _CALLERS, seconds, encoded, _PAUSE_SECONDS, keep=False)


@contextmanager
def _attack(kind: str, aim: Aim) -> Iterator[None]:
    command = [sys.executable, "-m", "bench.attacks.attackers", kind]
    with subprocess.Popen(  # noqa: S603 - a module of this package
        command, cwd=_ROOT, env=plain_environment(), stdin=subprocess.PIPE
    ) as process:
        assert process.stdin  # noqa: S101 - it is piped
        process.stdin.write(json.dumps(asdict(aim)).encode() + b"\n")
        process.stdin.flush()
        try:
            yield
        finally:
            process.stdin.close()
        try:
            failed = process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            failed = 1
        if failed:
            raise CloudError(f"the attacker failed, so nobody was attacked: {kind}")


def compare(
    kind: str, quiet: Sequence[CallResult], attacked: Sequence[CallResult], seconds: float
) -> dict[str, Any]:
    """Return the figures of both phases, and whether the attack left the callers alone."""
    before, after = (_phase(results, seconds) for results in (quiet, attacked))
    ratio = after["ocr"]["latency_ms"].get("p95", float("inf")) / before["ocr"]["latency_ms"]["p95"]
    passed = ratio <= _MAX_RATIO and all(
        1 - part["errors"] / part["requests"] >= _MIN_ANSWERED for part in after.values()
    )
    return {
        "attack": kind,
        "quiet": before,
        "attacked": after,
        "p95_ratio": round(ratio, 2),
        "passed": passed,
    }


def _phase(results: Sequence[CallResult], seconds: float) -> dict[str, Any]:
    parts = {
        "ocr": [one for one in results if one.kind in _OCR],
        "health": [one for one in results if one.kind == "health"],
    }
    return {name: figures(part, seconds) for name, part in parts.items()}


def _show(reports: Sequence[dict[str, Any]]) -> None:
    table = Table("attack", "request", title="Honest callers, quiet and under attack")
    for name in ("sent", "answered", "ms: median", "p95", "quiet: sent", "median", "p95", "ratio"):
        table.add_column(name, justify="right")
    for report in reports:
        for kind, after in report["attacked"].items():
            before = report["quiet"][kind]
            answered = 1 - after["errors"] / after["requests"]
            cells = [str(after["requests"]), f"{answered:.1%}", *_milliseconds(after)]
            cells += [str(before["requests"]), *_milliseconds(before)]
            ratio = f"{report['p95_ratio']:.2f}" if kind == "ocr" else ""
            table.add_row(report["attack"], kind, *cells, ratio)
    console.print(table)
    console.print(
        f"Answered: status below 400; at least {_MIN_ANSWERED:.0%}. Ratio: the 95th percentile "
        f"under attack in relation to the quiet one, at most {_MAX_RATIO:g}.",
        soft_wrap=True,
    )


def _milliseconds(part: dict[str, Any]) -> list[str]:
    return [f"{part['latency_ms'].get(name, float('nan')):.0f}" for name in ("median", "p95")]


if __name__ == "__main__":
    app()
