"""Runs the extracted zip: ``python -I -S probe.py TREE REPORT``, a subprocess of the check.

Standard input is a JSON object with ``user_data``, ``project_id``, ``credentials`` and ``events``.
REPORT gets the result of each event and the file of every loaded module. Only the tree and Python's
standard library are on the import path.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any


class Context:
    """The members of the platform's context that the function uses, under the platform's names."""

    # ruff: noqa: N802, D102 - the platform's names, and its documentation

    def __init__(self, request: dict[str, Any]) -> None:
        self._request = request

    def getRequestID(self) -> str:
        return "check"

    def getRemainingTimeInMilliSeconds(self) -> int:
        return 120_000

    def getUserData(self, key: str) -> str | None:
        found = self._request["user_data"].get(key)
        return None if found is None else str(found)

    def getProjectID(self) -> str:
        return str(self._request["project_id"])

    def getMemorySize(self) -> int:
        return 1024

    def getSecurityAccessKey(self) -> str:
        return str(self._request["credentials"]["access_key"])

    def getSecuritySecretKey(self) -> str:
        return str(self._request["credentials"]["secret_key"])

    def getSecurityToken(self) -> str:
        return str(self._request["credentials"]["security_token"])


def _call(handler: Any, event: object, context: Context) -> dict[str, Any]:  # noqa: ANN401 - the function's
    try:
        return {"result": handler(event, context)}
    except Exception as error:  # noqa: BLE001 - an exception of the function is its result
        return {"error": type(error).__name__, "message": str(error)}


def main(tree: str, report_file: str) -> None:
    """Start the function as the platform does, call it with each event, and write the report."""
    request = json.load(sys.stdin)
    sys.path.insert(0, tree)
    context = Context(request)
    started = time.perf_counter()
    module = importlib.import_module("index")
    module.initializer(context)
    cold_ms = round((time.perf_counter() - started) * 1000)
    results = [_call(module.handler, event, context) for event in request["events"]]
    files = sorted(
        {str(loaded.__file__) for loaded in sys.modules.values() if getattr(loaded, "__file__", "")}
    )
    report = {"cold_ms": cold_ms, "results": results, "modules": files, "stdlib": sys.base_prefix}
    Path(report_file).write_text(json.dumps(report), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
