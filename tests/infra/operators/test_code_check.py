"""A code upload that failed is noticed, although the state says that nothing changed."""

from __future__ import annotations

import pytest

from ops.deploy.code_check import upload_code
from ops.errors import OpsError
from ops.stage import read_stage
from tests.infra.conftest import Account
from tests.support.servers import Answer, serving

URN = f"urn:fss:cn-north-4:{'0' * 32}:function:default:name:latest"


def uploads(stage: Account) -> int:
    return sum(one.method == "PUT" and one.path.endswith("/code") for one in stage.requests)


@pytest.mark.exhaustive
@pytest.mark.timeout(300)
def test_deploy_uploads_the_zip_again_if_other_code_runs(stage: Account) -> None:
    code, output = stage.run("deploy")
    assert (code, uploads(stage)) == (0, 0), output

    stage.deployed = b"former"
    code, output = stage.run("plan")
    assert (code, uploads(stage)) == (0, 0), output
    assert "The deployed code is another than" in output

    code, output = stage.run("deploy")
    assert code == 0, output
    assert "No changes" in output
    assert "The deployed code was another than" in output
    assert (uploads(stage), stage.deployed) == (1, b"first")

    code, output = stage.run("deploy")
    assert (code, uploads(stage)) == (0, 1), output

    stage.code.write_bytes(b"second")  # after an apply, too
    code, output = stage.run("deploy")
    assert "1 to change" in output
    assert (code, uploads(stage), stage.deployed) == (0, 2, b"second"), output


def test_code_that_is_not_replaced_is_an_error(stage: Account) -> None:
    def answer(asked: object) -> Answer:  # noqa: ARG001 - the former code at all times
        return Answer(body=b'{"digest": "0"}', headers={"Content-Type": "application/json"})

    with serving(answer) as server:
        stage.choose(bucket="invoices", endpoints={"fgs": server.url})
        found = read_stage("test", stage.folder / "states", stage.folder)
        with pytest.raises(OpsError, match="although it was uploaded again"):
            upload_code(found, URN, stage.code)


def test_a_refused_upload_is_an_error_that_says_so(stage: Account) -> None:
    def answer(asked: object) -> Answer:  # noqa: ARG001 - as above
        return Answer(
            500,
            {"Content-Type": "application/json"},
            b'{"error_code": "FSS.0500", "error_msg": "no"}',
        )

    with serving(answer) as server:
        stage.choose(bucket="invoices", endpoints={"fgs": server.url})
        found = read_stage("test", stage.folder / "states", stage.folder)
        with pytest.raises(OpsError, match="FunctionGraph: 500 FSS.0500"):
            upload_code(found, URN, stage.code)
