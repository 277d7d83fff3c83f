"""Texts of records as the page shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SURROGATES = re.compile(r"[\ud800-\udfff]")
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)


def sound(text: str) -> str:
    """Return a text without halves of surrogate pairs, which no page and no object can hold."""
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)


def plain(text: str) -> str:
    r"""Return a text as a field of a form holds it, so that an unchanged one is recognised.

    >>> plain(" 深圳\r\n市\ud83d ") == "深圳市\N{REPLACEMENT CHARACTER}"
    True
    """
    return sound(text.replace("\r", "").replace("\n", "")).strip()


def visible(text: str) -> str:
    r"""Return a text whose signs for the direction of writing, and other unseen ones, are visible.

    >>> visible("gpj\u202eexe.jpg")
    'gpj[U+202E]exe.jpg'
    """
    return _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", sound(text))


def sentence(message: object, language: str) -> str:
    """Return a message of a record in a language; in schema 1, it is one text."""
    if isinstance(message, Mapping):
        return plain(str(message.get(language) or message.get("en") or ""))
    return plain(message) if isinstance(message, str) else ""
