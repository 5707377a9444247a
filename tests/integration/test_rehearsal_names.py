"""The name server of a rehearsal, asked by dnspython's resolver over real sockets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import dns.asyncresolver
import dns.resolver
import pytest

from app.rehearsal.network import RehearsalNetwork
from app.rehearsal.scenario import MX, Fault, NameFault, Record
from app.rehearsal.scenarios import twenty_domains

Start = Callable[..., Awaitable[RehearsalNetwork]]


@pytest.fixture
async def network(rehearsal: Start) -> RehearsalNetwork:
    return await rehearsal(twenty_domains())


def resolver(network: RehearsalNetwork, lifetime: float = 60.0) -> dns.asyncresolver.Resolver:
    """One that waits for each answer as long as it waits at all, or for a moment where none is to come."""
    host, port = network.name_server.split(":")
    asked = dns.asyncresolver.Resolver(configure=False)
    asked.nameservers, asked.port = [host], int(port)
    asked.lifetime = asked.timeout = lifetime
    asked.cache = None
    return asked


async def lookup(network: RehearsalNetwork, name: str, kind: str, *, tcp: bool = False) -> list[str]:
    answer = await resolver(network).resolve(name, kind, tcp=tcp)
    return sorted(record.to_text() for record in answer)


@pytest.mark.parametrize("tcp", [False, True])
async def test_a_domain_leads_to_its_server(network: RehearsalNetwork, tcp: bool) -> None:
    assert await lookup(network, "d07.test", "MX", tcp=tcp) == ["10 mx.d07.test."]
    assert await lookup(network, "mx.d07.test", "A", tcp=tcp) == ["127.0.1.7"]
    assert [(query.name, query.type, query.tcp) for query in network.names.queries] == [
        ("d07.test", "MX", tcp),
        ("mx.d07.test", "A", tcp),
    ]


async def test_a_sending_address_has_a_name_that_leads_back(network: RehearsalNetwork) -> None:
    assert await lookup(network, "12.0.0.127.in-addr.arpa", "PTR") == ["out12.sender.test."]
    assert await lookup(network, "out12.sender.test", "A") == ["127.0.0.12"]


async def test_mx_and_addresses_change_while_it_runs(network: RehearsalNetwork) -> None:
    network.set_mx("d01.test", [MX("mx.d02.test", 5), MX("mx.d03.test", 6)])
    await network.set_addresses("mx.d02.test", ["127.0.2.2", "127.0.2.3"])

    assert await lookup(network, "d01.test", "MX") == ["5 mx.d02.test.", "6 mx.d03.test."]
    assert await lookup(network, "mx.d02.test", "A") == ["127.0.2.2", "127.0.2.3"]


async def test_a_long_answer_comes_over_tcp(network: RehearsalNetwork) -> None:
    network.set_mx("d01.test", [MX(f"mx{number}.d01.test", number) for number in range(1000)])

    assert len(await lookup(network, "d01.test", "MX")) == 1000
    assert [query.tcp for query in network.names.queries] == [False, True]


async def test_truncation_on_demand(network: RehearsalNetwork) -> None:
    network.set_name_fault(NameFault("d01.test", Fault.TRUNCATE))

    assert await lookup(network, "d01.test", "MX") == ["10 mx.d01.test."]
    assert [query.tcp for query in network.names.queries] == [False, True]


async def test_names_that_do_not_exist(network: RehearsalNetwork) -> None:
    with pytest.raises(dns.resolver.NXDOMAIN):
        await lookup(network, "nothing.test", "MX")
    with pytest.raises(dns.resolver.NoAnswer):
        await lookup(network, "mx.d01.test", "MX")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.SERVFAIL, dns.resolver.NoNameservers),
        (Fault.REFUSED, dns.resolver.NoNameservers),
        (Fault.GARBAGE, dns.resolver.LifetimeTimeout),
        (Fault.TIMEOUT, dns.resolver.LifetimeTimeout),
        (Fault.WRONG_ID, dns.resolver.LifetimeTimeout),
        (Fault.TRUNCATE_DEAD, dns.resolver.LifetimeTimeout),
    ],
)
async def test_faults_and_their_end(network: RehearsalNetwork, fault: Fault, error: type[Exception]) -> None:
    network.set_name_fault(NameFault("d01.test", fault))
    with pytest.raises(error):
        await resolver(network, lifetime=0.3).resolve("d01.test", "MX")

    network.clear_name_faults("d01.test")
    assert await lookup(network, "d01.test", "MX") == ["10 mx.d01.test."]


async def test_an_alias_loop(network: RehearsalNetwork) -> None:
    network.set_record(Record("a.test", "CNAME", ("b.test.",)))
    network.set_record(Record("b.test", "CNAME", ("a.test.",)))

    with pytest.raises((dns.resolver.NoAnswer, dns.resolver.NoNameservers)):
        await lookup(network, "a.test", "MX")
