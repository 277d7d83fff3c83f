"""One instance of the function: `python worker.py TREE FD`, started by the runtime alone.

Imports the entry points from the deployed tree, as the platform does, and answers invocations that
come as JSON lines over the socket with the number FD. Nothing of this repository but the tree is on
its path; what the function prints goes to standard output.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any


class Logger:
    """What ``context.getLogger()`` gives: one line per call, with the request's id."""

    def __init__(self, request_id: str) -> None:
        self._request_id = request_id

    def _write(self, level: str, message: str, *args: object) -> None:
        text = message % args if args else message
        sys.stdout.write(f"{self._request_id} {level} {text}\n")

    def debug(self, message: str, *args: object) -> None:
        """Write at this level."""
        self._write("DEBUG", message, *args)

    def info(self, message: str, *args: object) -> None:
        """Write at this level."""
        self._write("INFO", message, *args)

    def warn(self, message: str, *args: object) -> None:
        """Write at this level."""
        self._write("WARN", message, *args)

    def error(self, message: str, *args: object) -> None:
        """Write at this level."""
        self._write("ERROR", message, *args)


class Context:
    """What the platform hands to the entry points; its methods bear the platform's names.

    Args:
        values: ``request_id``, ``user_data``, ``credentials`` (``access_key``, ``secret_key``,
            ``security_token``) and the function's description.
        seconds: the time limit of this call.
    """

    # ruff: noqa: N802, D102 - the platform's names, and its documentation

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
        return ""  # needs an agency that may issue one; keys are what the function works with

    def getLogger(self) -> Logger:
        return Logger(self.getRequestID())

    def getSecurityAccessKey(self) -> str:
        return str(self._values["credentials"]["access_key"])

    def getSecuritySecretKey(self) -> str:
        return str(self._values["credentials"]["secret_key"])

    def getSecurityToken(self) -> str:
        return str(self._values["credentials"]["security_token"])


def _entry(name: str) -> Callable[..., object]:
    module, _, attribute = name.rpartition(".")
    found: Callable[..., object] = getattr(importlib.import_module(module), attribute)
    return found


def _answer(call: Callable[[], object]) -> dict[str, Any]:
    try:
        result = call()
        json.dumps(result)  # the platform refuses what cannot be serialised
    except Exception as error:  # noqa: BLE001 - whatever the function raises is its answer
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
        os._exit(0)  # the runtime is gone: so is this instance, in whatever it is doing

    threading.Thread(target=read, daemon=True).start()
    while True:
        request = requests.get()
        context = Context(request["context"], request["seconds"])
        arguments = [context] if request["event"] is None else [request["event"]["value"], context]
        answer = _answer(lambda: _entry(request["entry"])(*arguments))  # noqa: B023 - called at once
        sys.stdout.flush()
        channel.sendall(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    sys.path[0] = sys.argv[1]
    _serve(socket.socket(fileno=int(sys.argv[2])))
