"""The price of a thousand invoices, from the caller's prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

_MEMORY_GB = 1.0  # of an instance, by default; see template.yaml


class Prices(NamedTuple):
    """Prices in one currency.

    Attributes:
        ocr: of one call of the OCR service.
        gb_second: of a GB-second of the function.
        requests: of 10,000 requests to the bucket.
        waiting: seconds that an upload waits for the OCR service and the bucket, no price.
    """

    ocr: float
    gb_second: float
    requests: float
    waiting: float

    def of_thousand(self, warm: Mapping[str, Any]) -> dict[str, float]:
        """Return the price of 1,000 invoices by part, each delivered twice, with the sum.

        Args:
            warm: the figures of ``bench.warm``.
        """
        own = sum(spread["median"] for spread in warm["own_ms"].values()) / 1000
        each = {name: count / warm["uploads"] for name, count in warm["requests"].items()}
        parts = {
            "ocr": 1000 * each["ocr"] * self.ocr,
            "function": 1000 * (own + self.waiting) * _MEMORY_GB * self.gb_second,
            "bucket": each["bucket"] / 10 * self.requests,
        }
        return {**parts, "sum": sum(parts.values())}
