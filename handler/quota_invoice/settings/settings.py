"""The function's configuration: one frozen object, read from its user data."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from quota_invoice.errors import ConfigurationError
from quota_invoice.invoice.fields import CONFIDENCE_BELOW
from quota_invoice.settings.layout import BucketLayout
from quota_invoice.settings.user_data import UserData

# The regions with an OCR service, as the official SDK has them (a test compares the two).
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
# Agency credentials last 24 h and may be 10 min old when an invocation gets them. A signed URL
# expires with the credentials that signed it.
_LONGEST_URL_LIFE = 24 * 3600 - 10 * 60
_ALLOWED_HOST = re.compile(r"([0-9a-z.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_ORIGIN = re.compile(r"https?://([0-9a-z.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_SIGNATURES = ("obs", "v4")


class Settings(NamedTuple):
    """The function's settings; ``read`` alone makes them, so that they are always valid.

    The README's table is made of these lines (``bench.write_settings``): the meaning, the name and,
    where the field's own default does not say it, the default.

    Attributes:
        layout: the bucket's prefixes, and the names of ignored files (see ``BucketLayout``).
        keep_history: whether the record of a replaced content is kept, ``true`` or ``false``
            (``KEEP_HISTORY``).
        bucket: bucket of sweeps and of the API (``BUCKET``); an event names its own.
        recognize_all: ``auto`` if an image may show several invoices, which Auto Classification
            finds as in PDFs; ``quota`` for one per image (``RECOGNITION``; by default ``quota``).
        confidence_below: confidence below which a field is doubtful, 0 to 1 (``CONFIDENCE_BELOW``).
        sweep_concurrency: inputs that a sweep reads at the same time, 1 to 64
            (``SWEEP_CONCURRENCY``).
        region: region of function, bucket and OCR service (``REGION``).
        project_id: project whose OCR service is called (``PROJECT_ID``; by default the function's
            own).
        enterprise_project_id: enterprise project to which OCR calls are billed
            (``ENTERPRISE_PROJECT_ID``; by default the account's default).
        ocr_endpoint: endpoint of the OCR service (``OCR_ENDPOINT``; by default the region's).
        ocr_timeout: maximum seconds of an OCR request, 1 to 120 (``OCR_TIMEOUT_SECONDS``).
        obs_endpoint: endpoint of the object store (``OBS_ENDPOINT``; by default the region's).
        obs_signature: ``obs``, or ``v4`` for S3-compatible stores (``OBS_SIGNATURE``).
        obs_path_style: ``true`` if the bucket's name is part of the URL's path, not of its host
            (``OBS_PATH_STYLE``).
        obs_timeout: maximum seconds of a bucket request, 1 to 120 (``OBS_TIMEOUT_SECONDS``).
        url_life: seconds for which the signed URL for the OCR service is valid, 1 to 85800
            (``SIGNED_URL_SECONDS``).
        api_seconds: the gateway's timeout in seconds, 3 to 60 (``API_TIMEOUT_SECONDS``).
        upload_life: seconds for which an upload URL is valid, 60 to 85800
            (``UPLOAD_URL_SECONDS``). Until then, its holder can replace the object again and again,
            and each new content is paid for.
        url_hosts: hosts, as ``host`` or ``host:port``, that callers' URLs may name although they
            are not public; separated by commas (``URL_ALLOW_HOSTS``).
        cors_origins: origins of web pages that may call the API from browsers, or ``*``; separated
            by commas (``CORS_ORIGINS``).
        ca_file: file of CA certificates, instead of the public ones (``CA_FILE``).
    """

    layout: BucketLayout
    keep_history: bool
    bucket: str
    recognize_all: bool
    confidence_below: float
    sweep_concurrency: int
    region: str
    project_id: str
    enterprise_project_id: str
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
        """Read and check all settings.

        Args:
            lookup: returns a setting's text by its name, None or empty where it is not set: the
                context's ``getUserData``.
            project_id: the project that the function runs in.

        Raises:
            ConfigurationError: settings are missing or invalid; the error names all of them.
        """
        reader = UserData(lookup)
        region = reader.one_of("REGION", "cn-north-4", REGIONS)
        ocr_timeout = reader.seconds("OCR_TIMEOUT_SECONDS", 30, 1, 120)
        settings = cls(
            layout=reader.layout(),
            keep_history=reader.yes_or_no("KEEP_HISTORY", default=True),
            bucket=reader.bucket(),
            recognize_all=reader.one_of("RECOGNITION", "quota", ("quota", "auto")) == "auto",
            confidence_below=reader.share("CONFIDENCE_BELOW", CONFIDENCE_BELOW),
            sweep_concurrency=reader.number("SWEEP_CONCURRENCY", 4, 1, 64),
            region=region,
            project_id=reader.project_id(project_id),
            enterprise_project_id=reader.enterprise_project_id(),
            ocr_endpoint=reader.endpoint("OCR_ENDPOINT", f"https://ocr.{region}.myhuaweicloud.com"),
            ocr_timeout=ocr_timeout,
            obs_endpoint=reader.endpoint("OBS_ENDPOINT", f"https://obs.{region}.myhuaweicloud.com"),
            obs_signature=reader.one_of("OBS_SIGNATURE", "obs", _SIGNATURES),
            obs_path_style=reader.yes_or_no("OBS_PATH_STYLE", default=False),
            obs_timeout=reader.seconds("OBS_TIMEOUT_SECONDS", 10, 1, 120),
            url_life=int(reader.seconds("SIGNED_URL_SECONDS", 300, 1, _LONGEST_URL_LIFE)),
            api_seconds=reader.seconds("API_TIMEOUT_SECONDS", 30, 3, 60),
            upload_life=int(reader.seconds("UPLOAD_URL_SECONDS", 300, 60, _LONGEST_URL_LIFE)),
            url_hosts=reader.several("URL_ALLOW_HOSTS", _ALLOWED_HOST, "host[:port]"),
            cors_origins=reader.several("CORS_ORIGINS", _ORIGIN, "https://host[:port]", every="*"),
            ca_file=reader.file("CA_FILE"),
        )
        by_ip = re.fullmatch(r"https?://([0-9.]+|\[.*\])(:[0-9]+)?", settings.obs_endpoint)
        if by_ip and settings.obs_signature == "obs" and not settings.obs_path_style:
            reader.problems.append(
                "OBS_PATH_STYLE: an IP address needs the bucket's name in the path"
            )
        if settings.url_life < ocr_timeout:
            reader.problems.append(
                f"SIGNED_URL_SECONDS: {settings.url_life} ends before OCR_TIMEOUT_SECONDS"
            )
        if reader.problems:
            raise ConfigurationError(reader.problems)
        return settings
