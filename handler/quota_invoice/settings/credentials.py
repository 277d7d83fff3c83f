"""The temporary credentials that the platform hands to each invocation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from quota_invoice.errors import ConfigurationError


class Context(Protocol):
    """What the function uses of FunctionGraph's ``context`` (its methods are camel case)."""

    def getRequestID(self) -> str: ...  # noqa: D102, N802 - the platform's name
    def getRemainingTimeInMilliSeconds(self) -> int: ...  # noqa: D102, N802 - as above
    def getUserData(self, key: str) -> str | None: ...  # noqa: D102, N802 - as above
    def getProjectID(self) -> str: ...  # noqa: D102, N802 - as above
    def getSecurityAccessKey(self) -> str: ...  # noqa: D102, N802 - as above
    def getSecuritySecretKey(self) -> str: ...  # noqa: D102, N802 - as above
    def getSecurityToken(self) -> str: ...  # noqa: D102, N802 - as above


@dataclass(frozen=True)
class Credentials:
    """Temporary keys of the function's agency; none of them is ever shown by ``repr``.

    An operator's own keys may be lasting ones, without a token.
    """

    access_key: str
    secret_key: str = field(repr=False)
    security_token: str = field(repr=False)

    @classmethod
    def of(cls, context: Context) -> Credentials:
        """Take the invocation's credentials.

        Raises:
            ConfigurationError: the platform gave none. Both SDKs would go and look for keys over
                the network if they were handed empty ones.
        """
        given = {
            "security access key": context.getSecurityAccessKey(),
            "security secret key": context.getSecuritySecretKey(),
            "security token": context.getSecurityToken(),
        }
        missing = [f"the invocation has no {name}" for name, value in given.items() if not value]
        if missing:
            raise ConfigurationError([*missing, "does the function have an agency?"])
        return cls(*given.values())

    def values(self) -> tuple[str, str, str]:
        """Give what must not be told to anyone."""
        return self.access_key, self.secret_key, self.security_token

    def masked(self, text: object) -> str:
        """Give a service's message without these: proxies echo what they were sent."""
        message = str(text or "no message")
        for secret in filter(None, self.values()):
            message = message.replace(secret, "…")
        return message
