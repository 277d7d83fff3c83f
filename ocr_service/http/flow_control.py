"""What goes in and out of a connection, and when it must not."""

from __future__ import annotations

import asyncio
from asyncio.events import TimerHandle

from uvicorn.protocols.http.flow_control import FlowControl


class Flow(FlowControl):
    """Reads nothing while it is held; ends a connection whose answers nobody takes."""

    def __init__(self, transport: asyncio.Transport, unread_seconds: float) -> None:
        super().__init__(transport)
        self._seconds = unread_seconds
        self._held = False
        self._timer: TimerHandle | None = None

    def hold(self, held: bool) -> None:  # noqa: FBT001 - the state to be in
        """Stop reading, whatever a request asks for, or leave it to the requests again."""
        before, self._held = self._held, held
        if held:
            self.pause_reading()
        elif before:
            self.resume_reading()

    def resume_reading(self) -> None:
        """Read on, unless held."""
        if not self._held:
            super().resume_reading()

    def watch(self) -> None:
        """Look after answers that were given: has the caller taken them in time?"""
        if self._timer is None and self._transport.get_write_buffer_size():
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._seconds, self._end_unless_taken)

    def close(self) -> None:
        """Look no longer."""
        if self._timer is not None:
            self._timer.cancel()

    def _end_unless_taken(self) -> None:
        self._timer = None
        if self._transport.get_write_buffer_size():
            self._transport.abort()
