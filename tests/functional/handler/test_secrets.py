"""No key, token or signed URL reaches any output, in success or failure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import escape

from local.runtime import FunctionError
from tests.functional.conftest import Objects, Run
from tests.support.announce import announce
from tests.support.servers import Answer, Asked, closed_port_url, serving


def test_no_output_contains_a_secret(
    start: Callable[..., Run], objects: Objects, image: bytes
) -> None:
    said: list[str] = []
    good = announce("incoming/a.png", objects.put("incoming/a.png", image))
    text = announce("incoming/b.png", objects.put("incoming/b.png", b"no image"))
    shown: list[str] = []

    def echo(asked: Asked) -> Answer:
        # A service that repeats the request in its response, as proxies in debug mode do.
        shown.append(asked.body.decode())
        error = {"error_code": "ModelArts.4601", "error_msg": f"{asked.body!r} {asked.headers}"}
        return Answer(400, {"Content-Type": "application/json"}, json.dumps(error).encode())

    def refuse(asked: Asked) -> Answer:
        shown.append(str(asked.headers))
        text = f"<Error><Code>AccessDenied</Code><Message>{escape(shown[-1])}</Message></Error>"
        return Answer(403, {"Content-Type": "application/xml"}, text.encode())

    with serving(echo) as echoing, serving(refuse) as refusing:
        runs = [
            start(),
            start(seconds=4, OCR_ENDPOINT=closed_port_url()),
            start(OBS_ENDPOINT=closed_port_url()),
            start(OCR_ENDPOINT=echoing.url),
            start(REGION="mars"),
            start(OBS_ENDPOINT=refusing.url),
        ]
        for run in runs:
            for event in (text, good, {"unknown": 1}):
                try:
                    said.append(str(run.invoke(event)))
                except FunctionError as error:
                    said += [str(error), *error.trace]
            objects.client.deleteObject("invoices", "results/a.png.json")
            objects.client.deleteObject("invoices", "failures/b.png.json")
    assert any("X-Amz-Signature=" in body for body in shown)  # signed URLs were sent

    secrets = [
        secret
        for run in runs
        for keys in run.used
        for secret in (keys.access_key, keys.secret_key, keys.security_token)
    ]
    assert len(secrets) >= 3 * 3 * 6
    signatures = re.findall(r"Signature=([0-9a-f]{64})", "".join(shown))
    assert len(signatures) >= 4
    outputs = [run.text() for run in runs] + said
    assert all("step" in run.text() for run in runs)
    everything = "\n".join(outputs)
    for secret in [*secrets, *signatures, "X-Amz-Credential"]:
        assert secret is not None
        assert secret not in everything
