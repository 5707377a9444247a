"""The other end of the control connection: steers a rehearsal in another process. It blocks; for tests and tools."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, TypeVar

import msgspec

from app.rehearsal import control
from app.rehearsal.names import NameQuery
from app.rehearsal.scenario import MX, NameFault, Record, Rule
from app.rehearsal.traffic import Accepted, Connection, Summary

_TIMEOUT: Final = 30.0

Result = TypeVar("Result")


class RehearsalRefused(Exception):  # noqa: N818 - it is an answer
    """A request that could not be carried out; the text says why."""


class RehearsalClient:
    """One control connection; the methods are those of RehearsalNetwork and of its log."""

    def __init__(self, port: int) -> None:
        self._socket: Final = socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT)
        self._lines: Final = self._socket.makefile("rb")

    def close(self) -> None:
        """Leave; the network goes on."""
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> RehearsalClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _do(self, request: control.Request) -> Any:
        self._socket.sendall(msgspec.json.encode(request) + b"\n")
        line = self._lines.readline()
        if not line:
            raise RehearsalRefused("the rehearsal has ended")
        answer = msgspec.json.decode(line, type=control.Answer)
        if answer.error:
            raise RehearsalRefused(answer.error)
        return answer.result

    def _ask(self, request: control.Request, kind: type[Result]) -> Result:
        return msgspec.convert(self._do(request), kind)

    # Changing it

    def add_rule(self, rule: Rule) -> str:
        """Put a rule in force, before all others; return its id."""
        return self._ask(control.AddRule(rule), str)

    def lift_rule(self, rule_id: str) -> bool:
        """Take a rule out of force; False when there is none with this id."""
        return self._ask(control.LiftRule(rule_id), bool)

    def lift_all(self) -> None:
        """Take all rules out of force."""
        self._do(control.LiftAll())

    def applied(self, rule_id: str) -> int:
        """How often a rule in force has applied."""
        return self._ask(control.Applied(rule_id), int)

    def set_mx(self, domain: str, mx: Sequence[MX], ttl: int = 300) -> None:
        """Give a domain other MX records."""
        self._do(control.SetMX(domain, tuple(mx), ttl))

    def set_addresses(self, host: str, addresses: Sequence[str], ttl: int = 300) -> None:
        """Give an MX host other addresses."""
        self._do(control.SetAddresses(host, tuple(addresses), ttl))

    def stop_server(self, address: str) -> None:
        """Cut a server's connections and refuse new ones."""
        self._do(control.StopServer(address))

    def start_server(self, host: str, address: str) -> None:
        """Listen at an address of a host (again)."""
        self._do(control.StartServer(host, address))

    def set_record(self, record: Record) -> None:
        """Set a record set; without values, remove it."""
        self._do(control.SetRecord(record))

    def set_name_fault(self, fault: NameFault) -> None:
        """Put a fault of the name server in force."""
        self._do(control.SetNameFault(fault))

    def clear_name_faults(self, name: str) -> None:
        """End all faults of a name."""
        self._do(control.ClearNameFaults(name))

    # Asking

    def summary(self) -> Summary:
        """Counts over all servers."""
        return self._ask(control.GetSummary(), Summary)

    def connections(
        self, client: str | None = None, server: str | None = None, since: float | None = None
    ) -> list[Connection]:
        """Connections in order of opening; ``server`` is an address or a host name."""
        return self._ask(control.GetConnections(client, server, since), list[Connection])

    def received(
        self,
        client: str | None = None,
        server: str | None = None,
        recipient: str | None = None,
        since: float | None = None,
    ) -> list[Accepted]:
        """Accepted messages in order."""
        return self._ask(control.GetReceived(client, server, recipient, since), list[Accepted])

    def recipients(self) -> Counter[str]:
        """How many messages each address got."""
        return Counter(self._ask(control.GetRecipients(), dict[str, int]))

    def queries(self) -> list[NameQuery]:
        """What the name server was asked."""
        return self._ask(control.GetQueries(), list[NameQuery])

    def certificate_authority(self) -> str:
        """PEM of the authority that signs the servers' good certificates."""
        return self._ask(control.GetAuthority(), str)

    def time(self) -> float:
        """The network's clock, in epoch seconds."""
        return self._ask(control.GetTime(), float)

    def forget(self) -> None:
        """Forget closed connections and all messages."""
        self._do(control.Forget())
