"""Workers that are killed, lose their engine or can't write: the journal says what is true."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from workbench import MESSAGE, RULES, Workbench

from app.rehearsal.network import RehearsalNetwork
from app.rehearsal.scenario import Answer, Rule, Slow
from app.rehearsal.scenarios import single_host
from engine.journal import read_journals
from engine.replies import Stage
from engine.wire import Configure, Deliver, End, SetMessage, frame

Start = Callable[..., Awaitable[RehearsalNetwork]]
WaitUntil = Callable[..., Awaitable[Any]]


def people(count: int) -> list[str]:
    return [f"p{number}@d.test" for number in range(count)]


async def check_truth(bench: Workbench, network: RehearsalNetwork, numbers: list[int], addresses: list[str]) -> int:
    """What was reported and what the journal says agree with what the servers took; how many are in doubt."""
    recovery = bench.recovery()
    told = {result.recipient: result.end for result in bench.results}
    noted = {note.recipient: note.end for note in recovery.noted}
    taken = network.log.recipients()
    assert set(taken.values()) <= {1}
    doubtful = 0
    for number, address in zip(numbers, addresses, strict=True):
        end = noted.get(number, End.RETURNED)
        if number in told and told[number] is not End.RETURNED:
            assert end is told[number], "what was told was noted before"
        doubtful += end is End.IN_DOUBT
        if taken[address]:
            assert end in (End.DELIVERED, End.IN_DOUBT), address
        if end is End.DELIVERED:
            assert taken[address] == 1, address
    return doubtful


@pytest.mark.parametrize("seed", range(12))
async def test_a_worker_that_is_killed_leaves_the_truth(
    rehearsal: Start, tmp_path: Path, wait_until: WaitUntil, seed: int
) -> None:
    source = random.Random(seed)
    rules = [Rule(Stage.RCPT, Answer(451, "4.7.1 greylisted"), probability=0.1, seed=seed)]
    if seed % 3 == 0:
        rules.append(Rule(Stage.END_OF_DATA, Slow(0.01)))
    network = await rehearsal(single_host(["d.test", "e.test"], rules))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        addresses, numbers = people(3000), []
        for pair, server in ((1, "127.0.1.1"), (2, "127.0.1.2")):
            bench.open(bench.terms(pair, server=server, connections=4))
            numbers += bench.deliver(*addresses[(pair - 1) * 1500 : pair * 1500], pair=pair)
        wanted = source.randrange(0, 2500 if seed % 3 else 300)
        await wait_until(lambda: len(bench.results) >= wanted)
        await asyncio.sleep(source.random() * 0.01)
        bench.worker.kill("the test")
        await wait_until(lambda: bench.exits)
    await wait_until(lambda: network.log.summary().open == 0)
    doubtful = await check_truth(bench, network, numbers, addresses)
    assert doubtful <= 8


async def test_a_worker_whose_engine_dies_begins_nothing_more_and_notes_the_last_replies(
    rehearsal: Start, tmp_path: Path, wait_until: WaitUntil
) -> None:
    network = await rehearsal(single_host(["d.test"], [Rule(Stage.END_OF_DATA, Slow(0.3))]))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "engine.worker", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    bench = Workbench(network.smtp_port, tmp_path)
    addresses = people(50)
    commands = [
        Configure(1, str(bench.journal), network.smtp_port, RULES, 5.0, 5.0),
        SetMessage(1, MESSAGE),
        bench.terms(connections=3),
        Deliver(1, bench.jobs(addresses)),
    ]
    for command in commands:
        process.stdin.write(frame(command))
    await wait_until(lambda: network.log.messages >= 3)
    process.stdin.close()
    assert await process.wait() == 0

    recovery = read_journals(bench.journal)
    taken = set(network.log.recipients())
    assert {addresses[note.recipient - 1] for note in recovery.noted} == taken
    assert {note.end for note in recovery.noted} == {End.DELIVERED}
    assert len(taken) <= 12


async def test_the_signals_of_a_terminal_are_the_engine_s_affair(
    rehearsal: Start, tmp_path: Path, wait_until: WaitUntil
) -> None:
    network = await rehearsal(single_host(["d.test"], [Rule(Stage.END_OF_DATA, Slow(0.02))]))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.deliver(*people(50))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(bench.worker.pid, number)
        assert await bench.finish() == {End.DELIVERED: 50}


async def test_a_worker_that_takes_too_much_memory_finishes_what_is_open_and_ends(
    rehearsal: Start, tmp_path: Path, wait_until: WaitUntil
) -> None:
    network = await rehearsal(single_host(["d.test"], [Rule(Stage.END_OF_DATA, Slow(0.2))]))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.deliver(*people(200))
        await wait_until(lambda: network.log.messages)
        bench.worker._most_memory = 2**20
        await wait_until(lambda: bench.exits)
    assert bench.exits[0].startswith("it takes ")
    ends = bench.ends()
    assert set(ends) == {End.DELIVERED, End.RETURNED}
    assert sum(ends.values()) == 200
    assert network.log.messages == ends[End.DELIVERED]


@pytest.mark.expects_warnings
async def test_what_can_t_be_noted_is_not_sent(rehearsal: Start, tmp_path: Path, wait_until: WaitUntil) -> None:
    """A full disk (a limit on the size of files stands for it): no last dot without its note; and it goes on afterwards."""
    network = await rehearsal(single_host(["d.test"]))
    async with Workbench(network.smtp_port, tmp_path) as bench:
        bench.open()
        bench.deliver(*people(20))
        assert await bench.finish() == {End.DELIVERED: 20}

        [journal] = bench.journal.glob("*.journal")
        room = journal.stat().st_size + 500
        _, hard = resource.prlimit(bench.worker.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(bench.worker.pid, resource.RLIMIT_FSIZE, (room, hard))
        more = [f"q{number}@d.test" for number in range(100)]
        bench.deliver(*more)
        trouble = await bench.trouble()
        assert "journal" in trouble.text
        ends = await bench.finish()
        assert set(ends) == {End.DELIVERED, End.RETURNED}
        assert network.log.messages == ends[End.DELIVERED]

        resource.prlimit(bench.worker.pid, resource.RLIMIT_FSIZE, (hard, hard))
        bench.open()
        bench.deliver(*[f"r{number}@d.test" for number in range(20)])
        await bench.finish()
        assert bench.ends()[End.DELIVERED] == ends[End.DELIVERED] + 20
    noted = {note.recipient: note.end for note in bench.recovery().noted}
    told = {result.recipient: result.end for result in bench.results if result.end is End.DELIVERED}
    assert {number for number, end in noted.items() if end is End.DELIVERED} <= set(told)
