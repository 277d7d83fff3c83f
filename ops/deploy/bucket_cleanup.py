"""Checks whether a bucket is empty, and empties it before its stage is destroyed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from obs import DeleteObjectsRequest, Object, ObsClient, Versions

from ops.errors import OpsError
from ops.sdk.clients import bucket_client
from ops.sdk.errors import readable_errors, response_body
from ops.stage import Stage

_PAGE = 1000  # the maximum that one request deletes


def holds_objects(stage: Stage, bucket: str) -> bool:
    """Whether a bucket holds any object or version; True if it cannot be listed."""
    try:
        listing = bucket_client(stage).listVersions(bucket, version=Versions(max_keys=1))
        found = response_body(listing, "list versions")
    except Exception:  # noqa: BLE001 - the SDK raises it for some network failures
        return True
    return bool(found.versions or found.markers)


def remove_objects(stage: Stage, bucket: str, on_removed: Callable[[int], None]) -> None:
    """Remove all objects of a bucket, their versions and unfinished uploads.

    The provider's ``force_destroy`` would remove the latest versions only.

    Args:
        stage: its endpoint is used.
        bucket: the name of the bucket.
        on_removed: called after each page with the number of removed objects.

    Raises:
        OpsError: the bucket is not reached, refuses a request, or keeps an object.
    """
    with readable_errors("OBS"):
        client = bucket_client(stage)
        _remove_versions(client, bucket, on_removed)
        _abort_uploads(client, bucket)


def _remove_versions(client: ObsClient, bucket: str, on_removed: Callable[[int], None]) -> None:
    # With this encoding OBS accepts keys that XML cannot hold; other stores do not support it.
    encoding = "url" if client.signature == "obs" else None
    previous: list[Any] = []
    while True:
        page = Versions(max_keys=_PAGE, encoding_type="url")
        found = response_body(client.listVersions(bucket, version=page), "list versions")
        objects = [Object(one.key, one.versionId) for one in (*found.versions, *found.markers)]
        if not objects:
            return
        if objects == previous:
            raise OpsError(f"{bucket} still holds {objects[0].key} after its removal")
        request = DeleteObjectsRequest(quiet=True, objects=objects, encoding_type=encoding)
        kept = response_body(client.deleteObjects(bucket, request), "delete objects").error
        if kept:
            raise OpsError(f"{bucket} keeps {kept[0].key}: {kept[0].code}")
        on_removed(len(objects))
        previous = objects


def _abort_uploads(client: ObsClient, bucket: str) -> None:
    while True:
        listing = client.listMultipartUploads(bucket, encoding_type="url")
        uploads = response_body(listing, "list uploads").upload
        if not uploads:
            return
        for upload in uploads:
            aborted = client.abortMultipartUpload(bucket, upload.key, upload.uploadId)
            response_body(aborted, f"abort the upload of {upload.key}")
