"""One instance of the function: a process that answers one invocation at a time."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

from local.processes import plain_environment
from local.runtime.errors import FunctionError, FunctionTimeout
from local.runtime.function import Function
from ocr_service.auth.keyring import Credentials

_WORKER = Path(__file__).with_name("worker.py")
_INITIALIZER_SECONDS = 60.0


class Instance:
    """A process that is started when first needed, and again after it was ended.

    One thread at a time invokes it and ends it; any other may kill or stop it meanwhile.

    Args:
        function: what it runs.
        output: where its output goes.
    """

    def __init__(self, function: Function, output: IO[bytes]) -> None:
        self._function = function
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._killed = False
        self._stopped = False
        self._lock = threading.Lock()  # held while the process comes or goes

    def ready(self, request_id: str, credentials: Credentials) -> dict[str, Any]:
        """Have the process run and be initialized; give the context to `handle` an event in.

        Raises:
            FunctionError: the initializer raised or took too long, or the instance was stopped.
        """
        context = self._context(request_id, credentials)
        if self._process is None or self._killed or self._process.poll() is not None:
            self.end()
            self._start()
            self._call(self._function.initializer, None, context, _INITIALIZER_SECONDS)
        return context

    def handle(self, event: object, context: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        """Give an event to the handler, and its answer.

        Raises:
            FunctionError: the function raised, was ended at its time limit, or was killed.
        """
        return self._call(self._function.handler, {"value": event}, context, self._function.seconds)

    def kill(self) -> bool:
        """Kill the process at once, whatever it is doing; tell whether there was one."""
        with self._lock:
            if self._process is None or self._killed or self._process.poll() is not None:
                return False
            self._process.kill()
            self._killed = True  # it may look alive for a moment yet
            return True

    def stop(self) -> None:
        """Kill the process, and never start one again."""
        with self._lock:
            self._stopped = True
        self.kill()

    def end(self) -> None:
        """Kill the process and wait until it is gone."""
        with self._lock:
            if self._process:
                self._process.kill()
                self._process.wait()
            if self._channel:
                self._channel.close()
            self._process, self._channel, self._killed = None, None, False

    def _context(self, request_id: str, credentials: Credentials) -> dict[str, Any]:
        return {
            "request_id": request_id,
            "function_name": self._function.name,
            "memory_mb": 512,
            "project_id": self._function.project_id,
            "user_data": dict(self._function.user_data),
            "credentials": {
                "access_key": credentials.access_key,
                "secret_key": credentials.secret_key,
                "security_token": credentials.security_token,
            },
        }

    def _start(self) -> None:
        channel, theirs = socket.socketpair()
        with theirs, self._lock:
            self._channel = channel
            if self._stopped:
                raise FunctionError("FunctionStopped", "the runtime is stopping")
            self._process = subprocess.Popen(  # noqa: S603 - our own worker
                [sys.executable, str(_WORKER), str(self._function.tree), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                cwd=self._function.tree,
                env=plain_environment(),
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the runtime, which ends its instances
            )

    def _call(self, entry: str, event: object, context: dict[str, Any], seconds: float) -> Any:  # noqa: ANN401 - any JSON value
        assert self._channel is not None  # noqa: S101 - _start made it
        request = {"entry": entry, "event": event, "context": context, "seconds": seconds}
        self._channel.settimeout(seconds)
        try:
            self._channel.sendall(json.dumps(request).encode() + b"\n")
            answer = _line(self._channel)
        except TimeoutError:
            self.end()
            raise FunctionTimeout(seconds) from None
        except OSError:
            answer = b""
        if not answer:
            self.end()
            raise FunctionError("FunctionExited", "the function's process ended unasked")
        found = json.loads(answer)
        if "errorType" in found:
            if entry == self._function.initializer:
                self.end()  # an instance that could not start is not used
            raise FunctionError(found["errorType"], found["errorMessage"], found["stackTrace"])
        return found["result"]


def _line(channel: socket.socket) -> bytes:
    """Read up to the end of a line, or to the end of the stream: then nothing."""
    parts = []
    while part := channel.recv(1 << 16):
        parts.append(part)
        if part.endswith(b"\n"):
            return b"".join(parts)
    return b""
