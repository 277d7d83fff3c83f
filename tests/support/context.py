"""The platform's context, for entry points that are called in the test's own process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass
class Context:
    # ruff: noqa: N802 - the platform's names
    user_data: Mapping[str, str]
    access_key: str = "AK"
    secret_key: str = "SK"
    security_token: str = "ST"
    project_id: str = "0123456789abcdef0123456789abcdef"

    def getRequestID(self) -> str:
        return "request-1"

    def getRemainingTimeInMilliSeconds(self) -> int:
        return 60_000

    def getUserData(self, key: str) -> str | None:
        return self.user_data.get(key)

    def getProjectID(self) -> str:
        return self.project_id

    def getMemorySize(self) -> int:
        return 1024

    def getSecurityAccessKey(self) -> str:
        return self.access_key

    def getSecuritySecretKey(self) -> str:
        return self.secret_key

    def getSecurityToken(self) -> str:
        return self.security_token
