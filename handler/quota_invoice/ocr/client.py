"""The OCR SDK's client, with the settings that make it safe."""

from __future__ import annotations

import logging

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.client import ClientBuilder
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkocr.v1 import OcrClient

from quota_invoice.ocr.connections import BoundedAdapter
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings
from quota_invoice.sockets import bounded_tls

# The SDK would print failed connections as lines that are not JSON; they become errors anyway.
logging.getLogger("HuaweiCloud-SDK-BoundedOcrClient").addHandler(logging.NullHandler())


class BoundedOcrClient(OcrClient):  # type: ignore[misc] # the SDK has no types
    """The SDK's client with bounded connections.

    Attributes:
        kept: which connections may be used again.
    """

    def connect_by(self, adapter: BoundedAdapter) -> None:
        """Send all requests by an adapter."""
        # The SDK offers no way to give it a session or an adapter.
        session = self.get_http_client()._session  # noqa: SLF001 - as said above
        for scheme in ("http://", "https://"):
            session.mount(scheme, adapter)
        self.kept = adapter.kept


def make_client(settings: Settings, credentials: Credentials) -> BoundedOcrClient:
    """Return a client that checks certificates, sends each request once, follows no redirect."""
    config = HttpConfig.get_default_config()
    config.allow_redirects = False  # a signed request is for one URL only
    # The SDK's own User-Agent describes the machine, with an id that it keeps in the home folder.
    config.user_agent = "quota-invoice-ocr"
    client: BoundedOcrClient = (
        ClientBuilder(BoundedOcrClient)
        .with_http_config(config)
        .with_credentials(sdk_credentials(settings, credentials))
        .with_endpoint(settings.ocr_endpoint)
        .build()
    )
    client.connect_by(BoundedAdapter(bounded_tls(settings.ca_file)))
    return client


def sdk_credentials(settings: Settings, credentials: Credentials) -> BasicCredentials:
    """Return credentials in the SDK's own form."""
    basic = BasicCredentials(credentials.access_key, credentials.secret_key, settings.project_id)
    return basic.with_security_token(credentials.security_token)
