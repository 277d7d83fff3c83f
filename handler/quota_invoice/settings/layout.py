"""Where inputs and records lie in the bucket."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quota_invoice.errors import UnusableKey

_SUFFIX = ".json"
_KEY_LIMIT = 1024  # bytes of UTF-8 that OBS allows in an object key
LONGEST_PATH = 800
"""Maximum characters of a path that API callers may name; with the longest prefix and a suffix it
still is a valid key."""
# Characters that are unsafe in URLs, listings and logs: control characters, halves of surrogate
# pairs, and the backslash, which some software takes for a slash.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\\]")


@dataclass(frozen=True)
class BucketLayout:
    """The three prefixes; each ends in ``/`` and none lies inside another (see ``Settings``).

    >>> layout = BucketLayout("incoming/", "results/", "failures/")
    >>> layout.record_key("incoming/2026/a.jpg")
    'results/2026/a.jpg.json'
    >>> layout.input_key("results/2026/a.jpg.json")
    'incoming/2026/a.jpg'
    """

    input_prefix: str
    results_prefix: str
    failures_prefix: str

    def reason_to_ignore(self, key: str) -> str | None:
        """Return the reason why the function ignores a key; None if it is an input's key.

        The function's own output is ignored first, so that it never processes itself in a loop.

        >>> DEFAULT_LAYOUT.reason_to_ignore("results/a.jpg.json")
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

    def record_key(self, input_key: str) -> str:
        """Return the key of an input's record.

        Raises:
            UnusableKey: it would be invalid.
        """
        return self._output_key(input_key, self.results_prefix)

    def failure_key(self, input_key: str) -> str:
        """Return the key of an input's failure record.

        Raises:
            UnusableKey: it would be invalid.
        """
        return self._output_key(input_key, self.failures_prefix)

    def input_key(self, record_key: str) -> str:
        """Return the key of the input that a record or failure record belongs to.

        Raises:
            ValueError: it is no key of a record.
        """
        for prefix in (self.results_prefix, self.failures_prefix):
            if record_key.startswith(prefix) and record_key.endswith(_SUFFIX):
                return self.input_prefix + record_key[len(prefix) : -len(_SUFFIX)]
        message = f"not the key of a record: {record_key}"
        raise ValueError(message)

    @property
    def uploads_prefix(self) -> str:
        """The folder below the input prefix that API callers may upload to."""
        return f"{self.input_prefix}uploads/"

    def requested_key(self, text: str) -> str:
        """Return the input key that an API caller names, with or without the input prefix.

        >>> layout = DEFAULT_LAYOUT
        >>> layout.requested_key("2026/a.jpg"), layout.requested_key("incoming/2026/a.jpg")
        ('incoming/2026/a.jpg', 'incoming/2026/a.jpg')

        Raises:
            UnusableKey: it is not an input's key, or the record's key would be invalid.
        """
        key = self.input_prefix + self.requested_path(text)
        reason = self.reason_to_ignore(key)
        if reason:
            raise UnusableKey(reason)
        self.record_key(key)  # it is longer than the input's key, and must be valid too
        return key

    def requested_path(self, text: str) -> str:
        """Return the path below the input prefix that an API caller names; it may be empty.

        Raises:
            UnusableKey: it leads out of the input prefix.
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

    def _output_key(self, input_key: str, prefix: str) -> str:
        path = input_key.removeprefix(self.input_prefix)
        if {".", ".."} & set(path.split("/")):
            # HTTP clients and some stores resolve these parts: the record would leave its prefix.
            message = f"some software does not keep '.' and '..' as parts of a path: {input_key}"
            raise UnusableKey(message)
        made = f"{prefix}{path}{_SUFFIX}"
        if len(made.encode("utf-8", "surrogatepass")) > _KEY_LIMIT:
            message = f"the record's key would be longer than {_KEY_LIMIT} bytes: {input_key}"
            raise UnusableKey(message)
        return made


DEFAULT_LAYOUT = BucketLayout("incoming/", "results/", "failures/")
"""The layout without settings."""
