"""Where records go: the way from an input's key to its record's, and back."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import UnusableKey

_SUFFIX = ".json"
_KEY_LIMIT = 1024  # bytes of UTF-8 that OBS allows in an object key


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
