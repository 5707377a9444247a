"""How a rehearsal's mail server writes: at once and in one piece, or late, byte by byte, without end."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Final

from app.rehearsal.scenario import FloodKind

_LINGER: Final = 2.0
"""Seconds that a closing server still reads, so that its last reply is not lost to a reset."""

_FLOODS: Final = {
    FloodKind.LINE: b"250 " + b"x" * 16_380,
    FloodKind.CONTINUATION: b"250-there is more\r\n" * 800,
    FloodKind.REPLIES: b"250 2.0.0 OK\r\n" * 1000,
}
_FLOOD_PAUSE: Final = 0.001


class Outlet:
    """The writing end of one connection. ``ready`` collects replies; ``flush`` writes them together."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.transport = transport
        self.ready: list[bytes] = []
        self._loop: Final = loop
        self._timer: asyncio.TimerHandle | None = None
        self._full = False
        self._flood: bytes | None = None

    def flush(self) -> None:
        """Write all replies that are ready, in one piece."""
        if self.ready:
            self.transport.write(b"".join(self.ready))
            self.ready.clear()

    def pace(self, data: bytes, delay: float, interval: float, done: Callable[[], None]) -> None:
        """Write *data* after *delay* seconds, then one byte every *interval* seconds (0: in one piece); then call *done*."""
        self.flush()
        self._later(delay, lambda: self._write_paced(data, interval, done))

    def _write_paced(self, data: bytes, interval: float, done: Callable[[], None]) -> None:
        piece, rest = (data[:1], data[1:]) if interval else (data, b"")
        self.transport.write(piece)
        if rest:
            self._later(interval, lambda: self._write_paced(rest, interval, done))
        else:
            done()

    def flood(self, kind: FloodKind) -> None:
        """Write without end, as long as the other side reads."""
        self.flush()
        self._flood = _FLOODS[kind]
        self._pour()

    def _pour(self) -> None:
        if self._flood and not self._full:
            self.transport.write(self._flood)
            self._later(_FLOOD_PAUSE, self._pour)

    def pause(self) -> None:
        """The other side does not read."""
        self._full = True

    def resume(self) -> None:
        """The other side reads again."""
        self._full = False
        self._pour()

    def finish(self) -> None:
        """Write what is ready and close, in a way that lets the other side read it: it may have sent what we never read."""
        self.flush()
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self._later(_LINGER, self.transport.close)
        else:
            self.transport.close()

    def hang_up(self, *, reset: bool) -> None:
        """Write what is ready and close at once; with *reset* the other side sees a reset connection."""
        self.flush()
        if reset:
            connection: socket.socket = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()

    def stop(self) -> None:
        """Forget everything that was to be written later."""
        self._flood = None
        if self._timer:
            self._timer.cancel()

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, action)
