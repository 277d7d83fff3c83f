"""One instance of the function: ``python worker.py CODE FD``, started by the runtime.

Imports the entry points from the folder CODE, as the platform does. Invocations and results are
JSON lines on the socket with the file descriptor FD. Of this repository, only CODE is on the module
path; the function's output goes to standard output.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import queue
import socket
import sys
import threading
import time
import traceback
from typing import Any


class Logger:
    """The logger of ``context.getLogger()``: one line per call, with the request id."""

    def __init__(self, request_id: str) -> None:
        self._request_id = request_id

    def _write(self, level: str, message: str, *args: object) -> None:
        text = message % args if args else message
        sys.stdout.write(f"{self._request_id} {level} {text}\n")

    debug = functools.partialmethod(_write, "DEBUG")
    info = functools.partialmethod(_write, "INFO")
    warn = functools.partialmethod(_write, "WARN")
    error = functools.partialmethod(_write, "ERROR")


class Context:
    """The context that the platform passes to the entry points, with the platform's names.

    Args:
        values: ``request_id``, ``user_data``, ``credentials`` (``access_key``, ``secret_key``,
            ``security_token``) and the function's properties.
        seconds: the time limit of this call.
    """

    # ruff: noqa: N802, D102 - the platform defines and documents the methods

    def __init__(self, values: dict[str, Any], seconds: float) -> None:
        self._values = values
        self._started = time.monotonic()
        self._seconds = seconds

    def getRequestID(self) -> str:
        return str(self._values["request_id"])

    def getRemainingTimeInMilliSeconds(self) -> int:
        return max(0, int((self._started + self._seconds - time.monotonic()) * 1000))

    def getRunningTimeInSeconds(self) -> int:
        return int(self._seconds)

    def getUserData(self, key: str, default: str | None = None) -> str | None:
        found = self._values["user_data"].get(key, default)
        return None if found is None else str(found)

    def getFunctionName(self) -> str:
        return str(self._values["function_name"])

    def getVersion(self) -> str:
        return "latest"

    def getAlias(self) -> str:
        return ""

    def getPackage(self) -> str:
        return "default"

    def getMemorySize(self) -> int:
        return int(self._values["memory_mb"])

    def getCPUNumber(self) -> int:
        return 300  # millicores

    def getProjectID(self) -> str:
        return str(self._values["project_id"])

    def getToken(self) -> str:
        return ""  # the platform returns one only if the agency may issue it

    def getLogger(self) -> Logger:
        return Logger(self.getRequestID())

    def getSecurityAccessKey(self) -> str:
        return str(self._values["credentials"]["access_key"])

    def getSecuritySecretKey(self) -> str:
        return str(self._values["credentials"]["secret_key"])

    def getSecurityToken(self) -> str:
        return str(self._values["credentials"]["security_token"])


def _answer(entry: str, arguments: list[object]) -> dict[str, Any]:
    module, _, name = entry.rpartition(".")
    try:
        result = getattr(importlib.import_module(module), name)(*arguments)
        json.dumps(result)  # the platform rejects results that are not JSON
    except Exception as error:  # noqa: BLE001 - every error of the function is a result
        return {
            "errorType": type(error).__name__,
            "errorMessage": str(error),
            "stackTrace": traceback.format_exception(error),
        }
    return {"result": result}


def _serve(channel: socket.socket) -> None:
    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def read() -> None:
        with channel.makefile("r", encoding="utf-8") as lines:
            for line in lines:
                requests.put(json.loads(line))
        os._exit(0)  # the runtime has ended: end at once

    threading.Thread(target=read, daemon=True).start()
    while True:
        request = requests.get()
        context = Context(request["context"], request["seconds"])
        event = [] if request["event"] is None else [request["event"]["value"]]
        answer = _answer(request["entry"], [*event, context])
        sys.stdout.flush()
        channel.sendall(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    sys.path[0] = sys.argv[1]
    _serve(socket.socket(fileno=int(sys.argv[2])))
