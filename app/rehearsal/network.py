"""A whole rehearsal network: a name server and mail servers from one scenario, changeable while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec

from app.rehearsal.names import NameServer
from app.rehearsal.scenario import MX, MailHost, NameFault, Record, Rule, Scenario
from app.rehearsal.script import RuleBook
from app.rehearsal.servers import MailServers
from app.rehearsal.traffic import TrafficLog
from app.rehearsal.zone import Zone
from engine.clock import Clock, SystemClock


class RehearsalNetwork:
    """Runs while its ``async with`` block does.

    *clock* is what scripts, rotations and the log go by. Ports of 0 are chosen free. The log goes to *log_path* too when
    given; *keep_content* keeps what was in the messages, *keep_messages* False only counts them.
    """

    def __init__(
        self,
        scenario: Scenario,
        clock: Clock | None = None,
        *,
        smtp_port: int = 0,
        name_port: int = 0,
        log_path: Path | None = None,
        keep_content: bool = False,
        keep_messages: bool = True,
    ) -> None:
        self.scenario: Final = scenario
        self.clock: Final[Clock] = clock or SystemClock()
        self.log: Final = TrafficLog(log_path, keep_messages=keep_messages)
        self.zone: Final = Zone(self.clock.now)
        self._rules: Final = RuleBook(scenario.rules)
        self._names: Final = NameServer(self.zone, self.clock.now)
        self._servers: Final = MailServers(self._rules, self.log, self.clock.now, keep_content=keep_content)
        self._ports: Final = (smtp_port, name_port)
        self._hosts: dict[str, tuple[str, MailHost]] = {
            host.name: (provider.name, host) for provider in scenario.providers for host in provider.hosts
        }
        self._fill_zone()

    def _fill_zone(self) -> None:
        for domain in self.scenario.domains:
            self.zone.add_domain(domain)
        for _, host in self._hosts.values():
            self.zone.add_host(host)
        for sender in self.scenario.senders:
            self.zone.add_sender(sender)
        for record in self.scenario.records:
            self.zone.add_record(record)
        for fault in self.scenario.name_faults:
            self.zone.set_fault(fault)

    async def __aenter__(self) -> RehearsalNetwork:
        smtp_port, name_port = self._ports
        try:
            await self._servers.start(list(self._hosts.values()), smtp_port)
            await self._names.start(name_port)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Cut everything and close the log."""
        await self._servers.close()
        await self._names.close()
        self.log.close()

    # Where it is

    @property
    def name_server(self) -> str:
        """Host and port of the name server, as the setting network.name_servers takes it."""
        return f"127.0.0.1:{self._names.port}"

    @property
    def smtp_port(self) -> int:
        """The port of all mail servers."""
        return self._servers.port

    @property
    def names(self) -> NameServer:
        """The name server, for its ``queries``."""
        return self._names

    @property
    def certificate_authority(self) -> str:
        """PEM of the authority that signs the servers' good certificates."""
        return self._servers.authority().pem

    # Changing it

    def add_rule(self, rule: Rule) -> str:
        """Put a rule in force, before all others; return its id."""
        rule_id = self._rules.add(rule)
        self._servers.refresh()
        return rule_id

    def lift_rule(self, rule_id: str) -> bool:
        """Take a rule out of force; False when there is none with this id."""
        lifted = self._rules.lift(rule_id)
        self._servers.refresh()
        return lifted

    def lift_all(self) -> None:
        """Take all rules out of force."""
        self._rules.clear()
        self._servers.refresh()

    def rules(self) -> list[Rule]:
        """The rules in force, in the order in which they are looked at."""
        return self._rules.rules()

    def applied(self, rule_id: str) -> int:
        """How often a rule in force has applied; raise KeyError when there is none with this id."""
        return self._rules.applied(rule_id)

    def set_mx(self, domain: str, mx: Sequence[MX], ttl: int = 300) -> None:
        """Give a domain other MX records."""
        self.zone.set(domain, "MX", [f"{record.preference} {record.host.rstrip('.')}." for record in mx], ttl)

    async def set_addresses(self, host: str, addresses: Sequence[str], ttl: int = 300) -> None:
        """Give an MX host other addresses; it listens at new ones, and still at those that are no longer shown.

        Raise KeyError when there is no such host.
        """
        provider, mail_host = self._hosts[host]
        for address in addresses:
            await self._servers.add(provider, mail_host, address)
        self._hosts[host] = (provider, msgspec.structs.replace(mail_host, addresses=tuple(addresses), shown=None))
        self.zone.set_addresses(host, addresses, ttl)

    async def stop_server(self, address: str) -> None:
        """Cut a server's connections and refuse new ones; raise KeyError when none listens there."""
        await self._servers.stop(address)

    async def start_server(self, host: str, address: str) -> None:
        """Listen at an address of a host (again); raise KeyError when there is no such host."""
        provider, mail_host = self._hosts[host]
        await self._servers.add(provider, mail_host, address)

    def set_record(self, record: Record) -> None:
        """Set a record set; without values, remove it."""
        self.zone.add_record(record)

    def set_name_fault(self, fault: NameFault) -> None:
        """Put a fault of the name server in force."""
        self.zone.set_fault(fault)

    def clear_name_faults(self, name: str) -> None:
        """End all faults of a name."""
        self.zone.clear_faults(name)
