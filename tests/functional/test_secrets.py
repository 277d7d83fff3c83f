"""No key, token or signed address reaches any output, whatever happens."""

from __future__ import annotations

import json
from collections.abc import Callable

from local.runtime import FunctionError
from tests.functional.conftest import Objects, Run
from tests.support.announce import announce
from tests.support.servers import Answer, Asked, nobody_listens, serving


def test_a_whole_run_tells_no_secret(
    start: Callable[..., Run], objects: Objects, image: bytes
) -> None:
    said: list[str] = []
    good = announce("incoming/a.png", objects.put("incoming/a.png", image))
    text = announce("incoming/b.png", objects.put("incoming/b.png", b"no image"))
    shown: list[str] = []

    def echo(asked: Asked) -> Answer:
        # A service that tells the caller all that it was sent, as proxies in debug mode do.
        shown.append(asked.body.decode())
        error = {"error_code": "ModelArts.4601", "error_msg": f"{asked.body!r} {asked.headers}"}
        return Answer(400, {"Content-Type": "application/json"}, json.dumps(error).encode())

    with serving(echo) as echoing:
        runs = [
            start(),
            start(seconds=4, OCR_ENDPOINT=nobody_listens()),
            start(OBS_ENDPOINT=nobody_listens()),
            start(OCR_ENDPOINT=echoing.url),
            start(REGION="mars"),
        ]
        for run in runs:
            for event in (text, good, {"unknown": 1}):
                try:
                    said.append(str(run.invoke(event)))
                except FunctionError as error:
                    said += [str(error), *error.trace]
            objects.client.deleteObject("invoices", "results/a.png.json")
            objects.client.deleteObject("invoices", "failures/b.png.json")
    assert any("X-Amz-Signature=" in body for body in shown)  # the addresses were in play

    secrets = [
        secret
        for run in runs
        for keys in run.used
        for secret in (keys.access_key, keys.secret_key, keys.security_token)
    ]
    assert len(secrets) >= 3 * 3 * 5
    outputs = [run.log.read_text(encoding="utf-8") for run in runs] + said
    assert all("step" in run.log.read_text(encoding="utf-8") for run in runs)
    everything = "\n".join(outputs)
    for secret in [*secrets, "X-Amz-Credential", "Signature=0", "Signature=a"]:
        assert secret is not None
        assert secret not in everything
