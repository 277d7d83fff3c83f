"""Temporary credentials of an agency, from IAM."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from ops.credentials.sources import Agency
from ops.errors import OpsError
from quota_invoice.settings.credentials import Credentials

_PATH = "/v3.0/OS-CREDENTIAL/securitytokens"
_VALID_SECONDS = 24 * 3600  # the maximum, which the Terraform provider asks for as well
_TIMEOUT = (10, 30)  # seconds to connect and to respond
_CREATED = 201


def named_agency(environment: Mapping[str, str]) -> Agency | None:
    """Return the agency that the environment names, by the Terraform provider's variables."""
    names = ("AGENCY_NAME", "DOMAIN_NAME", "DOMAIN_ID")
    values = [environment.get(f"HW_ASSUME_ROLE_{name}", "") for name in names]
    return Agency(*values) if values[0] else None


def iam_url(environment: Mapping[str, str]) -> str:
    """Return the URL of IAM: that of ``HW_AUTH_URL``, or the region's."""
    named = urlsplit(environment.get("HW_AUTH_URL", ""))
    if named.netloc:
        return f"{named.scheme}://{named.netloc}"
    region = environment.get("HW_REGION_NAME", "")
    return f"https://iam.{region}.myhuaweicloud.com" if region else "https://iam.myhuaweicloud.com"


@functools.lru_cache(maxsize=1)  # a command asks several times
def assume_agency(credentials: Credentials, agency: Agency, url: str) -> Credentials:
    """Exchange an operator's credentials for temporary ones of an agency.

    Raises:
        OpsError: the agency's account is not named, or IAM refuses or is not reached.
    """
    import requests  # noqa: PLC0415 - only this source needs the network

    if not agency.domain_name and not agency.domain_id:
        raise OpsError("HW_ASSUME_ROLE_DOMAIN_NAME is not set: the account that made the agency")
    assumed = {"agency_name": agency.name, "duration_seconds": _VALID_SECONDS}
    domain = {"domain_name": agency.domain_name} if agency.domain_name else {}
    assumed |= domain or {"domain_id": agency.domain_id}
    identity = {"methods": ["assume_role"], "assume_role": assumed}
    body = json.dumps({"auth": {"identity": identity}}).encode()
    try:
        response = requests.post(
            url + _PATH,
            data=body,
            headers=_signed_headers(credentials, url, body),
            timeout=_TIMEOUT,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise OpsError(f"IAM was not reached: {type(error).__name__}") from None
    if response.status_code != _CREATED:
        raise OpsError(f"IAM refused the agency {agency.name}: {response.status_code}")
    try:
        found = response.json()["credential"]
        return Credentials(found["access"], found["secret"], found["securitytoken"])
    except (ValueError, KeyError, TypeError):
        raise OpsError(f"IAM gave no credentials of the agency {agency.name}") from None


def _signed_headers(credentials: Credentials, url: str, body: bytes) -> dict[str, str]:
    """Return the headers of the request, signed by the SDK's own signer."""
    from huaweicloudsdkcore.auth.credentials import (  # noqa: PLC0415 - takes half a second
        GlobalCredentials,
    )
    from huaweicloudsdkcore.sdk_request import SdkRequest  # noqa: PLC0415 - as above
    from huaweicloudsdkcore.signer.signer import Signer  # noqa: PLC0415 - as above

    headers = {"Content-Type": "application/json"}
    if credentials.security_token:
        headers["X-Security-Token"] = credentials.security_token
    parts = urlsplit(url)
    request = SdkRequest(
        method="POST",
        schema=parts.scheme,
        host=parts.netloc,
        resource_path=_PATH,
        header_params=headers,
        query_params=[],
        body=body,
    )
    signer = Signer(GlobalCredentials(credentials.access_key, credentials.secret_key))
    signed: dict[str, str] = signer.sign(request).header_params
    return signed
