"""The bucket: SeaweedFS, a real object store that verifies signatures, on loopback.

The owner uploads with long-lived credentials. The function gets temporary credentials from the
store's security token service, with the rights of the deployed agency only.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import requests
from obs import CorsRule, ObsClient
from requests_aws4auth import AWS4Auth

from local.bucket import seaweedfs
from local.bucket.security import security_files
from local.errors import CloudError
from local.processes import GuardedProcess, plain_environment, reserve_ports
from ocr_service.auth.keyring import Credentials
from quota_invoice.obs.responses import is_success

_EXISTS = "BucketAlreadyOwnedByYou"  # kept by an earlier run
_START_SECONDS = 30.0
_REGION = "us-east-1"  # fixed in the token service
_SESSION_SECONDS = 900  # the minimum of the token service


class LocalBucket:
    """A bucket in its own object store, which ends with this process.

    Args:
        name: the bucket's name.
        folder: the cloud's folder; it is removed with all its content when this process ends or
            stops the store, but not when the store ends by itself.
        webhook: the store posts each change to this URL, with this bearer token.
        data: folder of the objects, which nothing here removes; None for one in ``folder``.
        is_open: whether the store also serves requests without a signature.

    Attributes:
        endpoint: the store's endpoint.
        owner: the owner's long-lived credentials.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        webhook: tuple[str, str] | None,
        data: Path | None = None,
        *,
        is_open: bool = False,
    ) -> None:
        self.name = name
        self.owner = Credentials(secrets.token_hex(10).upper(), secrets.token_urlsafe(30))
        self._folder = folder
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy and no ~/.netrc
        data = (data or folder / "data").resolve()
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._reserved = reserve_ports(8)
        ports = [int(marker.getsockname()[1]) for marker in self._reserved]
        self._address = "127.0.0.1", ports[0]
        self.endpoint = f"http://127.0.0.1:{ports[0]}"
        self._write("s3.json", json.dumps(seaweedfs.identities(self.owner, is_open=is_open)))
        self._write("iam.json", json.dumps(seaweedfs.policies(name)))
        for file, text in security_files().items():
            self._write(file, text)
        if webhook:
            self._write("notification.toml", seaweedfs.notification(name, *webhook))
        self._log = data / "store.log"
        with self._log.open("wb") as log:
            self._process = GuardedProcess(
                [seaweedfs.program(), *seaweedfs.arguments(ports, data)],
                env=plain_environment(TMPDIR=str(folder)),
                cwd=folder,
                output=log,
                remove=[folder, *seaweedfs.sockets(ports)],
                grace=0,  # it loses nothing by SIGKILL, and needs 15 s after SIGTERM
            )

    def settings(self) -> dict[str, str]:
        """Return the settings by which the function and the operator's tools find the bucket."""
        return {
            "BUCKET": self.name,
            "OBS_ENDPOINT": self.endpoint,
            "OBS_SIGNATURE": "v4",
            "OBS_PATH_STYLE": "true",
        }

    def client(self) -> ObsClient:
        """Return a client of the official SDK with the owner's credentials."""
        return ObsClient(
            self.owner.access_key,
            self.owner.secret_key,
            server=self.endpoint,
            signature="v4",
            path_style=True,
            is_signature_negotiation=False,
            max_retry_count=0,
        )

    def wait(self) -> None:
        """Wait until the store is ready, and create the bucket.

        Raises:
            CloudError: the store did not start; the message holds the end of its log.
        """
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.exit_code is None:
            # Until the store listens, a connection fails sooner than a request of the SDK.
            with contextlib.suppress(OSError), socket.create_connection(self._address, 1):
                answer = self.client().createBucket(self.name)
                if is_success(answer.status):
                    return
                if answer.errorCode == _EXISTS and self._is_readable():
                    return
            time.sleep(0.05)
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        raise CloudError(f"the object store did not start; its log: {text[-2000:]}")

    def is_running(self) -> bool:
        """Whether the store runs."""
        return self._process.is_running()

    def objects(self, prefix: str) -> Iterator[Any]:
        """List the objects below a prefix, as the SDK describes them."""
        marker, is_truncated = None, True
        while is_truncated:
            body = (
                self.client()
                .listObjects(self.name, prefix=prefix, marker=marker, encoding_type="url")
                .body
            )
            yield from body.contents
            marker, is_truncated = body.next_marker, body.is_truncated

    def _is_readable(self) -> bool:
        """Whether objects of an earlier run can be read, a moment after they can be listed."""
        listed = self.client().listObjects(self.name, max_keys=1000)
        if not is_success(listed.status):
            return False
        largest = max(listed.body.contents, key=lambda item: item.size, default=None)
        return largest is None or is_success(
            self.client().getObject(self.name, largest.key, loadStreamInMemory=True).status
        )

    def allow_origins(self, origins: Sequence[str]) -> None:
        """Allow web pages of these origins to upload, as the deployed bucket does.

        Raises:
            CloudError: the store refused the rule.
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
        if not is_success(answer.status):
            raise CloudError(f"the store refused the CORS rule: {answer.status} {answer.errorCode}")

    def temporary_credentials(self, role: str = seaweedfs.ROLE) -> Credentials:
        """Assume a role, the function's by default: credentials that are valid for 15 minutes."""
        answer = self._session.post(
            self.endpoint,
            data={
                "Action": "AssumeRole",
                "Version": "2011-06-15",
                "RoleArn": role,
                "RoleSessionName": f"function-{secrets.token_hex(4)}",
                "DurationSeconds": _SESSION_SECONDS,
            },
            auth=AWS4Auth(self.owner.access_key, self.owner.secret_key, _REGION, "sts"),
            timeout=10,
        )
        if not is_success(answer.status_code):
            raise CloudError(f"the token service returned {answer.status_code}")
        tree = ET.fromstring(answer.text)  # noqa: S314 - from the local store
        found = {element.tag.rpartition("}")[2]: element.text or "" for element in tree.iter()}
        return Credentials(
            found["AccessKeyId"],
            found["SecretAccessKey"],
            found["SessionToken"],
            datetime.now(timezone.utc) + timedelta(seconds=_SESSION_SECONDS),
        )

    def stop(self) -> None:
        """End the store and remove its data."""
        self._process.stop()
        for marker in self._reserved:
            marker.close()

    def _write(self, name: str, text: str) -> None:
        descriptor = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
