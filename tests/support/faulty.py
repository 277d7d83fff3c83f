"""The local cloud with fault proxies before its bucket and its OCR service."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from local.cloud import BUCKET, Cloud, Options, running_cloud
from local.faults import BUCKET as BUCKET_SERVICE
from local.faults import OCR, Exchange, Faults, Proxy
from tests.support.announce import announce
from tests.support.paths import SAMPLES

_IMAGE = SAMPLES / "shanghai-10-yuan-clean.png"
FETCH_SECONDS = "2"  # the OCR service's timeout for images; downloads take milliseconds


@dataclass
class Faulty:
    """The running cloud: only the requests of the function go through the proxies."""

    cloud: Cloud
    faults: Faults = field(default_factory=Faults)
    exchanges: list[Exchange] = field(default_factory=list)

    def clear(self) -> None:
        self.faults.clear()
        self.exchanges.clear()

    def calls(self, key: str) -> int:
        """The number of OCR requests for an object.

        Requests that contain the image have no key, and count as well.
        """
        counts = Counter(
            exchange.operation for exchange in list(self.exchanges) if exchange.key in {key, ""}
        )
        return counts["recognize"] + counts["classify"]


@contextlib.contextmanager
def faulty_cloud(base: Options) -> Iterator[Faulty]:
    """Start the cloud with the proxies as the function's endpoints of bucket and OCR service.

    Args:
        base: the cloud's other options.
    """
    faults, exchanges = Faults(), list[Exchange]()
    with (
        Proxy(BUCKET_SERVICE, faults, exchanges.append) as bucket,
        Proxy(OCR, faults, exchanges.append) as ocr_proxy,
    ):
        options = replace(
            base,
            user_data=(
                ("OBS_ENDPOINT", bucket.url),
                ("OCR_ENDPOINT", ocr_proxy.url),
                ("BUCKET", BUCKET),
            ),
            ocr_settings=(
                ("QUOTA_OCR_ALLOW_HOSTS", "127.0.0.1"),
                ("QUOTA_OCR_MAX_SECONDS", FETCH_SECONDS),
            ),
        )
        with running_cloud(options) as cloud:
            bucket.upstream, ocr_proxy.upstream = cloud.bucket.endpoint, cloud.ocr_endpoint
            _warm_up(cloud)
            exchanges.clear()
            yield Faulty(cloud, faults, exchanges)


def _warm_up(cloud: Cloud) -> None:
    """Call both OCR APIs once, since the first calls are slow."""
    client, content = cloud.bucket.client(), _IMAGE.read_bytes()
    for name in ("warm.png", "warm.pdf"):
        client.putContent(BUCKET, f"incoming/{name}", content)
        cloud.runtime.invoke(announce(f"incoming/{name}", content))
        for key in (f"incoming/{name}", f"results/{name}.json"):
            client.deleteObject(BUCKET, key)
