"""Questions to name servers over UDP: a pool of sockets, each with one question at a time. Async; on the engine's loop."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from typing import Final, cast

from engine.dns_wire import is_answer_to

USES: Final = 16
"""Questions that a socket is for. Who wants to answer in a name server's place must guess its port besides the question's number
(RFC 5452, 9.2), so each port serves for moments only; a new one for each question costs more than the question."""
SPARE: Final = 256
"""Sockets without a question that are kept for a server."""

Server = tuple[str, int]


class Turnstile:
    """Lets so many in at a time, in the order of coming. A semaphore whose cost does not grow with those who wait."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if self._places > 0:
            self._places -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._leave()
            raise

    async def __aexit__(self, *exception: object) -> None:
        self._leave()

    def _leave(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._places += 1


class _Port(asyncio.DatagramProtocol):
    """A socket that is connected to a server: the system has drawn its port, and drops what comes from elsewhere."""

    __slots__ = ("_answer", "_query", "transport", "uses")

    def __init__(self) -> None:
        self.uses = 0
        self._query = b""
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def ask(self, query: bytes) -> asyncio.Future[bytes]:
        """Send a question; the answer comes, or an OSError."""
        self.uses += 1
        self._query = query
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.sendto(query)
        return self._answer

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - the protocol's name
        if self._answer is not None and not self._answer.done() and is_answer_to(data, self._query):
            self._answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        self.error_received(exc or ConnectionAbortedError("the socket was closed"))


class Ports:
    """Sockets by server. A question that fails takes its socket with it: a late answer meets nobody."""

    def __init__(self, seconds: float) -> None:
        """*seconds* is what a server gets for one answer."""
        self._seconds = seconds
        self._spare: dict[Server, list[_Port]] = defaultdict(list)
        self._due: deque[tuple[float, asyncio.Future[bytes]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def ask(self, server: Server, query: bytes) -> bytes:
        """The answer to *query*, whatever it says. Raises OSError (TimeoutError is one)."""
        spare = self._spare[server]
        port = await self._take(spare, server)
        try:
            answer = port.ask(query)
            self._await(answer)
            wire = await answer
        except BaseException:
            port.transport.abort()
            raise
        if port.uses < USES and len(spare) < SPARE:
            spare.append(port)
        else:
            port.transport.close()
        return wire

    @staticmethod
    async def _take(spare: list[_Port], server: Server) -> _Port:
        while spare:
            port = spare.pop()
            if not port.transport.is_closing():  # the system may have ended it meanwhile
                return port
        _, port = await asyncio.get_running_loop().create_datagram_endpoint(_Port, remote_addr=server)
        return port

    def close(self) -> None:
        """Close the sockets that have no question; ask nothing more."""
        for port in (port for ports in self._spare.values() for port in ports):
            port.transport.close()
        self._spare.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _await(self, answer: asyncio.Future[bytes]) -> None:
        """All wait equally long, so the first in the row is always the next to be late: one timer serves all."""
        loop = asyncio.get_running_loop()
        self._due.append((loop.time() + self._seconds, answer))
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._due and (self._due[0][1].done() or self._due[0][0] <= now):
            _, answer = self._due.popleft()
            if not answer.done():
                answer.set_exception(TimeoutError("no answer in time"))
        self._timer = loop.call_at(self._due[0][0], self._look) if self._due else None
