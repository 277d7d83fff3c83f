"""What a bucket still holds: somebody may want it back, or want it removed with the stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from obs import DeleteObjectsRequest, Object, ObsClient, Versions

from ops.errors import OpsError
from ops.sdk.clients import bucket_client
from ops.sdk.errors import readable_errors
from ops.stage import Stage

_OK = 300
_PAGE = 1000  # the most that one request removes


def holds_objects(stage: Stage, bucket: str) -> bool:
    """Tell whether a bucket holds any object or version; yes where it cannot be found out."""
    try:
        found = bucket_client(stage).listVersions(bucket, version=Versions(max_keys=1))
    except Exception:  # noqa: BLE001 - the SDK raises it for some network failures
        return True
    return found.status >= _OK or bool(found.body.versions or found.body.markers)


def remove_objects(stage: Stage, bucket: str, removed: Callable[[int], None]) -> None:
    """Remove all that a bucket holds: objects, their versions, and uploads that were broken off.

    The provider, told to, would remove the latest versions only.

    Args:
        stage: whose addresses and keys are used.
        bucket: its name.
        removed: called with how many were removed, page by page.

    Raises:
        OpsError: the bucket is not reached, refuses, or does not remove what it was told to.
    """
    with readable_errors("OBS"):
        _remove(bucket_client(stage), bucket, removed)


def _remove(client: ObsClient, bucket: str, removed: Callable[[int], None]) -> None:
    # OBS takes keys that XML cannot hold in this encoding; other stores do not know it.
    encoding = "url" if client.signature == "obs" else None
    former: list[Any] = []
    while True:
        page = Versions(max_keys=_PAGE, encoding_type="url")
        found = _sound(client.listVersions(bucket, version=page))
        objects = [Object(one.key, one.versionId) for one in (*found.versions, *found.markers)]
        if not objects:
            break
        if objects == former:
            raise OpsError(f"{bucket} holds {objects[0].key} after it was removed")
        request = DeleteObjectsRequest(quiet=True, objects=objects, encoding_type=encoding)
        refused = _sound(client.deleteObjects(bucket, request)).error
        if refused:
            raise OpsError(f"{bucket} keeps {refused[0].key}: {refused[0].code}")
        removed(len(objects))
        former = objects
    while uploads := _sound(client.listMultipartUploads(bucket, encoding_type="url")).upload:
        for upload in uploads:
            _sound(client.abortMultipartUpload(bucket, upload.key, upload.uploadId))


def _sound(answer: Any) -> Any:  # noqa: ANN401 - the SDK has no types
    if answer.status >= _OK:
        raise OpsError(f"the bucket refused: {answer.status} {answer.errorCode or answer.reason}")
    return answer.body
