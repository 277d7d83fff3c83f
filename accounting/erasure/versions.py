"""The objects of a bucket with all their versions, to be removed for good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from obs import Versions

from accounting.bucket import Bucket, read_access
from quota_invoice.deadline import Deadline
from quota_invoice.json_values import parse_json
from quota_invoice.obs.client import make_client
from quota_invoice.obs.objects import Source
from quota_invoice.obs.sender import Sender
from quota_invoice.obs.store import LARGEST_RECORD, ObsStore
from quota_invoice.settings.settings import Settings
from quota_invoice.stopwatch import Stopwatch

_PAGE = 1000  # versions of one request
_WITH_VERSIONS = {"Enabled", "Suspended"}


class Version(NamedTuple):
    """A version of an object, or the marker of its deletion; no id in a bucket without versions."""

    key: str
    version_id: str | None
    is_marker: bool = False


class Versioned:
    """A bucket whose objects are removed with all versions.

    Args:
        settings: the bucket and its endpoint.
        sender: sends the requests.

    Attributes:
        bucket: the bucket, to read it.
    """

    def __init__(self, settings: Settings, sender: Sender) -> None:
        self.bucket = Bucket(settings.bucket, settings.layout, ObsStore(sender))
        self._sender = sender
        self._has_versions: bool | None = None

    def listing(self, prefix: str) -> Iterator[Version]:
        """Yield all versions of all objects whose keys begin like this."""
        if not self._are_versions_kept():
            yield from (Version(entry.key, None) for entry in self.bucket.listing(prefix))
            return
        key_marker = version_marker = None
        while True:
            body = self._page(prefix, key_marker, version_marker)
            for item in body.versions or []:
                yield Version(item.key, item.versionId)
            for item in body.markers or []:
                yield Version(item.key, item.versionId, is_marker=True)
            if not body.head.isTruncated:
                return
            key_marker, version_marker = body.head.nextKeyMarker, body.head.nextVersionIdMarker

    def read(self, version: Version) -> dict[str, Any]:
        """Return a version of a record; an empty one for a marker and for any other object."""
        source = Source(self.bucket.name, version.key, "", 0, version.version_id, None)
        content = None if version.is_marker else self.bucket.store.fetch(source, LARGEST_RECORD)
        try:
            record = parse_json(content or b"")
        except ValueError:
            return {}
        return record if isinstance(record, dict) else {}

    def remove(self, version: Version) -> None:
        """Remove a version."""
        client, name = self._sender.client, self.bucket.name
        self._sender.send(
            "delete", version.key, lambda k: client.deleteObject(name, k, version.version_id)
        )

    def _are_versions_kept(self) -> bool:
        if self._has_versions is None:
            client, name = self._sender.client, self.bucket.name
            response = self._sender.send("list", name, lambda _: client.getBucketVersioning(name))
            self._has_versions = response is not None and response.body in _WITH_VERSIONS
        return self._has_versions

    def _page(self, prefix: str, key_marker: str | None, version_marker: str | None) -> Any:  # noqa: ANN401 - the SDK has no types
        wanted = Versions(
            prefix=prefix,
            key_marker=key_marker,
            version_id_marker=version_marker,
            max_keys=_PAGE,
            encoding_type="url",
        )
        client, name = self._sender.client, self.bucket.name
        response = self._sender.send(
            "list", f"{prefix}…", lambda _: client.listVersions(name, wanted)
        )
        return response.body


def open_versions(environment: Mapping[str, str]) -> Versioned:
    """Return the bucket that the environment names; no request is sent.

    Raises:
        AccountingError: a value is missing or invalid; the message names all of them.
    """
    settings, credentials = read_access(environment)
    client = make_client(settings, credentials)
    sender = Sender(settings, client, credentials, Stopwatch(), Deadline.never())
    return Versioned(settings, sender)
