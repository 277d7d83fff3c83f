"""A backfill sends the backlog to the function through FunctionGraph, and can be interrupted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.cloud import BUCKET, Cloud
from ops.backfill.account import Account
from ops.backfill.backlog import Backlog
from ops.backfill.invoker import Invoker
from ops.backfill.progress import Progress
from ops.errors import OpsError
from quota_invoice.errors import ConfigurationError
from quota_invoice.obs.objects import Entry
from quota_invoice.obs.walk import Finding, State
from tests.functional.conftest import Objects
from tests.functional.ops.conftest import SECONDS, operate
from tests.support.servers import Answer, Asked, serving


@pytest.fixture
def environment(cloud: Cloud) -> dict[str, str]:
    return cloud.environment()


def backfill(environment: dict[str, str], state: Path, *options: str) -> Any:
    return operate("ops.backfill", environment, "--state", state, *options)


def uploaded(objects: Objects, image: bytes, count: int) -> list[str]:
    names = [f"2026/{index}.png" for index in range(count)]
    for name in names:
        objects.put(f"incoming/{name}", image)
    return names


def test_only_inputs_without_a_record_are_sent(
    cloud: Cloud, environment: dict[str, str], objects: Objects, image: bytes, tmp_path: Path
) -> None:
    names = uploaded(objects, image, 3)
    objects.put("incoming/other.png", image)
    dry = backfill(environment, tmp_path, "--prefix", "2026/", "--dry-run")
    assert (dry.returncode, dry.stderr) == (0, "")
    assert "3 inputs: 3 missing" in dry.stdout
    assert "3 would be sent" in dry.stdout
    assert objects.keys("results/") == []
    first = backfill(environment, tmp_path, "--prefix", "2026/", "--batch", "2")
    assert (first.returncode, first.stderr) == (0, "")
    assert "3 were sent" in first.stdout
    assert cloud.runtime.wait_until_idle(SECONDS)
    assert sorted(objects.keys("results/")) == [f"results/{name}.json" for name in names]
    second = backfill(environment, tmp_path, "--batch", "2")
    assert "1 missing" in second.stdout
    assert cloud.runtime.wait_until_idle(SECONDS)
    assert len(objects.keys("results/")) == 4
    for run in (dry, first, second):
        assert environment["HW_SECRET_KEY"] not in run.stdout + run.stderr


def test_it_continues_after_a_refusal(
    cloud: Cloud, environment: dict[str, str], objects: Objects, image: bytes, tmp_path: Path
) -> None:
    uploaded(objects, image, 3)
    sent: list[Any] = []

    def answer(asked: Asked) -> Answer:
        if len(sent) == 2:
            return Answer(403, {}, b'{"error_code": "FSS.0403", "error_msg": "Forbidden"}')
        sent.append(json.loads(asked.body))
        return Answer(202, {}, b'{"request_id": "r-1"}')

    with serving(answer) as server:
        refusing = {**environment, "FUNCTIONGRAPH_ENDPOINT": server.url}
        stopped = backfill(refusing, tmp_path, "--batch", "1")
    assert stopped.returncode == 1
    assert "FSS.0403: Forbidden" in stopped.stdout
    assert "continues from here" in stopped.stdout
    assert [event["backfill"]["objects"][0]["key"] for event in sent] == [
        "incoming/2026/0.png",
        "incoming/2026/1.png",
    ]
    done = backfill(environment, tmp_path, "--batch", "1")
    assert "Continuing after incoming/2026/1.png" in done.stdout
    assert "1 were sent" in done.stdout
    assert cloud.runtime.wait_until_idle(SECONDS)
    assert objects.keys("results/") == ["results/2026/2.png.json"]
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_keeps_the_progress(
    environment: dict[str, str], objects: Objects, image: bytes, tmp_path: Path
) -> None:
    uploaded(objects, image, 1)
    target = Account.read(environment).target
    progress = Progress.of(tmp_path, target, "incoming/", "2026/", False)  # noqa: FBT003 - as the command calls it
    progress.write("incoming/2026/0")
    dry = backfill(environment, tmp_path, "--prefix", "incoming/2026/", "--dry-run", "--restart")
    assert "1 inputs: 1 missing" in dry.stdout
    assert progress.read() == "incoming/2026/0"


def test_an_event_is_within_the_limit_of_an_invocation() -> None:
    entries = [Entry(f"incoming/{index:03d}{'ж' * 500}", "e" * 32, 1, "") for index in range(300)]
    backlog = Backlog(BUCKET, retry_failed=False, size=1000)
    batches = list(backlog.batches(Finding(entry, State.MISSING) for entry in entries))
    assert [entry for batch in batches for entry in batch] == entries
    assert all(len(json.dumps(backlog.event(batch))) < 256 * 1024 for batch in batches)


def test_missing_variables_are_reported_before_any_request(tmp_path: Path) -> None:
    run = backfill({"HW_REGION_NAME": "mars"}, tmp_path)
    assert run.returncode == 2
    for name in ("HW_PROJECT_ID", "BUCKET", "FUNCTION_URN"):
        assert f"{name}: not set" in run.stdout
    assert "there are no credentials: set HW_ACCESS_KEY and HW_SECRET_KEY" in run.stdout
    assert "REGION: mars" in run.stdout
    with pytest.raises(ConfigurationError, match="BUCKET: not set"):
        Account.read({})


@pytest.mark.parametrize("status", [429, 503])
def test_a_temporary_error_is_retried_after_a_pause(
    environment: dict[str, str], status: int
) -> None:
    answers = [Answer(status, {}, b'{"error_code": "APIG.0308", "error_msg": "limit"}')] * 2
    answers.append(Answer(202, {}, b'{"request_id": "r-1"}'))
    pauses: list[float] = []
    with serving(lambda _: answers[len(server.asked) - 1]) as server:
        account = Account.read({**environment, "FUNCTIONGRAPH_ENDPOINT": server.url})
        assert Invoker(account, 60_000, pauses.append).send({"backfill": {}}) == "r-1"
        assert len(server.asked) == 3
    assert [pause for pause in pauses if pause >= 0.5]


def test_invocations_are_evenly_spaced(environment: dict[str, str]) -> None:
    pauses: list[float] = []
    with serving(lambda _: Answer(202, {}, b'{"request_id": "r-1"}')) as server:
        account = Account.read({**environment, "FUNCTIONGRAPH_ENDPOINT": server.url})
        invoker = Invoker(account, 1, pauses.append)
        for _ in range(3):
            invoker.send({})
    assert len(pauses) == 2
    assert 50 < pauses[0] <= 60.6 < pauses[1] <= 121.2


def test_a_refusal_contains_no_secret(environment: dict[str, str]) -> None:
    secret = environment["HW_SECRET_KEY"]
    body = json.dumps({"error_code": "FSS.0403", "error_msg": f"no {secret}"}).encode()
    with serving(lambda _: Answer(403, {}, body)) as server:
        account = Account.read({**environment, "FUNCTIONGRAPH_ENDPOINT": server.url})
        with pytest.raises(OpsError, match="FSS.0403: no …"):
            Invoker(account, 60_000).send({})


def test_the_progress_of_another_endpoint_is_not_continued(
    cloud: Cloud, environment: dict[str, str], objects: Objects, image: bytes, tmp_path: Path
) -> None:
    uploaded(objects, image, 2)
    with serving(lambda _: Answer(403, {}, b"")) as server:
        elsewhere = Account.read({**environment, "OBS_ENDPOINT": server.url}).target
    progress = Progress.of(tmp_path, elsewhere, "incoming/", "", False)  # noqa: FBT003 - as above
    progress.write("incoming/2026/0.png")
    refused = backfill(environment, tmp_path)
    assert refused.returncode == 2
    assert f"its endpoint is {server.url} instead of {environment['OBS_ENDPOINT']}" in (
        " ".join(refused.stdout.split())
    )
    assert progress.read() == "incoming/2026/0.png"
    assert objects.keys("results/") == []
    restarted = backfill(environment, tmp_path, "--restart")
    assert "2 were sent" in restarted.stdout
    assert cloud.runtime.wait_until_idle(SECONDS)
    assert len(objects.keys("results/")) == 2


TARGET = {"endpoint": "https://obs.example", "project": "p", "bucket": BUCKET, "function": "urn:f"}


@pytest.mark.parametrize("name", ["endpoint", "project", "function"])
def test_a_backfill_does_not_continue_that_of_another_target(tmp_path: Path, name: str) -> None:
    progress = Progress.of(tmp_path, TARGET, "2026/")
    Progress.of(tmp_path, {**TARGET, name: "another"}, "2026/").write("incoming/2026/a.jpg")
    with pytest.raises(OpsError, match=f"its {name} is another instead of {TARGET[name]}"):
        progress.read()
    progress.path.write_text('{"after": "incoming/2026/a.jpg"}')  # of an earlier version
    with pytest.raises(OpsError, match="its endpoint is not named"):
        progress.read()


def test_each_backfill_has_its_own_progress(tmp_path: Path) -> None:
    one, other = Progress.of(tmp_path, TARGET, "2026/"), Progress.of(tmp_path, TARGET, "2025/")
    one.write("incoming/2026/a.jpg")
    assert (one.read(), other.read()) == ("incoming/2026/a.jpg", "")
    one.path.write_text("spoiled")
    assert one.read() == ""
    one.clear()
    assert list(tmp_path.iterdir()) == []
