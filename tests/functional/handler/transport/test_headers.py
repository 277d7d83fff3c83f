"""The headers of OCR requests, as the service gets them."""

from __future__ import annotations

import pytest

from quota_invoice.ocr.service import OcrService
from quota_invoice.recognition.ocr_input import OcrInput
from quota_invoice.recognition.reading import Api
from tests.support.hostile import Peer, hostile, ocr_at, response

OURS = "0aa1b2c3-d4e5-f6a7-b8c9-d0e1f2a3b4c5"


@pytest.mark.parametrize("api", list(Api))
@pytest.mark.parametrize("project", ["", OURS])
def test_calls_are_billed_to_the_enterprise_project(api: Api, project: str) -> None:
    def answer(peer: Peer) -> None:
        peer.request()
        result = b"{}" if api is Api.QUOTA_INVOICE else b"[]"
        peer.send(response("200 OK", b'{"result": ' + result + b"}"))

    with hostile(answer) as server:
        send(ocr_at(server.url, ENTERPRISE_PROJECT_ID=project), api)
        [request] = server.requests
    lines = request.decode().lower().split("\r\n")
    found = [line for line in lines if line.startswith("enterprise-project-id:")]
    assert found == ([f"enterprise-project-id: {project}"] if project else [])


def send(ocr: OcrService, api: Api) -> None:
    ocr.recognize(OcrInput(image=b"image"), api, None, 5)
