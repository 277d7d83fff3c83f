"""The runbook's promises on copied and restored objects hold."""

from __future__ import annotations

from tests.functional.conftest import Objects, Run
from tests.support.announce import announce, sample_event


def test_inputs_that_are_copied_after_their_records_are_not_read_again(
    run: Run, objects: Objects, image: bytes
) -> None:
    objects.put("incoming/a.png", image)
    assert run.invoke(announce("incoming/a.png", image)) == {"recognized": 1}
    record = objects.get("results/a.png.json") or b""
    for key in objects.keys(""):
        objects.client.deleteObject("invoices", key)
    objects.put("results/a.png.json", record)
    objects.put("incoming/a.png", image)
    assert run.invoke(announce("incoming/a.png", image)) == {"duplicate": 1}
    assert "recognized" not in run.invoke(sample_event("timer"))
    assert objects.get("results/a.png.json") == record


def test_records_that_are_lost_are_made_again_by_a_sweep(
    run: Run, objects: Objects, image: bytes
) -> None:
    objects.put("incoming/a.png", image)
    run.invoke(announce("incoming/a.png", image))
    objects.client.deleteObject("invoices", "results/a.png.json")
    assert run.invoke(sample_event("timer"))["recognized"] == 1
    assert objects.record("results/a.png.json")["status"] == "recognized"
