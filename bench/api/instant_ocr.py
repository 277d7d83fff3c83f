"""``python -m bench.api.instant_ocr``: a stand-in OCR service that responds immediately.

Like any OCR service of the local cloud, it takes a free port and prints its URL. It does not check
credentials. The invoice is always the same; with the argument ``distinct``, its number goes up.
"""

from __future__ import annotations

import json
import sys
from itertools import count, repeat

from starlette.types import Receive, Scope, Send

from bench.serving import serve

_RESULT = {
    "amount": "￥50.00",
    "code": "144031909110",
    "location": "广东省深圳市",
    "number": "91234561",
    "confidence": {"amount": 0.9971, "code": 0.9908, "location": 0.9706, "number": 0.9943},
}
_NUMBERS = count(1) if "distinct" in sys.argv else repeat(91234561)
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"x-request-id", b"0" * 32),
]


async def instant(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond as soon as the request's body has arrived."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    result = _RESULT | {"number": f"{next(_NUMBERS):08}"}
    body = json.dumps({"result": result}, ensure_ascii=False).encode()
    headers = [*_HEADERS, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    serve(instant, lambda url: json.dumps({"url": url}))
