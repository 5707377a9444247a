"""The pre-flight of a sending address against a real name server and real sockets on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from app.rehearsal.names import NameServer
from app.rehearsal.scenario import Fault, NameFault
from app.rehearsal.zone import Zone
from app.services import preflight
from app.services.preflight import Check, Finding, Grade, PortTarget
from engine.clock import ManualClock
from engine.resolver import Resolver, ResolverConfig

IP = "127.0.0.12"
HELO = "mail.example.com"
TTL = 300


@dataclass
class Place:
    """The address under examination, its names, and a resolver that asks for them."""

    server: NameServer
    resolver: Resolver

    @property
    def zone(self) -> Zone:
        return self.server.zone

    def set_reverse(self, name: str) -> None:
        self.zone.set(f"{'.'.join(reversed(IP.split('.')))}.in-addr.arpa", "PTR", [f"{name}."], TTL)

    async def findings(self, *, ip: str = IP, helo: str = HELO, port: int = 9, spf: str = "") -> dict[Check, Finding]:
        target = PortTarget("target.example", port)
        found = preflight.check_address(self.resolver, ip, helo=helo, port_target=target, sender_domain=spf)
        return {finding.check: finding async for finding in found}


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    clock = ManualClock()
    server = NameServer(Zone(clock.now), clock.now)
    await server.start()
    config = ResolverConfig(name_servers=(("127.0.0.1", server.port),), allow_loopback=True, timeout_seconds=1.0)
    resolver = Resolver(config, clock)
    place = Place(server, resolver)
    place.set_reverse(HELO)
    place.zone.set_addresses(HELO, [IP], TTL)
    place.zone.set("target.example", "MX", ["10 mx.target.example."], TTL)
    place.zone.set_addresses("mx.target.example", ["127.0.0.77"], TTL)
    yield place
    await resolver.close()
    await server.close()


@asynccontextmanager
async def mail_server(greeting: bytes) -> AsyncIterator[tuple[int, list[str]]]:
    """A server at the exchanger's address: its port, and the addresses that it was connected from."""
    clients: list[str] = []

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients.append(writer.get_extra_info("peername")[0])
        writer.write(greeting)
        await writer.drain()
        if greeting:
            await reader.readline()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.77", 0)
    try:
        yield server.sockets[0].getsockname()[1], clients
    finally:
        server.close()
        await server.wait_closed()


async def test_an_address_in_good_order_passes_everything(place: Place) -> None:
    place.zone.set("example.com", "TXT", ['"v=spf1 a:mail.example.com -all"'], TTL)
    async with mail_server(b"220 mx.target.example ESMTP\r\n") as (port, clients):
        found = await place.findings(port=port, spf="example.com")
    assert {finding.grade for finding in found.values()} == {Grade.PASS}, found
    assert list(Check) == sorted(found, key=list(Check).index)
    assert clients == [IP], "the connection leaves from the address itself"
    assert all(finding.ip == IP and finding.sentence.endswith(".") for finding in found.values())


async def test_without_a_sender_domain_spf_is_left_out(place: Place) -> None:
    assert Check.SPF not in await place.findings()


async def test_an_address_of_another_machine_can_not_be_bound(place: Place) -> None:
    found = await place.findings(ip="192.0.2.1")
    assert found[Check.BIND].grade is Grade.FAIL
    assert "add it to a network interface" in found[Check.BIND].sentence
    assert found[Check.PORT].grade is Grade.WARNING
    assert found[Check.REVERSE].grade is Grade.FAIL
    assert "no reverse name" in found[Check.REVERSE].sentence


async def test_a_reverse_name_that_leads_elsewhere_fails(place: Place) -> None:
    place.zone.set_addresses(HELO, ["127.0.0.13"], TTL)
    found = await place.findings()
    assert found[Check.REVERSE].grade is Grade.FAIL
    assert "leads to 127.0.0.13" in found[Check.REVERSE].sentence
    assert found[Check.HELO].grade is Grade.FAIL


@pytest.mark.parametrize(
    ("helo", "grade", "part"),
    [
        ("other.example.com", Grade.WARNING, "not the reverse name"),
        ("nowhere.example.com", Grade.FAIL, "does not lead to"),
        (f"[{IP}]", Grade.WARNING, "without a name"),
        ("MAIL.example.com", Grade.PASS, "reverse name"),
    ],
)
async def test_the_greeting_should_be_the_reverse_name(place: Place, helo: str, grade: Grade, part: str) -> None:
    place.zone.set_addresses("other.example.com", [IP], TTL)
    finding = (await place.findings(helo=helo))[Check.HELO]
    assert finding.grade is grade
    assert part in finding.sentence


async def test_a_closed_port_fails_with_what_to_do(place: Place, free_port: object) -> None:
    finding = (await place.findings(port=free_port()))[Check.PORT]  # type: ignore[operator]
    assert finding.grade is Grade.FAIL
    assert "have the network's provider open it" in finding.sentence


async def test_a_refusing_greeting_is_shown_but_harmless(place: Place) -> None:
    async with mail_server(b"554 no \x1b[31mthanks\r\n") as (port, _):
        finding = (await place.findings(port=port))[Check.PORT]
    assert finding.grade is Grade.WARNING
    assert "554 no" in finding.sentence
    assert "\x1b" not in finding.sentence


async def test_a_domain_that_takes_no_mail_says_nothing_about_the_port(place: Place) -> None:
    place.zone.set("target.example", "MX", ["0 ."], TTL)
    finding = (await place.findings())[Check.PORT]
    assert finding.grade is Grade.WARNING
    assert "has no mail exchanger" in finding.sentence


@pytest.mark.parametrize(
    ("record", "grade", "part"),
    [
        ("v=spf1 ip4:127.0.0.0/24 -all", Grade.PASS, "covers"),
        ("v=spf1 ip4:192.0.2.0/24 -all", Grade.FAIL, f"add ip4:{IP}"),
        ("v=spf1 ip4:192.0.2.0/24 ?all", Grade.WARNING, f"add ip4:{IP}"),
        ("v=spf1 ip4:nonsense -all", Grade.FAIL, "can't be used"),
        ("unrelated", Grade.WARNING, "has no SPF record"),
    ],
)
async def test_spf_of_the_sender_domain(place: Place, record: str, grade: Grade, part: str) -> None:
    place.zone.set("example.com", "TXT", [f'"{record}"'], TTL)
    finding = (await place.findings(spf="example.com"))[Check.SPF]
    assert finding.grade is grade
    assert part in finding.sentence


async def test_trouble_of_the_name_servers_is_a_warning_not_a_verdict(place: Place) -> None:
    for name in ("12.0.0.127.in-addr.arpa", HELO, "target.example", "example.com"):
        place.zone.set_fault(NameFault(name, Fault.SERVFAIL))
    found = await place.findings(spf="example.com")
    assert {found[check].grade for check in (Check.REVERSE, Check.HELO, Check.PORT, Check.SPF)} == {Grade.WARNING}
    assert found[Check.BIND].grade is Grade.PASS


async def test_the_suggested_greeting_is_the_reverse_name_or_a_literal(place: Place) -> None:
    assert await preflight.default_helo(place.resolver, IP) == HELO
    assert await preflight.default_helo(place.resolver, "127.0.0.99") == "[127.0.0.99]"
    assert await preflight.default_helo(place.resolver, "2001:db8::1") == "[IPv6:2001:db8::1]"


async def test_leaving_early_leaves_nothing_running(place: Place) -> None:
    async with mail_server(b"") as (port, _):
        found = preflight.check_address(place.resolver, IP, helo=HELO, port_target=PortTarget("target.example", port))
        assert (await anext(found)).check is Check.BIND
        await found.aclose()  # type: ignore[attr-defined]
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("preflight")]
