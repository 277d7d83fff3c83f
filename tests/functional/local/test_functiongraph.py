"""FunctionGraph's API for invocations, called with the official SDK."""

from __future__ import annotations

import gc
import json
import re
import shlex
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from obs import ObsClient

from local.cloud import BUCKET, PROJECT, Cloud
from local.functiongraph import MAX_ASYNC_BYTES, MAX_SYNC_BYTES, Target, functiongraph
from local.http_server import HttpServer
from local.runtime import Discarded, FunctionError
from ocr_service.auth.keyring import Credentials, StaticKeyring
from tests.functional.conftest import Objects
from tests.functional.local.test_local_cloud import FREE, linux, require_nothing_left, run
from tests.support.announce import announce
from tests.support.waiting import wait_for

fgs: Any = pytest.importorskip("huaweicloudsdkfunctiongraph.v2")

URN = f"urn:fss:cn-north-4:{PROJECT}:function:default:quota-invoice-ocr:latest"
OPERATOR = Credentials("OPERATOR", "the operator's secret")


class Fake:
    """The API over a fake function, and the events of its invocations."""

    def __init__(self, per_minute: int) -> None:
        self.answer: Any = {"recognized": 1}
        self.invoked: list[tuple[object, str]] = []
        self.submitted: list[tuple[object, str]] = []
        target = Target(URN, self._invoke, lambda *arguments: self.submitted.append(arguments))
        self.server = HttpServer(functiongraph(target, StaticKeyring([OPERATOR]), per_minute))

    def _invoke(self, event: object, request_id: str) -> Any:
        self.invoked.append((event, request_id))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def serve() -> Iterator[Callable[..., Fake]]:
    made: list[Fake] = []

    def fake(per_minute: int = 0) -> Fake:
        made.append(Fake(per_minute))
        return made[-1]

    yield fake
    for one in made:
        one.server.stop()


@pytest.fixture
def fake(serve: Callable[..., Fake]) -> Fake:
    return serve()


def client(url: str, caller: Credentials = OPERATOR, project: str = PROJECT) -> Any:
    credentials = BasicCredentials(caller.access_key, caller.secret_key, project)
    builder = fgs.FunctionGraphClient.new_builder().with_credentials(credentials)
    return builder.with_endpoint(url).build()


def submit(url: str, event: Any, *, urn: str = URN, **options: Any) -> Any:
    request = fgs.AsyncInvokeFunctionRequest(function_urn=urn, body=event)
    return client(url, **options).async_invoke_function(request)


def invoke(url: str, event: Any, version: str | None = "v1") -> Any:
    request = fgs.InvokeFunctionRequest(function_urn=URN, body=event, x_cff_request_version=version)
    return client(url).invoke_function(request)


def refusal(call: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises(ClientRequestException) as caught:
        call()
    assert caught.value.error_msg
    return caught.value.status_code, caught.value.error_code


def test_an_asynchronous_invocation_is_accepted_under_a_request_id(fake: Fake) -> None:
    event = {"发票": ["￥10.00", None, 1.5], "k": {"v": True}}
    answer = submit(fake.server.url, event)
    assert answer.status_code == 202
    assert fake.submitted == [(event, answer.request_id)]
    assert submit(fake.server.url, event).request_id != answer.request_id


def test_the_urn_may_omit_the_version(fake: Fake) -> None:
    assert submit(fake.server.url, {}, urn=URN.removesuffix(":latest")).request_id


def test_a_synchronous_invocation_returns_the_result_as_text_in_json(fake: Fake) -> None:
    answer = invoke(fake.server.url, {"k": "v"})
    assert (answer.status_code, answer.status) == (200, 200)
    assert json.loads(answer.result) == {"recognized": 1}
    assert answer.log == ""
    assert answer.request_id == answer.x_cff_request_id
    assert fake.invoked == [({"k": "v"}, answer.request_id)]


@pytest.mark.parametrize(("answer", "text"), [("text", b"text"), ({"a": "票"}, '{"a": "票"}')])
def test_without_a_version_it_returns_the_bare_result(
    fake: Fake, answer: object, text: bytes | str
) -> None:
    fake.answer = answer
    content = invoke(fake.server.url, {}, None).raw_content
    assert content == (text.encode() if isinstance(text, str) else text)


def test_an_error_of_the_function_is_returned_as_on_the_platform(fake: Fake) -> None:
    fake.answer = FunctionError("ServiceUnavailable", "no answer", ["line 1"])
    answer = invoke(fake.server.url, {})
    assert json.loads(answer.result) == {
        "errorMessage": "no answer",
        "errorType": "ServiceUnavailable",
        "stackTrace": ["line 1"],
    }


def test_a_synchronous_invocation_without_a_free_instance_is_refused(fake: Fake) -> None:
    fake.answer = Discarded()
    assert refusal(lambda: invoke(fake.server.url, {})) == (429, "FSS.0429")


def test_an_internal_error_reveals_nothing(fake: Fake) -> None:
    fake.answer = OSError("something internal")
    request = fgs.InvokeFunctionRequest(function_urn=URN, body={})
    with pytest.raises(Exception, match=r"FSS\.0500") as caught:
        client(fake.server.url).invoke_function(request)
    assert "internal" not in str(caught.value).replace("Internal server error", "")


@pytest.mark.parametrize(
    "caller",
    [Credentials("UNKNOWN", OPERATOR.secret_key), Credentials(OPERATOR.access_key, "another")],
)
def test_unknown_credentials_are_refused(fake: Fake, caller: Credentials) -> None:
    assert refusal(lambda: submit(fake.server.url, {}, caller=caller)) == (401, "APIG.0301")
    assert fake.submitted == []


@pytest.mark.parametrize("headers", [{}, {"X-Auth-Token": "t"}, {"Authorization": "Basic YTpi"}])
def test_an_unsigned_request_is_refused(fake: Fake, headers: dict[str, str]) -> None:
    url = f"{fake.server.url}/v2/{PROJECT}/fgs/functions/{URN}/invocations-async"
    answer = httpx.post(url, json={}, headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["error_code"]) == (401, "APIG.0301")
    assert fake.submitted == []


def test_another_project_or_function_is_refused(fake: Fake) -> None:
    url = fake.server.url
    assert refusal(lambda: submit(url, {}, project="0" * 32)) == (403, "FSS.0403")
    assert refusal(lambda: submit(url, {}, urn=URN.replace("ocr", "other"))) == (404, "FSS.1051")
    assert refusal(lambda: submit(url, {}, urn=URN.replace("latest", "v1"))) == (404, "FSS.1051")
    assert fake.submitted == []


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '"text"', "null", '{"a": NaN}', '{"a":' + "[" * 100_000]
)
def test_a_body_that_is_not_a_json_object_is_refused(fake: Fake, body: str) -> None:
    gc.collect()  # or Python may finalize other tests' objects while the last body fills the stack
    assert refusal(lambda: submit(fake.server.url, body)) == (400, "FSS.0400")
    assert fake.submitted == []


@pytest.mark.parametrize(("call", "most"), [(submit, MAX_ASYNC_BYTES), (invoke, MAX_SYNC_BYTES)])
def test_the_size_of_an_event_is_limited(
    fake: Fake, call: Callable[[str, Any], Any], most: int
) -> None:
    def event(length: int) -> str:
        return json.dumps({"k": "x" * (length - len('{"k": ""}'))})

    assert call(fake.server.url, event(most)).request_id
    assert refusal(lambda: call(fake.server.url, event(most + 1))) == (413, "FSS.0413")


def test_requests_beyond_the_rate_are_refused(serve: Callable[..., Fake]) -> None:
    fake = serve(per_minute=2)
    for _ in range(2):
        submit(fake.server.url, {})
    assert refusal(lambda: submit(fake.server.url, {})) == (429, "APIG.0308")
    assert len(fake.submitted) == 2


def test_an_unknown_path_is_refused_as_by_the_gateway(fake: Fake) -> None:
    answer = httpx.get(f"{fake.server.url}/v2/{PROJECT}/fgs/functions", trust_env=False)
    assert (answer.status_code, answer.json()["error_code"]) == (404, "APIG.0101")


def test_an_invocation_through_the_cloud_makes_a_record(
    cloud: Cloud, objects: Objects, image: bytes
) -> None:
    key = "incoming/by hand.png"
    event = announce(key, objects.put(key, image))
    url, owner = cloud.functiongraph_endpoint, cloud.bucket.owner
    submit(url, event, caller=owner, urn=cloud.runtime.function.urn)
    assert cloud.runtime.wait_until_idle(60)
    assert objects.record("results/by hand.png.json")["status"] == "recognized"


def test_the_operators_credentials_are_the_bucket_owners(cloud: Cloud, objects: Objects) -> None:
    objects.put("incoming/a.png", b"content")
    found = environment_client(cloud.environment())
    answer = found.listObjects(BUCKET)
    assert [item.key for item in answer.body.contents] == ["incoming/a.png"]
    assert cloud.bucket.owner.secret_key not in repr(cloud)


@linux
def test_up_writes_the_operators_credentials_to_a_private_file(
    tmp_path: Path, reads_once: tuple[str, ...]
) -> None:
    file = tmp_path / "up.env"
    options = (*FREE, "--log", str(tmp_path / "up.log"), "--ocr", shlex.join(reads_once))
    with run("local", "up", *options, folder=tmp_path) as process:
        assert process.stdout
        printed = ""
        while "Ctrl-C" not in printed:
            line = process.stdout.readline()
            assert line, printed
            printed += line
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        content = file.read_text(encoding="utf-8")
        assert not re.search(r"[^\w\n=:/.-]", content)  # no character that is special in a shell
        values = dict(line.split("=", 1) for line in content.splitlines())
        operator = Credentials(values["HW_ACCESS_KEY"], values["HW_SECRET_KEY"])
        submit(
            values["FUNCTIONGRAPH_ENDPOINT"],
            announce("incoming/nothing.png"),
            caller=operator,
            project=values["HW_PROJECT_ID"],
            urn=values["FUNCTION_URN"],
        )
        assert environment_client(values).listObjects(values["BUCKET"]).status == 200
        assert str(file) in printed
        assert values["FUNCTION_URN"] in printed
        process.kill()
        printed += process.stdout.read()
    wait_for(lambda: not file.exists(), 10)
    require_nothing_left(tmp_path)
    printed += (tmp_path / "up.log").read_text(encoding="utf-8")
    assert operator.secret_key not in printed
    assert operator.access_key not in printed


def environment_client(values: dict[str, str]) -> ObsClient:
    return ObsClient(
        values["HW_ACCESS_KEY"],
        values["HW_SECRET_KEY"],
        server=values["OBS_ENDPOINT"],
        signature=values["OBS_SIGNATURE"],
        path_style=values["OBS_PATH_STYLE"] == "true",
    )
