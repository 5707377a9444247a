"""The real program, killed by SIGKILL in the middle of a mailing with blocks, greylisting and cut connections: everybody has
one outcome afterwards, and the mail servers' own log shows nobody twice."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from nursery import Nursery
from ordeal import Ordeal, Reckoning, troubled
from stops import ENGINE, FILE_BYTES, WORKER, give_order

from engine.ports import InDoubtPolicy, RecipientState


def assert_in_order(found: Reckoning) -> None:
    assert not found.faults, "\n".join(found.faults)
    assert found.ends.total() == found.total


def test_killed_at_random_instants(nursery: Nursery, tmp_path: Path) -> None:
    source = random.Random(6)
    whom = ["engine", "worker", "both"] * 4
    source.shuffle(whom)
    with Ordeal(tmp_path, nursery, 3000) as ordeal:
        running = False
        for number, what in enumerate(whom, start=1):
            if not running:
                ordeal.start()
            ordeal.wait_for_messages(3000 * (number - source.random()) / (len(whom) + 2))
            time.sleep(source.random() * 0.05)  # the instant is what is random here
            ordeal.kill(what, source=source)
            running = what == "worker"
        if not running:
            ordeal.start()
        ordeal.finish()
        found = ordeal.reckon()
    assert_in_order(found)
    assert found.blocks >= 3
    assert found.ends[RecipientState.FAILED] > 0
    assert found.ends[RecipientState.DELIVERED] > 2000


@pytest.mark.parametrize("policy", [InDoubtPolicy.AGAIN, InDoubtPolicy.DELIVERED])
def test_the_policy_for_those_in_doubt_is_kept(nursery: Nursery, tmp_path: Path, policy: InDoubtPolicy) -> None:
    source = random.Random(7)
    with Ordeal(tmp_path, nursery, 400, policy=policy) as ordeal:
        for goal in (80, 200):
            ordeal.start()
            ordeal.wait_for_messages(goal)
            ordeal.kill("both", source=source)
        ordeal.start()
        ordeal.finish()
        found = ordeal.reckon()
    if policy is InDoubtPolicy.AGAIN:
        assert found.twice > 0
        assert found.faults == []
    else:
        lost = [fault for fault in found.faults if "no server took it" not in fault]
        assert lost == []
        assert len(found.faults) <= found.doubts
    assert found.ends[RecipientState.IN_DOUBT] == 0


def test_killed_at_every_step(nursery: Nursery, tmp_path: Path) -> None:
    """The engine dies once at each step of a recipient's way, then a worker does at each of its own."""
    source = random.Random(8)
    with Ordeal(tmp_path, nursery, 1800, scenario=troubled(0.3)) as ordeal:
        ordeal.environment = {FILE_BYTES: "4000"}
        for step in sorted(ENGINE, key=lambda step: "block" not in step):  # blocks are met in the beginning
            often = step in ("answered", "settled", "acknowledged") or "outcome" in step
            ordeal.start(step, source.randint(1, 3) if often else 1, wait=False)
            ordeal.wait_for_stop()
        for step in WORKER:
            give_order(ordeal.orders, step, 2 if step == "file begun" else source.randint(3, 20))
        ordeal.start()
        ordeal.wait_for_orders(len(WORKER))
        ordeal.finish()
        found = ordeal.reckon()
    assert_in_order(found)
    assert found.blocks >= 3
