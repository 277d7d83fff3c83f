"""The places where the tools of Huawei Cloud keep an operator's credentials."""

from __future__ import annotations

import configparser
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.errors import OpsError
from quota_invoice.settings.credentials import Credentials

_OF_PROFILE = (
    *("name", "mode", "accessKeyId", "secretAccessKey", "securityToken", "projectId"),
    *("agencyName", "agencyDomainName", "agencyDomainId"),
)
"""Members of a KooCLI profile that are used; each is a text."""


@dataclass(frozen=True)
class Agency:
    """An agency whose rights the operator takes: its name, and the account that made it."""

    name: str
    domain_name: str = ""
    domain_id: str = ""


@dataclass(frozen=True)
class FoundCredentials:
    """Credentials and the place where they were found.

    Attributes:
        credentials: access key, secret key and security token.
        source: the place, for people; contains no value.
        project_id: the project that the source names; empty if it names none.
        agency: the agency that the source names.
    """

    credentials: Credentials
    source: str
    project_id: str = ""
    agency: Agency | None = None


def provider_environment(environment: Mapping[str, str]) -> FoundCredentials | None:
    """Read the variables of the Terraform provider.

    Raises:
        OpsError: only one of the two keys is set.
    """
    keys = _both(environment, "HW_ACCESS_KEY", "HW_SECRET_KEY")
    if not keys:
        return None
    credentials = Credentials(keys[0], keys[1], environment.get("HW_SECURITY_TOKEN", ""))
    project_id = environment.get("HW_PROJECT_ID", "")
    return FoundCredentials(credentials, "HW_ACCESS_KEY and HW_SECRET_KEY", project_id)


def sdk_environment(environment: Mapping[str, str]) -> FoundCredentials | None:
    """Read the variables of the SDK, by the SDK's own provider.

    Raises:
        OpsError: only one of the two keys is set.
    """
    names = "HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"
    if not _both(environment, *names):
        return None
    from huaweicloudsdkcore.auth.provider import (  # noqa: PLC0415 - takes half a second
        EnvCredentialProvider,
    )

    return _from_sdk(EnvCredentialProvider.get_basic().get_credentials, " and ".join(names))


def sdk_profile(environment: Mapping[str, str]) -> FoundCredentials | None:
    """Read the SDK's file of credentials, by the SDK's own provider.

    Raises:
        OpsError: the file that a variable names does not exist, or a file holds no keys.
    """
    named = environment.get("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "")
    path = Path(named) if named else Path.home() / ".huaweicloud" / "credentials"
    if not path.is_file():
        if named:
            raise OpsError(f"HUAWEICLOUD_SDK_CREDENTIALS_FILE names {named}, which does not exist")
        return None
    from huaweicloudsdkcore.auth.provider import (  # noqa: PLC0415 - as above
        ProfileCredentialProvider,
    )

    return _from_sdk(ProfileCredentialProvider.get_basic().get_credentials, str(path))


def koocli_profile(environment: Mapping[str, str]) -> FoundCredentials | None:
    """Read a profile of KooCLI, as the Terraform provider does.

    Raises:
        OpsError: the file is no configuration of KooCLI, a named file or profile does not exist,
            the profile's mode has no keys, or the keys in the file are encrypted.
    """
    named = environment.get("HW_SHARED_CONFIG_FILE", "")
    path = Path(named).expanduser() if named else Path.home() / ".hcloud" / "config.json"
    if not path.is_file():
        if named:
            raise OpsError(f"HW_SHARED_CONFIG_FILE names {named}, which does not exist")
        return None
    content = _read_koocli(path)
    name = environment.get("HW_PROFILE") or str(content.get("current") or "default")
    profiles = [entry for entry in content["profiles"] if entry.get("name") == name]
    if not profiles and not environment.get("HW_PROFILE"):
        return None
    source = f"the KooCLI profile {name} in {path}"
    if not profiles:
        raise OpsError(f"{path} has no profile {name}, which HW_PROFILE names")
    if str(content.get("authEncrypt", "")).lower() == "true":
        raise OpsError(
            f"the keys of {source} are encrypted; hcloud configure set --cli-auth-encrypt=false "
            "stores them in plain text, or set HW_ACCESS_KEY and HW_SECRET_KEY"
        )
    return _of_profile(profiles[0], source)


def _of_profile(profile: Mapping[str, Any], source: str) -> FoundCredentials | None:
    def member(name: str) -> str:
        return str(profile.get(name) or "")

    if not member("accessKeyId") or not member("secretAccessKey"):
        if member("mode").upper() in {"", "AKSK"}:
            return None
        raise OpsError(
            f"{source} has the mode {member('mode')}, without keys: this mode is not supported; "
            "use a profile of the mode AKSK, or set HW_ACCESS_KEY and HW_SECRET_KEY"
        )
    names = ("agencyName", "agencyDomainName", "agencyDomainId")
    return FoundCredentials(
        Credentials(member("accessKeyId"), member("secretAccessKey"), member("securityToken")),
        source,
        member("projectId"),
        Agency(*map(member, names)) if member("agencyName") else None,
    )


def _both(environment: Mapping[str, str], *names: str) -> list[str]:
    """Return the values of two variables; an empty list if neither is set."""
    missing = [name for name in names if not environment.get(name)]
    if len(missing) == 1:
        raise OpsError(f"{missing[0]} is not set in the environment, the other key is")
    return [] if missing else [environment[name] for name in names]


def _from_sdk(read: Callable[[], Any], source: str) -> FoundCredentials:
    from huaweicloudsdkcore.exceptions.exceptions import SdkException  # noqa: PLC0415 - as above

    try:
        found = read()
    except (SdkException, configparser.Error, OSError, ValueError):
        # The messages of configparser quote the file's lines.
        raise OpsError(f"{source} has no section [basic] with ak and sk") from None
    if not found.ak or not found.sk:
        raise OpsError(f"{source} names an identity provider; only an ak and a sk are supported")
    credentials = Credentials(found.ak, found.sk, found.security_token or "")
    return FoundCredentials(credentials, source, found.project_id or "")


def _read_koocli(path: Path) -> dict[str, Any]:
    """Return the configuration of KooCLI, with a list of profiles whose members are no objects."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        content = None
    profiles = (content.get("profiles") or []) if isinstance(content, dict) else None
    if not isinstance(profiles, list) or not all(map(_is_profile, profiles)):
        raise OpsError(f"{path} is not a configuration of KooCLI")
    return {**content, "profiles": profiles}


def _is_profile(value: object) -> bool:
    return isinstance(value, dict) and not any(
        isinstance(value.get(name), dict | list) for name in _OF_PROFILE
    )
