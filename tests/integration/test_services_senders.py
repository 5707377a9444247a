"""What the DNS says of a message's sender, from a real name server on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from administration import ACTOR, NOW

from app.database.database import Database
from app.rehearsal.names import NameServer
from app.rehearsal.zone import Zone
from app.services import dkim_keys, launch
from app.services.dkim_keys import DkimKeyView
from app.services.messages import Content
from app.services.sender_checks import sender_advice
from engine.clock import ManualClock
from engine.message import CompiledMessage
from engine.message_checks import Level
from engine.resolver import Resolver, ResolverConfig

IPS = ("192.0.2.10", "192.0.2.11")
TTL = 300


@dataclass
class Place:
    """A name server, and a resolver that asks it."""

    server: NameServer
    resolver: Resolver

    def publish(self, name: str, *texts: str) -> None:
        # A string of a TXT record has at most 255 bytes (RFC 1035, 3.3.14).
        strings = [" ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250)) for text in texts]
        self.server.zone.set(name, "TXT", strings, TTL)

    async def says(self, message: CompiledMessage) -> dict[str, tuple[Level, str]]:
        found = await sender_advice(self.resolver, message, IPS)
        return {each.topic: (each.level, each.sentence) for each in found}


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    clock = ManualClock()
    server = NameServer(Zone(clock.now), clock.now)
    await server.start()
    config = ResolverConfig(name_servers=(("127.0.0.1", server.port),), allow_loopback=True, timeout_seconds=1.0)
    resolver = Resolver(config, clock)
    yield Place(server, resolver)
    await resolver.close()
    await server.close()


@pytest.fixture
def key(database: Database, tmp_path: Path) -> DkimKeyView:
    with database.write() as session:
        return dkim_keys.generate(
            session, domain="example.com", selector="m1", folder=tmp_path / "keys", actor=ACTOR, now=NOW
        )


@pytest.fixture
def message(database: Database, key: DkimKeyView) -> CompiledMessage:
    """A signed message from news@example.com."""
    content = Content(from_address="news@example.com", subject="News", text="Hello")
    with database.read() as session:
        return launch.look(session, content, None, None).message


async def test_a_sender_that_the_dns_vouches_for(place: Place, message: CompiledMessage, key: DkimKeyView) -> None:
    place.publish(key.host, key.record)
    place.publish("example.com", "v=spf1 ip4:192.0.2.0/24 -all")
    place.publish("_dmarc.example.com", "v=DMARC1; p=reject")
    assert await place.says(message) == {
        "dkim_record": (Level.NOTE, "DKIM: the DNS publishes the key of example.com."),
        "spf_record": (Level.NOTE, "SPF: example.com covers all 2 sending addresses."),
        "dmarc_record": (Level.NOTE, "DMARC: example.com has a policy: v=DMARC1; p=reject"),
    }


async def test_a_sender_that_nothing_is_published_for(place: Place, message: CompiledMessage) -> None:
    said = await place.says(message)
    assert said["dkim_record"][0] is Level.PROBLEM
    assert said["spf_record"] == (Level.PROBLEM, "SPF: example.com does not cover 192.0.2.10, 192.0.2.11.")
    assert said["dmarc_record"][0] is Level.WARNING


async def test_an_address_that_spf_leaves_out_is_named(place: Place, message: CompiledMessage) -> None:
    place.publish("example.com", "v=spf1 ip4:192.0.2.10 ~all")
    assert (await place.says(message))["spf_record"] == (
        Level.PROBLEM,
        "SPF: example.com does not cover 192.0.2.11.",
    )


async def test_a_policy_above_the_senders_domain_counts(place: Place, database: Database) -> None:
    content = Content(from_address="news@mail.example.com", subject="News", text="Hello")
    with database.read() as session:
        message = launch.look(session, content, None, None).message
    place.publish("_dmarc.example.com", "v=DMARC1; p=none")
    assert (await place.says(message))["dmarc_record"][0] is Level.NOTE
