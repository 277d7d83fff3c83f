"""The OCR SDK's client, with the settings that make it safe."""

from __future__ import annotations

import logging

import certifi
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkocr.v1 import OcrClient

from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings

_CONNECT_SECONDS = 5.0
# The SDK would print failed connections as lines that are not JSON; they become errors anyway.
logging.getLogger("HuaweiCloud-SDK-OcrClient").addHandler(logging.NullHandler())


def make_client(settings: Settings, credentials: Credentials) -> OcrClient:
    """Return a client that checks certificates and follows no redirect."""
    config = HttpConfig.get_default_config()
    config.ssl_ca_cert = settings.ca_file or certifi.where()
    config.allow_redirects = False  # a signed request is for one URL only
    config.timeout = (min(_CONNECT_SECONDS, settings.ocr_timeout), settings.ocr_timeout)
    return (
        OcrClient.new_builder()
        .with_http_config(config)
        .with_credentials(sdk_credentials(settings, credentials))
        .with_endpoint(settings.ocr_endpoint)
        .build()
    )


def sdk_credentials(settings: Settings, credentials: Credentials) -> BasicCredentials:
    """Return credentials in the SDK's own form."""
    basic = BasicCredentials(credentials.access_key, credentials.secret_key, settings.project_id)
    return basic.with_security_token(credentials.security_token)
