"""A record stalls on its way to the bucket, while the object is replaced and recognized."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from local.cloud import Cloud
from local.runtime import FunctionError
from tests.functional.conftest import Objects, Run
from tests.support.announce import announce, etag
from tests.support.faulty import Faulty
from tests.support.paths import SAMPLES

LONG = 30.0  # seconds, longer than any working step takes
KEY, RECORD = "incoming/a.png", "results/a.png.json"


@pytest.fixture(scope="module")
def cloud(faulty: Faulty) -> Cloud:
    return faulty.cloud


def test_a_record_of_a_former_content_that_stalled_is_not_sent_again(
    faulty: Faulty, start: Callable[..., Run], objects: Objects, image: bytes
) -> None:
    run = start(instances=2, OBS_TIMEOUT_SECONDS="4")
    former = announce(KEY, objects.put(KEY, image))
    run.invoke(announce("incoming/other.png", objects.put("incoming/other.png", image)))
    faulty.clear()
    faulty.faults.queue("stall", "put", key_part=RECORD)
    first = run.runtime.submit(former)
    assert faulty.faults.wait("put", "stall", LONG)  # confirmed, and not yet written
    later = objects.put(KEY, (SAMPLES / "guangzhou-20-yuan-half-turn.png").read_bytes())
    assert run.invoke(announce(KEY, later)) == {"recognized": 1}
    assert not first.done()
    with pytest.raises(FunctionError, match=f"Store.Unreachable: put {RECORD}: TimeoutError"):
        first.result(LONG)
    writes = [one for one in faulty.exchanges if (one.operation, one.key) == ("put", RECORD)]
    assert len(writes) == 2  # one of each content
    assert objects.record(RECORD)["source"]["etag"] == etag(later)
