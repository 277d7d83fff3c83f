"""One request on its way to its answer."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from urllib.parse import quote

from quota_invoice.errors import ConfigurationError
from quota_invoice.events.api_request import ApiRequest
from quota_invoice.parts import Parts

# So long a caller is kept waiting while what may pass is tried again; then he is told when to come
# again, and the instance is free for others.
_PATIENCE_SECONDS = 10.0


@dataclass
class Call:
    """A request that a route was found for.

    Attributes:
        request: what was asked.
        parts: what there is to answer it with.
        base: what stands before our own paths in the address that was called.
        rest: the end of the path, where the route has one: decoded, and as it came if that differs.
        key: the input that it is about, as soon as that is known.
        started: when it came, by ``time.monotonic``.
    """

    request: ApiRequest
    parts: Parts
    base: str = ""
    rest: tuple[str, ...] = ()
    key: str = ""
    started: float = field(default_factory=time.monotonic)

    @property
    def bucket(self) -> str:
        """The bucket that the API is about.

        Raises:
            ConfigurationError: the settings name none.
        """
        if not self.parts.settings.bucket:
            raise ConfigurationError(["BUCKET: not set, and the API needs to know which"])
        return self.parts.settings.bucket

    def address(self, key: str) -> str:
        """Give the address of an input's record, from the host's root on."""
        return f"{self.base}/invoices/{quote(key)}"

    def patience(self) -> float:
        """Give the seconds left for further tries of what may pass."""
        spent = time.monotonic() - self.started
        return min(self.parts.seconds_left(), _PATIENCE_SECONDS - spent)
