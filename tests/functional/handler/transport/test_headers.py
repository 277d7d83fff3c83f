"""The headers of OCR requests, as the service gets them."""

from __future__ import annotations

import re

import pytest

from quota_invoice.recognition.ocr_input import OcrInput
from quota_invoice.recognition.reading import Api
from tests.support.hostile import Peer, hostile, ocr_at, response

OURS = "0aa1b2c3-d4e5-f6a7-b8c9-d0e1f2a3b4c5"


@pytest.mark.parametrize("api", list(Api))
@pytest.mark.parametrize("project", ["", OURS])
def test_calls_are_billed_to_the_enterprise_project(api: Api, project: str) -> None:
    assert sent("enterprise-project-id", api, ENTERPRISE_PROJECT_ID=project) == (
        [project] if project else []
    )


@pytest.mark.parametrize("api", list(Api))
def test_calls_name_the_product_and_not_the_machine(api: Api) -> None:
    [agent] = sent("user-agent", api)
    assert re.fullmatch(r"huaweicloud-usdk-python/[0-9.]+; quota-invoice-ocr", agent)


def sent(name: str, api: Api, **settings: str) -> list[str]:
    """Return the values of a header of a request to the OCR service."""

    def answer(peer: Peer) -> None:
        peer.request()
        result = b"{}" if api is Api.QUOTA_INVOICE else b"[]"
        peer.send(response("200 OK", b'{"result": ' + result + b"}"))

    with hostile(answer) as server:
        ocr_at(server.url, **settings).recognize(OcrInput(image=b"image"), api, None, 5)
        [request] = server.requests
    head, _, _ = request.decode().partition("\r\n\r\n")
    headers = [line.split(": ", 1) for line in head.split("\r\n")[1:]]
    return [value for header, value in headers if header.lower() == name]
