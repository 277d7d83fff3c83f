"""Removal of secrets from text that becomes part of a message."""

from __future__ import annotations

import re

_QUERY = re.compile(r"\?[^\s'\"<>]+")
_SIGNATURE = re.compile(r"(?i)(signature|credential|token)(['\"]?\s*[=:]\s*['\"]?)[^\s'\",;&]+")
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
    return "?…" if "=" in query[0] else query[0]
