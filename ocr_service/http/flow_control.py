"""Flow control of a connection: pauses reading, and aborts if responses are not read."""

from __future__ import annotations

import asyncio
from asyncio.events import TimerHandle

from uvicorn.protocols.http.flow_control import FlowControl


class HeldFlowControl(FlowControl):
    """Does not read while held; aborts the connection if the client does not read responses."""

    def __init__(self, transport: asyncio.Transport, unread_seconds: float) -> None:
        super().__init__(transport)
        self._seconds = unread_seconds
        self._held = False
        self._timer: TimerHandle | None = None

    def hold(self, held: bool) -> None:  # noqa: FBT001 - the new state
        """Pause reading, even if a request resumes it; or let the requests decide again."""
        before, self._held = self._held, held
        if held:
            self.pause_reading()
        elif before:
            self.resume_reading()

    def resume_reading(self) -> None:
        """Resume reading, unless held."""
        if not self._held:
            super().resume_reading()

    def watch(self) -> None:
        """Start the timeout for the client to read pending responses."""
        if self._timer is None and self._transport.get_write_buffer_size():
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._seconds, self._abort_if_unread)

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def _abort_if_unread(self) -> None:
        self._timer = None
        if self._transport.get_write_buffer_size():
            self._transport.abort()
