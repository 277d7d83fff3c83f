"""Reads the deployed function's log from LTS."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from huaweicloudsdklts.v2 import ListLogsRequest, LtsClient, QueryLtsLogParams

from ops.sdk.clients import stage_client
from ops.sdk.errors import readable_errors
from ops.stage import Stage

_PAGE = 100
_PAUSE = 3.0  # seconds; LTS shows a line some seconds after the function wrote it
_OVERLAP = 60_000  # milliseconds that are read again, for lines that arrive late


def log_lines(
    stage: Stage, outputs: Mapping[str, Any], minutes: float, *, follow: bool = False
) -> Iterator[str]:
    """Yield the log lines of the last minutes, oldest first; with ``follow``, yield new ones too.

    Raises:
        OpsError: LTS refused a request or was not reached.
    """
    client = stage_client(LtsClient, stage, "lts", "lts", str(outputs["function_urn"]))
    start = _now() - int(minutes * 60_000)
    seen: dict[str, int] = {}
    while True:
        end = _now()
        for number, text in _numbered_lines(client, outputs, start, end):
            if number not in seen:
                yield text
            seen[number] = end
        if not follow:
            return
        start = end - _OVERLAP
        seen = {number: when for number, when in seen.items() if when >= start}
        time.sleep(_PAUSE)


def found_lines(
    stage: Stage, outputs: Mapping[str, Any], keywords: str, *, hours: float
) -> list[str]:
    """Return the last lines, at most a page of them, that hold the keywords; oldest first.

    Raises:
        OpsError: LTS refused the request or was not reached.
    """
    client = stage_client(LtsClient, stage, "lts", "lts", str(outputs["function_urn"]))
    end = _now()
    body = QueryLtsLogParams(
        start_time=str(end - int(hours * 3_600_000)),
        end_time=str(end),
        keywords=keywords,
        is_desc=True,
        limit=_PAGE,
    )
    request = ListLogsRequest(outputs["log_group_id"], outputs["log_stream_id"], body)
    with readable_errors("LTS"):
        found = client.list_logs(request).logs or []
    return [str(line.content).rstrip("\n") for line in reversed(found)]


def _numbered_lines(
    client: LtsClient, outputs: Mapping[str, Any], start: int, end: int
) -> Iterator[tuple[str, str]]:
    """Yield the number and text of each line between two times, page by page."""
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
