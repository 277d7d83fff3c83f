"""Reads settings one by one and collects every problem."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from itertools import permutations
from typing import TypeVar
from urllib.parse import urlsplit

from quota_invoice.settings.ignored_names import DEFAULT_PATTERNS, IgnoredNames
from quota_invoice.settings.layout import DEFAULT_LAYOUT, BucketLayout

_HOST = re.compile(r"[0-9A-Za-z]([0-9A-Za-z.-]*[0-9A-Za-z])?|[0-9A-Fa-f:]+")
_BUCKET = re.compile(r"[0-9a-z][0-9a-z.-]{1,61}[0-9a-z]")
_ENTERPRISE_PROJECT = re.compile(r"0|[0-9a-f-]{36}")
_PREFIX = re.compile(r"([^/]+/)+")
_LONGEST_PREFIX = 200  # bytes, of the 1,024 of a key
_LONGEST_PROBLEM = 300
_AS_DEFAULT, _NONE = "default", "none"
_T = TypeVar("_T")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class UserData:
    """Reads settings; an invalid one is noted as a problem and reads as its default.

    Args:
        lookup: returns a setting's text by its name, None or empty where it is not set.

    Attributes:
        problems: the problems found, each beginning with the setting's name.
    """

    def __init__(self, lookup: Callable[[str], str | None]) -> None:
        self._lookup = lookup
        self.problems: list[str] = []

    def text(self, name: str, default: str) -> str:
        """Read a text, without surrounding spaces."""
        return str(self._lookup(name) or "").strip() or default

    def one_of(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """Read one of several words."""
        value = self.text(name, default)
        if value in choices:
            return value
        return self._refuse(name, f"{value} is not one of {', '.join(choices)}", default)

    def yes_or_no(self, name: str, *, default: bool) -> bool:
        """Read ``true`` or ``false``."""
        return self.one_of(name, str(default).lower(), ("true", "false")) == "true"

    def seconds(self, name: str, default: float, least: float, most: float) -> float:
        """Read a number of seconds within limits."""
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            return self._refuse(name, f"{value} is not a number of seconds", default)
        if least <= number <= most:
            return number
        return self._refuse(name, f"{value} is not between {least} and {most}", default)

    def share(self, name: str, default: float) -> float:
        """Read a number from 0 to 1."""
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            return self._refuse(name, f"{value} is not a number", default)
        if 0 <= number <= 1:
            return number
        return self._refuse(name, f"{value} is not between 0 and 1", default)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Read a whole number within limits."""
        value = self.text(name, str(default))
        if value.isascii() and value.isdigit() and least <= int(value) <= most:
            return int(value)
        return self._refuse(name, f"{value} is not a whole number from {least} to {most}", default)

    def several(
        self, name: str, pattern: re.Pattern[str], example: str, every: str | None = None
    ) -> frozenset[str]:
        """Read words separated by commas, each like the example or the one that means every."""
        parts = [part.strip().lower() for part in self.text(name, "").split(",")]
        given = frozenset(filter(None, parts))
        for part in sorted(given - {every}):
            if not pattern.fullmatch(part):
                return self._refuse(name, f"{part} is not of the form {example}", frozenset())
        return given

    def bucket(self) -> str:
        """Read a bucket's name; empty if none is set."""
        value = self.text("BUCKET", "")
        if value and not _BUCKET.fullmatch(value):
            return self._refuse("BUCKET", f"{value} is not a valid bucket name", "")
        return value

    def endpoint(self, name: str, default: str) -> str:
        """Read a service's endpoint: https, or http on this machine."""
        value = self.text(name, default).rstrip("/")
        try:
            parts = urlsplit(value)
            host, port = parts.hostname, parts.port
        except ValueError:
            return self._refuse(name, "not a URL", default)
        extra = parts.path or parts.query or parts.fragment or "@" in parts.netloc or port == 0
        named = host and _HOST.fullmatch(host)
        if parts.scheme not in {"http", "https"} or not named or extra:
            return self._refuse(name, "not a URL of the form https://host[:port]", default)
        if parts.scheme == "http" and host not in _LOOPBACK:
            return self._refuse(name, "http is for loopback addresses only", default)
        return value

    def file(self, name: str) -> str | None:
        """Read the path of a file of CA certificates; None if none is set."""
        value = self.text(name, "")
        if not value:
            return None
        try:
            ssl.create_default_context(cafile=value)
        except OSError as error:  # SSLError is an OSError
            return self._refuse(name, f"no certificates in {value}: {type(error).__name__}", None)
        return value

    def project_id(self, default: str) -> str:
        """Read a project id."""
        value = self.text("PROJECT_ID", default)
        if not value:
            self._refuse("PROJECT_ID", "not set, and the platform gave none", None)
        elif not (value.isascii() and value.isalnum()):
            # The SDK does not encode it in the path of its requests.
            self._refuse("PROJECT_ID", "not an id of letters and digits", None)
        return value

    def enterprise_project_id(self) -> str:
        """Read an enterprise project's id; empty if none is set."""
        value = self.text("ENTERPRISE_PROJECT_ID", "")
        if value and not _ENTERPRISE_PROJECT.fullmatch(value):
            # The OCR service bills invalid ones to the default project, without an error.
            problem = "not an id of 36 characters, or 0"
            return self._refuse("ENTERPRISE_PROJECT_ID", problem, "")
        return value

    def layout(self) -> BucketLayout:
        """Read prefixes and ignored names; a prefix's setting is its field's name in capitals."""
        defaults = {name.upper(): prefix for name, prefix in DEFAULT_LAYOUT.prefixes.items()}
        values = {name: self._prefix(name, default) for name, default in defaults.items()}
        for inner, outer in permutations(values, 2):
            same = values[inner] == values[outer] and inner > outer
            if values[inner].startswith(values[outer]) and not same:
                self._refuse(inner, f"{values[inner]} lies inside {outer}", None)
        return BucketLayout._make([*values.values(), self._ignored()])

    def _ignored(self) -> IgnoredNames:
        """Read patterns separated by commas; two words stand for the default's and for none."""
        parts = [part.strip() for part in self.text("IGNORE", _AS_DEFAULT).split(",")]
        if parts == [_NONE]:
            return IgnoredNames(())
        patterns: list[str] = []
        for part in filter(None, parts):
            name = part.removesuffix("/")
            if "/" in name or not name.strip("*?"):
                self._refuse("IGNORE", f"{part} is not a name such as *.tmp or @eaDir/", None)
            patterns += DEFAULT_PATTERNS if part == _AS_DEFAULT else (part,)
        return IgnoredNames(tuple(dict.fromkeys(patterns)))

    def _prefix(self, name: str, default: str) -> str:
        value = self.text(name, default)
        sound = _PREFIX.fullmatch(value) and len(value.encode()) <= _LONGEST_PREFIX
        if sound and not {".", ".."} & set(value.split("/")):
            return value
        return self._refuse(name, f"{value} is not a path such as incoming/", default)

    def _refuse(self, name: str, problem: str, default: _T) -> _T:
        if len(problem) > _LONGEST_PROBLEM:
            problem = problem[:_LONGEST_PROBLEM] + "…"
        self.problems.append(f"{name}: {problem}")
        return default
