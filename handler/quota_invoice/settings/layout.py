"""Where inputs and records lie in the bucket."""

from __future__ import annotations

import re
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple

from quota_invoice.errors import UnusableKey
from quota_invoice.invoice.duplicates import Appearance
from quota_invoice.settings.ignored_names import IGNORED_BY_DEFAULT, IgnoredNames

_SUFFIX = ".json"
_KEY_LIMIT = 1024  # bytes of UTF-8 that OBS allows in an object key
_LONGEST_SUFFIX = len(".0123456789abcdef0123456789abcdef-100000.json")  # with a multipart ETag
_KEPT_OF_LONG = 200  # bytes of a path that stand before its hash, for people
_HASH_DIGITS = 32
# Inputs named like a hashed key are hashed, too: otherwise they would share that key.
_HASHED = re.compile(rf"~[0-9a-f]{{{_HASH_DIGITS}}}\Z")
_RESOLVED = frozenset({".", ".."})
LONGEST_PATH = 1024
"""Maximum characters of a path that API callers may name; no key has more."""
# Characters that are unsafe in URLs, listings and logs: control characters, halves of surrogate
# pairs, and the backslash, which some software takes for a slash.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\\]")


class _Names(NamedTuple):
    """The configured values. ``BucketLayout`` adds values that it computes once."""

    input_prefix: str
    results_prefix: str
    failures_prefix: str
    retries_prefix: str
    progress_prefix: str
    index_prefix: str
    history_prefix: str
    reviews_prefix: str
    ignored: IgnoredNames = IGNORED_BY_DEFAULT


class BucketLayout(_Names):
    """The prefixes; each ends in ``/`` and none lies inside another (see ``Settings``).

    A key that would be too long, or that has parts which some software resolves, ends in a hash.

    Attributes:
        input_prefix: prefix of the images, from people and API callers (``INPUT_PREFIX``).
        results_prefix: prefix of the records (``RESULTS_PREFIX``).
        failures_prefix: prefix of the failure records, and of the state of sweeps
            (``FAILURES_PREFIX``).
        retries_prefix: prefix of the inputs that sweeps try again later (``RETRIES_PREFIX``).
        progress_prefix: prefix of the finished pages of long PDFs (``PROGRESS_PREFIX``).
        index_prefix: prefix of the appearances of each invoice (``INDEX_PREFIX``).
        history_prefix: prefix of the records of replaced contents (``HISTORY_PREFIX``).
        reviews_prefix: prefix of people's corrections (``REVIEWS_PREFIX``).
        ignored: names of files that are no inputs, separated by commas (``IGNORE``; by default
            ``default``).

    >>> DEFAULT_LAYOUT.record_key("incoming/2026/a.jpg")
    'results/2026/a.jpg.json'
    >>> DEFAULT_LAYOUT.retry_key("incoming/2026/a.jpg", 2)
    'retries/2026/a.jpg.2.json'
    >>> DEFAULT_LAYOUT.record_key("incoming/../a.jpg")
    'results/…/a.jpg~2845741b69a9a93c8fb1f9fb58d1bf31.json'
    """

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """All prefixes by the names of their fields, in their order."""
        return {name: getattr(self, name) for name in PREFIXES}

    @cached_property
    def output_prefixes(self) -> tuple[str, ...]:
        """All prefixes but that of the inputs."""
        return tuple(self.prefixes.values())[1:]

    @cached_property
    def _longest_path(self) -> int:
        """The bytes of a path that each prefix and suffix leave of a key."""
        longest = max(len(prefix.encode()) for prefix in self.output_prefixes)
        return _KEY_LIMIT - longest - _LONGEST_SUFFIX

    def reason_to_ignore(self, key: str) -> str | None:
        """Return the reason why the function ignores a key; None if it is an input's key.

        The function's own output is ignored first, so that it never processes itself in a loop.

        >>> DEFAULT_LAYOUT.reason_to_ignore("results/a.jpg.json")
        "the function's own output"
        >>> DEFAULT_LAYOUT.reason_to_ignore("incoming/2026/Thumbs.db")
        'IGNORE names Thumbs.db'
        """
        if not key:
            return "the key is empty"
        if key.startswith(self.output_prefixes):
            return "the function's own output"
        if not key.startswith(self.input_prefix):
            return f"outside {self.input_prefix}"
        if key.endswith("/"):
            return "a folder"
        pattern = self.ignored.pattern_of(self._path(key))
        return f"IGNORE names {pattern}" if pattern else None

    def record_key(self, input_key: str) -> str:
        """Return the key of an input's record."""
        return self._output_key(input_key, self.results_prefix)

    def failure_key(self, input_key: str) -> str:
        """Return the key of an input's failure record."""
        return self._output_key(input_key, self.failures_prefix)

    def retry_key(self, input_key: str, attempts: int) -> str:
        """Return the key that tells the number of failed attempts at an input."""
        return self._output_key(input_key, self.retries_prefix, f".{attempts}")

    def attempts_of(self, retry_key: str, input_key: str) -> int | None:
        """Return the attempts that a key below the retries' prefix says; None for another input's.

        >>> DEFAULT_LAYOUT.attempts_of("retries/a.jpg.2.json", "incoming/a.jpg")
        2
        """
        before, _, after = self.retry_key(input_key, 0).rpartition("0")
        attempts = retry_key[len(before) : -len(after)]
        sound = retry_key == f"{before}{attempts}{after}" and attempts.isascii()
        return int(attempts) if sound and attempts.isdigit() else None

    def progress_key(self, input_key: str) -> str:
        """Return the key of an input's finished pages."""
        return self._output_key(input_key, self.progress_prefix)

    def history_key(self, input_key: str, etag: str) -> str:
        """Return the key of the record of a former content."""
        return self._output_key(input_key, self.history_prefix, f".{etag}")

    def reviews_folder(self, input_key: str) -> str:
        """Return the prefix of the entries of an input's reviews.

        >>> DEFAULT_LAYOUT.reviews_folder("incoming/2026/a.jpg")
        'reviews/2026/a.jpg/'
        """
        return self._output_key(input_key, self.reviews_prefix).removesuffix(_SUFFIX) + "/"

    def appearances_prefix(self, code: str, number: str) -> str:
        """Return the prefix of an invoice's appearances; code and number are well-formed."""
        return f"{self.index_prefix}{code}/{number}/"

    def appearance_key(self, code: str, number: str, appearance: Appearance) -> str:
        """Return the key of one appearance of an invoice.

        >>> appearance = Appearance("incoming/a.jpg", "2026-11-22T00:00:30Z")
        >>> DEFAULT_LAYOUT.appearance_key("144031909110", "91234567", appearance)
        'index/144031909110/91234567/20261122T000030Z-f1673053b18fde7aa725a383ce3d007b'
        """
        return self.appearances_prefix(code, number) + appearance.name

    def input_key(self, record_path: str) -> str | None:
        """Return the key of the input whose record has this path below its prefix.

        >>> DEFAULT_LAYOUT.input_key("2026/a.jpg.json")
        'incoming/2026/a.jpg'

        Returns:
            The key; None if the path ends in a hash, so that only the record tells the key.
        """
        path = record_path.removesuffix(_SUFFIX)
        return None if _HASHED.search(path) else f"{self.input_prefix}{path}"

    def keeps_order(self, input_key: str) -> bool:
        """Whether the input's records are listed in the inputs' order: their keys hold its path."""
        path = self._path(input_key)
        # A path that looks as if it ended in a hash gets one: it could be another input's.
        is_plain = not self.is_resolvable(input_key) and not _HASHED.search(path)
        return is_plain and len(path.encode("utf-8", "surrogatepass")) <= self._longest_path

    def is_resolvable(self, input_key: str) -> bool:
        """Whether HTTP clients and some stores would resolve parts of the key, ``.`` and ``..``."""
        return "." in input_key and not _RESOLVED.isdisjoint(self._path(input_key).split("/"))

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
            UnusableKey: it is not an input's key.
        """
        key = self.input_prefix + self.requested_path(text)
        reason = self.reason_to_ignore(key)
        if reason:
            raise UnusableKey(reason)
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

    def _path(self, input_key: str) -> str:
        return input_key.removeprefix(self.input_prefix)

    def _output_key(self, input_key: str, prefix: str, suffix: str = "") -> str:
        path = self._path(input_key)
        if not self.keeps_order(input_key):
            coded = path.encode("utf-8", "surrogatepass")
            parts = ("…" if part in _RESOLVED else part for part in path.split("/"))
            start = "/".join(parts).encode("utf-8", "surrogatepass")[:_KEPT_OF_LONG]
            path = f"{start.decode('utf-8', 'ignore')}~{sha256(coded).hexdigest()[:_HASH_DIGITS]}"
        return f"{prefix}{path}{suffix}{_SUFFIX}"


PREFIXES = BucketLayout._fields[:-1]
"""The names of the layout's prefixes, in their order."""
DEFAULT_LAYOUT = BucketLayout(
    "incoming/",
    "results/",
    "failures/",
    "retries/",
    "progress/",
    "index/",
    "history/",
    "reviews/",
)
"""The layout without settings."""
