"""Clients of the official SDKs, with the operator's credentials."""

from __future__ import annotations

import ssl
from typing import Any

import certifi
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.http.http_config import HttpConfig
from obs import ObsClient

from ops.credentials.resolver import get_credentials
from ops.errors import OpsError
from ops.stage import Stage
from quota_invoice.settings.credentials import Credentials

_TIMEOUT = (10, 320)  # seconds to connect and to respond; an invocation may take 5 minutes
PROJECT_IN_URN = 3
"""Index of the project in urn:fss:REGION:PROJECT:function:…, split at its colons."""


def api_client(  # noqa: PLR0913 - all that a client needs
    builder: Any,  # noqa: ANN401 - the SDKs have no types
    endpoint: str,
    credentials: Credentials,
    project_id: str,
    *,
    timeout: tuple[int, int] = _TIMEOUT,
    ca_file: str | None = None,
) -> Any:  # noqa: ANN401 - as above
    """Create a client of a service's API; sends no request.

    Args:
        builder: the client class of the SDK.
        endpoint: the URL of the service.
        credentials: they sign each request.
        project_id: the project that is used.
        timeout: seconds to connect and to respond.
        ca_file: certificate authorities to trust; None for the SDK's default.
    """
    basic = BasicCredentials(credentials.access_key, credentials.secret_key, project_id)
    if credentials.security_token:
        basic = basic.with_security_token(credentials.security_token)
    config = HttpConfig.get_default_config()
    config.timeout = timeout
    config.allow_redirects = False  # a signature is valid for one host only
    if ca_file:
        config.ssl_ca_cert = ca_file
    client = builder.new_builder().with_http_config(config).with_credentials(basic)
    return client.with_endpoint(endpoint.rstrip("/")).build()


def stage_client(builder: Any, stage: Stage, name: str, host: str, urn: str) -> Any:  # noqa: ANN401 - as above
    """Create a client of a service's API for a stage; sends no request.

    Args:
        builder: the client class of the SDK.
        stage: its region and endpoints are used.
        name: the service's name in ``endpoints``.
        host: the service's name in its usual host name.
        urn: the function's URN, which contains the project's id.

    Raises:
        OpsError: credentials are missing, the URN is invalid, or the stage has the stand-in.
    """
    _refuse_stand_in(stage)
    credentials, parts = get_credentials(stage.environment).credentials, urn.split(":")
    if len(parts) <= PROJECT_IN_URN:
        raise OpsError(f"{urn} is not the URN of a function")
    endpoint = stage.endpoints.get(name, f"https://{host}.{stage.region}.myhuaweicloud.com")
    return api_client(builder, endpoint, credentials, parts[PROJECT_IN_URN])


def bucket_client(stage: Stage) -> ObsClient:
    """Create a client of the stage's object store; sends no request.

    Raises:
        OpsError: credentials are missing, or the stage has the stand-in.
    """
    _refuse_stand_in(stage)
    credentials = get_credentials(stage.environment).credentials
    settings = stage.settings
    client = ObsClient(
        credentials.access_key,
        credentials.secret_key,
        security_token=credentials.security_token or None,
        # The function's settings for S3-compatible stores apply here as well.
        server=settings.get("OBS_ENDPOINT")
        or stage.endpoints.get("obs", f"https://obs.{stage.region}.myhuaweicloud.com"),
        signature=settings.get("OBS_SIGNATURE", "obs"),
        path_style=settings.get("OBS_PATH_STYLE") == "true",
        region=stage.region,
        is_signature_negotiation=False,
        ssl_verify=certifi.where(),
        max_redirect_count=1,
        timeout=30,
    )
    if client.context is not None:
        # The SDK's own context does not check the host name of a certificate.
        client.context = ssl.create_default_context(cafile=certifi.where())
    return client


def _refuse_stand_in(stage: Stage) -> None:
    if stage.stand_in:
        raise OpsError("the stand-in has no account to connect to")
