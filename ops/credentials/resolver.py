"""Finds the operator's credentials in the order of the sources."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping

from ops.credentials.agency import assume_agency, iam_url, named_agency
from ops.credentials.sources import (
    FoundCredentials,
    koocli_profile,
    provider_environment,
    sdk_environment,
    sdk_profile,
)
from ops.errors import OpsError

_SOURCES = (provider_environment, sdk_environment, sdk_profile, koocli_profile)


def find_credentials(environment: Mapping[str, str] = os.environ) -> FoundCredentials | None:
    """Return the credentials of the first source that has some, or None.

    Raises:
        OpsError: a source is incomplete, or IAM refuses the agency.
    """
    found = next(filter(None, (source(environment) for source in _SOURCES)), None)
    agency = named_agency(environment) or (found and found.agency)
    if not found or not agency:
        return found
    return dataclasses.replace(
        found,
        credentials=assume_agency(found.credentials, agency, iam_url(environment)),
        source=f"{found.source}, then the agency {agency.name}",
    )


def get_credentials(environment: Mapping[str, str] = os.environ) -> FoundCredentials:
    """Return the operator's credentials.

    Raises:
        OpsError: no source has credentials, a source is incomplete, or IAM refuses the agency.
    """
    found = find_credentials(environment)
    if not found:
        raise OpsError(
            "there are no credentials: set HW_ACCESS_KEY and HW_SECRET_KEY, or HUAWEICLOUD_SDK_AK "
            "and HUAWEICLOUD_SDK_SK, or keep them in ~/.huaweicloud/credentials or in a KooCLI "
            "profile"
        )
    return found
