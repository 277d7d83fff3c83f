"""The numbers at ``/metrics``, in the text format of Prometheus.

They name no caller: each client of the network may read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_BUCKETS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 12, 30, 60)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics(Collector):
    """Counts requests, and reads numbers of other parts when they are asked for."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "quota_ocr_requests",
            "Requests by path, status and error code.",
            ("path", "status", "error_code"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "quota_ocr_request_seconds",
            "Time from the head of a request to its response.",
            ("path",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._sources: list[tuple[type[Metric], str, str, Callable[[], float]]] = []
        self._registry.register(self)

    def observe(self, path: str, status: int, error_code: str, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(path, str(status), error_code).inc()
        self._seconds.labels(path).observe(seconds)

    def gauge(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Add a number that goes up and down."""
        self._sources.append((GaugeMetricFamily, f"quota_ocr_{name}", meaning, read))

    def total(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Add a number that only grows."""
        self._sources.append((CounterMetricFamily, f"quota_ocr_{name}", meaning, read))

    def collect(self) -> Iterable[Metric]:
        """See ``prometheus_client.registry.Collector``."""
        for kind, name, meaning, read in self._sources:
            yield kind(name, meaning, value=read())  # type: ignore[call-arg]  # the two kinds take it

    def text(self) -> bytes:
        """Return all numbers."""
        return generate_latest(self._registry)
