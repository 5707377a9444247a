"""Steering a rehearsal from other processes: the requests, and the server on the network's loop that carries them out.

Requests and answers are JSON lines over a loopback connection.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from app.rehearsal.network import RehearsalNetwork
from app.rehearsal.scenario import MX, NameFault, Record, Rule

_LINE_LIMIT: Final = 2**20
_ADDRESS: Final = "127.0.0.1"


class _Request(msgspec.Struct, frozen=True, tag_field="do", forbid_unknown_fields=True):
    """What a client asks; each names the method of RehearsalNetwork or TrafficLog that answers."""


class AddRule(_Request, frozen=True, tag="add_rule"):
    """Network.add_rule: the rule's id."""

    rule: Rule


class LiftRule(_Request, frozen=True, tag="lift_rule"):
    """Network.lift_rule: whether there was one."""

    id: str


class LiftAll(_Request, frozen=True, tag="lift_all"):
    """Network.lift_all."""


class Applied(_Request, frozen=True, tag="applied"):
    """Network.applied: how often."""

    id: str


class SetMX(_Request, frozen=True, tag="set_mx"):
    """Network.set_mx."""

    domain: str
    mx: tuple[MX, ...]
    ttl: int = 300


class SetAddresses(_Request, frozen=True, tag="set_addresses"):
    """Network.set_addresses."""

    host: str
    addresses: tuple[str, ...]
    ttl: int = 300


class StopServer(_Request, frozen=True, tag="stop_server"):
    """Network.stop_server."""

    address: str


class StartServer(_Request, frozen=True, tag="start_server"):
    """Network.start_server."""

    host: str
    address: str


class SetRecord(_Request, frozen=True, tag="set_record"):
    """Network.set_record."""

    record: Record


class SetNameFault(_Request, frozen=True, tag="set_name_fault"):
    """Network.set_name_fault."""

    fault: NameFault


class ClearNameFaults(_Request, frozen=True, tag="clear_name_faults"):
    """Network.clear_name_faults."""

    name: str


class GetSummary(_Request, frozen=True, tag="summary"):
    """Log.summary."""


class GetConnections(_Request, frozen=True, tag="connections"):
    """Log.connections."""

    client: str | None = None
    server: str | None = None
    since: float | None = None


class GetReceived(_Request, frozen=True, tag="received"):
    """Log.received."""

    client: str | None = None
    server: str | None = None
    recipient: str | None = None
    since: float | None = None


class GetRecipients(_Request, frozen=True, tag="recipients"):
    """Log.recipients."""


class GetQueries(_Request, frozen=True, tag="queries"):
    """What the name server was asked."""


class GetAuthority(_Request, frozen=True, tag="certificate_authority"):
    """Network.certificate_authority."""


class GetTime(_Request, frozen=True, tag="time"):
    """The network's clock."""


class Forget(_Request, frozen=True, tag="forget"):
    """Log.forget."""


Request = (
    AddRule
    | LiftRule
    | LiftAll
    | Applied
    | SetMX
    | SetAddresses
    | StopServer
    | StartServer
    | SetRecord
    | SetNameFault
    | ClearNameFaults
    | GetSummary
    | GetConnections
    | GetReceived
    | GetRecipients
    | GetQueries
    | GetAuthority
    | GetTime
    | Forget
)


class Answer(msgspec.Struct):
    """``error`` is "" when all went well."""

    result: Any = None
    error: str = ""


class ControlServer:
    """Listens on 127.0.0.1 and steers a network."""

    def __init__(self, network: RehearsalNetwork) -> None:
        self.port = 0
        self._network: Final = network
        self._decode: Final = msgspec.json.Decoder(Request).decode
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()

    async def start(self, port: int = 0) -> None:
        """Listen at *port*, or at a free one."""
        self._server = await asyncio.start_server(self._serve, _ADDRESS, port, limit=_LINE_LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and cut the clients."""
        if self._server:
            self._server.close()
            for client in tuple(self._clients):
                client.transport.abort()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while line := await reader.readline():
                writer.write(msgspec.json.encode(await self._answer(line)) + b"\n")
                await writer.drain()
        except (OSError, ValueError):  # cut, or a line above the limit
            writer.transport.abort()
        finally:
            self._clients.discard(writer)
            writer.close()

    async def _answer(self, line: bytes) -> Answer:
        try:
            request = self._decode(line)
            answered, result = self._ask_log(request)
            return Answer(result if answered else await self._steer(request))
        except KeyError as error:
            return Answer(error=f"there is no {error.args[0]!r}")
        except (ValueError, OSError) as error:
            return Answer(error=str(error))

    def _ask_log(self, request: Request) -> tuple[bool, Any]:
        log = self._network.log
        match request:
            case GetSummary():
                return True, log.summary()
            case GetConnections(client=client, server=server, since=since):
                return True, log.connections(client, server, since)
            case GetReceived(client=client, server=server, recipient=recipient, since=since):
                return True, log.received(client, server, recipient, since)
            case GetRecipients():
                return True, log.recipients()
            case GetQueries():
                return True, list(self._network.names.queries)
            case Forget():
                log.forget()
                return True, None
        return False, None

    async def _steer(self, request: Request) -> Any:  # noqa: C901 - a table
        network = self._network
        match request:
            case AddRule(rule=rule):
                return network.add_rule(rule)
            case LiftRule(id=rule_id):
                return network.lift_rule(rule_id)
            case LiftAll():
                return network.lift_all()
            case Applied(id=rule_id):
                return network.applied(rule_id)
            case SetMX(domain=domain, mx=mx, ttl=ttl):
                return network.set_mx(domain, mx, ttl)
            case SetAddresses(host=host, addresses=addresses, ttl=ttl):
                return await network.set_addresses(host, addresses, ttl)
            case StopServer(address=address):
                return await network.stop_server(address)
            case StartServer(host=host, address=address):
                return await network.start_server(host, address)
            case SetRecord(record=record):
                return network.set_record(record)
            case SetNameFault(fault=fault):
                return network.set_name_fault(fault)
            case ClearNameFaults(name=name):
                return network.clear_name_faults(name)
            case GetAuthority():
                return network.certificate_authority
            case GetTime():
                return network.clock.now()
        return None
