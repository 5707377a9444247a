"""The answer to "why not sent?", from a database and a real name server, without an engine."""

from __future__ import annotations

from typing import Any

import pytest
from desk import ACTOR, FIRST, NOW, Desk
from sqlalchemy import select, update

from app.database.schema import Recipient, SendingAddress, StoredPause, Stream
from app.rehearsal.scenario import Fault, NameFault
from app.rehearsal.scenarios import single_host
from app.services import addresses, block_actions, mailings, runs, streams, why
from app.services.why import Why
from engine.clock import ManualClock
from engine.ports import RecipientState
from engine.replies import Verdict
from engine.resolver import Resolver, ResolverConfig
from engine.why import Exclusion

LATER = NOW + 60


@pytest.fixture
def desk(tmp_path: Any) -> Desk:
    """A running mailing over stream news (two addresses), one of them blocked at one.test."""
    desk = Desk(tmp_path / "profile")
    desk.fill()
    with desk.database() as database, database.write() as session:
        runs.move(
            session, mailings.by_name(session, "running").id, streams.by_name(session, "news").id, actor=ACTOR, now=NOW
        )
    return desk


@pytest.fixture
async def network(rehearsal: Any) -> Any:
    return await rehearsal(single_host(["one.test"]))


async def ask(desk: Desk, network: Any, target: str = "r0@one.test") -> Why:
    host, port = network.name_server.split(":")
    clock = ManualClock(LATER)
    resolver = Resolver(
        ResolverConfig(name_servers=((host, int(port)),), allow_loopback=True, timeout_seconds=1.0), clock
    )
    with desk.database() as database, database.read() as session:
        mailing = mailings.by_name(session, "running").id
        question = why.ask(session, mailing, target, node=database.node, now=LATER)
    try:
        return await why.answer(question, resolver, LATER)
    finally:
        await resolver.close()


def change(desk: Desk, **values: object) -> None:
    """Change the recipients, as an engine would have."""
    with desk.database() as database, database.write() as session:
        session.execute(update(Recipient).values(values))


async def test_a_recipient_that_can_leave_does_so_over_the_open_pair(desk: Desk, network: Any) -> None:
    found = await ask(desk, network)
    assert {each.pair.sending_address: each.exclusion for each in found.candidates} == {
        FIRST: Exclusion.BLOCKED,
        "127.0.0.12": Exclusion.NONE,
    }
    assert (found.next_time, found.stream) == (LATER, "news")
    assert "127.0.0.12" in found.summary


async def test_every_pair_says_what_excludes_it(desk: Desk, network: Any) -> None:
    with desk.database() as database, database.write() as session:
        other = addresses.by_ip(session, "127.0.0.12").id
        addresses.pause(session, other, actor=ACTOR, now=NOW)
        streams.add_addresses(session, streams.by_name(session, "news").id, ["127.0.0.13"], actor=ACTOR, now=NOW)
        session.execute(update(SendingAddress).where(SendingAddress.ip == "127.0.0.13").values(unusable_reason="gone"))
    found = await ask(desk, network)
    assert {each.pair.sending_address: each.exclusion for each in found.candidates} == {
        FIRST: Exclusion.BLOCKED,
        "127.0.0.12": Exclusion.ADDRESS_DISABLED,
        "127.0.0.13": Exclusion.UNUSABLE,
    }
    assert found.next_time == NOW + 3600, "the next probe of the only pair that is possible"


async def test_a_domain_stands_for_its_first_waiting_recipient(desk: Desk, network: Any) -> None:
    assert (await ask(desk, network, "ONE.test")).address == "r0@one.test"


async def test_a_cleared_block_excludes_nothing(desk: Desk, network: Any) -> None:
    with desk.database() as database, database.write() as session:
        block_actions.clear(session, [desk.block], actor=ACTOR, now=NOW)
    assert {each.exclusion for each in (await ask(desk, network)).candidates} == {Exclusion.NONE}


async def test_a_deferred_recipient_waits_for_its_next_attempt(desk: Desk, network: Any) -> None:
    change(desk, next_attempt_at=LATER + 300, reply="451 busy\x1b", mx_address="127.0.1.1", attempts=1)
    found = await ask(desk, network)
    assert found.next_time == LATER + 300
    assert "tried again" in found.summary
    assert "451 busy" in found.summary


async def test_after_a_refusal_of_content_no_other_address_is_tried(desk: Desk, network: Any) -> None:
    change(desk, verdict=Verdict.CONTENT, sending_address=FIRST, attempts=1)
    found = await ask(desk, network)
    assert {each.pair.sending_address: each.exclusion for each in found.candidates} == {
        FIRST: Exclusion.BLOCKED,
        "127.0.0.12": Exclusion.OTHER_ADDRESS,
    }
    change(desk, verdict=Verdict.GREYLIST)
    assert {each.exclusion for each in (await ask(desk, network)).candidates} == {Exclusion.BLOCKED, Exclusion.NONE}


async def test_what_came_to_an_end_is_told(desk: Desk, network: Any) -> None:
    change(desk, state=RecipientState.EXPIRED, note="expired while held", last_at=NOW)
    found = await ask(desk, network)
    assert (found.state, found.candidates, found.next_time) == (RecipientState.EXPIRED, (), None)
    assert "expired while held" in found.summary


async def test_a_paused_mailing_and_a_paused_provider_come_first(desk: Desk, network: Any) -> None:
    with desk.database() as database, database.write() as session:
        stream = session.scalars(select(Stream.id).where(Stream.name == "news")).one()
        session.add(StoredPause(provider="mx.one.test", stream_id=stream, reason="contagion", since_at=NOW))
    assert "until it is resumed" in (await ask(desk, network)).summary
    with desk.database() as database, database.write() as session:
        runs.pause(session, mailings.by_name(session, "running").id, actor=ACTOR, now=NOW)
    assert (await ask(desk, network)).summary == "Mailing running is paused."


async def test_no_route(desk: Desk, network: Any) -> None:
    network.set_name_fault(NameFault("one.test", Fault.SERVFAIL))
    found = await ask(desk, network)
    assert "no route to one.test" in found.summary
    assert found.next_time is not None


async def test_a_stream_without_addresses(desk: Desk, network: Any) -> None:
    with desk.database() as database, database.write() as session:
        empty = streams.default(session).id
        runs.move(session, mailings.by_name(session, "running").id, empty, actor=ACTOR, now=NOW)
    assert "has no sending addresses" in (await ask(desk, network)).summary
