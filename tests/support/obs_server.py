"""An object store that speaks OBS natively: virtual-hosted addresses, its own signature.

The signature is recomputed from Huawei Cloud's description ("User Signature Authentication" of the
OBS API reference), without the SDK: what the SDK sends is what is under test.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.announce import etag
from tests.support.servers import Answer, Asked

_DENIED = Answer(403, {}, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")


@dataclass
class ObsServer:
    """Holds one bucket's objects; refuses whatever is not signed with one of its keys.

    Attributes:
        bucket: its name, which must come in the host's name.
        host: the endpoint's name without the bucket.
        secrets: secret key and security token by access key.
        verified: method and key of each request whose signature was right.
        refused: the same of each whose signature was wrong.
    """

    bucket: str
    host: str
    secrets: dict[str, tuple[str, str]]
    objects: dict[str, bytes] = field(default_factory=dict)
    verified: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        parts = urlsplit(asked.path)
        key = unquote(parts.path[1:])
        # strict parsing of the query: the token in it holds signs that are encoded
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        host = asked.headers["host"].partition(":")[0]
        if host != f"{self.bucket}.{self.host}" or not self._is_right(asked, parts.path, query):
            self.refused.append((asked.method, key))
            return _DENIED
        self.verified.append((asked.method, key))
        return self._act(asked.method, key, asked.body)

    def _is_right(self, asked: Asked, path: str, query: dict[str, str]) -> bool:
        if "Signature" in query:
            given, access_key = query["Signature"], query["AccessKeyId"]
            date, token = query["Expires"], query.get("x-obs-security-token")
            if int(date) < time.time():
                return False
        else:
            scheme, _, rest = asked.headers.get("authorization", "").partition(" ")
            access_key, _, given = rest.partition(":")
            date, token = asked.headers.get("date", ""), asked.headers.get("x-obs-security-token")
            if scheme != "OBS":
                return False
        secret, expected_token = self.secrets.get(access_key, ("", ""))
        if not secret or token != expected_token:
            return False
        own = {name: value for name, value in asked.headers.items() if name.startswith("x-obs-")}
        if "x-obs-date" in own:
            date = ""
        resource = f"/{self.bucket}{path}"
        if "x-obs-security-token" in query:
            resource += f"?x-obs-security-token={query['x-obs-security-token']}"
        lines = [
            asked.method,
            asked.headers.get("content-md5", ""),
            asked.headers.get("content-type", ""),
            date,
            *(f"{name}:{own[name]}" for name in sorted(own)),
            resource,
        ]
        digest = hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha1).digest()
        return hmac.compare_digest(base64.b64encode(digest).decode(), given)

    def _act(self, method: str, key: str, body: bytes) -> Answer:
        if method == "PUT":
            self.objects[key] = body
            return Answer(200, {"ETag": f'"{etag(body)}"'})
        if method == "DELETE":
            self.objects.pop(key, None)
            return Answer(204)
        content = self.objects.get(key)
        if content is None:
            return Answer(404, {}, b"<Error><Code>NoSuchKey</Code></Error>")
        modified = formatdate(usegmt=True)
        headers = {"ETag": f'"{etag(content)}"', "Last-Modified": modified}
        if method == "HEAD":
            headers["Content-Length"] = str(len(content))
        return Answer(200, headers, content)
