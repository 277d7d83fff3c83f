"""What an invocation works with: the parts, put together for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from quota_invoice.obs.objects import Bucket
from quota_invoice.pipeline import Pipeline
from quota_invoice.recognition.recognizer import Recognizer
from quota_invoice.settings.settings import Settings
from quota_invoice.stopwatch import Stopwatch


@dataclass(frozen=True)
class Parts:
    """The parts of an invocation.

    Attributes:
        settings: the function's.
        store: the bucket.
        recognizer: has images read.
        pipeline: brings records up to date.
        watch: counts the time that OCR service and bucket take.
        seconds_left: of the invocation, or until its caller is given up.
    """

    settings: Settings
    store: Bucket
    recognizer: Recognizer
    pipeline: Pipeline
    watch: Stopwatch
    seconds_left: Callable[[], float]
