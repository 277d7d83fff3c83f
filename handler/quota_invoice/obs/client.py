"""The OBS SDK's client, with the settings that make it safe."""

from __future__ import annotations

from quota_invoice.obs.connections import BoundedObsClient
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings
from quota_invoice.sockets import bounded_tls


def make_client(settings: Settings, credentials: Credentials) -> BoundedObsClient:
    """Return a client that checks certificates, sends each request once, follows no redirect."""
    return BoundedObsClient(
        credentials.access_key,
        credentials.secret_key,
        security_token=credentials.security_token or None,
        server=settings.obs_endpoint,
        signature=settings.obs_signature,
        region=settings.region,
        path_style=settings.obs_path_style,
        # The SDK signs path-style requests with OBS's signature only in the mode "local".
        client_mode="local" if settings.obs_path_style else "obs",
        is_signature_negotiation=False,  # negotiation costs a request per bucket
        ssl_verify=True,
        tls=bounded_tls(settings.ca_file),
        # The SDK would send a request again although the object may have been replaced meanwhile.
        max_retry_count=0,
        # The first redirect is an error: another host must not get the signature and the token.
        max_redirect_count=1,
        long_conn_mode=True,
    )
