"""The life cycle of a stage with the stand-in: plan, deploy, change, destroy."""

from __future__ import annotations

import pytest
import yaml

from tests.infra.conftest import EMPTY, FULL, REATTACH, Account


@pytest.mark.timeout(300)
def test_a_stage_is_deployed_changed_and_destroyed(stage: Account) -> None:
    code, output = stage.run("deploy")
    assert code == 0, output
    assert "29 to create" in output
    assert "make smoke STAGE=test" in output
    code, output = stage.run("plan")
    assert (code, "No changes" in output) == (0, True), output
    assert '"bucket": "invoices"' in stage.run("outputs")[1]

    stage.code.write_bytes(b"second")
    code, output = stage.run("plan")
    assert "Plan: 1 to change." in output
    assert "huaweicloud_fgs_function.function" in output

    code, output = stage.run("destroy", typed="no\n")
    assert code == 1
    assert "nothing was removed" in output
    code, output = stage.run("destroy", typed="test\n")
    assert code == 0, output
    assert "is removed, except its bucket" in output
    code, output = stage.run("destroy", "--yes")
    assert (code, "The bucket invoices stays" in output) == (0, True), output
    assert "nothing to remove" in output
    assert stage.content == FULL
    code, output = stage.run("destroy", "--yes", "--delete-invoices")
    assert code == 0, output
    assert stage.content == EMPTY
    assert "- remove   huaweicloud_obs_bucket.invoices[0]" in output
    assert "test is removed." in output
    assert "nothing to remove" in stage.run("destroy", "--yes")[1]
    assert "not deployed" in stage.run("outputs")[1]
    for path in stage.folder.rglob("*"):
        if path.is_file():
            assert b"made-up" not in path.read_bytes(), f"{path} contains a credential"


@pytest.mark.exhaustive
@pytest.mark.timeout(300)
def test_an_empty_bucket_is_destroyed_with_its_stage(
    stage: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(REATTACH)  # the engine starts the stand-in itself, as operators' engines do
    stage.content = EMPTY
    assert stage.run("deploy")[0] == 0
    code, output = stage.run("destroy", "--yes")
    assert (code, "test is removed." in output) == (0, True), output


@pytest.mark.exhaustive
def test_destroy_lists_the_deployed_bucket_not_the_configured_one(stage: Account) -> None:
    assert stage.run("deploy")[0] == 0
    settings = yaml.safe_load((stage.folder / "test.yaml").read_text(encoding="utf-8"))
    stage.choose(**{**settings, "bucket": "another"})
    stage.requests.clear()
    code, output = stage.run("destroy", "--yes")
    assert (code, "is removed, except its bucket" in output) == (0, True), output
    assert [one.path.partition("?")[0] for one in stage.requests] == ["/invoices"]
