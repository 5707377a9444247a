"""Whoever is suppressed or unsubscribed is never mailed: whenever that was said, and however often he is imported."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from enginehouse import ADDRESSES, EngineHouse
from sqlalchemy import update

from app.database.schema import Member, MemberState
from app.rehearsal.scenario import Rule, Slow
from app.rehearsal.scenarios import single_host
from app.services import members, suppressions
from engine.ports import RecipientState
from engine.replies import Stage


@pytest.fixture
async def home(tmp_path: Path, rehearsal: Any) -> AsyncIterator[EngineHouse]:
    """An engine that sends slowly over one connection, so that there is time to decide something."""
    network = await rehearsal(single_host(["one.test"], (Rule(Stage.END_OF_DATA, Slow(0.1)),)))
    made = EngineHouse(tmp_path, network, network.clock)
    await made.set_up(ADDRESSES[:1], {"delivery.connections_per_pair": "1"})
    yield made
    await made.close()


async def test_nobody_is_mailed_who_was_suppressed_before_or_meanwhile(home: EngineHouse) -> None:
    everybody = [f"p{number:03}@one.test" for number in range(400)]
    home.import_members(everybody)
    home.write(suppressions.add, "P001@ONE.test", reason="asked")
    home.write(members.remove, [home.read(members.by_address, home.list, "p001@one.test").id])
    with home.database.write() as session:
        session.execute(update(Member).where(Member.address == "p002@one.test").values(state=MemberState.UNSUBSCRIBED))
    home.import_members(everybody[:50])  # again, in a new file
    home.start_mailing()
    await home.start()
    await home.until(lambda: home.network.log.messages >= 3, "the mailing goes on")
    # The engine has read most of them, and hundreds are with its worker; none of these has begun.
    late = everybody[60:]
    home.write(suppressions.add_many, late, reason="complained")
    await home.completed()
    taken = home.network.log.recipients()
    assert not set(taken) & {"p001@one.test", "p002@one.test", *late}
    assert set(taken.values()) == {1}
    states = {address: row.state for address, row in home.recipients().items()}
    assert {states[address] for address in late} == {RecipientState.STOPPED}
    assert {states[address] for address in taken} == {RecipientState.DELIVERED}
    assert len(taken) == 58
