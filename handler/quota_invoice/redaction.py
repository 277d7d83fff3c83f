"""Removal of secrets from text that becomes part of a message."""

from __future__ import annotations

import re

# A proxy or a service may quote a URL with its characters encoded, once or twice.
_QUERY = re.compile(r"(\?|%(?:25)?3[Ff])[^\s'\"<>]+")
_VALUE = re.compile(r"=|%(?:25)?3[Dd]")
_SIGNATURE = re.compile(
    r"(?i)(signature|credential|token)(['\"]?\s*(?:[=:]|%(?:25)?3d)\s*['\"]?)[^\s'\",;&]+"
)
_AUTHORIZATION = re.compile(r"\b(OBS|AWS) [^\s:]+:[^\s'\",;]+")  # access key and signature
MESSAGE_LIMIT = 2000
"""Characters of a message."""


def without_secrets(text: object) -> str:
    """Return a service's text, shortened, without the queries of URLs and without signatures.

    >>> without_secrets("GET https://b.example/a.jpg?AccessKeyId=AK&Signature=abc&x=1 failed")
    'GET https://b.example/a.jpg?… failed'
    >>> without_secrets("Authorization: SDK-HMAC-SHA256 Signature=0af7")
    'Authorization: SDK-HMAC-SHA256 Signature=…'
    >>> without_secrets("authorization: OBS AK:c2lnbmF0dXJl=")
    'authorization: OBS …'
    >>> without_secrets("cannot fetch https%3A%2F%2Fb.example%2Fa.jpg%3Fx%3D1%26Signature%3Dabc")
    'cannot fetch https%3A%2F%2Fb.example%2Fa.jpg%3F…'
    """
    cleaned = _shortened(" ".join(str(text).split()))
    cleaned = _QUERY.sub(_without_values, cleaned)
    return _AUTHORIZATION.sub(r"\1 …", _SIGNATURE.sub(r"\1\2…", cleaned))


def _shortened(text: str) -> str:
    """Cut a text before a word, so that no half of a secret escapes the patterns."""
    if len(text) <= MESSAGE_LIMIT:
        return text
    whole_words, _, rest = text[: MESSAGE_LIMIT - 1].rpartition(" ")
    return (whole_words or rest) + "…"


def _without_values(query: re.Match[str]) -> str:
    return f"{query[1]}…" if _VALUE.search(query[0]) else query[0]
