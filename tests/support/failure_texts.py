"""Checks that a failure names its cause and the next step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from quota_invoice.records.record import SCHEMA

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def require_failure_texts(record: Mapping[str, Any]) -> None:
    """Check that a failure record, or the record of a retry, has its texts in both languages."""
    error = record.get("error")
    if record.get("schema") != SCHEMA or error is None:
        return
    for text in (error["message"], error["hint"]):
        assert CHINESE.search(text["zh"]), record
        assert text["en"].isascii(), record
        assert text["en"], record
