"""The sample scenarios, played over real sockets on a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import dns.asyncresolver
import dns.resolver
import pytest
from dialogue import Dialogue

from app.rehearsal.network import RehearsalNetwork
from app.rehearsal.scenario import Scenario
from app.rehearsal.scenarios import SENDING_ADDRESSES, demo, twenty_domains
from engine.clock import ManualClock

Start = Callable[..., Awaitable[RehearsalNetwork]]

BEGIN = 1_700_000_000.0


async def first_server(network: RehearsalNetwork, domain: str) -> str:
    """The address that mail for a domain goes to first."""
    resolver = dns.asyncresolver.Resolver(configure=False)
    host, port = network.name_server.split(":")
    resolver.nameservers, resolver.port = [host], int(port)
    try:
        answer = await resolver.resolve(domain, "MX")
    except dns.resolver.NoAnswer:
        name = domain
    else:
        name = min(answer, key=lambda mx: mx.preference).exchange.to_text()
    return str((await resolver.resolve(name, "A"))[0])


@pytest.mark.parametrize("scenario", [demo(BEGIN), twenty_domains()], ids=lambda scenario: scenario.name)
async def test_every_domain_leads_to_a_server_that_answers(rehearsal: Start, scenario: Scenario) -> None:
    network = await rehearsal(scenario, ManualClock(BEGIN + 10_000))

    for domain in scenario.domains:
        if domain.mx or domain.addresses:
            async with Dialogue(await first_server(network, domain.name), network.smtp_port) as talk:
                assert (await talk.reply()).startswith("220")
    assert all(sender.address in SENDING_ADDRESSES for sender in scenario.senders)


async def test_the_demo_s_block_is_taken_back_after_two_hours(rehearsal: Start) -> None:
    clock = ManualClock(BEGIN)
    network = await rehearsal(demo(BEGIN), clock)

    seen = []
    for hours in (0, 1, 1):
        clock.advance(hours * 3600)
        for client in ("127.0.0.11", "127.0.0.12"):
            async with Dialogue(await first_server(network, "shop.test"), network.smtp_port, client) as talk:
                seen.append((await talk.reply())[:3])

    assert seen == ["220", "554", "220", "554", "220", "220"]


async def test_the_demo_s_throttle_passes_thirty_messages_a_minute(rehearsal: Start) -> None:
    clock = ManualClock(BEGIN)
    network = await rehearsal(demo(BEGIN), clock)
    server = await first_server(network, "quickbox.test")

    async with Dialogue(server, network.smtp_port) as talk:
        await talk.greet()
        replies = [await talk.deliver(f"user{number}@quickbox.test") for number in range(30)]
        assert all(reply.startswith("250") for reply in replies)
        assert (await talk.say("MAIL FROM:<a@sender.test>")).startswith("421 4.7.0 Too many messages")
        assert await talk.at_end()
    clock.advance(61)
    async with Dialogue(server, network.smtp_port) as talk:
        await talk.greet()
        assert (await talk.deliver("user31@quickbox.test")).startswith("250")


async def test_the_demo_s_exchangers_rotate(rehearsal: Start) -> None:
    clock = ManualClock(BEGIN)
    network = await rehearsal(demo(BEGIN), clock)

    first = await first_server(network, "bluepost.test")
    clock.advance(1800)

    assert await first_server(network, "bluepost.test") != first
