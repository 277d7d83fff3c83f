"""The code and configuration of a deployed function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_MAX_RETRIES = 3
_MAX_EVENT_AGE = 86_400.0


@dataclass(frozen=True)
class AsyncConfig:
    """The configuration of asynchronous invocations.

    Attributes:
        retries: maximum number of retries, 0 to 3; the platform's default is 0.
        event_age: seconds after which an event is not retried.
        backoff: seconds before the first retry, doubled before each further one. The platform's
            times are not documented.
        on_failure: the failure destination; called with its message.

    Raises:
        ValueError: a value is outside the platform's limits.
    """

    retries: int = 0
    event_age: float = _MAX_EVENT_AGE
    backoff: float = 0.2
    on_failure: Callable[[dict[str, Any]], None] | None = None

    def __post_init__(self) -> None:
        """Check the platform's limits."""
        if not 0 <= self.retries <= _MAX_RETRIES:
            raise ValueError(f"retries must be 0 to {_MAX_RETRIES}, not {self.retries}")
        if not 0 < self.event_age <= _MAX_EVENT_AGE:
            raise ValueError(
                f"event_age must be up to {_MAX_EVENT_AGE:g} s, not {self.event_age:g}"
            )


@dataclass(frozen=True)
class Function:
    """A deployed function.

    Attributes:
        code: folder with the content of the deployed zip, or of handler/ alone.
        user_data: the function's settings.
        project_id: the project's id.
        handler: entry point for events.
        initializer: entry point for new instances.
        seconds: time limit of an invocation.
        instances: maximum number of instances.
        discards: whether an invocation without a free instance is discarded, as on the platform,
            without a log line or a failure message; otherwise it waits for an instance.
        asynchronous: the configuration of asynchronous invocations.
        python: the Python that runs the zip with nothing but its packages; None for this Python,
            which runs handler/ with its own packages.
        name: the function's name.
        region: the function's region.
    """

    code: Path
    user_data: Mapping[str, str]
    project_id: str
    handler: str = "index.handler"
    initializer: str = "index.initializer"
    seconds: float = 60.0
    instances: int = 2
    discards: bool = False
    asynchronous: AsyncConfig = field(default_factory=AsyncConfig)
    python: Path | None = None
    name: str = "quota-invoice-ocr"
    region: str = "cn-north-4"

    @property
    def urn(self) -> str:
        """The URN of the latest version."""
        return f"urn:fss:{self.region}:{self.project_id}:function:default:{self.name}:latest"
