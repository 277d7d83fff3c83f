"""The lines of ``make up`` about the function's invocations: which file became which record."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from rich.console import Console

from local.runtime.runtime import Watch
from quota_invoice.errors import EventError
from quota_invoice.events.parse import parse
from quota_invoice.events.upload import Upload
from quota_invoice.settings.layout import DEFAULT_LAYOUT


def print_result(console: Console) -> Watch:
    """Return a callback that prints the result of each invocation when it ends."""

    def watch(event: object, invocation: Future[Any]) -> None:
        invocation.add_done_callback(lambda ended: show(_keys(event), ended))

    def show(keys: Sequence[str], ended: Future[Any]) -> None:
        if ended.cancelled():
            return
        error = ended.exception()
        if error:
            line = f"the function raised {error}{_about(keys)}"
            console.print(line, style="red", markup=False, soft_wrap=True)
        elif ended.result() != {"ignored": 1}:  # the event of a record that the function wrote
            console.print(_in_words(keys, ended.result()), markup=False, soft_wrap=True)

    return watch


def _keys(event: object) -> list[str]:
    """Return the keys of the uploads that an event announces."""
    try:
        found = parse(event)
    except EventError:
        return []
    entries = found if isinstance(found, list) else []
    return [entry.key for entry in entries if isinstance(entry, Upload)]


def _in_words(keys: Sequence[str], result: object) -> str:
    """Return the line about a result.

    >>> _in_words(["incoming/a.jpg"], {"failed": 1})
    'incoming/a.jpg was not read: failures/a.jpg.json tells why'
    >>> _in_words(["incoming/a.jpg"], {"duplicate": 1})
    "the function returned {'duplicate': 1} for incoming/a.jpg"
    """
    if len(keys) == 1 and result == {"recognized": 1}:
        return f"{keys[0]} became {DEFAULT_LAYOUT.record_key(keys[0])}"
    if len(keys) == 1 and result == {"failed": 1}:
        return f"{keys[0]} was not read: {DEFAULT_LAYOUT.failure_key(keys[0])} tells why"
    return f"the function returned {result}{_about(keys)}"


def _about(keys: Sequence[str]) -> str:
    return f" for {', '.join(keys)}" if keys else ""
