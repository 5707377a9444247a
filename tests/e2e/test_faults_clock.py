"""The machine's clock is set in the middle of a mailing: back by an hour, forward by a day, and right again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from enginehouse import ADDRESSES, EngineHouse
from sqlalchemy import select

from app.database.schema import Node
from app.rehearsal.scenario import Answer, Rule, Slow
from app.rehearsal.scenarios import block, single_host
from engine.clock import SystemClock
from engine.replies import Stage


class SettableClock(SystemClock):
    """A machine's clock that somebody sets: it goes on from ``set_by`` seconds beside the right time."""

    def __init__(self) -> None:
        self.set_by = 0.0
        super().__init__(lambda: real.now() + self.set_by)


real = SystemClock()


def heartbeat(home: EngineHouse) -> float:
    """When the engine last said that it lives, by the right time."""
    return home.read(lambda session: session.scalars(select(Node.heartbeat_at)).one() or 0.0)


@pytest.mark.expects_warnings
@pytest.mark.parametrize("jump", [-3600.0, 86_400.0])
async def test_the_clock_is_set(rehearsal: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, jump: float) -> None:
    busy = Rule(Stage.RCPT, Answer(451, "4.3.0 try again"), recipient="p?5*@*", times=20)
    rules = (block(ADDRESSES[0], ["one.test"]), busy, Rule(Stage.END_OF_DATA, Slow(0.05)))
    clock = SettableClock()
    network = await rehearsal(single_host(["one.test", "two.test"], rules))
    home = EngineHouse(tmp_path, network, clock)
    try:
        await home.set_up(ADDRESSES[:2], {"retry.schedule_minutes": "0.01"})
        everybody = [f"p{number}@{domain}" for domain in ("one.test", "two.test") for number in range(300)]
        home.import_members(everybody)
        home.start_mailing()
        await home.start()
        await home.until(lambda: network.log.messages > 50, "the mailing goes on")
        clock.set_by = jump
        seen, set_at = network.log.messages, real.now()
        await home.until(lambda: network.log.messages > seen + 150, "it goes on with the clock set wrong")
        await home.until(lambda: heartbeat(home) > set_at, "the engine has seen the wrong time")
        clock.set_by = 0.0
        numbers = (await home.completed(deadline=60)).numbers
        assert numbers.delivered == 600
        assert network.log.recipients() == dict.fromkeys(everybody, 1)
        (blocked,) = home.blocks()
        assert blocked.sending_address == ADDRESSES[0]
    finally:
        await home.close()
    told = [message for message in caplog.messages if message.startswith("The machine's clock was set")]
    assert len(told) == 2
