"""A socket as conversations use it: bytes come in as whole replies, go out through the desk, and it ends once. Hot path of the
worker process.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod

from engine.desk import Desk
from engine.journal import Dot
from engine.reply_reader import ReplyReader, Violation


class Connection(asyncio.BufferedProtocol):
    """Fulfils engine.desk.Writer. A subclass says what replies mean and what is lost when it ends."""

    __slots__ = ("_desk", "_is_over", "_reader", "_transport", "_view", "deadline", "dot", "open_dot")

    def __init__(self, desk: Desk, transport: asyncio.Transport) -> None:
        self._desk = desk
        self._view = desk.view
        self._transport = transport
        self._reader = ReplyReader()
        self._is_over = False
        """Nothing that comes counts any more."""
        self.deadline = desk.now + desk.idle_seconds
        self.dot: Dot | None = None
        self.open_dot: Dot | None = None

    @abstractmethod
    def _take(self, replies: list[bytes]) -> None:
        """Act on replies; may raise Violation."""

    @abstractmethod
    def _broken(self, text: str) -> None:
        """The server broke the protocol."""

    @abstractmethod
    def _lost(self, text: str) -> None:
        """The connection is of no more use: settle what is open, then :meth:`_close`. May be called again."""

    @abstractmethod
    def _hung_up(self, text: str) -> None:
        """The server closed the connection, or the network cut it."""

    @abstractmethod
    def _closed(self) -> None:
        """The socket is closed."""

    def cut(self, text: str) -> None:
        """End at once: what was handed over is in doubt."""
        self._lost(text)

    # asyncio.BufferedProtocol

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - the protocol's name
        """Everybody reads into the same small buffer: what is read is taken before anything else happens."""
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        """Act on each reply that is whole with what was read."""
        if self._is_over:
            return
        reader = self._reader
        replies = reader.feed(self._view[:nbytes].tobytes())
        try:
            if replies:
                self.deadline = self._desk.now + self._desk.reply_timeout
                self._take(replies)
        except Violation as violation:
            self._broken(str(violation))
        if reader.fault and not self._is_over:
            self._broken(reader.fault)

    def eof_received(self) -> bool:
        """The server has closed its side."""
        self._hung_up("the server closed the connection")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; by ourselves, too."""
        self._hung_up(f"the connection was lost: {exc}" if exc else "the connection was lost")
        self._desk.conversations.discard(self)
        self._closed()

    # engine.desk.Writer

    @property
    @abstractmethod
    def is_idle(self) -> bool:
        """Waits for work."""

    @abstractmethod
    def deadline_passed(self) -> None:
        """The time is up for what it waits for."""

    def put(self, data: bytes) -> None:
        """Write; the dot in it, if any, was noted."""
        if self._is_over:
            return
        dot, self.dot = self.dot, None
        if not self._transport.is_closing():
            self._transport.write(data)
        if self._transport.is_closing():  # not a byte of it was taken
            if dot is not None:
                self._desk.withdraw(dot)
            self._lost("the connection was lost")
        elif dot is not None:
            self.open_dot = dot

    def stuck(self, text: str) -> None:
        """The dot can't be noted: the message is not handed over."""
        self._lost(text)

    def _send(self, data: bytes) -> None:
        """Write in this turn of the loop; the reply is due in time."""
        self.deadline = self._desk.now + self._desk.reply_timeout
        self._desk.send(self, data)

    def _close(self) -> None:
        self._is_over = True
        self._transport.abort()
