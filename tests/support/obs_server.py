"""An object store with OBS's native protocol: virtual-hosted URLs and the OBS signature.

The expected signature is computed after "User Signature Authentication" of the OBS API reference,
without the SDK, since the SDK's requests are under test.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from tests.support.announce import etag
from tests.support.servers import Answer, Asked

_DENIED = Answer(403, {}, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")


@dataclass
class ObsServer:
    """A bucket that accepts only requests signed with known credentials.

    Attributes:
        bucket: the bucket's name, which must be the first part of the host name.
        host: the host name of the endpoint.
        secrets: secret key and security token by access key.
        verified: method and key of each request with a valid signature.
        refused: method and key of each request with an invalid signature.
        version: the version of all objects; None for a bucket without versions.
        wanted: the version that each GET with a valid signature names, or None.
        modified: the time of all uploads.
    """

    bucket: str
    host: str
    secrets: dict[str, tuple[str, str]]
    objects: dict[str, bytes] = field(default_factory=dict)
    verified: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    version: str | None = None
    wanted: list[str | None] = field(default_factory=list)
    modified: str = field(default_factory=lambda: formatdate(usegmt=True))

    def answer(self, asked: Asked) -> Answer:
        parts = urlsplit(asked.path)
        key = unquote(parts.path[1:])
        # The token in the query has percent-encoded characters.
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        host = asked.headers["host"].partition(":")[0]
        if host != f"{self.bucket}.{self.host}" or not self._is_signed(asked, parts.path, query):
            self.refused.append((asked.method, key))
            return _DENIED
        self.verified.append((asked.method, key))
        is_listing = asked.method == "GET" and not key
        answer = self._list(query) if is_listing else self._act(asked.method, key, asked.body)
        if self.version:
            answer.headers["x-obs-version-id"] = self.version
        if asked.method == "GET":
            self.wanted.append(query.get("versionId"))
        wanted = asked.headers.get("range", "")
        return in_range(answer, wanted) if asked.method == "GET" and wanted else answer

    def _is_signed(self, asked: Asked, path: str, query: dict[str, str]) -> bool:
        if "Signature" in query:
            signature, access_key = query["Signature"], query["AccessKeyId"]
            date, token = query["Expires"], query.get("x-obs-security-token")
            if int(date) < time.time():
                return False
        else:
            scheme, _, rest = asked.headers.get("authorization", "").partition(" ")
            access_key, _, signature = rest.partition(":")
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
        signed = sorted({"versionId", "x-obs-security-token"} & query.keys())
        if signed:
            resource += "?" + "&".join(f"{name}={query[name]}" for name in signed)
        lines = [
            asked.method,
            asked.headers.get("content-md5", ""),
            asked.headers.get("content-type", ""),
            date,
            *(f"{name}:{own[name]}" for name in sorted(own)),
            resource,
        ]
        digest = hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha1).digest()
        return hmac.compare_digest(base64.b64encode(digest).decode(), signature)

    def _list(self, query: dict[str, str]) -> Answer:
        """Return a listing of one page."""
        prefix, after = query.get("prefix", ""), query.get("marker", "")
        found = "".join(
            f"<Contents><Key>{quote(key)}</Key><Size>{len(content)}</Size>"
            f'<ETag>"{etag(content)}"</ETag><LastModified>{self._listed_at}</LastModified></Contents>'
            for key, content in sorted(self.objects.items())
            if key.startswith(prefix) and key > after
        )
        head = f"<Name>{self.bucket}</Name><EncodingType>url</EncodingType>"
        end = "<IsTruncated>false</IsTruncated>"
        xml = f"<ListBucketResult>{head}{end}{found}</ListBucketResult>"
        return Answer(200, {"Content-Type": "application/xml"}, xml.encode())

    @property
    def _listed_at(self) -> str:
        return parsedate_to_datetime(self.modified).strftime("%Y-%m-%dT%H:%M:%S.000Z")

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
        headers = {"ETag": f'"{etag(content)}"', "Last-Modified": self.modified}
        if method == "HEAD":
            headers["Content-Length"] = str(len(content))
        return Answer(200, headers, content)


def in_range(answer: Answer, wanted: str) -> Answer:
    """Return the part of a response that a header ``Range`` names, as ``bytes=first-last``."""
    if answer.status != 200 or not wanted:
        return answer
    first, last = (int(number) for number in wanted.removeprefix("bytes=").split("-"))
    part, whole = answer.body[first : last + 1], len(answer.body)
    if not part:
        return Answer(416, {}, b"<Error><Code>InvalidRange</Code></Error>")
    named = {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{whole}"}
    return Answer(206, answer.headers | named, part)
