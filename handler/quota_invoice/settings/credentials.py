"""The temporary credentials that the platform gives to each invocation."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from quota_invoice.errors import ConfigurationError


class Context(Protocol):
    """The part of FunctionGraph's ``context`` that the function uses."""

    def getRequestID(self) -> str: ...  # noqa: D102, N802 - the platform's name
    def getRemainingTimeInMilliSeconds(self) -> int: ...  # noqa: D102, N802 - as above
    def getUserData(self, key: str) -> str | None: ...  # noqa: D102, N802 - as above
    def getProjectID(self) -> str: ...  # noqa: D102, N802 - as above
    def getMemorySize(self) -> int: ...  # noqa: D102, N802 - as above
    def getSecurityAccessKey(self) -> str: ...  # noqa: D102, N802 - as above
    def getSecuritySecretKey(self) -> str: ...  # noqa: D102, N802 - as above
    def getSecurityToken(self) -> str: ...  # noqa: D102, N802 - as above


class Credentials(NamedTuple):
    """Access key, secret key and security token; ``repr`` shows the access key only.

    Those of an invocation are temporary and come from the function's agency. An operator's may be
    permanent, without a token.
    """

    access_key: str
    secret_key: str
    security_token: str

    def __repr__(self) -> str:  # noqa: D105 - as above
        return f"Credentials({self.access_key!r})"

    @classmethod
    def of(cls, context: Context) -> Credentials:
        """Return the invocation's credentials.

        Raises:
            ConfigurationError: the platform gave none.
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

    def masked(self, text: object) -> str:
        """Return a service's message without these values: proxies echo what they received."""
        message = str(text or "no message")
        for secret in filter(None, (self.access_key, self.secret_key, self.security_token)):
            message = message.replace(secret, "…")
        return message
