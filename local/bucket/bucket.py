"""The bucket: SeaweedFS, a real object store that verifies signatures, on loopback.

Its owner uploads with long-lived keys; the function gets temporary ones from its security token
service, with a policy as narrow as the deployed agency's.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import requests
from obs import CorsRule, ObsClient
from requests_aws4auth import AWS4Auth

from local.bucket import seaweedfs
from local.errors import CloudError
from local.processes import Process, free_ports, plain_environment
from ocr_service.auth.keyring import Credentials

_START_SECONDS = 30.0
_OK = 300
_REGION = "us-east-1"  # the token service's, whatever region the cloud pretends to be
_SESSION_SECONDS = 900  # the least that the token service gives


class Bucket:
    """A bucket in an object store of its own, which lives as long as this process at the most.

    Args:
        name: the bucket's name.
        folder: the cloud's folder; removed, with all that is in it, when the store ends.
        webhook: address and bearer token to which the store posts every change, or None.
        prefixes: what the function may read, what it may read and write, and of that remove.

    Attributes:
        endpoint: the store's address.
        owner: the long-lived keys of whoever it belongs to.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        *,
        webhook: tuple[str, str] | None,
        prefixes: tuple[str, list[str], list[str]],
    ) -> None:
        self.name = name
        self.owner = Credentials(secrets.token_hex(10).upper(), secrets.token_urlsafe(30))
        self._folder = folder
        self._session = requests.Session()
        self._session.trust_env = False  # neither proxies nor netrc are between us and loopback
        (folder / "data").mkdir()
        ports = free_ports(8)
        self.endpoint = f"http://127.0.0.1:{ports[0]}"
        self._write("s3.json", seaweedfs.identities(self.owner))
        self._write("iam.json", seaweedfs.policies(name, *prefixes))
        if webhook:
            self._write("notification.toml", seaweedfs.notification(name, *webhook))
        with (folder / "store.log").open("wb") as log:
            self._process = Process(
                [seaweedfs.weed(), *seaweedfs.arguments(ports)],
                env=plain_environment(TMPDIR=str(folder)),
                cwd=folder,
                output=log,
                remove=[folder, *seaweedfs.sockets(ports)],
                grace=0,  # its data goes with it: there is nothing to bring to an end
            )

    def client(self, keys: Credentials | None = None) -> ObsClient:
        """Make a client of the official SDK; the owner's unless told whose."""
        keys = keys or self.owner
        return ObsClient(
            keys.access_key,
            keys.secret_key,
            security_token=keys.security_token,
            server=self.endpoint,
            signature="v4",
            path_style=True,
            is_signature_negotiation=False,
            max_retry_count=0,
        )

    def wait(self) -> None:
        """Wait until the store answers, and create the bucket.

        Raises:
            CloudError: it ended, or did not get ready in time; its last words are told.
        """
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.exit_code is None:
            try:
                if self.client().createBucket(self.name).status < _OK:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        words = (
            (self._folder / "store.log").read_text(errors="replace")
            if self._folder.exists()
            else ""
        )
        message = f"the object store did not get ready; it said: {words[-2000:]}"
        raise CloudError(message)

    def allow(self, origins: Sequence[str]) -> None:
        """Let web pages of these origins upload from browsers, as the deployed bucket does.

        Raises:
            CloudError: the store did not take it.
        """
        rule = CorsRule(
            id="uploads",
            allowedMethod=["PUT"],
            allowedOrigin=list(origins),
            allowedHeader=["*"],
            exposeHeader=["ETag"],
            maxAgeSecond=600,
        )
        answer = self.client().setBucketCors(self.name, [rule])
        if answer.status >= _OK:
            message = f"the store takes no rules for browsers: {answer.status} {answer.errorCode}"
            raise CloudError(message)

    def temporary_keys(self) -> Credentials:
        """Take on the function's role: keys and a token that are valid for a quarter of an hour."""
        answer = self._session.post(
            self.endpoint,
            data={
                "Action": "AssumeRole",
                "Version": "2011-06-15",
                "RoleArn": seaweedfs.ROLE,
                "RoleSessionName": f"function-{secrets.token_hex(4)}",
                "DurationSeconds": _SESSION_SECONDS,
            },
            auth=AWS4Auth(self.owner.access_key, self.owner.secret_key, _REGION, "sts"),
            timeout=10,
        )
        if answer.status_code >= _OK:
            message = f"the token service answered {answer.status_code}"
            raise CloudError(message)
        tree = ET.fromstring(answer.text)  # noqa: S314 - from our own store
        found = {element.tag.rpartition("}")[2]: element.text or "" for element in tree.iter()}
        return Credentials(
            found["AccessKeyId"],
            found["SecretAccessKey"],
            found["SessionToken"],
            datetime.now(timezone.utc) + timedelta(seconds=_SESSION_SECONDS),
        )

    def stop(self) -> None:
        """End the store; its data goes with it."""
        self._process.stop()

    def _write(self, name: str, content: dict[str, Any] | str) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        descriptor = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
