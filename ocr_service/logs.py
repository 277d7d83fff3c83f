"""Writes log lines as JSON to stderr, one per request, with a fixed list of members.

They never contain an image, a URL, a query, a token or a secret. An unexpected error is logged with
its type and its stack, without its message, which may quote the request.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import datetime, timezone
from pathlib import Path

_MEMBERS = ("request_id", "address", "key", "method", "path", "status", "error_code", "ms")
_FRAMES = 6


class JsonLines(logging.Formatter):
    """Formats a log record as one line of JSON, with the listed ``extra`` members."""

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter.format``."""
        at = datetime.fromtimestamp(record.created, timezone.utc)
        line: dict[str, object] = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": record.getMessage().strip(),
        }
        line |= {name: getattr(record, name) for name in _MEMBERS if hasattr(record, name)}
        if record.exc_info and record.exc_info[1]:
            line |= _error(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def _error(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return {
        "error": type(error).__name__,
        "at": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }


def to_stderr(level: int = logging.INFO) -> None:
    """Write the service's log lines, and warnings of other libraries, to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("ocr_service").setLevel(level)
