"""The name server of a rehearsal: a zone behind UDP and TCP on one loopback port, with a log of what was asked."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import deque
from collections.abc import Callable
from typing import Final

import dns.exception
import dns.message
import dns.rdatatype
import msgspec

from app.rehearsal.zone import Zone

_ADDRESS: Final = "127.0.0.1"
_PORT_TRIES: Final = 20
_LOG_LENGTH: Final = 100_000


class NameQuery(msgspec.Struct, frozen=True):
    """One question: ``name`` without its final dot, ``type`` such as "MX", ``at`` epoch seconds."""

    at: float
    name: str
    type: str
    tcp: bool


class NameServer:
    """Answers from a zone."""

    def __init__(self, zone: Zone, now: Callable[[], float]) -> None:
        self.zone: Final = zone
        self.queries: Final[deque[NameQuery]] = deque(maxlen=_LOG_LENGTH)
        self.port = 0
        self._now: Final = now
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None
        self._connections: set[asyncio.Transport] = set()

    async def start(self, port: int = 0) -> None:
        """Listen on UDP and TCP at *port*, or at one that is free for both."""
        loop = asyncio.get_running_loop()
        stream, datagram = _bind_both(port)
        self.port = stream.getsockname()[1]
        self._tcp = await loop.create_server(lambda: _StreamSide(self), sock=stream)
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _DatagramSide(self), sock=datagram)

    async def close(self) -> None:
        """Stop listening."""
        if self._udp:
            self._udp.close()
        if self._tcp:
            self._tcp.close()
            for transport in tuple(self._connections):
                transport.abort()
            await self._tcp.wait_closed()

    def answer(self, wire: bytes, *, tcp: bool) -> bytes | None:
        """Note a query and answer it."""
        try:
            question = dns.message.from_wire(wire, question_only=True).question[0]
        except (dns.exception.DNSException, IndexError):
            return None
        name = question.name.to_text(omit_final_dot=True)
        self.queries.append(NameQuery(self._now(), name, dns.rdatatype.to_text(question.rdtype), tcp))
        return self.zone.respond(wire, tcp=tcp)

    def connected(self, transport: asyncio.Transport) -> None:
        """A client uses TCP."""
        self._connections.add(transport)

    def disconnected(self, transport: asyncio.Transport) -> None:
        """It no longer does."""
        self._connections.discard(transport)


class _DatagramSide(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server: Final = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # what it is here
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._server.answer(data, tcp=False)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)


class _StreamSide(asyncio.Protocol):
    """Messages with two bytes of length before each (RFC 1035, 4.2.2)."""

    def __init__(self, server: NameServer) -> None:
        self._server: Final = server
        self._transport: asyncio.Transport | None = None
        self._unread = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # what it is here
        self._transport = transport
        self._server.connected(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if self._transport is not None:
            self._server.disconnected(self._transport)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while len(self._unread) >= 2:
            end = 2 + int.from_bytes(self._unread[:2])
            if len(self._unread) < end:
                return
            wire, self._unread = self._unread[2:end], self._unread[end:]
            answer = self._server.answer(wire, tcp=True)
            if answer is not None and self._transport is not None:
                self._transport.write(len(answer).to_bytes(2) + answer)


def _bind_both(port: int) -> tuple[socket.socket, socket.socket]:
    """A TCP and a UDP socket at the same port."""
    tries = _PORT_TRIES if port == 0 else 1
    while True:
        tries -= 1
        stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            stream.bind((_ADDRESS, port))
            datagram.bind((_ADDRESS, stream.getsockname()[1]))
        except OSError as error:
            stream.close()
            datagram.close()
            if error.errno != errno.EADDRINUSE or not tries:
                raise
        else:
            stream.setblocking(False)
            datagram.setblocking(False)
            return stream, datagram
