"""What a person does to a block, or to its sending address, while the block is being tested."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from enginehouse import ADDRESSES, EngineHouse

from app.rehearsal.scenario import Rule, Slow
from app.rehearsal.scenarios import block, single_host
from app.services import addresses
from engine.blocks import BlockState
from engine.replies import Stage

PEOPLE = [f"p{number}@one.test" for number in range(60)]


@pytest.fixture
async def home(rehearsal: Any, tmp_path: Path) -> AsyncIterator[EngineHouse]:
    """Two addresses that are refused and tested every second; the next test takes its time."""
    refusals = [block(address, ["one.test"], stage=Stage.RCPT) for address in ADDRESSES[:2]]
    network = await rehearsal(single_host(["one.test"], refusals))
    made = EngineHouse(tmp_path, network, network.clock)
    await made.set_up(ADDRESSES[:2], {"probe.interval_seconds": "1", "recovery.step_seconds": "0.2"})
    made.import_members(PEOPLE)
    made.start_mailing()
    await made.start()
    await made.until(lambda: len(made.blocks()) == 2, "both are blocked")
    network.add_rule(Rule(Stage.MAIL, Slow(1.5), id="slow"))
    yield made
    await made.close()


async def probing(home: EngineHouse) -> tuple[int, str]:
    """The block that is being tested, and its address."""
    await home.until(lambda: any(row.state is BlockState.PROBING for row in home.blocks()), "a test is under way")
    row = next(row for row in home.blocks() if row.state is BlockState.PROBING)
    return row.id, row.sending_address


async def everybody_is_served_once(home: EngineHouse) -> None:
    home.network.lift_all()
    assert (await home.completed()).numbers.delivered == len(PEOPLE)
    assert home.network.log.recipients() == dict.fromkeys(PEOPLE, 1)


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_block_is_cleared_while_it_is_tested(home: EngineHouse, accepted: bool) -> None:
    number, address = await probing(home)
    if accepted:
        home.network.lift_all()
    home.clear(number)
    if not accepted:
        await home.until(
            lambda: any(row.sending_address == address and row.id != number for row in home.blocks()),
            "what the test met is a new block",
        )
    await everybody_is_served_once(home)
    assert number not in {row.id for row in home.blocks()}


async def test_a_sending_address_is_removed_while_its_block_is_tested(home: EngineHouse) -> None:
    _, address = await probing(home)
    view = next(view for view in home.read(addresses.listing) if view.ip == address)
    home.write(addresses.remove, view.id, unbind=True)
    await everybody_is_served_once(home)
    over = [message.client for message in home.network.log.received()]
    assert over.count(address) <= 1, "the test that was under way, and nobody else"
