"""Mail servers that misbehave: nothing stalls, nothing grows, nobody gets another's outcome."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from workbench import SERVER, Workbench

from app.rehearsal.network import RehearsalNetwork
from app.rehearsal.scenario import (
    Action,
    Answer,
    Append,
    Drop,
    Flood,
    FloodKind,
    Raw,
    Renege,
    Rule,
    Silence,
    Swap,
    Trickle,
)
from app.rehearsal.scenarios import single_host
from engine.message import MessageSource, compile_message
from engine.replies import Stage
from engine.wire import End, Trouble

Start = Callable[..., Awaitable[RehearsalNetwork]]
WaitUntil = Callable[..., Awaitable[Any]]

BEFORE_MAIL = (Stage.BANNER, Stage.EHLO)
TRANSACTION = (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.END_OF_DATA)
QUICK = {"connect_timeout": 1.0, "reply_timeout": 1.0}
OTHER = "127.0.1.2"


async def misbehaving(rehearsal: Start, stage: Stage, action: Action, *, healthy: int = 0) -> RehearsalNetwork:
    """d.test misbehaves (after so many healthy messages), e.test does not."""
    messages = (healthy + 1, None) if stage in TRANSACTION else None
    return await rehearsal(single_host(["d.test", "e.test"], [Rule(stage, action, at=("d.test",), messages=messages)]))


def people(count: int) -> list[str]:
    return [f"p{number}@d.test" for number in range(count)]


async def check_others_go_on(bench: Workbench) -> None:
    """While d.test is as it is, e.test gets its mail."""
    before = bench.ends().get(End.DELIVERED, 0)
    bench.open(bench.terms(2, server=OTHER))
    others = bench.deliver(*[f"q{number}@e.test" for number in range(200)], pair=2)
    await bench.finish()
    assert {bench.result(number).end for number in others} == {End.DELIVERED}
    assert bench.ends()[End.DELIVERED] >= before + 200


@pytest.mark.parametrize("action", [Silence(), Trickle(0.3), Drop(), Drop(reset=True)], ids=str)
@pytest.mark.parametrize("stage", [*BEFORE_MAIL, *TRANSACTION])
async def test_silent_slow_and_closing_servers(
    rehearsal: Start, tmp_path: Path, wait_until: WaitUntil, stage: Stage, action: Action
) -> None:
    network = await misbehaving(rehearsal, stage, action, healthy=0 if stage is Stage.MAIL else 2)
    async with Workbench(network.smtp_port, tmp_path, **QUICK) as bench:
        bench.open()
        mine = bench.deliver(*people(10))
        await bench.trouble()
        await wait_until(lambda: len(bench.results) == 10)
        await check_others_go_on(bench)

        ends = [bench.result(number).end for number in mine]
        if stage in BEFORE_MAIL:
            assert ends == [End.RETURNED] * 10
            assert bench.troubles()[0].trouble is Trouble.UNREACHABLE
        else:
            healthy = 0 if stage is Stage.MAIL else 2
            next_one = End.IN_DOUBT if stage is Stage.END_OF_DATA else End.RETURNED
            assert ends == [End.DELIVERED] * healthy + [next_one] + [End.RETURNED] * (9 - healthy)
            assert bench.troubles()[0].trouble is Trouble.LOST
        assert len(bench.troubles()) == 1
        assert len(network.log.connections(server="mx.d.test")) == 1
        assert psutil.Process(bench.worker.pid).memory_info().rss < 100 << 20


@pytest.mark.parametrize("kind", list(FloodKind))
@pytest.mark.parametrize("stage", [*BEFORE_MAIL, *TRANSACTION])
async def test_endless_lines_replies_and_continuations(
    rehearsal: Start, tmp_path: Path, wait_until: WaitUntil, stage: Stage, kind: FloodKind
) -> None:
    network = await misbehaving(rehearsal, stage, Flood(kind), healthy=2)
    async with Workbench(network.smtp_port, tmp_path, **QUICK) as bench:
        bench.open()
        mine = bench.deliver(*people(10))
        await wait_until(lambda: len(bench.results) == 10)
        await check_others_go_on(bench)
        assert psutil.Process(bench.worker.pid).memory_info().rss < 100 << 20

    ends = [bench.result(number).end for number in mine]
    assert End.DELIVERED not in ends[2:]
    assert network.log.messages == (200 if stage in BEFORE_MAIL else 202)
    if stage is not Stage.END_OF_DATA:
        assert set(ends[2:]) == {End.RETURNED}


@pytest.mark.parametrize(
    "raw", ["hello\r\n", "250\r\n\r\n", "99 what\r\n", "\x00\xff\r\n", "250-a\r\n550 b\r\n", "\r\n"]
)
@pytest.mark.parametrize("stage", [*BEFORE_MAIL, *TRANSACTION])
async def test_what_is_no_reply(
    rehearsal: Start, tmp_path: Path, wait_until: WaitUntil, stage: Stage, raw: str
) -> None:
    network = await misbehaving(rehearsal, stage, Raw(raw), healthy=2)
    async with Workbench(network.smtp_port, tmp_path, **QUICK) as bench:
        bench.open()
        mine = bench.deliver(*people(10))
        await wait_until(lambda: len(bench.results) == 10)
    if stage in TRANSACTION:
        accepted = set(network.log.recipients())
        for number, address in zip(mine, people(10), strict=True):
            end = bench.result(number).end
            assert end is not End.DELIVERED or address in accepted
            assert end is not End.RETURNED or address not in accepted


@pytest.mark.parametrize("stage", [*TRANSACTION])
async def test_replies_that_nobody_asked_for(
    rehearsal: Start, tmp_path: Path, wait_until: WaitUntil, stage: Stage
) -> None:
    """They shift what follows; whoever could be meant is in doubt or untried, never delivered or refused by another's reply."""
    network = await misbehaving(rehearsal, stage, Append("250 2.0.0 extra\r\n"), healthy=2)
    async with Workbench(network.smtp_port, tmp_path, **QUICK) as bench:
        bench.open()
        mine = bench.deliver(*people(10))
        await wait_until(lambda: len(bench.results) == 10)
    accepted = set(network.log.recipients())
    for number, address in zip(mine, people(10), strict=True):
        end = bench.result(number).end
        assert end in (End.DELIVERED, End.IN_DOUBT) if address in accepted else end is End.RETURNED


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.END_OF_DATA])
async def test_replies_out_of_order(rehearsal: Start, tmp_path: Path, wait_until: WaitUntil, stage: Stage) -> None:
    network = await misbehaving(rehearsal, stage, Swap(), healthy=2)
    async with Workbench(network.smtp_port, tmp_path, **QUICK) as bench:
        bench.open()
        mine = bench.deliver(*people(10))
        await wait_until(lambda: len(bench.results) == 10)
    accepted = set(network.log.recipients())
    for number, address in zip(mine, people(10), strict=True):
        end = bench.result(number).end
        assert end in (End.DELIVERED, End.IN_DOUBT) if address in accepted else end in (End.RETURNED, End.REFUSED)


async def test_a_server_that_closes_after_every_message_gets_them_one_by_one(rehearsal: Start, tmp_path: Path) -> None:
    """It ends the session between two messages: no trouble, and nobody is charged."""
    network = await misbehaving(rehearsal, Stage.MAIL, Drop(), healthy=1)
    async with Workbench(network.smtp_port, tmp_path, **QUICK) as bench:
        bench.open()
        bench.deliver(*people(10))
        ends = await bench.finish()
        assert ends[End.DELIVERED] == network.log.messages >= 5
        assert set(ends) == {End.DELIVERED, End.RETURNED}
        assert bench.troubles() == []


async def test_a_message_that_was_accepted_and_then_cut_is_in_doubt(rehearsal: Start, tmp_path: Path) -> None:
    network = await misbehaving(rehearsal, Stage.END_OF_DATA, Drop(accept=True), healthy=2)
    async with Workbench(network.smtp_port, tmp_path, **QUICK) as bench:
        bench.open()
        mine = bench.deliver(*people(4))
        await bench.finish()
    assert [bench.result(number).end for number in mine] == [End.DELIVERED, End.DELIVERED, End.IN_DOUBT, End.RETURNED]
    assert network.log.messages == 3


async def test_a_large_message_that_is_cut_in_the_middle_was_never_handed_over(
    rehearsal: Start, tmp_path: Path
) -> None:
    network = await misbehaving(rehearsal, Stage.END_OF_DATA, Drop(after_bytes=100_000))
    big = compile_message(MessageSource("news@sender.test", subject="Big", text="A line of text.\n" * 2_000_000))
    async with Workbench(network.smtp_port, tmp_path, **QUICK) as bench:
        bench.set_message(2, big)
        bench.open()
        bench.deliver(*people(2), mailing=2)
        assert await bench.finish() == {End.RETURNED: 2}
    assert [trouble.trouble for trouble in bench.troubles()] == [Trouble.LOST]


async def test_a_server_that_stops_reading_is_given_up(rehearsal: Start, tmp_path: Path) -> None:
    network = await misbehaving(rehearsal, Stage.END_OF_DATA, Silence(deaf=True, after_bytes=1000))
    big = compile_message(MessageSource("news@sender.test", subject="Big", text="A line of text.\n" * 1000))
    async with Workbench(network.smtp_port, tmp_path, **QUICK) as bench:
        bench.set_message(2, big)
        bench.open()
        bench.deliver(*people(2), mailing=2)
        ends = await bench.finish()
    assert ends == {End.IN_DOUBT: 1, End.RETURNED: 1}


async def test_354_although_the_recipient_was_refused(rehearsal: Start, tmp_path: Path) -> None:
    rules = [
        Rule(Stage.RCPT, Answer(550, "5.1.1 User unknown"), recipient="p3@*"),
        Rule(Stage.DATA, Answer(354, "go ahead")),
    ]
    network = await rehearsal(single_host(["d.test"], rules))
    async with Workbench(network.smtp_port, tmp_path, **QUICK) as bench:
        bench.open()
        bench.deliver(*people(10))
        assert await bench.finish() == {End.DELIVERED: 9, End.REFUSED: 1}
    assert network.log.recipients() == {address: 1 for address in people(10) if address != "p3@d.test"}


async def test_pipelining_that_is_offered_and_not_kept(rehearsal: Start, tmp_path: Path) -> None:
    """The first group gets stuck; from then on the destination is spoken to step by step."""
    network = await misbehaving(rehearsal, Stage.EHLO, Renege(("PIPELINING",)))
    async with Workbench(network.smtp_port, tmp_path, **QUICK) as bench:
        bench.open()
        bench.deliver(*people(5))
        trouble = await bench.trouble()
        assert trouble.trouble is Trouble.LOST
        assert await bench.finish() == {End.RETURNED: 5}

        bench.open()
        bench.deliver(*people(5))
        assert await bench.finish() == {End.RETURNED: 5, End.DELIVERED: 5}
    assert network.log.recipients() == dict.fromkeys(people(5), 1)


async def test_extensions_that_are_offered_and_not_kept(rehearsal: Start, tmp_path: Path) -> None:
    """A refusal of a parameter is a refusal like any other."""
    network = await misbehaving(rehearsal, Stage.EHLO, Renege(("8BITMIME", "SIZE", "SMTPUTF8")))
    async with Workbench(network.smtp_port, tmp_path, **QUICK) as bench:
        bench.open()
        bench.deliver(*people(3))
        assert await bench.finish() == {End.REFUSED: 3}
    assert {result.stage for result in bench.results} == {Stage.MAIL}


async def test_many_silent_servers_hold_up_nobody(rehearsal: Start, tmp_path: Path) -> None:
    domains = [f"d{number}.test" for number in range(60)]
    silent = [Rule(Stage.BANNER, Silence(), at=tuple(domains[:50]))]
    network = await rehearsal(single_host(domains, silent))
    async with Workbench(network.smtp_port, tmp_path, connect_timeout=30.0, reply_timeout=30.0) as bench:
        for number in range(60):
            bench.open(bench.terms(number, server=f"127.0.1.{number + 1}"))
            bench.deliver(*[f"p{n}@d{number}.test" for n in range(100)], pair=number)
        assert await bench.finish(1000) == {End.DELIVERED: 1000}
        for number in range(50):
            bench.close(number)
        assert await bench.finish() == {End.DELIVERED: 1000, End.RETURNED: 5000}
    assert bench.troubles() == []


async def test_a_network_that_swallows_everything_is_unreachable(tmp_path: Path) -> None:
    """A listener whose queue is full answers no handshake."""
    with socket.socket() as listener:
        listener.bind((SERVER, 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        async with Workbench(listener.getsockname()[1], tmp_path, **QUICK) as bench:
            bench.open()
            bench.deliver(*people(3))
            assert await bench.finish() == {End.RETURNED: 3}
        for filler in fillers:
            filler.close()
    [trouble] = bench.troubles()
    assert trouble.trouble is Trouble.UNREACHABLE
