"""The engine as product.md describes it: one real engine, real workers and database, a rehearsal for an internet."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from enginehouse import ADDRESSES, EngineHouse, fast_clock

from app.database.queue import DatabaseQueue
from app.rehearsal.scenario import (
    MX,
    NULL_MX,
    Answer,
    Domain,
    Drop,
    Fault,
    Greylist,
    MailHost,
    NameFault,
    Provider,
    Rule,
    Scenario,
    Slow,
)
from app.rehearsal.scenarios import block, senders, single_host
from app.services import block_actions, limits, runs, streams, suppressions
from app.services.runs import WaitingFate
from engine.blocks import BlockState
from engine.clock import Clock, ScaledClock, SystemClock
from engine.limits import LimitRule, LimitScope
from engine.ports import EngineStatus, Lane, MailingState, RecipientState
from engine.replies import Scope, Stage

House = Callable[..., Awaitable[EngineHouse]]


@pytest.fixture
async def house(tmp_path: Path, rehearsal: Any) -> AsyncIterator[House]:
    """``await house(scenario, used=…, clock=…, settings={…})``: everything is there, the engine not started."""
    made: list[EngineHouse] = []

    async def make(
        scenario: Scenario,
        used: Sequence[str] = ADDRESSES,
        clock: Clock | None = None,
        settings: dict[str, str] | None = None,
        url: str = "",
    ) -> EngineHouse:
        clock = clock or SystemClock()
        found = EngineHouse(tmp_path, await rehearsal(scenario, clock), clock, url)
        made.append(found)
        await found.set_up(used, settings)
        return found

    yield make
    for each in made:
        await each.close()


def members(domain: str, count: int) -> list[str]:
    return [f"reader{number}@{domain}" for number in range(count)]


async def test_a_plain_mailing_reaches_everybody_once(house: House) -> None:
    home = await house(single_host(["one.test", "two.test"]))
    everybody = members("one.test", 60) + members("two.test", 60)
    home.import_members(everybody)
    home.start_mailing()
    await home.start()
    numbers = (await home.completed()).numbers
    assert (numbers.total, numbers.delivered) == (120, 120)
    assert home.network.log.recipients() == dict.fromkeys(everybody, 1)
    assert {row.attempts for row in home.recipients().values()} == {1}


async def test_a_mailbox_refusal_fails_that_recipient_only(house: House) -> None:
    refusal = Rule(Stage.RCPT, Answer(550, "5.1.1 <{recipient}>: user unknown"), recipient="reader3@*")
    home = await house(single_host(["one.test"], [refusal]))
    home.import_members(members("one.test", 10))
    home.start_mailing()
    await home.start()
    numbers = (await home.completed()).numbers
    assert (numbers.delivered, numbers.failed) == (9, 1)
    failed = home.recipients()["reader3@one.test"]
    assert (failed.state, failed.attempts, failed.code) == (RecipientState.FAILED, 1, 550)
    assert failed.reply == "550 5.1.1 <reader3@one.test>: user unknown"
    assert home.blocks() == []


async def test_a_content_refusal_is_not_sent_over_another_address(house: House) -> None:
    refusal = Rule(Stage.END_OF_DATA, Answer(554, "5.7.1 Message rejected because of its spam content"))
    home = await house(single_host(["one.test"], [refusal]))
    home.import_members(members("one.test", 8))
    home.start_mailing()
    await home.start()
    assert (await home.completed()).numbers.failed == 8
    assert home.network.log.commands()["RCPT"] == 8
    assert home.blocks() == []


async def test_a_provider_that_refuses_the_content_pauses_the_mailing_there(house: House) -> None:
    refusal = Rule(Stage.END_OF_DATA, Answer(554, "5.7.1 Message rejected because of its spam content"))
    home = await house(
        single_host(["one.test", "two.test"], [Rule(refusal.stage, refusal.action, at=("one.test",))]), ADDRESSES[:1]
    )
    home.import_members(members("one.test", 2_000) + members("two.test", 50))
    home.start_mailing()
    await home.start()
    await home.until(lambda: home.mailing().numbers.delivered == 50, "two.test is served")
    await home.until(lambda: home.mailing().numbers.failed >= 20, "refused")

    def settled() -> bool:
        return all(
            row.state in (RecipientState.FAILED, RecipientState.DELIVERED, RecipientState.WAITING)
            for row in home.recipients().values()
        )

    await home.until(settled)
    assert home.mailing().state is MailingState.ACTIVE
    assert home.mailing().numbers.failed < 2_000


async def test_greylisting_is_retried_from_the_same_address(house: House) -> None:
    home = await house(
        single_host(["one.test"], [Rule(Stage.RCPT, Greylist(120.0))]), clock=ScaledClock(120), settings={}
    )
    home.import_members(members("one.test", 30))
    home.start_mailing()
    await home.start()
    numbers = (await home.completed()).numbers
    assert numbers.delivered == 30
    assert {row.attempts for row in home.recipients().values()} == {2}
    clients: dict[str, set[str]] = {}
    for message in home.network.log.received():
        clients.setdefault(message.recipient, set()).add(message.client)
    assert all(len(seen) == 1 for seen in clients.values())


async def test_two_refusing_addresses_of_a_group_widen_the_block(house: House) -> None:
    hosts = tuple(MailHost(f"mx{number}.big.test", (f"127.0.1.{number}",)) for number in range(1, 5))
    scenario = Scenario(
        "big",
        (Provider("big", hosts),),
        (Domain("big.test", tuple(MX(host.name, 10) for host in hosts)),),
        senders=senders(),
        rules=(block(ADDRESSES[0], ["big"], code=550, stage=Stage.RCPT),),
    )
    home = await house(scenario, ADDRESSES[:2])
    home.import_members(members("big.test", 400))
    home.start_mailing()
    await home.start()
    assert (await home.completed()).numbers.delivered == 400
    (row,) = home.blocks()
    assert row.scope is Scope.GROUP
    assert 2 <= len(row.pairs) <= 4
    assert "addresses refused" in row.reason
    assert {found.sent_via for found in home.recipients().values()} == {ADDRESSES[1]}
    # A fifth address of the group counts as blocked too.
    await home.network.set_addresses("mx1.big.test", ["127.0.1.9"], ttl=1)


async def test_a_new_mx_address_releases_held_recipients(house: House) -> None:
    clock = ScaledClock(60)
    home = await house(
        Scenario(
            "rotating",
            (Provider("one", (MailHost("mx.one.test", ("127.0.1.1",), spare=("127.0.1.2",)),)),),
            (Domain("one.test", (MX("mx.one.test"),), ttl=60),),
            senders=senders(),
            rules=(Rule(Stage.BANNER, block(ADDRESSES[0], []).action, at=("127.0.1.1",)),),
        ),
        ADDRESSES[:1],
        clock,
    )
    home.import_members(members("one.test", 20))
    home.start_mailing()
    await home.start()
    await home.until(lambda: home.mailing().numbers.held == 20, "held")
    await home.network.set_addresses("mx.one.test", ["127.0.1.2"], ttl=60)
    assert (await home.completed()).numbers.delivered == 20
    assert [row.state for row in home.blocks()] == [BlockState.BLOCKED]


async def test_address_families_are_not_mixed(house: House) -> None:
    scenario = Scenario(
        "families",
        (
            Provider("six", (MailHost("mx.six.test", ("::1",)),)),
            Provider("four", (MailHost("mx.four.test", ("127.0.1.1",)),)),
        ),
        (Domain("six.test", (MX("mx.six.test"),)), Domain("four.test", (MX("mx.four.test"),))),
        senders=senders(),
    )
    home = await house(scenario, (ADDRESSES[0], "::1"))
    home.import_members(members("six.test", 10) + members("four.test", 10))
    home.start_mailing()
    await home.start()
    assert (await home.completed()).numbers.delivered == 20
    via = {row.domain: row.sent_via for row in home.recipients().values()}
    assert via == {"six.test": "::1", "four.test": ADDRESSES[0]}


async def test_domains_without_mail_fail_and_name_trouble_waits(house: House) -> None:
    scenario = single_host(["good.test"])
    scenario = Scenario(
        scenario.name,
        scenario.providers,
        (*scenario.domains, Domain("null.test", NULL_MX)),
        senders=scenario.senders,
        name_faults=(NameFault("broken.test", Fault.SERVFAIL),),
    )
    home = await house(scenario, ADDRESSES[:1])
    home.import_members(
        members("good.test", 3) + members("null.test", 3) + members("missing.test", 3) + members("broken.test", 3)
    )
    home.start_mailing()
    await home.start()
    await home.until(lambda: home.mailing().numbers.failed == 6, "null MX and unknown domain fail")
    numbers = home.mailing().numbers
    await home.until(lambda: home.mailing().numbers.delivered == 3)
    rows = home.recipients()
    assert rows["reader0@null.test"].state is RecipientState.FAILED
    assert rows["reader0@missing.test"].state is RecipientState.FAILED
    waiting = rows["reader0@broken.test"]
    assert (waiting.state, waiting.attempts) == (RecipientState.WAITING, 0)
    assert numbers.held == 0


@pytest.mark.expects_warnings
async def test_an_address_that_cannot_be_bound_is_a_fault_of_the_address(house: House) -> None:
    home = await house(single_host(["one.test"]), (ADDRESSES[0], "192.0.2.77"))
    home.import_members(members("one.test", 40))
    home.start_mailing()
    await home.start()
    assert (await home.completed()).numbers.delivered == 40
    assert home.blocks() == []
    assert {row.sent_via for row in home.recipients().values()} == {ADDRESSES[0]}


async def test_a_destination_that_closes_is_never_a_block(house: House) -> None:
    home = await house(single_host(["one.test"], [Rule(Stage.BANNER, Drop(), times=3)]), clock=ScaledClock(60))
    home.import_members(members("one.test", 10))
    home.start_mailing()
    await home.start()
    assert (await home.completed()).numbers.delivered == 10
    assert home.blocks(cleared=True) == []
    assert {row.attempts for row in home.recipients().values()} == {1}


async def test_the_probe_is_hourly_and_the_pair_recovers_along_the_slow_start(house: House) -> None:
    clock = ScaledClock(900)
    home = await house(
        single_host(["one.test"], [block(ADDRESSES[0], ["one.test"], rule_id="b")]), ADDRESSES[:1], clock
    )
    home.import_members(members("one.test", 15))
    home.start_mailing()
    await home.start()
    await home.until(lambda: home.mailing().numbers.held == 15, "held")

    def refused_probes() -> int:
        return sum(
            event.kind.value == "probe_refused" for row in home.blocks() for event in home.read(_history, row.id)
        )

    await home.until(lambda: refused_probes() >= 2, "two probes")
    home.network.lift_rule("b")
    assert (await home.completed()).numbers.delivered == 15
    times = sorted(connection.at for connection in home.network.log.connections(client=ADDRESSES[0]))
    probes = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert probes[1] >= 3600 * 0.9 - 60
    (row,) = home.blocks(cleared=True)
    kinds = [event.kind.value for event in home.read(_history, row.id)]
    assert kinds.count("probe_refused") >= 2
    assert "probe_accepted" in kinds
    await home.until(lambda: home.blocks(cleared=True)[0].state is BlockState.CLEARED, "recovered")
    assert {found.attempts for found in home.recipients().values()} == {1}


def _history(session: Any, block_id: int) -> Any:
    from app.services import blocks

    return blocks.history(session, block_id)


async def test_a_refusal_during_recovery_leads_back_to_blocked(house: House) -> None:
    clock = ScaledClock(600)
    home = await house(
        single_host(["one.test"], [block(ADDRESSES[0], ["one.test"], rule_id="b")]), ADDRESSES[:1], clock
    )
    home.import_members(members("one.test", 400))
    home.start_mailing()
    await home.start()
    await home.until(lambda: home.mailing().numbers.held == 400, "held")
    home.network.lift_rule("b")
    await home.until(lambda: home.mailing().numbers.delivered >= 1, "recovering")
    home.network.add_rule(block(ADDRESSES[0], ["one.test"], stage=Stage.RCPT, code=550, rule_id="again"))
    await home.until(lambda: home.blocks()[0].state is BlockState.BLOCKED, "blocked again")
    numbers = home.mailing().numbers
    assert numbers.failed == 0
    assert numbers.delivered < 400


@pytest.mark.expects_warnings
async def test_an_engine_that_is_cut_off_hands_out_nothing_more_and_goes_on_later(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody hears of it: what it has in hand will be held for in doubt, and a person may decide to send it again."""
    monkeypatch.setattr("engine.engine.CUT_OFF", 0.3)
    reachable = asyncio.Event()
    reachable.set()
    report = DatabaseQueue.report

    async def report_if_reachable(queue: DatabaseQueue, status: EngineStatus) -> bool:
        await reachable.wait()
        return await report(queue, status)

    monkeypatch.setattr(DatabaseQueue, "report", report_if_reachable)
    home = await house(single_host(["one.test"], [Rule(Stage.END_OF_DATA, Slow(0.2))]))
    everybody = members("one.test", 1_500)
    home.import_members(everybody)
    home.start_mailing()
    await home.start()
    await home.until(lambda: home.mailing().numbers.delivered > 100)
    reachable.clear()
    counts = deque([0], maxlen=100)

    def is_at_rest() -> bool:
        counts.append(home.mailing().numbers.delivered)
        return len(counts) == 100 and counts[0] == counts[-1]

    await home.until(is_at_rest, "nothing more is handed out")
    assert counts[-1] < 1_500
    assert "nothing more is handed out" in caplog.text
    reachable.set()
    assert (await home.completed()).numbers.delivered == 1_500
    assert home.network.log.recipients() == dict.fromkeys(everybody, 1)


async def test_restart_in_the_middle_loses_and_doubles_nothing(house: House) -> None:
    home = await house(single_host(["one.test", "two.test"], [block(ADDRESSES[0], ["one.test"])]))
    everybody = members("one.test", 3_000) + members("two.test", 3_000)
    home.import_members(everybody)
    home.start_mailing()
    await home.start()
    await home.until(lambda: home.mailing().numbers.delivered > 300)
    await home.stop()
    before = home.blocks()
    assert home.mailing().numbers.delivered < 6_000
    assert not list(home.folder.rglob("*-*/*.journal"))
    await home.start()
    assert (await home.completed()).numbers.delivered == 6_000
    assert home.network.log.recipients() == dict.fromkeys(everybody, 1)
    assert [row.id for row in home.blocks()] == [row.id for row in before]


async def test_pause_resume_stop_and_move(house: House) -> None:
    home = await house(single_host(["one.test"]), ADDRESSES[:2])
    everybody = members("one.test", 6_000)
    home.import_members(everybody)
    mailing = home.start_mailing()
    await home.start()
    await home.until(lambda: home.mailing().numbers.delivered > 100)
    home.write(runs.pause, mailing)
    paused = await _at_rest(home)
    assert 100 < paused < 6_000
    other = home.write(streams.create, name="other", addresses=["127.0.0.12"]).id
    home.write(runs.move, mailing, other)
    home.write(runs.resume, mailing)
    await home.until(lambda: home.mailing().numbers.delivered > paused + 100)
    home.write(runs.stop, mailing, waiting=WaitingFate.STOPPED)
    delivered = await _at_rest(home)
    numbers = home.mailing().numbers
    assert numbers.delivered + numbers.stopped == 6_000
    assert home.mailing().state is MailingState.STOPPED
    seen = home.network.log.recipients()
    assert set(seen.values()) == {1}
    assert len(seen) == delivered
    later = [message.client for message in home.network.log.received()][paused + 50 :]
    assert set(later) == {"127.0.0.12"}


async def _at_rest(home: EngineHouse) -> int:
    """Wait until nothing is in flight any more; return how many are delivered, which the servers have seen too."""
    last, looks = -1, 0

    def look() -> bool:
        nonlocal last, looks
        now = home.mailing().numbers.delivered
        looks = looks + 1 if now == last and len(home.network.log.recipients()) == now else 0
        last = now
        return looks >= 25

    await home.until(look, "the mailing comes to rest")
    return last


async def test_exempt_and_permanent(house: House) -> None:
    home = await house(
        single_host(["one.test"], [block(ADDRESSES[0], ["one.test"], rule_id="b", stage=Stage.RCPT)]),
        ADDRESSES[:1],
        ScaledClock(600),
    )
    home.import_members(members("one.test", 5))
    home.start_mailing()
    await home.start()
    await home.until(lambda: home.mailing().numbers.held == 5, "held")
    (row,) = home.blocks()
    home.write(block_actions.hold, [row.id])
    await home.until(lambda: home.blocks()[0].state is BlockState.PERMANENT)
    assert home.blocks()[0].next_probe is None
    home.network.lift_rule("b")
    home.write(block_actions.exempt, [row.id])
    assert (await home.completed()).numbers.delivered == 5
    assert [found.state for found in home.blocks()] == [BlockState.EXEMPT]


async def test_a_policy_refusal_at_the_banner_fails_its_recipient_and_nobody_tries_another_address(
    house: House,
) -> None:
    text = "5.7.1 Client host rejected: cannot find your reverse hostname"
    home = await house(single_host(["one.test"], [Rule(Stage.BANNER, Answer(554, text))]), ADDRESSES[:2])
    home.import_members(members("one.test", 2))
    home.start_mailing()
    await home.start()
    await home.until(lambda: home.mailing().numbers.failed >= 1, "one fails")
    assert home.blocks() == []
    failed = [row for row in home.recipients().values() if row.state is RecipientState.FAILED]
    assert {(row.attempts, row.code) for row in failed} == {(1, 554)}


async def test_an_exempt_pair_goes_on_in_spite_of_block_replies(house: House) -> None:
    refusal = Rule(Stage.RCPT, block(ADDRESSES[0], []).action, recipient="reader1@*", times=2, id="b")
    home = await house(single_host(["one.test"], [refusal]), ADDRESSES[:1], ScaledClock(600))
    home.import_members(["reader1@one.test"])
    home.start_mailing()
    await home.start()
    await home.until(lambda: home.mailing().numbers.held == 1, "held")
    home.write(block_actions.exempt, [home.blocks()[0].id])
    assert (await home.completed()).numbers.delivered == 1
    assert [row.state for row in home.blocks()] == [BlockState.EXEMPT]


async def test_recipients_of_a_paused_stream_expire_all_the_same(house: House) -> None:
    home = await house(
        single_host(["one.test"]), ADDRESSES[:1], ScaledClock(3_600), settings={"mailing.expiry_hours": "2"}
    )
    home.import_members(members("one.test", 5))
    home.write(streams.pause, home.stream)
    home.start_mailing()
    await home.start()
    assert (await home.completed()).numbers.expired == 5
    assert home.network.log.connections() == []


async def test_held_recipients_expire_and_say_so(house: House) -> None:
    home = await house(
        single_host(["one.test"], [block(ADDRESSES[0], ["one.test"])]),
        ADDRESSES[:1],
        ScaledClock(3_600),
        settings={"mailing.expiry_hours": "3"},
    )
    home.import_members(members("one.test", 5))
    home.start_mailing()
    await home.start()
    assert (await home.completed()).numbers.expired == 5
    rows = home.recipients().values()
    assert {row.attempts for row in rows} == {0}
    assert all("held" in (row.note + row.reply) for row in rows)


async def test_the_contagion_guard_pauses_a_stream_toward_the_provider(house: House) -> None:
    rules = [block(address, ["one.test"]) for address in ADDRESSES[:2]]
    home = await house(single_host(["one.test", "two.test"], rules))
    guarded = home.write(streams.create, name="guarded", addresses=list(ADDRESSES), guard=True).id
    home.import_members(members("one.test", 3_000) + members("two.test", 20))
    home.start_mailing(stream_id=guarded)
    await home.start()
    await home.until(lambda: len(home.blocks()) == 2, "two blocks")
    await home.until(lambda: home.mailing().numbers.delivered >= 20, "two.test is served")
    delivered = await _at_rest(home)
    assert delivered < 3_000
    assert home.mailing().state is MailingState.ACTIVE


async def test_the_engine_on_postgresql(house: House, postgres_url: str) -> None:
    rules = [block(address, ["one.test"], rule_id=address) for address in ADDRESSES]
    home = await house(single_host(["one.test", "two.test"], rules), url=postgres_url)
    everybody = members("one.test", 300) + members("two.test", 3_000)
    home.import_members(everybody)
    home.start_mailing()
    await home.start()
    await home.until(lambda: home.mailing().numbers.held == 300, "held")
    await home.stop()
    await home.start()
    await home.until(lambda: home.mailing().numbers.delivered == 3_000, "the other domain")
    assert home.mailing().numbers.held == 300
    home.network.lift_all()
    home.clear(home.blocks()[0].id)
    assert (await home.completed()).numbers.delivered == 3_300
    assert home.network.log.recipients() == dict.fromkeys(everybody, 1)
    await home.close()  # before the fixture drops the database


async def test_two_workers_share_the_addresses(house: House) -> None:
    home = await house(single_host(["one.test", "two.test"]), settings={"delivery.workers": "2"})
    everybody = members("one.test", 1_000) + members("two.test", 1_000)
    home.import_members(everybody)
    home.start_mailing()
    await home.start()
    assert (await home.completed()).numbers.delivered == 2_000
    assert home.network.log.recipients() == dict.fromkeys(everybody, 1)
    assert {row.sent_via for row in home.recipients().values()} == set(ADDRESSES)


@pytest.mark.parametrize(
    ("policy", "state", "attempts", "taken"),
    [
        ("ask", RecipientState.IN_DOUBT, 0, 1),
        ("delivered", RecipientState.DELIVERED, 1, 1),
        ("again", RecipientState.DELIVERED, 1, 2),
    ],
)
async def test_a_try_that_was_cut_off_behind_the_last_dot(
    house: House, policy: str, state: RecipientState, attempts: int, taken: int
) -> None:
    """It counts as no attempt, unless the administrator has said that it delivers."""
    cut = Rule(Stage.END_OF_DATA, Drop(accept=True), times=1)
    home = await house(single_host(["one.test"], [cut]), ADDRESSES[:1], ScaledClock(600), {"delivery.in_doubt": policy})
    home.import_members(["reader1@one.test"])
    home.start_mailing()
    await home.start()
    await home.completed()
    (row,) = home.recipients().values()
    assert (row.state, row.attempts) == (state, attempts)
    assert home.network.log.recipients() == {"reader1@one.test": taken}


async def test_pairs_take_turns_when_they_may_have_few_connections_together(house: House) -> None:
    domains = [f"d{number}.test" for number in range(8)]
    home = await house(single_host(domains), used=ADDRESSES[:1])
    home.write(limits.set_server_limits, [LimitRule(LimitScope.ADDRESS, ADDRESSES[0], connections=2)])
    home.import_members([member for name in domains for member in members(name, 3)])
    home.start_mailing()
    await home.start()
    assert (await home.completed()).numbers.delivered == 24


async def test_refused_probes_give_nothing_back_to_a_limit(house: House) -> None:
    """A probe that comes back gives back what it took, and not one message more than the limit goes out."""
    home = await house(
        single_host(["one.test"], [block(ADDRESSES[0], ["one.test"], stage=Stage.RCPT)]),
        used=ADDRESSES[:1],
        settings={"probe.interval_seconds": "1", "recovery.step_seconds": "0.1"},
    )
    home.write(limits.set_server_limits, [LimitRule(LimitScope.ADDRESS, ADDRESSES[0], messages_per_hour=5)])
    home.import_members(members("one.test", 40))
    home.start_mailing()
    await home.start()
    await home.until(lambda: home.blocks() and home.blocks()[0].probes >= 4, "four probes")
    home.network.lift_all()
    await home.until(lambda: home.network.log.messages >= 5, "all that the limit allows")
    await home.until(lambda: not home.blocks(), "the slow start is over")
    assert home.network.log.messages == 5


async def test_what_came_back_unused_is_not_counted_in_the_ceiling_of_a_mailing(house: House) -> None:
    """Each change of the list takes back what has not begun, and hands it out again."""
    home = await house(
        single_host(["one.test"], [Rule(Stage.END_OF_DATA, Slow(0.1))]),
        used=ADDRESSES[:1],
        settings={"delivery.connections_per_pair": "1"},
    )
    home.import_members(members("one.test", 100))
    home.start_mailing(hourly_ceiling=30)
    await home.start()
    for number in range(3):
        await home.until(lambda number=number: home.network.log.messages > 3 * number, "the mailing goes on")
        home.write(suppressions.add, f"somebody{number}@else.test", reason="asked")
    await home.until(lambda: home.network.log.messages >= 30, "all that the ceiling allows")
    assert home.network.log.messages == 30


async def test_a_mailing_whose_lanes_were_read_anew_in_the_middle_is_completed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outcomes are written while the lanes are read, and some recipients were deferred before."""
    grey = Rule(Stage.RCPT, Greylist(60.0), recipient="p?5*@*")
    home = await house(
        single_host(["one.test"], [grey, Rule(Stage.END_OF_DATA, Slow(0.5))]),
        used=ADDRESSES[:2],
        clock=fast_clock(20.0),
        settings={"retry.schedule_minutes": "2", "delivery.connections_per_pair": "4"},
    )
    home.import_members([f"p{number}@one.test" for number in range(100)])
    home.start_mailing()
    await home.start()
    await home.until(lambda: any(row.attempts for row in home.recipients().values()), "somebody is deferred")
    inner = DatabaseQueue.lanes

    async def lanes(self: DatabaseQueue, mailing: int) -> Sequence[Lane]:
        found = await inner(self, mailing)
        taken = home.mailing().numbers.delivered
        await home.until(lambda: home.mailing().numbers.delivered > taken, "an outcome is written meanwhile")
        return found

    monkeypatch.setattr(DatabaseQueue, "lanes", lanes)
    home.write(suppressions.add, "somebody@else.test", reason="asked")
    await home.until(lambda: home.mailing().numbers.delivered == 100, "everybody is served")
    await home.completed(deadline=10.0)
