"""Checks of the bucket."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import requests
from obs import CompleteMultipartUploadRequest, CompletePart, ObsClient

from ops.live_check.check import Finding, held, not_held, unknown
from ops.live_check.live_stage import LiveStage
from ops.remote.invoke import invoke
from ops.sdk.errors import readable_errors, response_body, store_errors
from ops.stage import ROOT
from quota_invoice.obs.objects import Source
from quota_invoice.obs.responses import is_success

_EVENT = ROOT / "events" / "eventgrid.json"
_PART = b"part " * (1 << 20)  # 5 MB, the least that S3-compatible stores accept
_LAST_PART = b"the last part"
_SECONDS = 60


def missing_key_is_404(live: LiveStage) -> Finding:
    """Invoke the function with the event of an object that does not exist."""
    event = json.loads(_EVENT.read_bytes())
    event["data"]["obs"]["bucket"].update(name=live.bucket, bucket=live.bucket)
    key = f"{live.settings.layout.input_prefix}live-check/none.jpg"
    event["data"]["obs"]["object"]["key"] = key
    event["subject"] = key
    result = invoke(live.stage, live.urn, event).result
    if isinstance(result, dict) and result.get("gone") == 1:
        return held("the function saw that the object is gone")
    kind = result.get("errorMessage", "no error") if isinstance(result, dict) else type(result)
    return not_held(f"the function did not see that the object is gone: {str(kind)[:200]}")


def etags_agree(live: LiveStage) -> Finding:
    """Upload an object at once and one in parts; compare their ETags in all responses."""
    client, found = live.bucket_client, {}
    with readable_errors("OBS"), store_errors():
        for name, upload in {"whole": _put, "in parts": _put_in_parts}.items():
            key = live.scratch_key(name.replace(" ", "-"))
            with _removed_at_end(client, live.bucket, key):
                uploaded = upload(client, live.bucket, key)
                [listed] = live.store.listing(live.bucket, key)
                described = live.store.describe(live.bucket, key)
                identified = live.store.identify(live.bucket, key)
                etags = {
                    "upload": uploaded,
                    "listing": listed.etag,
                    "head": described.etag if described else "",
                    "get": identified.source.etag if identified else "",
                }
                found[name] = etags
        encryption = _encryption(client, live.bucket)
    different = {name: etags for name, etags in found.items() if len(set(etags.values())) > 1}
    if different:
        return not_held(f"the ETags differ: {different}; {encryption}")
    etag_of = "; ".join(f"{name}: {etags['listing']}" for name, etags in found.items())
    return held(f"{etag_of}; {encryption}")


def _encryption(client: ObsClient, bucket: str) -> str:
    """Return the encryption of new objects as the bucket tells it: only this one was tried."""
    response = client.getBucketEncryption(bucket)
    if not is_success(response.status):
        return "the bucket does not tell of any encryption"
    return f"encrypted by {response.body.encryption}"


def signed_url_reads_its_version(live: LiveStage) -> Finding:
    """Replace an object, and read its former version by a signed URL, as the OCR service does."""
    client, key = live.bucket_client, live.scratch_key("versions")
    with readable_errors("OBS"), _removed_at_end(client, live.bucket, key) as versions:
        for content in ("former", "present"):
            put = response_body(client.putContent(live.bucket, key, content), f"put {key}")
            versions.append(put.versionId)
        if not versions[0] or versions[0] == "null":
            return unknown("the bucket keeps no versions")
        source = Source(live.bucket, key, "", 0, versions[0], None)
        response = requests.get(live.store.signed_url(source), timeout=_SECONDS)
    if response.status_code == requests.codes.ok and response.text == "former":
        return held("the URL reads the former version")
    return not_held(f"the URL answers {response.status_code} and not the former version")


def _put(client: ObsClient, bucket: str, key: str) -> str:
    return _etag(response_body(client.putContent(bucket, key, "content"), f"put {key}"))


def _put_in_parts(client: ObsClient, bucket: str, key: str) -> str:
    started = response_body(client.initiateMultipartUpload(bucket, key), f"begin {key}")
    parts = []
    for number, content in enumerate((_PART, _LAST_PART), 1):
        response = client.uploadPart(bucket, key, number, started.uploadId, content)
        etag = response_body(response, f"put part {number}").etag
        parts.append(CompletePart(number, etag))
    request = CompleteMultipartUploadRequest(parts)
    response = client.completeMultipartUpload(bucket, key, started.uploadId, request)
    return _etag(response_body(response, f"complete {key}"))


def _etag(body: Any) -> str:  # noqa: ANN401 - the SDK has no types
    return str(body.etag).strip('"').lower()


@contextlib.contextmanager
def _removed_at_end(client: ObsClient, bucket: str, key: str) -> Iterator[list[Any]]:
    """Remove an object at the end, and the versions that the block adds to the list."""
    versions: list[Any] = []
    try:
        yield versions
    finally:
        removals: list[Callable[[], Any]] = [lambda: client.deleteObject(bucket, key)]
        removals += [
            lambda version=version: client.deleteObject(bucket, key, version)  # type: ignore[misc]
            for version in versions
            if version
        ]
        for remove in removals:
            with contextlib.suppress(Exception):  # the lifecycle rule removes what remains
                remove()
