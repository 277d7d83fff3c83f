"""What is deployed: code and configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_MOST_RETRIES = 3
_LONGEST_AGE = 86_400.0


@dataclass(frozen=True)
class AsyncConfig:
    """The asynchronous side of a function's configuration.

    Attributes:
        retries: tries after the first one, 0 to 3. The platform has none unless configured.
        event_age: seconds after which an event is not tried any more.
        backoff: seconds before the first retry, twice as many before each further one. How long the
            platform waits is not documented.
        on_failure: the failure destination; takes what the platform would send there.

    Raises:
        ValueError: the platform would not take such a configuration.
    """

    retries: int = 0
    event_age: float = _LONGEST_AGE
    backoff: float = 0.2
    on_failure: Callable[[dict[str, Any]], None] | None = None

    def __post_init__(self) -> None:
        """Refuse what the platform would."""
        if not 0 <= self.retries <= _MOST_RETRIES:
            raise ValueError(f"retries must be 0 to {_MOST_RETRIES}, not {self.retries}")
        if not 0 < self.event_age <= _LONGEST_AGE:
            raise ValueError(f"event_age must be up to {_LONGEST_AGE:g} s, not {self.event_age:g}")


@dataclass(frozen=True)
class Function:
    """A deployed function.

    Attributes:
        tree: folder with the code, as the zip holds it.
        user_data: its configuration.
        project_id: the project it runs in.
        handler: entry point of an event.
        initializer: entry point of a new instance.
        seconds: time limit of an invocation.
        instances: how many may run at once.
        discards: whether an invocation beyond that limit is discarded, as on the platform, without
            a word to log or failure destination; otherwise it waits for an instance.
        asynchronous: what becomes of asynchronous invocations that fail.
        name: what it is called.
        region: where it is deployed.
    """

    tree: Path
    user_data: Mapping[str, str]
    project_id: str
    handler: str = "index.handler"
    initializer: str = "index.initializer"
    seconds: float = 60.0
    instances: int = 2
    discards: bool = False
    asynchronous: AsyncConfig = field(default_factory=AsyncConfig)
    name: str = "quota-invoice-ocr"
    region: str = "cn-north-4"

    @property
    def urn(self) -> str:
        """The name that the platform knows it by, its latest version."""
        return f"urn:fss:{self.region}:{self.project_id}:function:default:{self.name}:latest"
