"""The program, or a part of it, stands still for a while and goes on: a frozen service or container, a machine that was
suspended, a debugger. Nobody hangs who was only not allowed to run."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from nursery import Nursery
from ordeal import Ordeal
from troubles import calm

from engine.ports import RecipientState

HANG = 3.0
"""Seconds of silence after which a worker is replaced."""
REPLY = 4
"""Seconds that a reply is waited for."""
STANDSTILL = 5.0


def stand_still(ordeal: Ordeal, *, engine: bool, workers: bool) -> None:
    """Stop processes for longer than anybody is waited for; mail servers go on, and answer."""
    stopped = ordeal.workers() if workers else []
    if engine:
        ordeal.signal(signal.SIGSTOP)
    for worker in stopped:
        worker.suspend()
    time.sleep(STANDSTILL)  # the length is what is tried here
    for worker in stopped:
        worker.resume()
    if engine:
        ordeal.signal(signal.SIGCONT)


def test_a_standstill_of_the_program_puts_nobody_in_doubt(nursery: Nursery, tmp_path: Path) -> None:
    settings = {"delivery.reply_timeout_seconds": str(REPLY)}
    with Ordeal(tmp_path, nursery, 4000, scenario=calm(), settings=settings) as ordeal:
        ordeal.hang_seconds = HANG
        ordeal.start()
        workers = {worker.pid for worker in ordeal.workers()}
        ordeal.wait_for_messages(200)
        stand_still(ordeal, engine=True, workers=True)
        ordeal.wait_for_messages(ordeal.network.client.summary().messages + 200)
        stand_still(ordeal, engine=True, workers=False)  # the workers end meanwhile what they have
        ordeal.wait(ordeal.finished, "the mailing is completed")
        assert {worker.pid for worker in ordeal.workers()} == workers, ordeal.output.read_text()
        ordeal.finish()
        found = ordeal.reckon()
    assert found.faults == []
    assert found.ends == {RecipientState.DELIVERED: 4000}
    assert found.twice == 0


def test_a_worker_that_wakes_in_time_is_not_replaced(nursery: Nursery, tmp_path: Path) -> None:
    with Ordeal(tmp_path, nursery, 1500, scenario=calm()) as ordeal:
        ordeal.hang_seconds = 4 * STANDSTILL
        ordeal.start()
        ordeal.wait_for_messages(200)
        stand_still(ordeal, engine=False, workers=True)
        ordeal.finish()
        found = ordeal.reckon()
        assert "is gone" not in ordeal.output.read_text()
    assert found.faults == []
    assert found.ends == {RecipientState.DELIVERED: 1500}
