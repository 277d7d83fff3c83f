"""The time that the rights of a new stage take to act, and how a smoke test waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, TypeVar

from ops.errors import OpsError

_AGENCY = "huaweicloud_identity_agency.function[0]"
_SECONDS = 15 * 60  # OBS takes 5 minutes, other services up to 15

T = TypeVar("T")


class NoRecordError(OpsError):
    """The function wrote no record in time, as if its rights did not act."""


def rights_act_at(resources: Mapping[str, Mapping[str, Any]]) -> float:
    """Return the time at which the rights of a stage act for certain; 0 if it is unknown.

    Args:
        resources: the deployed resources by address. The time of an existing agency, which is not
            among them, is unknown.
    """
    text = str(resources.get(_AGENCY, {}).get("create_time", ""))
    try:
        created = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        return 0.0
    return created.replace(tzinfo=created.tzinfo or timezone.utc).timestamp() + _SECONDS


def retry_until_rights_act(
    attempt: Callable[[], T],
    act_at: float,
    say: Callable[[str], None],
    now: Callable[[], float] = time.time,
) -> T:
    """Repeat an attempt that finds no record while the rights may not act yet.

    Args:
        attempt: waits some minutes for a record.
        act_at: the time at which the rights act for certain. An attempt that begins later is the
            last one.
        say: prints a line.
        now: the time.

    Raises:
        NoRecordError: the last attempt found no record.
    """
    while (began := now()) < act_at:
        try:
            return attempt()
        except NoRecordError as error:  # noqa: PERF203 - an attempt takes minutes
            minutes = max(1, round((act_at - began) / 60))
            say(f"Not yet: {error}")
            say(
                "The rights of a new stage take 5 to 15 minutes to act; trying again for "
                f"{minutes} more minutes …"
            )
    return attempt()
