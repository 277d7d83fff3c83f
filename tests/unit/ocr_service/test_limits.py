"""Settings, limits, error codes and logs of the OCR service, and public IP addresses."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from ocr_service import errors, logs
from ocr_service.fetch import is_public
from ocr_service.http.fair_shares import FairSlots
from ocr_service.http.limits import PerMinute
from ocr_service.settings import Settings, SettingsError
from tests.support.paths import ROOT

README = ROOT / "ocr_service" / "README.md"
GOOD = {"QUOTA_OCR_PROJECT": "p1", "QUOTA_OCR_AK": "AK", "QUOTA_OCR_SK": "SK"}


def test_settings_are_read_from_the_environment() -> None:
    settings = Settings.read(
        GOOD
        | {
            "QUOTA_OCR_PORT": "0",
            "QUOTA_OCR_ALLOW_HOSTS": "127.0.0.1:8333, Bucket.Local [::1]:80 桶.example:80",
            "QUOTA_OCR_KEY_FILE": "/run/keys.json",
            "QUOTA_OCR_MAX_SECONDS": "2.5",
            "QUOTA_OCR_TOKEN": "",
            "OTHER": "x",
        }
    )
    assert settings.port == 0
    hosts = {"127.0.0.1:8333", "bucket.local", "[::1]:80", "xn--ozv.example:80"}
    assert settings.allow_hosts == hosts
    assert settings.key_file == Path("/run/keys.json")
    assert settings.max_seconds == 2.5
    assert settings.rate_per_minute == 0


def test_arguments_take_precedence_over_the_environment() -> None:
    settings = Settings.read(GOOD | {"QUOTA_OCR_PORT": "1"}, port=2, project=None)
    assert (settings.port, settings.project) == (2, "p1")


def test_all_problems_are_reported_by_name_and_without_values() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.read(
            {
                "QUOTA_OCR_PROJECT": "a/b",
                "QUOTA_OCR_PORT": "99999",
                "QUOTA_OCR_CONCURRENCY": "s3cret",
                "QUOTA_OCR_COLOUR": "red",
                "QUOTA_OCR_AK": "AK",
                "QUOTA_OCR_TLS_CERT": "/nowhere",
                "QUOTA_OCR_TOKEN_SECRET": "s3cret",
            }
        )
    text = "\n".join(caught.value.problems)
    for name in ("PROJECT", "PORT", "CONCURRENCY", "COLOUR", "SK", "TLS_CERT", "TOKEN_SECRET"):
        assert f"QUOTA_OCR_{name}" in text
    assert len(caught.value.problems) == 8
    assert "s3cret" not in text


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"QUOTA_OCR_PROJECT": "p"}, "no client could authenticate"),
        ({}, "QUOTA_OCR_PROJECT"),
        (GOOD | {"QUOTA_OCR_SK": ""}, "QUOTA_OCR_AK and QUOTA_OCR_SK go together"),
        (GOOD | {"QUOTA_OCR_USER": "u"}, "QUOTA_OCR_USER and QUOTA_OCR_PASSWORD go together"),
        (GOOD | {"QUOTA_OCR_CA_FILE": "/nowhere"}, "QUOTA_OCR_CA_FILE: no such file"),
        (GOOD | {"QUOTA_OCR_CA_FILE": __file__}, "QUOTA_OCR_CA_FILE: no PEM file of certificates"),
        (
            GOOD | {"QUOTA_OCR_TLS_CERT": __file__, "QUOTA_OCR_TLS_KEY": __file__},
            "QUOTA_OCR_TLS_CERT and QUOTA_OCR_TLS_KEY: no certificate and its key",
        ),
        (
            GOOD | {"QUOTA_OCR_ALLOW_HOSTS": "http://store.local:9000"},
            "QUOTA_OCR_ALLOW_HOSTS: .*each is host or host:port",
        ),
        (GOOD | {"QUOTA_OCR_ALLOW_HOSTS": "a:99999"}, "QUOTA_OCR_ALLOW_HOSTS"),
        (
            GOOD | {"QUOTA_OCR_TOKEN_SECRET_FILE": os.devnull},
            "TOKEN_SECRET_FILE: the file is empty",
        ),
    ],
)
def test_invalid_settings_are_refused(environ: dict[str, str], problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        Settings.read(environ)


def test_secrets_may_stand_in_files(tmp_path: Path) -> None:
    (tmp_path / "sk").write_text("S3CRET\n", encoding="utf-8")
    settings = Settings.read(GOOD | {"QUOTA_OCR_SK": "", "QUOTA_OCR_SK_FILE": str(tmp_path / "sk")})
    assert settings.sk == "S3CRET"
    with pytest.raises(SettingsError) as caught:
        Settings.read(
            GOOD
            | {
                "QUOTA_OCR_SK_FILE": str(tmp_path / "sk"),
                "QUOTA_OCR_TOKEN_FILE": str(tmp_path / "none"),
                "QUOTA_OCR_TOKEN_SECRET": "short",
            }
        )
    assert caught.value.problems == [
        "set only one of QUOTA_OCR_SK and its _FILE",
        "QUOTA_OCR_TOKEN_FILE: the file cannot be read",
        "QUOTA_OCR_TOKEN_SECRET: at least 32 characters",
    ]


def test_the_readme_lists_every_setting_with_its_default() -> None:
    rows = re.findall(
        r"^\| (`[A-Z_`, ]+`) \|.*\| (?:`(.*)`|–) \|$", README.read_text("utf-8"), re.MULTILINE
    )
    listed = {name: default for names, default in rows for name in re.findall(r"[A-Z_]+", names)}
    assert listed.keys() == {field.name.upper() for field in fields(Settings)}
    given = {f"QUOTA_OCR_{name}": default for name, default in listed.items() if default}
    assert Settings.read(GOOD | given) == Settings.read(GOOD)


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    shown = repr(Settings.read(GOOD | {"QUOTA_OCR_TOKEN": "T0KEN", "QUOTA_OCR_SK": "S3CRET"}))
    assert "AK" in shown
    assert "S3CRET" not in shown
    assert "T0KEN" not in shown


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "192.0.0.192",
        "192.88.99.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:0:0:0:0:0:80ff:fffe",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["114.115.0.1", "8.8.8.8", "2408:4000::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


def test_slots_are_released_after_an_error() -> None:
    slots = FairSlots(1)

    def fail_in_a_slot() -> None:
        with slots.hold("AK"):
            raise KeyError

    for _ in range(3):
        with pytest.raises(KeyError):
            fail_in_a_slot()
    with slots.hold("AK"), pytest.raises(errors.ApiError) as caught, slots.hold("AK"):
        pass
    assert caught.value.code is errors.TOO_MANY_AT_ONCE


def test_the_limit_per_minute_is_reset_after_a_minute() -> None:
    now = [100.0]
    rate = PerMinute(2, clock=lambda: now[0])
    rate.take()
    now[0] += 59.5
    rate.take()
    with pytest.raises(errors.ApiError) as caught:
        rate.take()
    assert caught.value.headers["Retry-After"] == "1"
    now[0] += 0.5
    rate.take()


def test_every_code_is_a_documented_one() -> None:
    numbers = "0203 0212 4101 4102 4103 4104 4105 4202 4203 4401 4402 4403 4505 4601 4603"
    documented = {f"ModelArts.{number}" for number in numbers.split()}
    documented |= {f"AIS.010{number}" for number in range(1, 6)}
    documented |= {"APIG.0101", "APIG.0301", "APIG.0308"}
    assert {one.code for one in errors.ALL} == documented


def test_an_error_is_logged_by_type_and_place_not_by_its_text() -> None:
    try:
        json.loads("{s3cret")
    except ValueError:
        record = logging.LogRecord("local", 40, "f", 1, "went %s", ("wrong",), sys.exc_info())
    line = logs.JsonLines().format(record)
    logged = json.loads(line)
    assert (logged["event"], logged["error"]) == ("went wrong", "JSONDecodeError")
    assert logged["at"][-1].endswith("raw_decode")
    assert "s3cret" not in line
