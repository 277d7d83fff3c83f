"""The deployed function's log, from LTS."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from huaweicloudsdklts.v2 import ListLogsRequest, LtsClient, QueryLtsLogParams

from ops.sdk.clients import api_client
from ops.sdk.errors import readable_errors
from ops.stage import Stage

_PAGE = 100
_PAUSE = 3.0  # seconds; LTS shows a line some seconds after it was written
_LATE = 60_000  # milliseconds that a line may be late, and still is not missed


def lines(
    stage: Stage, outputs: Mapping[str, Any], minutes: float, *, follow: bool = False
) -> Iterator[str]:
    """Give the lines of the last minutes, oldest first; for ever if they are followed.

    Raises:
        OpsError: LTS does not give them; why.
    """
    client = api_client(LtsClient, stage, "lts", "lts", str(outputs["function_urn"]))
    start = _now() - int(minutes * 60_000)
    seen: dict[str, int] = {}
    while True:
        end = _now()
        for number, text in _all(client, outputs, start, end):
            if number not in seen:
                yield text
            seen[number] = end
        if not follow:
            return
        start = end - _LATE
        seen = {number: when for number, when in seen.items() if when >= start}
        time.sleep(_PAUSE)


def _all(
    client: Any,  # noqa: ANN401 - the SDK has no types
    outputs: Mapping[str, Any],
    start: int,
    end: int,
) -> Iterator[tuple[str, str]]:
    """Give number and text of all lines of a time, page by page."""
    last = None
    while True:
        body = QueryLtsLogParams(
            start_time=str(start),
            end_time=str(end),
            is_desc=False,
            limit=_PAGE,
            line_num=last,
            search_type="forwards" if last else None,
        )
        request = ListLogsRequest(outputs["log_group_id"], outputs["log_stream_id"], body)
        with readable_errors("LTS"):
            found = client.list_logs(request).logs or []
        for line in found:
            yield str(line.line_num), str(line.content).rstrip("\n")
        if len(found) < _PAGE or found[-1].line_num == last:
            return
        last = found[-1].line_num


def _now() -> int:
    return int(time.time() * 1000)
