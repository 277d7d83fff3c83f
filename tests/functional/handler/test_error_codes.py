"""Every error code of the OCR service: its consequence and the number of requests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from local.cloud import Cloud
from local.runtime import FunctionError, Runtime
from quota_invoice.ocr import error_codes
from tests.functional.conftest import Objects
from tests.support.announce import announce
from tests.support.fakes import RESULT
from tests.support.servers import Answer, Asked, serving

GOOD = Answer(200, {"Content-Type": "application/json"}, json.dumps({"result": RESULT}).encode())
MANY = 9  # more refusals than the function sends requests


@dataclass
class Script:
    """An OCR service that refuses some requests, or all that contain a URL, then recognizes."""

    code: str = ""
    status: int = 400
    times: int = 0
    only_urls: bool = False
    with_url: list[bool] = field(default_factory=list)  # whether each request contained a URL

    def answer(self, asked: Asked) -> Answer:
        by_url = "url" in json.loads(asked.body)
        self.with_url.append(by_url)
        if len(self.with_url) > self.times or (self.only_urls and not by_url):
            return GOOD
        body = {"error_code": self.code, "error_msg": "as the test says"}
        return Answer(self.status, {"Content-Type": "application/json"}, json.dumps(body).encode())


@dataclass
class Scripted:
    runtime: Runtime
    script: Script

    def refuse(self, code: str, status: int, times: int, *, only_urls: bool = False) -> None:
        vars(self.script).update(vars(Script(code, status, times, only_urls)))


@pytest.fixture(scope="module")
def scripted(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripted]:
    script = Script()
    with (
        serving(script.answer) as server,
        (tmp_path_factory.mktemp("scripted") / "log").open("ab") as output,
    ):
        function = cloud.runtime.function
        user_data = {**function.user_data, "OCR_ENDPOINT": server.url}
        function = replace(function, user_data=user_data, instances=1)
        runtime = Runtime(function, cloud.agency.credentials, output)
        yield Scripted(runtime, script)
        runtime.stop()


def upload(objects: Objects, image: bytes, code: str) -> tuple[str, dict[str, object]]:
    name = f"{code}.png"
    return name, announce(f"incoming/{name}", objects.put(f"incoming/{name}", image))


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AIS.0101", 400),
        ("AIS.0103", 400),
        ("AIS.0104", 400),
        ("ModelArts.4104", 413),
        ("ModelArts.4705", 400),
    ],
)
def test_an_error_of_the_image_becomes_a_failure_record(
    scripted: Scripted, objects: Objects, image: bytes, code: str, status: int
) -> None:
    name, event = upload(objects, image, code)
    scripted.refuse(code, status, MANY)
    assert scripted.runtime.invoke(event) == {"failed": 1}
    assert scripted.script.with_url == [True]
    assert objects.record(f"failures/{name}.json")["error"]["code"] == code
    assert objects.keys("results/") == []
    assert scripted.runtime.invoke(event) == {"duplicate": 1}
    assert len(scripted.script.with_url) == 1


def test_a_recognition_that_fails_twice_is_an_error_that_may_pass(
    scripted: Scripted, objects: Objects, image: bytes
) -> None:
    name, event = upload(objects, image, "AIS.0105")
    scripted.refuse("AIS.0105", 500, MANY)
    with pytest.raises(FunctionError, match=r"AIS\.0105: ") as caught:
        scripted.runtime.invoke(event)
    assert caught.value.kind == "NotRecognized"
    assert scripted.script.with_url == [True] * 2
    assert objects.keys() == [f"incoming/{name}"]


def test_a_failed_recognition_is_raised_after_a_second_attempt_and_is_not_final(
    scripted: Scripted, objects: Objects, image: bytes
) -> None:
    name, event = upload(objects, image, "AIS.0105")
    scripted.refuse("AIS.0105", 500, MANY)
    with pytest.raises(FunctionError) as caught:
        scripted.runtime.invoke(event)
    assert caught.value.kind == "NotRecognized"
    assert scripted.script.with_url == [True, True]
    assert objects.keys() == [f"incoming/{name}"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ModelArts.0203", 401),
        ("ModelArts.0212", 401),
        ("ModelArts.4101", 401),
        ("ModelArts.4102", 401),
        ("ModelArts.4103", 401),
        ("ModelArts.4105", 400),
        ("ModelArts.4106", 403),
        ("ModelArts.4201", 400),
        ("ModelArts.4202", 400),
        ("ModelArts.4203", 403),
        ("ModelArts.4204", 403),
        ("ModelArts.4503", 404),
        ("ModelArts.4504", 404),
        ("ModelArts.4506", 500),
        ("ModelArts.4508", 500),
        ("ModelArts.6201", 403),
        ("APIG.0101", 404),
        ("APIG.0301", 401),
    ],
)
def test_an_error_of_the_account_is_raised_without_a_retry(
    scripted: Scripted, objects: Objects, image: bytes, code: str, status: int
) -> None:
    name, event = upload(objects, image, code)
    scripted.refuse(code, status, MANY)
    with pytest.raises(FunctionError) as caught:
        scripted.runtime.invoke(event)
    assert caught.value.kind == "AccessRefused"
    assert caught.value.message.startswith(f"{code}: ")
    assert scripted.script.with_url == [True]
    assert objects.keys() == [f"incoming/{name}"]


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ModelArts.4302", 500),
        ("ModelArts.4402", 408),
        ("ModelArts.4401", 429),
        ("ModelArts.4502", 500),
        ("ModelArts.4403", 503),
        ("ModelArts.4505", 500),
        ("APIG.0201", 504),
        ("APIG.0308", 429),
    ],
)
def test_a_temporary_error_is_retried(
    scripted: Scripted, objects: Objects, image: bytes, code: str, status: int
) -> None:
    name, event = upload(objects, image, code)
    scripted.refuse(code, status, times=1)
    assert scripted.runtime.invoke(event) == {"recognized": 1}
    assert scripted.script.with_url == [True, True]
    assert objects.record(f"results/{name}.json")["ocr"]["attempts"] == 2
    assert objects.keys("failures/") == []


def test_an_image_refused_for_its_format_is_sent_as_bytes_then_as_a_jpeg(
    scripted: Scripted, objects: Objects, image: bytes
) -> None:
    name, event = upload(objects, image, "AIS.0102")
    scripted.refuse("AIS.0102", 400, MANY)
    assert scripted.runtime.invoke(event) == {"failed": 1}
    assert scripted.script.with_url == [True, False, False]
    assert objects.record(f"failures/{name}.json")["error"]["code"] == "AIS.0102"


@pytest.mark.parametrize(
    ("code", "tries"),
    [
        ("ModelArts.4601", 1),
        ("ModelArts.4603", 2),
        ("ModelArts.4702", 1),
        ("ModelArts.4703", 1),
        ("ModelArts.4704", 2),
        ("ModelArts.4706", 1),
    ],
)
def test_an_image_that_the_service_cannot_fetch_is_sent_as_bytes(
    scripted: Scripted, objects: Objects, image: bytes, code: str, tries: int
) -> None:
    name, event = upload(objects, image, code)
    scripted.refuse(code, 400, MANY, only_urls=True)
    assert scripted.runtime.invoke(event) == {"recognized": 1}
    assert scripted.script.with_url == [True] * tries + [False]
    assert objects.record(f"results/{name}.json")["ocr"]["fallback"] == {"code": code, "scale": 1.0}
    assert objects.keys("failures/") == []


def test_every_code_is_tested() -> None:
    rows = Path(__file__).read_text("utf-8")
    table = Path(error_codes.__file__).read_text("utf-8")
    codes = set(re.findall(r'"((?:AIS|APIG|ModelArts)\.\d{4})"', table))
    assert len(codes) > 30
    assert {code for code in codes if f'"{code}"' not in rows} == set()
