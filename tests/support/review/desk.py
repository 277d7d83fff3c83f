"""A real bucket for the review page: inputs with the records that the function makes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from obs import ObsClient

from accounting.bucket import Bucket, open_bucket
from local.bucket.bucket import LocalBucket
from quota_invoice.errors import ImageRefused, QuotaInvoiceError
from quota_invoice.obs.objects import Source
from quota_invoice.recognition.reading import Api, Reading, Recognition
from quota_invoice.records.appearances import AppearanceIndex
from quota_invoice.records.record import failed, recognized
from tests.support.fakes import RESULT
from tests.support.paths import SAMPLES

NAME = "invoices"
SAMPLE = "shanghai-10-yuan-clean.png"


@dataclass(frozen=True)
class Desk:
    """The bucket with its owner's access.

    Attributes:
        client: the owner's client.
        environment: the settings of the commands for accountants.
        bucket: the bucket as these commands see it.
    """

    client: ObsClient
    environment: Mapping[str, str]
    bucket: Bucket

    @staticmethod
    def on(store: LocalBucket) -> Desk:
        environment = {
            "HW_ACCESS_KEY": store.owner.access_key,
            "HW_SECRET_KEY": store.owner.secret_key,
            **store.settings(),
        }
        return Desk(store.client(), environment, open_bucket(environment))

    def upload(self, path: str, content: bytes | None = None) -> str:
        """Put an input into the bucket; without a content, the image of a sample."""
        key = f"{self.bucket.layout.input_prefix}{path}"
        image = (SAMPLES / SAMPLE).read_bytes() if content is None else content
        assert self.client.putContent(NAME, key, image).status == 200
        return key

    def recognize(self, path: str, content: bytes | None = None, /, **result: Any) -> str:
        """Put an input and its record into the bucket, and return the input's key.

        Args:
            path: the input's path.
            content: see ``upload``.
            result: members of the OCR result that differ from ``RESULT``; ``confidence`` has the
                differing ones only.
        """
        confidence = {**RESULT["confidence"], **result.pop("confidence", {})}
        found = {**RESULT, **result, "confidence": confidence}
        reading = Reading(Api.QUOTA_INVOICE, {1: Recognition(found, "request", 1)}, 1)
        return self.record(path, reading, content)

    def record(self, path: str, reading: Reading, content: bytes | None = None) -> str:
        """Put an input and the record of a reading into the bucket; duplicates are named."""
        key = self.upload(path, content)
        source = self.source(key)
        made = recognized(source, reading, region="cn-north-4")
        record = AppearanceIndex(self.bucket.store, self.bucket.layout).add(source, made)
        self.bucket.store.write(NAME, self.bucket.layout.record_key(key), record)
        return key

    def fail(
        self, path: str, content: bytes | None = None, error: QuotaInvoiceError | None = None
    ) -> str:
        """Put an input and its failure record into the bucket, and return the input's key."""
        key = self.upload(path, content)
        reason = error or ImageRefused("AIS.0104", "poor", "request")
        failure = failed(self.source(key), reason)
        self.bucket.store.write(NAME, self.bucket.layout.failure_key(key), failure)
        return key

    def source(self, key: str) -> Source:
        found = self.bucket.store.describe(NAME, key)
        assert found, key
        return found

    def json(self, key: str) -> dict[str, Any]:
        answer = self.client.getObject(NAME, key, loadStreamInMemory=True)
        assert answer.status == 200, key
        return dict(json.loads(bytes(answer.body.buffer)))

    def entries(self, key: str) -> list[dict[str, Any]]:
        """The entries of the reviews of an input, the oldest first."""
        folder = self.bucket.layout.reviews_folder(key)
        return [self.json(name) for name in self.keys(folder)]

    def keys(self, prefix: str = "") -> list[str]:
        return [entry.key for entry in self.bucket.listing(prefix)]

    def clear(self) -> None:
        for key in self.keys():
            self.client.deleteObject(NAME, key)
