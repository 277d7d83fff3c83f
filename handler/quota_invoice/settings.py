"""The function's configuration: one frozen object, read from its user data."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from typing import TypeVar
from urllib.parse import urlsplit

from .errors import ConfigurationError
from .keys import Keys

# Where OCR is offered, by the regions that the official SDK knows (a test compares them).
REGIONS = (
    "af-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "cn-east-3",
    "cn-north-1",
    "cn-north-4",
    "cn-south-1",
    "cn-southwest-2",
    "la-north-2",
    "la-south-2",
)
# Agency credentials last 24 h and may be 10 min old when an invocation gets them; an address that
# is signed for longer would promise what it cannot keep.
_LONGEST_URL_LIFE = 24 * 3600 - 10 * 60
_HOST = re.compile(r"[0-9A-Za-z]([0-9A-Za-z.-]*[0-9A-Za-z])?|[0-9A-Fa-f:]+")
_BUCKET = re.compile(r"[0-9a-z][0-9a-z.-]{1,61}[0-9a-z]")
_PREFIX = re.compile(r"([^/]+/)+")
_ALLOWED_HOST = re.compile(r"([0-9a-z.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_ORIGIN = re.compile(r"https?://([0-9a-z.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_LONGEST_PREFIX = 200  # of the 1,024 bytes of a key
_LONGEST_PROBLEM = 300
_SIGNATURES = ("obs", "v4")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_T = TypeVar("_T")


@dataclass(frozen=True)
class Settings:
    """All that can be configured; made by ``read`` alone, so that what exists makes sense.

    Attributes:
        keys: where inputs lie and records go (``INPUT_PREFIX``, ``RESULTS_PREFIX``,
            ``FAILURES_PREFIX``).
        bucket: where a sweep looks, or empty (``BUCKET``); uploads name their own.
        recognize_all: whether images, too, may show several invoices, and go to Auto Classification
            (``RECOGNITION``: ``auto``, or ``quota`` for images of one each).
        sweep_concurrency: how many inputs a sweep reads at once (``SWEEP_CONCURRENCY``).
        region: of function, bucket and OCR service (``REGION``).
        project_id: whose OCR service is called (``PROJECT_ID``; the function's own by default).
        ocr_endpoint: address of the OCR service (``OCR_ENDPOINT``; the region's by default).
        ocr_timeout: seconds until an answer must be there (``OCR_TIMEOUT_SECONDS``).
        obs_endpoint: address of the object store (``OBS_ENDPOINT``; the region's by default).
        obs_signature: ``obs``, or ``v4`` for other stores of the S3 kind (``OBS_SIGNATURE``).
        obs_path_style: whether the bucket's name stands in the path, not in the host's name
            (``OBS_PATH_STYLE``).
        obs_timeout: seconds until a bucket's answer must be there (``OBS_TIMEOUT_SECONDS``).
        url_life: seconds for which the address given to the OCR service is valid
            (``SIGNED_URL_SECONDS``).
        api_seconds: until the gateway gives a caller up (``API_TIMEOUT_SECONDS``).
        upload_life: seconds for which an address to upload to is valid (``UPLOAD_URL_SECONDS``).
        url_hosts: hosts that callers' URLs may name although they are not public, as ``host`` or
            ``host:port`` (``URL_ALLOW_HOSTS``).
        cors_origins: the web pages' origins that may call the API from browsers; ``*`` stands for
            all (``CORS_ORIGINS``).
        ca_file: certificates to trust, for clouds with an authority of their own; None for the
            public ones (``CA_FILE``).
    """

    keys: Keys
    bucket: str
    recognize_all: bool
    sweep_concurrency: int
    region: str
    project_id: str
    ocr_endpoint: str
    ocr_timeout: float
    obs_endpoint: str
    obs_signature: str
    obs_path_style: bool
    obs_timeout: float
    url_life: int
    api_seconds: float
    upload_life: int
    url_hosts: frozenset[str]
    cors_origins: frozenset[str]
    ca_file: str | None

    @classmethod
    def read(cls, lookup: Callable[[str], str | None], project_id: str = "") -> Settings:
        """Read and check everything.

        Args:
            lookup: gives a setting's text by its name, None or empty where it is not set: the
                context's ``getUserData``.
            project_id: the project that the function runs in.

        Raises:
            ConfigurationError: something is missing or makes no sense; all of it is named.
        """
        reader = _Reader(lookup)
        region = reader.one_of("REGION", "cn-north-4", REGIONS)
        ocr_timeout = reader.seconds("OCR_TIMEOUT_SECONDS", 30, 1, 120)
        settings = cls(
            keys=reader.prefixes(),
            bucket=reader.bucket(),
            recognize_all=reader.one_of("RECOGNITION", "quota", ("quota", "auto")) == "auto",
            sweep_concurrency=reader.number("SWEEP_CONCURRENCY", 4, 1, 64),
            region=region,
            project_id=reader.project_id(project_id),
            ocr_endpoint=reader.address("OCR_ENDPOINT", f"https://ocr.{region}.myhuaweicloud.com"),
            ocr_timeout=ocr_timeout,
            obs_endpoint=reader.address("OBS_ENDPOINT", f"https://obs.{region}.myhuaweicloud.com"),
            obs_signature=reader.one_of("OBS_SIGNATURE", "obs", _SIGNATURES),
            obs_path_style=reader.one_of("OBS_PATH_STYLE", "false", ("true", "false")) == "true",
            obs_timeout=reader.seconds("OBS_TIMEOUT_SECONDS", 10, 1, 120),
            url_life=int(reader.seconds("SIGNED_URL_SECONDS", 300, 1, _LONGEST_URL_LIFE)),
            api_seconds=reader.seconds("API_TIMEOUT_SECONDS", 30, 3, 60),
            upload_life=int(reader.seconds("UPLOAD_URL_SECONDS", 600, 60, _LONGEST_URL_LIFE)),
            url_hosts=reader.several("URL_ALLOW_HOSTS", _ALLOWED_HOST, "host[:port]"),
            cors_origins=reader.several("CORS_ORIGINS", _ORIGIN, "https://host[:port]", every="*"),
            ca_file=reader.file("CA_FILE"),
        )
        by_address = re.fullmatch(r"https?://([\d.]+|\[.*\])(:\d+)?", settings.obs_endpoint)
        if by_address and settings.obs_signature == "obs" and not settings.obs_path_style:
            reader.problems.append("OBS_PATH_STYLE: an IP address has no room for a bucket's name")
        if settings.url_life < ocr_timeout:
            reader.problems.append(
                f"SIGNED_URL_SECONDS: {settings.url_life} ends before OCR_TIMEOUT_SECONDS"
            )
        if reader.problems:
            raise ConfigurationError(reader.problems)
        return settings


class _Reader:
    """Reads settings one by one and notes every problem; a bad one reads as its default."""

    def __init__(self, lookup: Callable[[str], str | None]) -> None:
        self._lookup = lookup
        self.problems: list[str] = []

    def text(self, name: str, default: str) -> str:
        return str(self._lookup(name) or "").strip() or default

    def one_of(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value in choices:
            return value
        return self._refuse(name, f"{value} is none of {', '.join(choices)}", default)

    def seconds(self, name: str, default: float, least: float, most: float) -> float:
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            return self._refuse(name, f"{value} is no number of seconds", default)
        if least <= number <= most:
            return number
        return self._refuse(name, f"{value} is not between {least} and {most}", default)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self.text(name, str(default))
        if value.isascii() and value.isdigit() and least <= int(value) <= most:
            return int(value)
        return self._refuse(name, f"{value} is no whole number from {least} to {most}", default)

    def several(
        self, name: str, pattern: re.Pattern[str], example: str, every: str | None = None
    ) -> frozenset[str]:
        parts = [part.strip().lower() for part in self.text(name, "").split(",")]
        given = frozenset(filter(None, parts))
        for part in sorted(given - {every}):
            if not pattern.fullmatch(part):
                return self._refuse(name, f"{part} is not such as {example}", frozenset())
        return given

    def bucket(self) -> str:
        value = self.text("BUCKET", "")
        if value and not _BUCKET.fullmatch(value):
            return self._refuse("BUCKET", f"{value} is no bucket's name", "")
        return value

    def address(self, name: str, default: str) -> str:
        value = self.text(name, default).rstrip("/")
        try:
            parts = urlsplit(value)
            host, port = parts.hostname, parts.port
        except ValueError:
            return self._refuse(name, "not an address", default)
        extra = parts.path or parts.query or parts.fragment or "@" in parts.netloc or port == 0
        named = host and _HOST.fullmatch(host)
        if parts.scheme not in {"http", "https"} or not named or extra:
            return self._refuse(name, "not an address such as https://host[:port]", default)
        if parts.scheme == "http" and host not in _LOOPBACK:
            return self._refuse(name, "http is for this machine's own addresses only", default)
        return value

    def file(self, name: str) -> str | None:
        value = self.text(name, "")
        if not value:
            return None
        try:
            ssl.create_default_context(cafile=value)
        except OSError as error:  # which SSLError is, too
            return self._refuse(name, f"no certificates in {value}: {type(error).__name__}", None)
        return value

    def project_id(self, default: str) -> str:
        value = self.text("PROJECT_ID", default)
        if not value:
            self._refuse("PROJECT_ID", "not set, and the platform gave none", None)
        elif not (value.isascii() and value.isalnum()):
            # The SDK puts it into a path as it is.
            self._refuse("PROJECT_ID", "not an id of letters and digits", None)
        return value

    def prefixes(self) -> Keys:
        names = ("INPUT_PREFIX", "RESULTS_PREFIX", "FAILURES_PREFIX")
        defaults = ("incoming/", "results/", "failures/")
        values = {
            name: self.text(name, default) for name, default in zip(names, defaults, strict=True)
        }
        for name, value in values.items():
            sound = _PREFIX.fullmatch(value) and len(value.encode()) <= _LONGEST_PREFIX
            if not sound or {".", ".."} & set(value.split("/")):
                self._refuse(name, f"{value} is not a path such as incoming/", None)
        for inner, outer in permutations(names, 2):
            same = values[inner] == values[outer] and inner > outer
            if values[inner].startswith(values[outer]) and not same:
                self._refuse(inner, f"{values[inner]} lies inside {outer}", None)
        return Keys(*values.values())

    def _refuse(self, name: str, problem: str, default: _T) -> _T:
        if len(problem) > _LONGEST_PROBLEM:
            problem = problem[:_LONGEST_PROBLEM] + "…"
        self.problems.append(f"{name}: {problem}")
        return default
