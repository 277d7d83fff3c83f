"""``python -m bench.api.instant_ocr``: a stand-in OCR service with a constant, immediate response.

Like any OCR service of the local cloud, it takes a free port and prints its URL. It does not check
credentials.
"""

from __future__ import annotations

import json
import sys
import threading

from starlette.types import Receive, Scope, Send

from local.http_server import HttpServer

_RESULT = {
    "amount": "￥50.00",
    "code": "144031909110",
    "location": "广东省深圳市",
    "number": "91234561",
    "confidence": {"amount": 0.9971, "code": 0.9908, "location": 0.9706, "number": 0.9943},
}
_BODY = json.dumps({"result": _RESULT}, ensure_ascii=False).encode()
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(_BODY)).encode()),
    (b"x-request-id", b"0" * 32),
]


async def instant(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond as soon as the request's body has arrived."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


def main() -> None:
    """Serve until the process ends."""
    serving = HttpServer(instant)
    sys.stdout.write(json.dumps({"url": serving.url}) + "\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
