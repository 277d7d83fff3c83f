"""Settings are read together, and all problems are reported at once."""

from __future__ import annotations

from typing import Any

import pytest
from huaweicloudsdkocr.v1.region.ocr_region import OcrRegion

from quota_invoice.errors import ConfigurationError
from quota_invoice.settings.credentials import Credentials
from quota_invoice.settings.layout import DEFAULT_LAYOUT, PREFIXES
from quota_invoice.settings.settings import REGIONS, Settings

PROJECT = "0123456789abcdef0123456789abcdef"


def read(**values: str) -> Settings:
    return Settings.read(values.get, PROJECT)


def problems(**values: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        read(**values)
    return caught.value.problems


def test_every_setting_has_a_default() -> None:
    settings = read()
    assert settings.ocr_endpoint == "https://ocr.cn-north-4.myhuaweicloud.com"
    assert settings.obs_endpoint == "https://obs.cn-north-4.myhuaweicloud.com"
    assert settings.project_id == PROJECT
    assert (settings.obs_signature, settings.obs_path_style, settings.ca_file) == (
        "obs",
        False,
        None,
    )


def test_empty_settings_count_as_unset() -> None:
    assert read(REGION="", OBS_PATH_STYLE=" ", CA_FILE="") == read()


def test_the_regions_are_those_that_the_sdk_knows() -> None:
    assert set(REGIONS) == set(OcrRegion.static_fields)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("REGION", "cn-north-99", "cn-north-99 is not one of"),
        ("OBS_SIGNATURE", "v2", "v2 is not one of obs, v4"),
        ("OBS_PATH_STYLE", "yes", "yes is not one of true, false"),
        ("OCR_TIMEOUT_SECONDS", "soon", "soon is not a number of seconds"),
        ("OCR_TIMEOUT_SECONDS", "0", "0 is not between 1 and 120"),
        ("OCR_TIMEOUT_SECONDS", "nan", "nan is not between 1 and 120"),
        ("OBS_TIMEOUT_SECONDS", "-1", "-1 is not between 1 and 120"),
        ("CONFIDENCE_BELOW", "high", "high is not a number"),
        ("SIGNED_URL_SECONDS", "90000", "90000 is not between 1 and 85800"),
        ("SIGNED_URL_SECONDS", "10", "10 ends before OCR_TIMEOUT_SECONDS"),
        ("OCR_ENDPOINT", "ocr.example.com", "not a URL"),
        ("OCR_ENDPOINT", "https://", "not a URL"),
        ("OCR_ENDPOINT", "https://ocr.example.com/v2", "not a URL"),
        ("OCR_ENDPOINT", "https://ocr.example.com?x=1", "not a URL"),
        ("OCR_ENDPOINT", "https://ocr.example.com#x", "not a URL"),
        ("OCR_ENDPOINT", "https://ocr.example.com:port", "not a URL"),
        ("OBS_ENDPOINT", "http://obs.example.com", "http is for loopback"),
        ("PROJECT_ID", "a/../b", "not an id of letters and digits"),
        ("ENTERPRISE_PROJECT_ID", "ours", "not an id of 36 characters, or 0"),
        ("ENTERPRISE_PROJECT_ID", f"{'0' * 36}\nX: y", "not an id of 36 characters, or 0"),
        ("CA_FILE", "/no/such/file.pem", "no certificates in /no/such/file.pem"),
        ("CA_FILE", __file__, "no certificates in "),
        ("RESULTS_PREFIX", "results/../incoming/", "results/../incoming/ is not a path"),
        ("RESULTS_PREFIX", "r" * 300 + "/", "RESULTS_PREFIX: "),
        ("OBS_ENDPOINT", "https://ho st.com", "not a URL"),
        ("OBS_ENDPOINT", "https://@obs.com", "not a URL"),
        ("OBS_ENDPOINT", "https://..", "not a URL"),
        ("PROJECT_ID", "项目", "not an id of letters and digits"),
        ("API_TIMEOUT_SECONDS", "61", "61 is not between 3 and 60"),
        ("UPLOAD_URL_SECONDS", "90000", "90000 is not between 60 and 85800"),
        ("URL_ALLOW_HOSTS", "ok.example, https://x", "https://x is not of the form host[:port]"),
        ("CORS_ORIGINS", "app.example", "app.example is not of the form https://host[:port]"),
        ("CORS_ORIGINS", "https://app.example/", "is not of the form"),
        ("INPUT_PREFIX", "incoming", "incoming is not a path such as incoming/"),
        ("INPUT_PREFIX", "/incoming/", "/incoming/ is not a path"),
        ("RESULTS_PREFIX", "incoming/results/", "incoming/results/ lies inside INPUT_PREFIX"),
        ("INPUT_PREFIX", "results/in/", "results/in/ lies inside RESULTS_PREFIX"),
        ("FAILURES_PREFIX", "results/", "results/ lies inside"),
        ("KEEP_HISTORY", "no", "no is not one of true, false"),
        ("IGNORE", "*.tmp,*", "* is not a name such as *.tmp or @eaDir/"),
        ("REVIEWS_PREFIX", "reviews", "reviews is not a path such as incoming/"),
    ],
)
def test_an_invalid_setting_is_named(name: str, value: str, problem: str) -> None:
    [found] = problems(**{name: value})
    assert problem in found
    assert name in found or problem.startswith("results/ lies")


@pytest.mark.parametrize(
    ("name", "least", "most", "step"),
    [
        ("SWEEP_CONCURRENCY", 1, 64, 1),
        ("OCR_TIMEOUT_SECONDS", 1, 120, 0.5),
        ("OBS_TIMEOUT_SECONDS", 1, 120, 0.5),
        ("API_TIMEOUT_SECONDS", 3, 60, 0.5),
        ("UPLOAD_URL_SECONDS", 60, 85800, 1),
        ("SIGNED_URL_SECONDS", 30, 85800, 1),
        ("CONFIDENCE_BELOW", 0, 1, 0.01),
    ],
)
def test_a_number_may_be_each_of_its_limits_and_none_beyond(
    name: str, least: float, most: float, step: float
) -> None:
    for right in (least, most):
        assert read(**{name: str(right)})
    for wrong in (least - step, most + step):
        assert problems(**{name: str(wrong)})


def test_a_signed_url_lives_as_long_as_an_ocr_request_or_longer() -> None:
    assert read(OCR_TIMEOUT_SECONDS="1", SIGNED_URL_SECONDS="1").url_life == 1
    assert problems(OCR_TIMEOUT_SECONDS="2", SIGNED_URL_SECONDS="1")


def test_a_prefix_has_at_most_200_bytes() -> None:
    longest = "票" * 66 + "a/"
    assert read(RESULTS_PREFIX=longest).layout.results_prefix == longest
    assert problems(RESULTS_PREFIX="票" * 66 + "ab/")


def test_a_long_problem_is_cut() -> None:
    [found] = problems(REGION="r" * 400)
    assert found == f"REGION: {'r' * 300}…"
    [whole] = problems(RESULTS_PREFIX="r" * 268)
    assert whole == f"RESULTS_PREFIX: {'r' * 268} is not a path such as incoming/"


def test_a_value_without_a_setting_is_the_default() -> None:
    settings = read()
    assert (settings.ocr_timeout, settings.obs_timeout, settings.api_seconds) == (30, 10, 30)
    assert (settings.url_life, settings.upload_life, settings.sweep_concurrency) == (300, 300, 4)
    assert not settings.recognize_all
    assert read(RECOGNITION="auto").recognize_all


@pytest.mark.parametrize(
    "name", ["abc", "a.b-c", "a" * 63, "0" + "a-" * 30 + "z"], ids=["3", "signs", "63", "hyphens"]
)
def test_a_bucket_has_a_name_that_obs_allows(name: str) -> None:
    assert read(BUCKET=name).bucket == name
    for wrong in (name + "-", "-" + name, name + "A", "a" * 64, "ab"):
        assert problems(BUCKET=wrong)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_http_is_for_this_machine(host: str) -> None:
    assert read(OCR_ENDPOINT=f"http://{host}:8302/").ocr_endpoint == f"http://{host}:8302"
    assert problems(OCR_ENDPOINT=f"http://{host}:0")


def test_lists_are_separated_by_commas_and_become_lower_case() -> None:
    found = read(URL_ALLOW_HOSTS="A.example, b.example:8443,[::1]:80,", CORS_ORIGINS="*")
    assert found.url_hosts == {"a.example", "b.example:8443", "[::1]:80"}
    assert found.cors_origins == {"*"}
    assert read(CORS_ORIGINS="https://App.example").cors_origins == {"https://app.example"}


def test_each_prefix_is_a_setting() -> None:
    given = {name.upper(): f"{name}/of/ours/" for name in PREFIXES}
    assert tuple(read(**given).layout.prefixes.values()) == tuple(given.values())
    assert read().layout == DEFAULT_LAYOUT


@pytest.mark.parametrize("outer", PREFIXES)
@pytest.mark.parametrize("inner", PREFIXES)
def test_no_prefix_may_lie_inside_another(inner: str, outer: str) -> None:
    if inner == outer:
        assert read(**{inner.upper(): f"{inner}/"}).layout
        return
    inside = f"{getattr(DEFAULT_LAYOUT, outer)}a/"
    [found] = problems(**{inner.upper(): inside})
    assert found == f"{inner.upper()}: {inside} lies inside {outer.upper()}"
    [same] = problems(**{inner.upper(): getattr(DEFAULT_LAYOUT, outer)})
    first, second = sorted((inner.upper(), outer.upper()))
    assert same.startswith(f"{first}: ")
    assert same.endswith(f" lies inside {second}")


def test_the_history_is_kept_unless_a_setting_says_no() -> None:
    assert read().keep_history
    assert not read(KEEP_HISTORY="false").keep_history


def test_an_upload_url_is_valid_for_five_minutes() -> None:
    assert read().upload_life == 300


def test_an_ip_address_as_endpoint_requires_path_style() -> None:
    [found] = problems(OBS_ENDPOINT="http://127.0.0.1:8333")
    assert found.startswith("OBS_PATH_STYLE: ")
    assert read(OBS_ENDPOINT="http://127.0.0.1:8333", OBS_PATH_STYLE="true").obs_path_style


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.read({"REGION": "mars", "OBS_SIGNATURE": "x", "INPUT_PREFIX": "in"}.get, "")
    names = [problem.partition(":")[0] for problem in caught.value.problems]
    assert names == ["REGION", "INPUT_PREFIX", "PROJECT_ID", "OBS_SIGNATURE"]
    for name in names:
        assert name in str(caught.value)


class Keyless:
    """A context of a function without an agency."""

    def __getattr__(self, name: str) -> Any:
        del name
        return lambda *_: ""


def test_missing_credentials_are_named_before_an_sdk_looks_for_others() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Credentials.of(Keyless())
    assert "no security access key" in str(caught.value)
    assert "no security token" in str(caught.value)


def test_a_message_shows_none_of_the_credentials() -> None:
    credentials = Credentials("AK-1", "the-secret", "")
    assert credentials.masked("AK-1 with the-secret") == "… with …"
    assert credentials.masked(None) == "no message"


def test_credentials_are_not_in_their_repr() -> None:
    shown = repr(Credentials("AK", "the-secret", "the-token"))
    assert "the-secret" not in shown
    assert "the-token" not in shown
