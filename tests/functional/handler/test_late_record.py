"""A record is delayed on its way to the bucket, while the object is replaced and recognized."""

from __future__ import annotations

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from local.cloud import Cloud
from local.faults import Exchange
from local.runtime import FunctionError
from tests.functional.conftest import Objects, Run
from tests.support.announce import announce, etag, sample_event
from tests.support.faulty import Faulty
from tests.support.paths import SAMPLES

LONG = 30.0  # seconds, longer than any working step takes
KEY, RECORD = "incoming/a.png", "results/a.png.json"
TIMER = sample_event("timer")
OTHER = "incoming/other.png"
LATER = (SAMPLES / "guangzhou-20-yuan-half-turn.png").read_bytes()


@pytest.fixture(scope="module")
def cloud(faulty: Faulty) -> Cloud:
    return faulty.cloud


@pytest.mark.exhaustive
def test_a_late_record_of_a_former_content_is_replaced(
    faulty: Faulty, start: Callable[..., Run], objects: Objects, image: bytes
) -> None:
    # Long enough for the start of the other instance on a busy machine.
    run = start(instances=2, OBS_TIMEOUT_SECONDS="10")
    former = announce(KEY, objects.put(KEY, image))
    # The OCR service reads each picture once: it repeats the later one's result at once.
    run.invoke(announce(OTHER, objects.put(OTHER, LATER)))
    faulty.clear()
    faulty.faults.queue("stall", "put", key_part=RECORD)
    first = run.runtime.submit(former)
    assert faulty.faults.wait("put", "stall", LONG)  # confirmed, and not yet written
    later = objects.put(KEY, LATER)
    assert run.invoke(announce(KEY, later)) == {"recognized": 1}
    assert not first.done()
    # The write may be carried out yet: another attempt would make it worse.
    with pytest.raises(FunctionError, match=r"^StoreError: Store\.Unreachable: put results/a\.png"):
        first.result(LONG)
    [delayed, _] = [one for one in faulty.exchanges if (one.operation, one.key) == ("put", RECORD)]
    assert objects.record(RECORD)["source"]["etag"] == etag(later)
    assert run.invoke(former) == {"duplicate": 1}
    assert run.invoke(TIMER) == {"inputs": 2, "unsure": 2, "duplicate": 2}

    deliver(delayed, faulty.cloud)
    assert objects.record(RECORD)["source"]["etag"] == etag(image)
    mended = {"inputs": 2, "unsure": 2, "duplicate": 1, "recognized": 1}
    assert run.invoke(TIMER) == mended
    assert objects.record(RECORD)["source"]["etag"] == etag(later)
    assert run.invoke(TIMER) == {"inputs": 2, "unsure": 2, "duplicate": 2}


def deliver(delayed: Exchange, cloud: Cloud) -> None:
    """Send a delayed request to the bucket, as a network does that held it."""
    url = urlsplit(cloud.bucket.endpoint)
    assert url.port
    with socket.create_connection((url.hostname, url.port), LONG) as connection:
        connection.sendall(delayed.request.raw)
        assert connection.recv(1024).startswith(b"HTTP/1.1 200 ")
