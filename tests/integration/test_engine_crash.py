"""A worker of a running engine dies: what its journal tells is told of the attempt that it is about, and of no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest
from enginehouse import ADDRESSES, EngineHouse

from app.rehearsal.scenario import Rule, Slow
from app.rehearsal.scenarios import block, single_host
from engine.clock import SystemClock
from engine.replies import Stage


def kill_workers() -> None:
    """SIGKILL to every worker of this process's engine."""
    for process in psutil.Process().children():
        if "engine.worker" in process.cmdline():
            process.kill()


@pytest.mark.expects_warnings
async def test_a_block_that_a_person_has_cleared_does_not_come_back_from_the_journal(
    rehearsal: Any, tmp_path: Path
) -> None:
    """A block costs no attempt, so the same attempt goes over the same pair once more: the journal holds the old refusal."""
    network = await rehearsal(single_host(["one.test"], [block(ADDRESSES[0], ["one.test"], stage=Stage.RCPT)]))
    home = EngineHouse(tmp_path, network, SystemClock())
    try:
        await home.set_up(ADDRESSES[:1])
        home.import_members(["reader@one.test"])
        home.start_mailing()
        await home.start()
        (blocked,) = await home.until(home.blocks, "a block")
        network.lift_all()
        slow = network.add_rule(Rule(Stage.RCPT, Slow(60.0)))
        home.clear(blocked.id)
        await home.until(lambda: network.log.commands()["RCPT"] == 2, "tried again over the same pair")
        kill_workers()
        network.lift_rule(slow)
        assert (await home.completed()).numbers.delivered == 1
        assert home.blocks() == []
        assert network.log.recipients() == {"reader@one.test": 1}
    finally:
        await home.close()
