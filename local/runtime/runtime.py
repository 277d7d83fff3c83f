"""Instances of the function, each a process of its own that answers one invocation at a time."""

from __future__ import annotations

import json
import queue
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from local.ocr.keyring import Credential
from local.processes import plain_environment

from .errors import FunctionError, FunctionTimeout

_WORKER = Path(__file__).with_name("worker.py")
_INITIALIZER_SECONDS = 60.0


@dataclass(frozen=True)
class Function:
    """A deployed function.

    Attributes:
        tree: folder with the code, as the zip holds it.
        user_data: its configuration.
        project_id: the project it runs in.
        handler: entry point of an event.
        initializer: entry point of a new instance.
        seconds: time limit of an invocation.
        instances: how many may run at once.
    """

    tree: Path
    user_data: Mapping[str, str]
    project_id: str
    handler: str = "index.handler"
    initializer: str = "index.initializer"
    seconds: float = 60.0
    instances: int = 2


class Runtime:
    """Runs a function's instances.

    Args:
        function: what to run.
        credentials: gives the temporary credentials of an invocation, other ones each time.
        output: where the function's output goes.
    """

    def __init__(
        self, function: Function, credentials: Callable[[], Credential], output: IO[bytes]
    ) -> None:
        self.function = function
        self._credentials = credentials
        self._output = output
        self._queue = ThreadPoolExecutor(function.instances, thread_name_prefix="invocation")
        self._instances = [_Instance(function, output) for _ in range(function.instances)]
        self._idle: queue.SimpleQueue[_Instance] = queue.SimpleQueue()
        for instance in self._instances:
            self._idle.put(instance)

    def invoke(self, event: object) -> Any:  # noqa: ANN401 - any JSON value
        """Invoke the function and wait for its answer.

        Raises:
            FunctionError: the function raised, or was ended at its time limit.
        """
        instance = self._idle.get()
        try:
            return instance.invoke(event, self._credentials)
        finally:
            self._idle.put(instance)

    def submit(self, event: object) -> Future[Any]:
        """Invoke the function asynchronously, when an instance is free; its answer is a future."""
        return self._queue.submit(self.invoke, event)

    def stop(self) -> None:
        """End all instances; invocations that have not begun are dropped."""
        self._queue.shutdown(wait=False, cancel_futures=True)
        for instance in self._instances:
            instance.stop()
        self._queue.shutdown()


class _Instance:
    """A process that is started when first needed, and again after it was ended."""

    def __init__(self, function: Function, output: IO[bytes]) -> None:
        self._function = function
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._stopped = False

    def invoke(self, event: object, credentials: Callable[[], Credential]) -> Any:  # noqa: ANN401 - any JSON value
        context = self._context(credentials())
        if self._process is None or self._process.poll() is not None:
            self._start()
            self._call(self._function.initializer, None, context, _INITIALIZER_SECONDS)
        return self._call(self._function.handler, {"value": event}, context, self._function.seconds)

    def stop(self) -> None:
        self._stopped = True
        self._end()

    def _context(self, credentials: Credential) -> dict[str, Any]:
        return {
            "request_id": secrets.token_hex(16),
            "function_name": "quota-invoice-ocr",
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
        if self._stopped:
            raise FunctionError("FunctionStopped", "the runtime is stopping")
        self._end()
        self._channel, theirs = socket.socketpair()
        with theirs:
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
            self._end()
            raise FunctionTimeout(seconds) from None
        except OSError:
            answer = b""
        if not answer:
            self._end()
            raise FunctionError("FunctionExited", "the function's process ended unasked")
        found = json.loads(answer)
        if "errorType" in found:
            if entry == self._function.initializer:
                self._end()  # an instance that could not start is not used
            raise FunctionError(found["errorType"], found["errorMessage"], found["stackTrace"])
        return found["result"]

    def _end(self) -> None:
        if self._channel:
            self._channel.close()
            self._channel = None
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


def _line(channel: socket.socket) -> bytes:
    """Read up to the end of a line, or to the end of the stream: then nothing."""
    parts = []
    while part := channel.recv(1 << 16):
        parts.append(part)
        if part.endswith(b"\n"):
            return b"".join(parts)
    return b""
