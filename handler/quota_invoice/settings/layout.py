"""Where records go: the way from an input's key to its record's, and back."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quota_invoice.errors import UnusableKey

_SUFFIX = ".json"
_KEY_LIMIT = 1024  # bytes of UTF-8 that OBS allows in an object key
LONGEST_PATH = 800
"""Characters of a path that callers may name: with the longest prefix and a suffix it is a key."""
# What no path that travels through URLs, listings and logs should hold: control characters, halves
# of surrogate pairs, and the backslash, which some take for a slash.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\\]")


@dataclass(frozen=True)
class Keys:
    """The three prefixes, each ending in ``/`` and none inside another (``Settings`` sees to it).

    >>> keys = Keys("incoming/", "results/", "failures/")
    >>> keys.result("incoming/2026/a.jpg")
    'results/2026/a.jpg.json'
    >>> keys.source("results/2026/a.jpg.json")
    'incoming/2026/a.jpg'
    """

    input_prefix: str
    results_prefix: str
    failures_prefix: str

    def why_not(self, key: str) -> str | None:
        """Say why a key announces no work for us, or None if it does.

        What the function wrote itself is refused first: that is what keeps it from running on its
        own output for ever.

        >>> Keys("incoming/", "results/", "failures/").why_not("results/a.jpg.json")
        "the function's own output"
        """
        if not key:
            return "the key is empty"
        if key.startswith((self.results_prefix, self.failures_prefix)):
            return "the function's own output"
        if not key.startswith(self.input_prefix):
            return f"outside {self.input_prefix}"
        if key.endswith("/"):
            return "a folder"
        return None

    def result(self, key: str) -> str:
        """Give the key of the record of an input.

        Raises:
            UnusableKey: no record can have that key.
        """
        return self._beside(key, self.results_prefix)

    def failure(self, key: str) -> str:
        """Give the key of the failure record of an input.

        Raises:
            UnusableKey: no record can have that key.
        """
        return self._beside(key, self.failures_prefix)

    def source(self, record_key: str) -> str:
        """Give the key of the input that a record or failure was made of.

        Raises:
            ValueError: the key is not one that ``result`` or ``failure`` gives.
        """
        for prefix in (self.results_prefix, self.failures_prefix):
            if record_key.startswith(prefix) and record_key.endswith(_SUFFIX):
                return self.input_prefix + record_key[len(prefix) : -len(_SUFFIX)]
        message = f"not the key of a record: {record_key}"
        raise ValueError(message)

    @property
    def uploads_prefix(self) -> str:
        """Where callers of the API may upload to, and nowhere else: a folder of the inputs'."""
        return f"{self.input_prefix}uploads/"

    def asked_for(self, text: str) -> str:
        """Give the input's key that a caller means: the whole key, or what follows the prefix.

        >>> keys = Keys("incoming/", "results/", "failures/")
        >>> keys.asked_for("2026/a.jpg"), keys.asked_for("incoming/2026/a.jpg")
        ('incoming/2026/a.jpg', 'incoming/2026/a.jpg')

        Raises:
            UnusableKey: it names nothing below the input prefix, or nothing that has a record.
        """
        key = self.input_prefix + self.asked_below(text)
        reason = self.why_not(key)
        if reason:
            raise UnusableKey(reason)
        self.result(key)  # which is longer, and must be a key, too
        return key

    def asked_below(self, text: str) -> str:
        """Give the path below the input prefix that a caller's prefix means; it may be empty.

        Raises:
            UnusableKey: it leads out of there.
        """
        path = text.removeprefix(self.input_prefix)
        if len(text) > LONGEST_PATH:
            raise UnusableKey(f"a key has at most {LONGEST_PATH} characters")
        if path.startswith("/") or _UNSAFE.search(path) or {".", ".."} & set(path.split("/")):
            raise UnusableKey(
                "a key has no '/' at its start, no parts '.' and '..', no backslash and no control "
                "characters"
            )
        return path

    def _beside(self, key: str, prefix: str) -> str:
        path = key.removeprefix(self.input_prefix)
        if {".", ".."} & set(path.split("/")):
            # HTTP clients and some stores resolve such segments: the record would leave its prefix.
            message = f"'.' and '..' are not kept as parts of a path by all who read it: {key}"
            raise UnusableKey(message)
        made = f"{prefix}{path}{_SUFFIX}"
        if len(made.encode("utf-8", "surrogatepass")) > _KEY_LIMIT:
            message = f"the record's key would be longer than {_KEY_LIMIT} bytes: {key}"
            raise UnusableKey(message)
        return made
