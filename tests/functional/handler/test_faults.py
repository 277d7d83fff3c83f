"""Faults around the function: the error names the cause, nothing is written, the next try works."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from local.cloud import Cloud
from local.runtime import FunctionError, Runtime
from tests.functional.conftest import Objects, Run
from tests.support.announce import announce, etag
from tests.support.obs_server import in_range
from tests.support.servers import Answer, Asked, closed_port_url, serving

KEY = "incoming/a.png"
NAN = Answer(200, {"Content-Type": "application/json"}, b'{"result": {"confidence": NaN}}')
DEEP = Answer(200, {"Content-Type": "application/json"}, b'{"result":' + b"[" * 100_000)
ODD_CODE = Answer(503, {"Content-Type": "application/json"}, b'{"error_code": 7, "error_msg": "x"}')
SOON = 6.0  # seconds: enough for one try on a busy machine, and for a few on a quiet one
HTML = Answer(200, {"Content-Type": "text/html"}, b"<html>Please log in</html>")
CUT = Answer(200, {"Content-Length": "400", "Connection": "close"}, b'{"result": {"am')
BAD_GATEWAY = Answer(502, {"Content-Type": "text/html"}, b"<html>Bad gateway</html>")
REDIRECT = Answer(302, {"Location": "http://127.0.0.1:9/"})
NO_RESULT = Answer(200, {"Content-Type": "application/json"}, b'{"result": null}')


def refusal(run: Run, objects: Objects, image: bytes) -> FunctionError:
    """Invoke with a good image; return the error after a check that nothing was written."""
    event = announce(KEY, objects.put(KEY, image))
    with pytest.raises(FunctionError) as caught:
        run.invoke(event)
    assert objects.keys() == [KEY]
    return caught.value


def works(run: Run, image: bytes) -> None:
    assert run.invoke(announce(KEY, image)) == {"recognized": 1}


def test_the_service_refuses_the_credentials(
    cloud: Cloud, objects: Objects, run: Run, image: bytes
) -> None:
    # The bucket accepts these credentials; the OCR service does not know them.
    with run.log.open("ab") as output:
        stranger = Runtime(cloud.runtime.function, cloud.bucket.temporary_credentials, output)
        try:
            error = refusal(Run(stranger, run.log), objects, image)
        finally:
            stranger.stop()
    assert error.kind == "AccessRefused"
    assert error.message.startswith("APIG.0301: ")
    works(run, image)


def test_the_service_is_unreachable(
    start: Callable[..., Run], objects: Objects, run: Run, image: bytes
) -> None:
    url = closed_port_url()
    error = refusal(start(seconds=SOON, OCR_ENDPOINT=url), objects, image)
    assert error.kind == "ServiceUnavailable"
    cause = "the connection to the OCR service failed: ConnectionException"
    assert error.message == f"Service.Unreachable: {cause}"
    works(run, image)


def test_the_service_exceeds_its_timeout(
    start: Callable[..., Run], objects: Objects, run: Run, image: bytes
) -> None:
    with serving(lambda _: Answer(delay=3)) as slow:
        error = refusal(
            start(seconds=5, OCR_ENDPOINT=slow.url, OCR_TIMEOUT_SECONDS="1"), objects, image
        )
        assert slow.asked
    assert error.message.startswith("Service.Timeout: the OCR service did not respond within ")
    works(run, image)


UNAVAILABLE, UNUSABLE = "ServiceUnavailable", "UnusableAnswer"


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        # A success without a result may have been billed: it is asked for once.
        (HTML, UNUSABLE, "Service.BadAnswer: the OCR service's response 200 has no result"),
        (NO_RESULT, UNUSABLE, "Service.BadAnswer: the OCR service's response 200 has no result"),
        (NAN, UNUSABLE, "Service.BadAnswer: the OCR service's response 200 has no result"),
        (DEEP, UNUSABLE, "Service.BadAnswer: the OCR service's response 200 has no result"),
        (REDIRECT, UNAVAILABLE, "Service.BadAnswer: the OCR service's response 302 has no result"),
        (CUT, UNAVAILABLE, "Service.Unreachable: the connection to the OCR service failed: "),
        (BAD_GATEWAY, UNAVAILABLE, "Service.502: "),
        (ODD_CODE, UNAVAILABLE, "Service.503: "),
    ],
    ids=["html", "no-result", "nan", "deep", "redirect", "cut", "bad-gateway", "odd-code"],
)
def test_the_service_sends_an_invalid_response(
    start: Callable[..., Run],
    objects: Objects,
    run: Run,
    image: bytes,
    answer: Answer,
    kind: str,
    message: str,
) -> None:
    with serving(lambda _: answer) as server:
        error = refusal(start(seconds=SOON, OCR_ENDPOINT=server.url), objects, image)
        methods = [asked.method for asked in server.asked]
    assert methods == ["POST"] if kind == UNUSABLE else set(methods) == {"POST"}
    assert error.kind == kind
    assert error.message.startswith(message)
    works(run, image)


def test_the_bucket_is_unreachable(
    start: Callable[..., Run], objects: Objects, image: bytes
) -> None:
    error = refusal(start(OBS_ENDPOINT=closed_port_url()), objects, image)
    assert error.kind == "StoreUnreachable"
    assert error.message.startswith("Store.Unreachable: get incoming/a.png: Connection")


def test_the_bucket_refuses_access(run: Run, objects: Objects, image: bytes) -> None:
    objects.put(KEY, image)
    event = announce(KEY, image, bucket="somebody-elses")
    with pytest.raises(
        FunctionError, match=r"^ObjectUnavailable: Object\.AccessDenied: get incoming/a\.png: 403 "
    ):
        run.invoke(event)
    assert objects.keys() == [KEY]


def test_the_function_raises_before_its_time_limit(
    start: Callable[..., Run], objects: Objects, image: bytes
) -> None:
    with serving(lambda _: Answer(delay=8)) as slow:
        error = refusal(start(seconds=6, OCR_ENDPOINT=slow.url), objects, image)
        assert slow.asked
    assert error.message.startswith("Service.Timeout: the OCR service did not respond within ")


def test_all_invalid_settings_are_reported_before_any_request(
    start: Callable[..., Run],
) -> None:
    with serving(lambda _: Answer(500)) as server:
        run = start(
            OBS_ENDPOINT=server.url,
            OCR_ENDPOINT=server.url,
            INPUT_PREFIX="results/",
            REGION="mars",
            OCR_TIMEOUT_SECONDS="never",
        )
        for _ in range(2):
            with pytest.raises(FunctionError) as caught:
                run.invoke(announce(KEY))
            assert caught.value.kind == "ConfigurationError"
            for name in ("INPUT_PREFIX", "REGION", "OCR_TIMEOUT_SECONDS"):
                assert name in caught.value.message
        assert server.asked == []


def test_an_unknown_event_raises(run: Run) -> None:
    with pytest.raises(FunctionError) as caught:
        run.invoke({"hello": "world"})
    assert caught.value.kind == "EventError"
    assert caught.value.message.endswith("an object with hello")


def test_a_redirect_of_the_bucket_is_not_followed(
    start: Callable[..., Run], objects: Objects, image: bytes
) -> None:
    with serving(lambda _: Answer(200, {}, b"{}")) as elsewhere:
        away = Answer(307, {"Location": f"{elsewhere.url}/invoices/results/a.png.json"})
        with serving(lambda _: away) as store:
            error = refusal(start(OBS_ENDPOINT=store.url), objects, image)
            assert store.asked
        assert elsewhere.asked == []
    assert error.kind == "StoreError"
    assert error.message.startswith("Store.307: get incoming/a.png: 307")


def test_an_html_404_of_the_bucket_does_not_mean_a_missing_object(
    start: Callable[..., Run], objects: Objects, image: bytes
) -> None:
    with serving(lambda _: Answer(404, {}, b"<html>Not here</html>")) as store:
        error = refusal(start(OBS_ENDPOINT=store.url), objects, image)
    assert error.message.startswith("Store.404: get incoming/a.png: 404")


def test_an_html_404_of_the_bucket_does_not_mean_a_missing_record(
    start: Callable[..., Run], objects: Objects, image: bytes
) -> None:
    found = Answer(200, {"ETag": f'"{etag(image)}"'}, image)

    def answer(asked: Asked) -> Answer:
        wanted = asked.headers.get("range", "")
        return in_range(found, wanted) if wanted else Answer(404, {}, b"<html>Not here</html>")

    with serving(answer) as store:
        error = refusal(start(OBS_ENDPOINT=store.url), objects, image)
    assert error.message.startswith("Store.404: get results/a.png.json: 404")
