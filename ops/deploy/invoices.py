"""Whether a bucket still holds something that somebody may want back."""

from __future__ import annotations

from obs import Versions

from ops.remote.clients import bucket_client

from .stage import Stage

_OK = 300


def holds_objects(stage: Stage, bucket: str) -> bool:
    """Tell whether a bucket holds any object or version; yes where it cannot be found out."""
    try:
        found = bucket_client(stage).listVersions(bucket, version=Versions(max_keys=1))
    except Exception:  # noqa: BLE001 - the SDK raises it for some network failures
        return True
    return found.status >= _OK or bool(found.body.versions or found.body.markers)
