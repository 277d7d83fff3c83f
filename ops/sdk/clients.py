"""Clients of the official SDKs for a stage, with keys from the environment."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import certifi
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.http.http_config import HttpConfig
from obs import ObsClient

from ops.errors import OpsError
from ops.stage import Stage, require_credentials

_SECONDS = (10, 320)  # to connect, and for an answer: an invocation may take five minutes
_PROJECT = 3  # urn:fss:REGION:PROJECT:function:…


@dataclass(frozen=True)
class BucketLayout:
    """An operator's keys; none of them is ever shown by ``repr``."""

    access_key: str
    secret_key: str = field(repr=False)
    security_token: str | None = field(repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> BucketLayout:
        """Read them.

        Raises:
            OpsError: names those that are missing.
        """
        require_credentials(environment)
        token = environment.get("HW_SECURITY_TOKEN") or None
        return cls(environment["HW_ACCESS_KEY"], environment["HW_SECRET_KEY"], token)


def api_client(builder: Any, stage: Stage, name: str, host: str, urn: str) -> Any:  # noqa: ANN401 - the SDKs have no types
    """Make a client of a service's API; no request is made.

    Args:
        builder: the SDK's class.
        stage: names the region, and addresses where they differ.
        name: the service as ``endpoints`` has it.
        host: the service in its usual address.
        urn: the function's; it holds the project's id.

    Raises:
        OpsError: keys are missing, or that is no function's URN.
    """
    keys, parts = BucketLayout.read(), urn.split(":")
    if len(parts) <= _PROJECT:
        raise OpsError(f"{urn} is no function's URN")
    credentials = BasicCredentials(keys.access_key, keys.secret_key, parts[_PROJECT])
    if keys.security_token:
        credentials = credentials.with_security_token(keys.security_token)
    config = HttpConfig.get_default_config()
    config.timeout = _SECONDS
    config.allow_redirects = False  # a signed request means one address
    endpoint = stage.endpoints.get(name, f"https://{host}.{stage.region}.myhuaweicloud.com")
    return (
        builder.new_builder()
        .with_http_config(config)
        .with_credentials(credentials)
        .with_endpoint(endpoint.rstrip("/"))
        .build()
    )


def bucket_client(stage: Stage) -> ObsClient:
    """Make a client of the stage's object store; no request is made.

    Raises:
        OpsError: keys are missing.
    """
    keys = BucketLayout.read()
    settings = stage.variables.get("settings") or {}
    client = ObsClient(
        keys.access_key,
        keys.secret_key,
        security_token=keys.security_token,
        server=stage.endpoints.get("obs", f"https://obs.{stage.region}.myhuaweicloud.com"),
        # Stores of the S3 kind are used as the function is told to use them.
        signature=settings.get("OBS_SIGNATURE", "obs"),
        path_style=str(settings.get("OBS_PATH_STYLE", "false")).lower() == "true",
        region=stage.region,
        is_signature_negotiation=False,
        ssl_verify=certifi.where(),
        max_redirect_count=1,
        timeout=30,
    )
    if client.context is not None:
        # The SDK's own context checks the chain at most: any trusted host could pose as OBS.
        client.context = ssl.create_default_context(cafile=certifi.where())
    return client
