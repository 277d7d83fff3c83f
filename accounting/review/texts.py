"""The page's texts in Chinese and English, and the choice between them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("zh", "en")
FOLDER = Path(__file__).with_name("texts")
_FOR_SCRIPTS = ".js."
_WISH = re.compile(r"\s*([A-Za-z*]{1,8})[^,;]*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*\Z")


@cache
def texts() -> dict[str, dict[str, str]]:
    """Return the texts of all parts: language to text, by key.

    Raises:
        ValueError: two parts have the same key.
    """
    found: dict[str, dict[str, str]] = {}
    for path in sorted(FOLDER.glob("*.json")):
        for key, text in json.loads(path.read_bytes()).items():
            if key in found:
                raise ValueError(f"{path.name}: {key} is in another part, too")
            found[key] = text
    return found


class Translator:
    """Gives texts in one language: ``t("queue.title")``.

    Args:
        language: ``zh`` or ``en``.
    """

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its values in their places; the template escapes it.

        Raises:
            KeyError: there is no such text, or a value is missing.
        """
        return texts()[key][self.language].format_map(values)

    def for_scripts(self) -> dict[str, str]:
        """Return the texts that scripts show: those with ``.js.`` in their keys."""
        return {key: text[self.language] for key, text in texts().items() if _FOR_SCRIPTS in key}


def language_of(cookies: Mapping[str, str], accept_language: str) -> str:
    """Return the language that a person chose, or else the one that the browser prefers.

    >>> language_of({}, "fr, en-US;q=0.7, zh-CN;q=0.8")
    'zh'
    >>> language_of({}, "en-GB,en;q=0.9"), language_of({"language": "zh"}, "en")
    ('en', 'zh')
    """
    chosen = cookies.get("language")
    if chosen in LANGUAGES:
        return chosen
    wishes = [match for match in map(_WISH.match, accept_language.split(",")) if match]
    known = [match for match in wishes if match[1].lower() in LANGUAGES]
    if not known:
        return LANGUAGES[0]
    return max(known, key=lambda match: float(match[2] or 1))[1].lower()


def percent(confidence: float | None) -> int | None:
    """Return a confidence in percent.

    It is rounded down, so that one below a limit does not look as if it reached the limit.

    >>> percent(0.8977), percent(0.97), percent(1.0), percent(float("nan"))
    (89, 97, 100, None)
    """
    if confidence is None or math.isnan(confidence):
        return None
    return math.floor(round(100 * confidence, 2))
