"""``python -m bench.sweep.once``: one sweep of the bucket that the environment names.

The state of rounds says that the last one was complete; it is kept here, since the bucket cannot be
written. The output is the sweep's counts as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from quota_invoice.deadline import Deadline
from quota_invoice.events.timer import Sweep
from quota_invoice.logs import Log
from quota_invoice.obs.objects import Source
from quota_invoice.obs.store import ObsStore
from quota_invoice.ocr.service import OcrService
from quota_invoice.pipeline import Pipeline
from quota_invoice.recognition.recognizer import Recognizer
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.settings import Settings
from quota_invoice.sweep.sweeper import Sweeper

_COMPLETE = {"last_started_at": "2035-01-01T00:00:00Z"}  # after all generated records


class _Store(ObsStore):
    """A store that keeps the state of rounds to itself."""

    _state: Mapping[str, Any] = _COMPLETE

    def read(self, bucket: str, key: str) -> dict[str, Any] | None:
        del bucket, key
        return dict(self._state)

    def write(self, bucket: str, key: str, record: Mapping[str, Any]) -> None:
        del bucket, key
        self._state = record

    def describe(self, bucket: str, key: str) -> Source | None:
        return Source(bucket, key, "state", 0, None, _COMPLETE["last_started_at"])


def main() -> None:
    """Run the sweep."""
    settings = Settings.read(os.environ.get, "0" * 32)
    credentials = Credentials(os.environ["HW_ACCESS_KEY"], os.environ["HW_SECRET_KEY"], "none")
    store = _Store.connect(settings, credentials)
    log = Log("bench", lambda _: None)
    ocr = OcrService.connect(settings, credentials)
    recognizer = Recognizer(store, ocr, log, settings.layout, auto=False)
    pipeline = Pipeline(
        settings.layout, settings.region, store, recognizer, log, keep_history=settings.keep_history
    )
    counts = Sweeper(settings, store, pipeline, log, Deadline.never()).run(Sweep())
    sys.stdout.write(json.dumps(counts) + "\n")


if __name__ == "__main__":
    main()
