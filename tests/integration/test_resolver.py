"""Routes: the resolver against a real name server on loopback, with a clock that is moved by hand."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest

from app.rehearsal.names import NameServer
from app.rehearsal.scenario import Fault, NameFault, Record
from app.rehearsal.zone import Zone
from engine.clock import ManualClock
from engine.names import LONGEST_TTL, SHORTEST_TTL, TROUBLE_TTL
from engine.pairs import ip_sort_key
from engine.resolver import (
    MOST_ADDRESSES,
    MOST_HOSTS,
    NoSuchDomain,
    NullMX,
    Resolver,
    ResolverConfig,
    TemporaryDNSFailure,
    UnusableDomain,
)

SENDING = "198.41.0.4"


@dataclass
class Names:
    """A name server, a resolver that asks it, and their clock."""

    server: NameServer
    clock: ManualClock
    opened: list[Resolver] = field(default_factory=list)

    @property
    def zone(self) -> Zone:
        return self.server.zone

    def resolver(
        self, *, allow_loopback: bool = True, servers: tuple[tuple[str, int], ...] = (), seconds: float = 1.0
    ) -> Resolver:
        config = ResolverConfig(
            name_servers=(*servers, ("127.0.0.1", self.server.port)),
            allow_loopback=allow_loopback,
            own_addresses=frozenset({SENDING}),
            timeout_seconds=seconds,
        )
        self.opened.append(Resolver(config, self.clock))
        return self.opened[-1]

    def asked(self, name: str, kind: str = "MX") -> int:
        """How often the name server was asked this."""
        return sum(query.name == name and query.type == kind for query in self.server.queries)


@pytest.fixture
async def names() -> AsyncIterator[Names]:
    clock = ManualClock()
    server = NameServer(Zone(clock.now), clock.now)
    await server.start()
    names = Names(server, clock)
    yield names
    for resolver in names.opened:
        await resolver.close()
    await server.close()


def addresses(route: object) -> list[str]:
    return [each.address for each in route.addresses]  # type: ignore[attr-defined]


async def test_exchangers_come_in_order_of_preference_with_both_families(names: Names) -> None:
    names.zone.set("a.example", "MX", ["20 second.a.example.", "10 FIRST.a.example."], 300)
    names.zone.set_addresses("first.a.example", ["127.1.0.1", "::1"], 300)
    names.zone.set_addresses("second.a.example", ["127.1.0.2"], 300)

    route = await names.resolver().route("A.example")

    assert route.domain == "a.example"
    assert route.group == "first.a.example,second.a.example"
    assert [(each.address, each.host, each.preference) for each in route.addresses] == [
        ("127.1.0.1", "first.a.example", 10),
        ("::1", "first.a.example", 10),
        ("127.1.0.2", "second.a.example", 20),
    ]


async def test_a_domain_without_exchangers_takes_mail_itself(names: Names) -> None:
    names.zone.set_addresses("a.example", ["127.1.0.1"], 300)

    route = await names.resolver().route("a.example")

    assert (route.group, addresses(route)) == ("a.example", ["127.1.0.1"])


async def test_an_alias_is_followed(names: Names) -> None:
    names.zone.set("alias.example", "CNAME", ["real.example."], 300)
    names.zone.set("real.example", "MX", ["10 mx.real.example."], 300)
    names.zone.set("mx.real.example", "CNAME", ["host.real.example."], 300)
    names.zone.set_addresses("host.real.example", ["127.1.0.1"], 300)

    route = await names.resolver().route("alias.example")

    assert (route.domain, route.group, addresses(route)) == ("alias.example", "mx.real.example", ["127.1.0.1"])


async def test_an_international_domain_is_asked_for_in_its_ascii_form(names: Names) -> None:
    names.zone.set_addresses("xn--mnchen-3ya.example", ["127.1.0.1"], 300)

    route = await names.resolver().route("München.example")

    assert route.domain == "xn--mnchen-3ya.example"


async def test_a_null_mx_says_that_no_mail_is_taken(names: Names) -> None:
    names.zone.set("a.example", "MX", ["0 ."], 300)
    names.zone.set_addresses("a.example", ["127.1.0.1"], 300)

    with pytest.raises(NullMX, match=r"^5\.1\.10 The domain a\.example takes no mail"):
        await names.resolver().route("a.example")


async def test_a_root_among_other_exchangers_is_ignored(names: Names) -> None:
    names.zone.set("a.example", "MX", ["0 .", "10 mx.a.example."], 300)
    names.zone.set_addresses("mx.a.example", ["127.1.0.1"], 300)

    assert addresses(await names.resolver().route("a.example")) == ["127.1.0.1"]


@pytest.mark.parametrize(
    "domain", ["missing.example", "no-dot", "bad name.example", "a\r\nb.example", "-x.example", ""]
)
async def test_a_domain_that_does_not_or_cannot_exist_is_permanent(names: Names, domain: str) -> None:
    names.zone.set("example", "TXT", ['"here"'], 300)

    with pytest.raises(NoSuchDomain) as caught:
        await names.resolver().route(domain)

    assert str(caught.value).startswith("5.1.2 ")
    assert str(caught.value).isprintable()


async def test_exchangers_without_addresses_are_permanent(names: Names) -> None:
    names.zone.set("a.example", "MX", ["10 gone.a.example."], 300)

    with pytest.raises(NoSuchDomain, match=r"^5\.4\.4 No mail exchanger of a\.example has an address\.$"):
        await names.resolver().route("a.example")


async def test_exchangers_with_hostile_names_are_left_out(names: Names) -> None:
    hostile = ["10 1.2.3.4.", r"10 a\013\010b.example.", r"10 a\.b\000.example.", "10 <script>.example."]
    names.zone.set("bad.example", "MX", hostile, 300)
    names.zone.set("mixed.example", "MX", [*hostile, "20 mx.example."], 300)
    names.zone.set_addresses("mx.example", ["127.1.0.1"], 300)
    resolver = names.resolver()

    with pytest.raises(UnusableDomain, match="valid host name"):
        await resolver.route("bad.example")

    assert (await resolver.route("mixed.example")).group == "mx.example"


@pytest.mark.parametrize(
    "fault", [Fault.SERVFAIL, Fault.REFUSED, Fault.TIMEOUT, Fault.GARBAGE, Fault.WRONG_ID, Fault.TRUNCATE_DEAD]
)
async def test_a_name_server_in_trouble_says_nothing_about_the_domain(names: Names, fault: Fault) -> None:
    names.zone.set_addresses("a.example", ["127.1.0.1"], 300)
    names.zone.set_fault(NameFault("a.example", fault))
    resolver = names.resolver()

    with pytest.raises(TemporaryDNSFailure) as caught:
        await resolver.route("a.example")

    assert caught.value.retry_at == names.clock.now() + TROUBLE_TTL
    assert str(caught.value).startswith("4.4.3 ")

    names.zone.clear_faults("a.example")
    asked = names.asked("a.example")
    with pytest.raises(TemporaryDNSFailure):
        await resolver.route("a.example")
    assert names.asked("a.example") == asked

    names.clock.advance(TROUBLE_TTL)
    assert addresses(await resolver.route("a.example")) == ["127.1.0.1"]


async def test_trouble_with_one_exchanger_leaves_the_others_and_is_soon_looked_at_again(names: Names) -> None:
    names.zone.set("a.example", "MX", ["10 ill.example.", "20 well.example."], 3600)
    names.zone.set_addresses("ill.example", ["127.1.0.1"], 3600)
    names.zone.set_addresses("well.example", ["127.1.0.2"], 3600)
    names.zone.set_fault(NameFault("ill.example", Fault.SERVFAIL))
    resolver = names.resolver()

    assert addresses(await resolver.route("a.example")) == ["127.1.0.2"]

    names.zone.clear_faults("ill.example")
    names.clock.advance(TROUBLE_TTL)
    assert addresses(await resolver.route("a.example")) == ["127.1.0.1", "127.1.0.2"]


async def test_trouble_with_the_only_exchanger_is_temporary(names: Names) -> None:
    names.zone.set("a.example", "MX", ["10 ill.example."], 3600)
    names.zone.set_fault(NameFault("ill.example", Fault.SERVFAIL))

    with pytest.raises(TemporaryDNSFailure):
        await names.resolver().route("a.example")


async def test_a_second_name_server_stands_in_for_a_dead_one(names: Names, free_port: Callable[[], int]) -> None:
    names.zone.set_addresses("a.example", ["127.1.0.1"], 300)

    route = await names.resolver(servers=(("127.0.0.1", free_port()),)).route("a.example")

    assert addresses(route) == ["127.1.0.1"]
    assert names.asked("a.example") == 1


class Puppet(asyncio.DatagramProtocol):
    """A name server that answers each query with the datagrams that *answer* makes of it."""

    def __init__(self, answer: Callable[[bytes], list[bytes]]) -> None:
        self.queries: list[bytes] = []
        self._answer = answer
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> tuple[str, int]:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        host, port = self._transport.get_extra_info("sockname")
        return host, port

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.queries.append(data)
        assert self._transport is not None
        for datagram in self._answer(data):
            self._transport.sendto(datagram, addr)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def test_a_silent_name_server_is_not_waited_for_again(names: Names) -> None:
    for name in ("a.example", "b.example"):
        names.zone.set_addresses(name, ["127.1.0.1"], 300)
    silent = Puppet(lambda _: [])
    resolver = names.resolver(servers=(await silent.start(),))

    for name in ("a.example", "b.example"):
        assert addresses(await resolver.route(name)) == ["127.1.0.1"]

    assert len(silent.queries) == 1
    silent.close()


async def test_a_forged_answer_is_dropped_and_the_true_one_awaited(names: Names) -> None:
    names.zone.set_addresses("a.example", ["127.1.0.1"], 300)

    def answer(query: bytes) -> list[bytes]:
        true = names.zone.respond(query, tcp=False)
        assert true is not None
        forged = true.replace(bytes([127, 1, 0, 1]), bytes([127, 6, 6, 6]))
        wrong_number = bytes([forged[0] ^ 1]) + forged[1:]
        wrong_question = forged.replace(b"\1a\7example", b"\1b\7example")
        return [wrong_number, wrong_question, b"", b"\xff" * 40, true]

    puppet = Puppet(answer)
    resolver = names.resolver(servers=(await puppet.start(),))

    assert addresses(await resolver.route("a.example")) == ["127.1.0.1"]
    assert len(puppet.queries) == 3
    assert names.server.queries == deque()
    puppet.close()


async def test_a_truncated_answer_is_fetched_over_tcp(names: Names) -> None:
    names.zone.set_addresses("a.example", ["127.1.0.1"], 300)
    names.zone.set_fault(NameFault("a.example", Fault.TRUNCATE))

    assert addresses(await names.resolver().route("a.example")) == ["127.1.0.1"]
    assert any(query.tcp for query in names.server.queries)


async def test_a_thousand_exchangers_are_cut_to_the_best(names: Names) -> None:
    names.zone.set("a.example", "MX", [f"{1000 - number} mx{number:03}.example." for number in range(1000)], 300)
    for number in range(1000):
        names.zone.set_addresses(
            f"mx{number:03}.example", [f"127.{offset + 1}.{number // 250}.{number % 250}" for offset in range(5)], 300
        )

    route = await names.resolver(seconds=30.0).route("a.example")

    assert {each.host for each in route.addresses} <= {f"mx{number}.example" for number in range(980, 1000)}
    assert len(route.group.split(",")) == MOST_HOSTS
    assert len(route.addresses) == MOST_ADDRESSES
    assert len(names.server.queries) < 100
    assert [each.preference for each in route.addresses] == sorted(each.preference for each in route.addresses)


async def test_a_circle_of_aliases_comes_to_an_end(names: Names) -> None:
    names.zone.set("a.example", "CNAME", ["b.example."], 300)
    names.zone.set("b.example", "CNAME", ["a.example."], 300)

    with pytest.raises((TemporaryDNSFailure, NoSuchDomain)):
        await names.resolver().route("a.example")

    assert len(names.server.queries) < 20


async def test_records_that_nobody_asked_for_are_ignored(names: Names) -> None:
    names.zone.set("a.example", "MX", ["10 mx.a.example."], 300)
    names.zone.set_addresses("mx.a.example", ["127.1.0.1"], 300)
    poison = (Record("mx.a.example", "A", ("127.66.66.66",)), Record("victim.example", "MX", ("1 evil.example.",)))
    names.zone.set_fault(NameFault("a.example", Fault.POISON, extra=poison))
    names.zone.set_addresses("victim.example", ["127.1.0.2"], 300)
    resolver = names.resolver()

    assert addresses(await resolver.route("a.example")) == ["127.1.0.1"]
    assert addresses(await resolver.route("victim.example")) == ["127.1.0.2"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.1.1",
        "169.254.1.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        SENDING,
        "100.64.0.1",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "::ffff:10.0.0.1",
    ],
)
async def test_mail_goes_to_no_address_that_is_private_or_our_own(names: Names, address: str) -> None:
    names.zone.set("a.example", "MX", ["10 mx.a.example."], 300)
    names.zone.set_addresses("mx.a.example", [address], 300)

    with pytest.raises(UnusableDomain, match=r"^5\.4\.4 Mail for a\.example would go to .* only\.$"):
        await names.resolver(allow_loopback=False).route("a.example")


async def test_unusable_addresses_are_left_out_beside_usable_ones(names: Names) -> None:
    names.zone.set_addresses("a.example", ["127.0.0.1", "198.41.0.10", SENDING, "2001:503:ba3e::2:30"], 300)

    route = await names.resolver(allow_loopback=False).route("a.example")

    assert sorted(addresses(route), key=ip_sort_key) == ["198.41.0.10", "2001:503:ba3e::2:30"]


async def test_an_answer_is_kept_for_its_time_to_live(names: Names) -> None:
    names.zone.set_addresses("a.example", ["127.1.0.1"], 300)
    resolver = names.resolver()
    await resolver.route("a.example")
    names.zone.set_addresses("a.example", ["127.1.0.2"], 300)

    names.clock.advance(299)
    assert addresses(await resolver.route("a.example")) == ["127.1.0.1"]

    names.clock.advance(1)
    assert addresses(await resolver.route("a.example")) == ["127.1.0.2"]


async def test_a_new_sending_address_costs_no_route_but_those_that_lead_to_it(names: Names) -> None:
    for domain, address in (("a.example", "198.41.0.5"), ("b.example", "198.41.0.6")):
        names.zone.set(domain, "MX", [f"10 mx.{domain}."], 300)
        names.zone.set_addresses(f"mx.{domain}", [address], 300)
    resolver = names.resolver(allow_loopback=False)
    config = ResolverConfig(
        (("127.0.0.1", names.server.port),), own_addresses=frozenset({SENDING}), timeout_seconds=1.0
    )
    before = await resolver.route("a.example")
    await resolver.route("b.example")
    assert resolver.adopt(replace(config, own_addresses=frozenset({SENDING, "198.41.0.6"})))
    names.zone.set_addresses("mx.a.example", ["198.41.0.7"], 300)
    assert await resolver.route("a.example") == before
    with pytest.raises(UnusableDomain):
        await resolver.route("b.example")
    assert resolver.adopt(config)
    assert addresses(await resolver.route("b.example")) == ["198.41.0.6"]
    assert not resolver.adopt(replace(config, allow_loopback=True))


@pytest.mark.parametrize(("ttl", "kept"), [(0, SHORTEST_TTL), (10_000_000, LONGEST_TTL)])
async def test_times_to_live_are_bounded(names: Names, ttl: int, kept: float) -> None:
    names.zone.negative_ttl = ttl
    names.zone.set_addresses("a.example", ["127.1.0.1"], ttl)
    resolver = names.resolver()
    await resolver.route("a.example")
    names.zone.set_addresses("a.example", ["127.1.0.2"], ttl)

    names.clock.advance(kept - 1)
    assert addresses(await resolver.route("a.example")) == ["127.1.0.1"]
    names.clock.advance(1)
    assert addresses(await resolver.route("a.example")) == ["127.1.0.2"]


async def test_an_absence_is_kept_as_long_as_its_zone_says(names: Names) -> None:
    names.zone.negative_ttl = 120
    resolver = names.resolver()
    for seconds, times in ((0, 1), (119, 1), (1, 2)):
        names.clock.advance(seconds)
        with pytest.raises(NoSuchDomain):
            await resolver.route("missing.example")
        assert names.asked("missing.example") == times


async def test_many_who_ask_at_once_cost_one_question(names: Names) -> None:
    names.zone.set_addresses("a.example", ["127.1.0.1"], 300)
    resolver = names.resolver()

    routes = await asyncio.gather(*(resolver.route("a.example") for _ in range(100)))

    assert {route.domain for route in routes} == {"a.example"}
    assert [names.asked("a.example", kind) for kind in ("MX", "A", "AAAA")] == [1, 1, 1]


async def test_one_who_gives_up_does_not_end_the_question_of_another(names: Names) -> None:
    names.zone.set_addresses("a.example", ["127.1.0.1"], 300)
    resolver = names.resolver()
    impatient, patient = (asyncio.create_task(resolver.route("a.example")) for _ in range(2))
    await asyncio.sleep(0)

    impatient.cancel()

    assert addresses(await patient) == ["127.1.0.1"]


async def test_who_waits_for_a_resolver_that_is_closed_may_ask_another_at_once(
    names: Names, wait_until: Callable[..., Awaitable[object]]
) -> None:
    names.zone.set_fault(NameFault("a.example", Fault.TIMEOUT))
    resolver = names.resolver()
    waiting = [asyncio.create_task(call) for call in (resolver.route("a.example"), resolver.txt("a.example"))]
    await wait_until(lambda: len(names.server.queries) == 2)

    await resolver.close()

    for result in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(result, TemporaryDNSFailure)
    failure = waiting[0].exception()
    assert isinstance(failure, TemporaryDNSFailure)
    assert failure.retry_at == names.clock.now()


async def test_a_forgotten_domain_is_asked_for_anew(names: Names) -> None:
    names.zone.set("a.example", "MX", ["10 mx.a.example."], 300)
    names.zone.set_addresses("mx.a.example", ["127.1.0.1"], 300)
    resolver = names.resolver()
    await resolver.route("a.example")
    names.zone.set_addresses("mx.a.example", ["127.1.0.2"], 300)

    resolver.forget("a.example")

    assert addresses(await resolver.route("a.example")) == ["127.1.0.2"]


async def test_names_of_a_sending_address_lead_there_and_back(names: Names) -> None:
    names.zone.set("1.0.1.127.in-addr.arpa", "PTR", ["Out1.example."], 300)
    names.zone.set_addresses("out1.example", ["127.1.0.1", "2001:db8::1"], 300)
    resolver = names.resolver()

    assert await resolver.reverse_name("127.1.0.1") == "out1.example"
    assert await resolver.reverse_name("::1") is None
    assert await resolver.addresses_of("out1.example") == ["127.1.0.1", "2001:db8::1"]
    assert await resolver.addresses_of("missing.example") == []
    assert await resolver.addresses_of("a..b") == []


async def test_text_records_and_exchangers_can_be_asked_for(names: Names) -> None:
    names.zone.set("_dmarc.a.example", "TXT", ['"v=DMARC1; " "p=none"'], 300)
    names.zone.set("a.example", "MX", ["20 b.example.", "10 c.example."], 300)
    names.zone.set_fault(NameFault("ill.example", Fault.SERVFAIL))
    resolver = names.resolver()

    assert await resolver.txt("_dmarc.a.example") == ["v=DMARC1; p=none"]
    assert await resolver.txt("missing.example") == []
    assert await resolver.exchangers("a.example") == ["c.example", "b.example"]
    with pytest.raises(TemporaryDNSFailure):
        await resolver.txt("ill.example")
