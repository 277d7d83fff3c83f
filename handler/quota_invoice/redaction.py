"""Removal of secrets from text that becomes part of a message."""

from __future__ import annotations

import re

_QUERY = re.compile(r"\?[^\s'\"<>]*=[^\s'\"<>]*")
_SIGNATURE = re.compile(r"(?i)(signature|credential|token)(['\"]?\s*[=:]\s*['\"]?)[^\s'\",;&]+")
_AUTHORIZATION = re.compile(r"\b(OBS|AWS) [^\s:]+:[^\s'\",;]+")  # access key and signature
_MESSAGE_LIMIT = 2000


def without_secrets(text: object) -> str:
    """Return a service's text, shortened, without the queries of URLs and without signatures.

    >>> without_secrets("GET https://b.example/a.jpg?AccessKeyId=AK&Signature=abc&x=1 failed")
    'GET https://b.example/a.jpg?… failed'
    >>> without_secrets("Authorization: SDK-HMAC-SHA256 Signature=0af7")
    'Authorization: SDK-HMAC-SHA256 Signature=…'
    >>> without_secrets("authorization: OBS AK:c2lnbmF0dXJl=")
    'authorization: OBS …'
    """
    cleaned = _QUERY.sub("?…", " ".join(str(text).split()))
    cleaned = _AUTHORIZATION.sub(r"\1 …", _SIGNATURE.sub(r"\1\2…", cleaned))
    return cleaned if len(cleaned) <= _MESSAGE_LIMIT else cleaned[: _MESSAGE_LIMIT - 1] + "…"
