"""One instance of the function: a process that handles one invocation at a time."""

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
    """A process that starts at the first invocation, and again after it has ended.

    Only one thread at a time may invoke or end it; other threads may kill or stop it meanwhile.

    Args:
        function: the function.
        output: receives the function's output.
    """

    def __init__(self, function: Function, output: IO[bytes]) -> None:
        self._function = function
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._killed = False
        self._stopped = False
        self._lock = threading.Lock()  # held while the process starts or ends

    def prepare(self, request_id: str, credentials: Credentials) -> dict[str, Any]:
        """Start and initialize the process if necessary; return the context for ``handle``.

        Raises:
            FunctionError: the initializer failed or timed out, or the instance was stopped.
        """
        context = self._context(request_id, credentials)
        if not self._is_running():
            self.end()
            self._start()
            self._call(self._function.initializer, None, context, _INITIALIZER_SECONDS)
        return context

    def handle(self, event: object, context: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        """Call the handler with an event and return its result.

        Raises:
            FunctionError: the function raised an error, exceeded its time limit, or was killed.
        """
        return self._call(self._function.handler, {"value": event}, context, self._function.seconds)

    def kill(self) -> bool:
        """Kill the process; return whether one was running."""
        with self._lock:
            if self._process is None or not self._is_running():
                return False
            self._process.kill()
            self._killed = True  # `poll` may see the end only a moment later
            return True

    def stop(self) -> None:
        """Kill the process, and never start another one."""
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

    def _is_running(self) -> bool:
        return self._process is not None and not self._killed and self._process.poll() is None

    def _context(self, request_id: str, credentials: Credentials) -> dict[str, Any]:
        return {
            "request_id": request_id,
            "function_name": self._function.name,
            "memory_mb": 1024,  # as in the template
            "project_id": self._function.project_id,
            "user_data": dict(self._function.user_data),
            "credentials": {
                "access_key": credentials.access_key,
                "secret_key": credentials.secret_key,
                "security_token": credentials.security_token,
            },
        }

    def _start(self) -> None:
        python = self._function.python
        interpreter = [str(python), "-S"] if python else [sys.executable]
        channel, worker_end = socket.socketpair()
        with worker_end, self._lock:
            self._channel = channel
            if self._stopped:
                raise FunctionError("FunctionStopped", "the runtime is stopping")
            descriptor = worker_end.fileno()
            self._process = subprocess.Popen(  # noqa: S603 - a module of this package
                [*interpreter, str(_WORKER), str(self._function.code), str(descriptor)],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                cwd=self._function.code,
                env=plain_environment(),
                pass_fds=[descriptor],
                start_new_session=True,  # Ctrl-C reaches only the runtime, which ends its instances
            )

    def _call(self, entry: str, event: object, context: dict[str, Any], seconds: float) -> Any:  # noqa: ANN401 - any JSON value
        assert self._channel is not None  # noqa: S101 - `_start` sets it
        request = {"entry": entry, "event": event, "context": context, "seconds": seconds}
        self._channel.settimeout(seconds)
        try:
            self._channel.sendall(json.dumps(request).encode() + b"\n")
            line = _read_line(self._channel)
        except TimeoutError:
            self.end()
            raise FunctionTimeout(seconds) from None
        except OSError:
            line = b""
        if not line:
            self.end()
            raise FunctionError("FunctionExited", "the function's process ended unexpectedly")
        answer = json.loads(line)
        if "errorType" in answer:
            if entry == self._function.initializer:
                self.end()
            raise FunctionError(answer["errorType"], answer["errorMessage"], answer["stackTrace"])
        return answer["result"]


def _read_line(channel: socket.socket) -> bytes:
    """Read one line; return nothing if the stream ends before."""
    parts = []
    while part := channel.recv(1 << 16):
        parts.append(part)
        if part.endswith(b"\n"):
            return b"".join(parts)
    return b""
