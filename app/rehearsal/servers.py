"""The mail servers of a rehearsal: one listener for each address, all at one port."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from typing import Final

from app.rehearsal.certificates import Authority
from app.rehearsal.conversation import Conversation
from app.rehearsal.scenario import Certificate, MailHost
from app.rehearsal.script import RuleBook, Script
from app.rehearsal.traffic import Connection, TrafficLog
from app.rehearsal.wire import Reply, Wire, reply

_BACKLOG: Final = 1024
_PORT_TRIES: Final = 20


class MailServer:
    """One address of one MX host: its script, its connections."""

    def __init__(
        self,
        provider: str,
        host: MailHost,
        address: str,
        log: TrafficLog,
        now: Callable[[], float],
        authority: Callable[[], Authority],
    ) -> None:
        self.provider: Final = provider
        self.host: Final = host.name
        self.address: Final = address
        self.log: Final = log
        self.now: Final = now
        self.script = Script({})
        self.keep_content = False
        self.is_closing = False
        self.banner: Final[Reply] = reply(220, f"{host.name} ESMTP rehearsal")
        self.extensions: Final = (*host.extensions, "STARTTLS") if host.tls else host.extensions
        self._tls: Final = host.tls
        self._authority: Final = authority
        self._conversations: set[Wire] = set()
        self._open: dict[str, int] = {}
        self._count: dict[str, int] = {}

    @property
    def names(self) -> frozenset[str]:
        """What a rule may call it."""
        return frozenset({self.provider, self.host, self.address})

    def tls_context(self) -> ssl.SSLContext:
        """What STARTTLS needs; made at its first use."""
        return self._authority().context(self._tls or Certificate.SELF_SIGNED, self.host)

    def opened(self, conversation: Wire, client: str) -> Connection:
        """A client has connected."""
        self._conversations.add(conversation)
        self._open[client] = self._open.get(client, 0) + 1
        self._count[client] = self._count.get(client, 0) + 1
        return self.log.open(client, self.address, self.host, self.now())

    def closed(self, conversation: Wire) -> None:
        """A connection has ended; more than once is harmless."""
        if conversation in self._conversations:
            self._conversations.remove(conversation)
            self._open[conversation.client] -= 1
            self.log.closed(conversation.record, self.now())

    def open_from(self, client: str) -> int:
        """Connections that a client has open."""
        return self._open.get(client, 0)

    def connections_from(self, client: str) -> int:
        """Connections that a client has ever opened."""
        return self._count.get(client, 0)

    def nudge(self) -> None:
        """Rules have changed: open conversations may have something to say unasked."""
        for conversation in tuple(self._conversations):
            conversation.nudge()

    def abort(self) -> None:
        """Cut all connections, and those that still come."""
        self.is_closing = True
        for conversation in tuple(self._conversations):
            conversation.abort()


class MailServers:
    """All servers of a network and their listeners."""

    def __init__(self, rules: RuleBook, log: TrafficLog, now: Callable[[], float], *, keep_content: bool) -> None:
        self.port = 0
        self._rules: Final = rules
        self._log: Final = log
        self._now: Final = now
        self._keep_content: Final = keep_content
        self._servers: dict[str, MailServer] = {}
        self._listeners: dict[str, asyncio.Server] = {}
        self._authority: Authority | None = None

    def authority(self) -> Authority:
        """Who signs the servers' certificates; made at its first use."""
        if self._authority is None:
            self._authority = Authority()
        return self._authority

    def server(self, address: str) -> MailServer:
        """The server at an address; raise KeyError when there is none."""
        return self._servers[address]

    async def start(self, hosts: list[tuple[str, MailHost]], port: int) -> None:
        """Listen for all (provider, host), at *port* or, with 0, at one that is free on every address."""
        addresses = [address for _, host in hosts if host.listening for address in (*host.addresses, *host.spare)]
        sockets, self.port = _bind_all(addresses, port)
        for provider, host in hosts:
            if host.listening:
                for address in (*host.addresses, *host.spare):
                    await self._listen(provider, host, address, sockets[address])

    async def add(self, provider: str, host: MailHost, address: str) -> None:
        """Listen at a further address of a host, while the network runs."""
        if address not in self._servers:
            await self._listen(provider, host, address, _bind(address, self.port))

    async def _listen(self, provider: str, host: MailHost, address: str, sock: socket.socket) -> None:
        server = MailServer(provider, host, address, self._log, self._now, self.authority)
        server.script = self._rules.script_for(server.names)
        server.keep_content = self._keep_content
        loop = asyncio.get_running_loop()
        self._servers[address] = server
        self._listeners[address] = await loop.create_server(lambda: Conversation(server), sock=sock, backlog=_BACKLOG)

    def refresh(self) -> None:
        """Rules have changed: hand every server its script."""
        for server in self._servers.values():
            server.script = self._rules.script_for(server.names)
        for server in self._servers.values():
            server.nudge()

    async def stop(self, address: str) -> None:
        """Stop listening at an address and cut its connections: from now on it refuses them."""
        listener = self._listeners.pop(address)
        listener.close()
        self._servers.pop(address).abort()
        await listener.wait_closed()

    async def close(self) -> None:
        """Stop listening everywhere and cut all connections."""
        for address in tuple(self._listeners):
            await self.stop(address)


def _bind_all(addresses: list[str], port: int) -> tuple[dict[str, socket.socket], int]:
    """A bound socket for each address, all at one port."""
    for tries_left in reversed(range(_PORT_TRIES if port == 0 else 1)):
        sockets: dict[str, socket.socket] = {}
        chosen = port
        try:
            for address in addresses:
                sockets[address] = _bind(address, chosen)
                chosen = sockets[address].getsockname()[1]
        except OSError as error:
            for sock in sockets.values():
                sock.close()
            if error.errno != errno.EADDRINUSE or not tries_left:
                raise
        else:
            return sockets, chosen
    raise AssertionError("unreachable")


def _bind(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # asyncio switches Nagle's algorithm off only on sockets that name their protocol
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock
