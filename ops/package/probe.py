"""Runs the extracted package: `python -I -S probe.py TREE ANSWERS`, started by the check alone.

Standard input is a JSON object with ``user_data``, ``project_id``, ``credentials`` and ``events``;
what came of each event goes to ANSWERS, with where every module was loaded from. Nothing but the
tree and Python's own library is on the path.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any


class Context:
    """The platform's context, as far as it goes here; its methods bear the platform's names."""

    # ruff: noqa: N802, D102 - the platform's names, and its documentation

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given

    def getRequestID(self) -> str:
        return "check"

    def getRemainingTimeInMilliSeconds(self) -> int:
        return 120_000

    def getUserData(self, key: str) -> str | None:
        found = self._given["user_data"].get(key)
        return None if found is None else str(found)

    def getProjectID(self) -> str:
        return str(self._given["project_id"])

    def getSecurityAccessKey(self) -> str:
        return str(self._given["credentials"]["access_key"])

    def getSecuritySecretKey(self) -> str:
        return str(self._given["credentials"]["secret_key"])

    def getSecurityToken(self) -> str:
        return str(self._given["credentials"]["security_token"])


def _answer(handler: Any, event: object, context: Context) -> dict[str, Any]:  # noqa: ANN401 - the function's
    try:
        return {"result": handler(event, context)}
    except Exception as error:  # noqa: BLE001 - whatever the function raises is its answer
        return {"error": type(error).__name__, "message": str(error)}


def main(tree: str, answers: str) -> None:
    """Start the function as the platform does, and hand it one event after the other."""
    given = json.load(sys.stdin)
    sys.path.insert(0, tree)
    context = Context(given)
    started = time.perf_counter()
    module = importlib.import_module("index")
    module.initializer(context)
    cold_ms = round((time.perf_counter() - started) * 1000)
    found = [_answer(module.handler, event, context) for event in given["events"]]
    files = sorted(
        {str(loaded.__file__) for loaded in sys.modules.values() if getattr(loaded, "__file__", "")}
    )
    report = {"cold_ms": cold_ms, "answers": found, "modules": files, "stdlib": sys.base_prefix}
    Path(answers).write_text(json.dumps(report), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
