"""Nodes that share a PostgreSQL: nobody takes what another one may have sent, and what nobody knows is in doubt."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from queues import NOW, Ports, addresses, engine_ports, outcome, start_mailing, sums
from sqlalchemy import select, update

from app.database.changes import RECIPIENTS, WORLD
from app.database.database import Database
from app.database.ends import end_mailing, settle
from app.database.lease import EXPIRY, SILENCE, Lease
from app.database.schema import (
    AddressTraffic,
    Mailing,
    Node,
    Recipient,
    StoredAlert,
    StreamTraffic,
)
from app.services import audit, recipients, stats
from app.services.recipients import RecipientView
from app.settings import store
from engine.blocks import ENGINE
from engine.journal import Noted, PairName, Recovery
from engine.ports import (
    EngineSettings,
    EngineStatus,
    InDoubtPolicy,
    LeaseLost,
    MailingState,
    ReadRequest,
    RecipientState,
    Waiting,
)
from engine.recovery import replay
from engine.wire import End, Result

WAITING, DELIVERED, IN_DOUBT = RecipientState.WAITING, RecipientState.DELIVERED, RecipientState.IN_DOUBT
FAILED, IN_FLIGHT = RecipientState.FAILED, RecipientState.IN_FLIGHT
STATUS = EngineStatus("sending", 1.0, 1, NOW)
PAIR = PairName(3, "127.0.0.11", "127.0.1.1", "mx.d1.test")


@dataclass(frozen=True)
class Cluster:
    """Two nodes of one database; an engine of the second is at work."""

    one: Database
    two: Database
    second: Ports

    def fall_silent(self, seconds: float) -> None:
        """The first node was heard of so long ago."""
        with self.one.write() as session:
            session.execute(update(Node).where(Node.id == self.one.node).values(heartbeat_at=time.time() - seconds))

    async def give_up(self) -> None:
        """The second node finds that the first is silent for too long."""
        self.fall_silent(SILENCE + 1)
        assert not await self.second.queue.report(STATUS)

    def set_policy(self, policy: InDoubtPolicy) -> None:
        """What becomes of those in doubt."""
        with self.one.write() as session:
            store(session, "delivery.in_doubt", policy.value)

    def views(self, mailing: int) -> list[RecipientView]:
        """All recipients, as a person sees them."""
        with self.one.read() as session:
            return list(recipients.listing(session, mailing))

    def states(self, mailing: int) -> list[RecipientState]:
        """All recipients' states."""
        return [view.state for view in self.views(mailing)]

    def claims(self) -> list[int | None]:
        """Who has each recipient in hand."""
        with self.one.read() as session:
            return list(session.scalars(select(Recipient.claimed_by).order_by(Recipient.id)))

    def alerts(self) -> list[tuple[str, str, bool]]:
        """Subject, text, and whether it is settled."""
        with self.one.read() as session:
            rows = session.scalars(select(StoredAlert).order_by(StoredAlert.id))
            return [(row.subject, row.text, row.resolved_at is not None) for row in rows]

    def trail(self) -> list[tuple[str, str, str]]:
        """Action, subject and words of what the engines have changed since both nodes are there, oldest first."""
        with self.one.read() as session:
            lines = [line for line in audit.every(session) if line.actor == ENGINE and line.action != "node.join"]
            return [(line.action, line.subject, line.after) for line in lines]

    def state(self, mailing: int) -> MailingState:
        """How the mailing stands."""
        with self.one.read() as session:
            return session.get_one(Mailing, mailing).state

    def assert_sums(self, mailing: int) -> None:
        """Lanes, mailing and recipients tell the same."""
        counted = sums(self.one, mailing)
        assert counted.lanes == counted.mailing == counted.recipients


@pytest.fixture
def cluster(postgres_url: str, tmp_path: Path) -> Iterator[Cluster]:
    with (
        Database.open(postgres_url, tmp_path, node="one") as one,
        Database.open(postgres_url, tmp_path, node="two") as two,
        engine_ports(two) as second,
    ):
        yield Cluster(one, two, second)


@contextmanager
def crashing(cluster: Cluster) -> Iterator[Ports]:
    """An engine of the first node that is gone at the end, without a word about what it had in hand."""
    with engine_ports(cluster.one) as ports:
        yield ports


def noted(rows: Sequence[Waiting], *ends: End | None) -> Recovery:
    """Journals with a dot for each row, and the replies that were seen."""
    replies = {
        End.DELIVERED: ("end_of_data", 250, "2.0.0", "250 ok"),
        End.REFUSED: ("rcpt", 550, "5.1.1", "550 5.1.1 unknown"),
    }
    found = []
    for row, end in zip(rows, ends, strict=True):
        result = None if end is None else Result(row.id, row.attempts + 1, 3, end, *replies[end])
        found.append(Noted(row.id, row.attempts + 1, PAIR, NOW + 1, result))
    return Recovery(tuple(found))


async def test_a_node_that_joins_is_in_the_trail(cluster: Cluster) -> None:
    with cluster.two.read() as session:
        joined = [line for line in audit.every(session) if line.action == "node.join"]
    assert [(line.actor, line.subject) for line in joined] == [(ENGINE, "node one"), (ENGINE, "node two")]


async def test_what_a_dead_engine_had_in_hand_waits_for_its_journals(cluster: Cluster) -> None:
    mailing = start_mailing(cluster.one, addresses(10, domains=1))
    with crashing(cluster) as ports:
        rows = await ports.read_all(mailing)
    with engine_ports(cluster.one) as ports:
        assert await cluster.second.read_all(mailing) == []
        assert cluster.states(mailing) == [IN_FLIGHT] * 10
        await replay(noted(rows[:3], End.DELIVERED, None, End.REFUSED), ports.queue, EngineSettings())
        assert await cluster.second.read_all(mailing) == []
        await ports.queue.give_back()
        taken = await cluster.second.read_all(mailing)
    assert [row.id for row in taken] == [row.id for row in rows[3:]]
    assert cluster.states(mailing)[:3] == [DELIVERED, IN_DOUBT, FAILED]
    assert cluster.alerts() == []


async def test_a_node_whose_clock_is_set_forward_takes_nobody_for_dead(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = start_mailing(cluster.one, addresses(4, domains=1))
    with crashing(cluster) as ports:
        await ports.read_all(mailing)
        assert not await ports.queue.report(STATUS)
        right = time.time
        monkeypatch.setattr(time, "time", lambda: right() + 86_400)
        assert not await cluster.second.queue.report(STATUS)
        assert cluster.states(mailing) == [IN_FLIGHT] * 4
        with cluster.one.read() as session:
            assert [engine.state for engine in stats.engines(session)].count("sending") == 2


async def test_a_short_silence_changes_nothing(cluster: Cluster) -> None:
    mailing = start_mailing(cluster.one, addresses(4, domains=1))
    with crashing(cluster) as ports:
        await ports.read_all(mailing)
        for seconds in (EXPIRY + 1, SILENCE - 60):
            cluster.fall_silent(seconds)
            await cluster.second.queue.report(STATUS)
            assert await cluster.second.read_all(mailing) == []
            assert cluster.states(mailing) == [IN_FLIGHT] * 4
        assert not await cluster.second.queue.complete(mailing)
        assert not await ports.queue.report(STATUS)


@pytest.mark.parametrize(
    ("policy", "state", "attempts", "word"),
    [
        (InDoubtPolicy.ASK, IN_DOUBT, 0, "are in doubt"),
        (InDoubtPolicy.DELIVERED, DELIVERED, 1, "count as delivered"),
        (InDoubtPolicy.AGAIN, WAITING, 0, "are sent again"),
    ],
)
async def test_after_a_long_silence_the_policy_decides(
    cluster: Cluster, policy: InDoubtPolicy, state: RecipientState, attempts: int, word: str
) -> None:
    cluster.set_policy(policy)
    mailing = start_mailing(cluster.one, addresses(3))
    with crashing(cluster) as ports:
        rows = await ports.read_all(mailing)
        await ports.queue.record([outcome(rows[0], WAITING, next_attempt=NOW)])
        [row] = (await ports.queue.read([ReadRequest(rows[0].lane, 0, 9, due_by=NOW)]))[rows[0].lane].rows
        await ports.queue.record([outcome(rows[1])])
    await cluster.give_up()
    await cluster.give_up()
    views = {view.id: view for view in cluster.views(mailing)}
    assert views.pop(rows[1].id).state is DELIVERED
    assert {view.state for view in views.values()} == {state}
    assert {view.note for view in views.values()} == {"node one fell silent"}
    assert views.pop(row.id).attempts == 1 + attempts
    assert {view.attempts for view in views.values()} == {attempts}
    cluster.assert_sums(mailing)
    text = f"Node one has not been heard of for 10 minutes. 5 recipients that it had in hand {word}."
    assert cluster.alerts() == [("one", text, False)]
    assert cluster.trail() == [("node.silent", "node one", text)]
    assert await cluster.second.queue.complete(mailing) is (policy is not InDoubtPolicy.AGAIN)
    assert (set(cluster.claims()) == {None}) is (policy is InDoubtPolicy.AGAIN)


@pytest.mark.parametrize("policy", [InDoubtPolicy.ASK, InDoubtPolicy.DELIVERED])
async def test_what_the_node_says_when_it_is_back_takes_the_place_of_the_doubt(
    cluster: Cluster, policy: InDoubtPolicy
) -> None:
    cluster.set_policy(policy)
    mailing = start_mailing(cluster.one, addresses(6, domains=1))
    with crashing(cluster) as ports:
        rows = await ports.read_all(mailing)
    await cluster.give_up()
    assert await cluster.second.queue.complete(mailing)
    with engine_ports(cluster.one) as ports:
        told = noted(rows[:3], End.DELIVERED, End.REFUSED, None)
        for _ in range(2):
            await replay(told, ports.queue, EngineSettings())
            await ports.queue.record([outcome(rows[3], WAITING, next_attempt=NOW + 60, reply="451 later", code=451)])
            cluster.assert_sums(mailing)
        await ports.queue.give_back()
    assert cluster.states(mailing) == [DELIVERED, FAILED, IN_DOUBT, WAITING, WAITING, WAITING]
    assert [view.attempts for view in cluster.views(mailing)] == [1, 1, 0, 1, 0, 0]
    assert [view.note for view in cluster.views(mailing)] == [""] * 6
    assert cluster.claims() == [None] * 6
    assert cluster.state(mailing) is MailingState.ACTIVE
    cluster.assert_sums(mailing)
    assert [settled for _, _, settled in cluster.alerts()] == [True]
    silent, *others = cluster.trail()
    assert silent[0] == "node.silent"
    assert others == [
        ("mailing.complete", "mailing may", f"6 {'in doubt' if policy is InDoubtPolicy.ASK else 'delivered'}"),
        ("mailing.reopen", "mailing may", "recipients of it wait once more"),
        ("node.return", "node one", "2 recipients whose fate was not known wait again"),
    ]
    with cluster.one.read() as session:
        assert sum(session.scalars(select(StreamTraffic.delivered))) == 1
        assert sum(session.scalars(select(AddressTraffic.delivered))) == 1
        assert sum(session.scalars(select(AddressTraffic.in_doubt))) == 1
    assert [row.id for row in await cluster.second.read_all(mailing)] == [rows[4].id, rows[5].id]


async def test_a_frozen_node_that_comes_back_is_told_and_counts_once(cluster: Cluster) -> None:
    mailing = start_mailing(cluster.one, addresses(4, domains=1))
    with engine_ports(cluster.one) as ports:
        rows = await ports.read_all(mailing)
        await cluster.give_up()
        await ports.queue.record([outcome(rows[0])])
        assert await ports.queue.report(STATUS)
        assert not await ports.queue.report(STATUS)
        await ports.queue.give_back([rows[1].id])
        assert cluster.states(mailing) == [DELIVERED, IN_FLIGHT, WAITING, WAITING]
        assert [row.id for row in await cluster.second.read_all(mailing)] == [rows[2].id, rows[3].id]
        await ports.queue.record([outcome(rows[1])])
        await ports.queue.record([outcome(row) for row in rows[:2]])
    assert sums(cluster.one, mailing).mailing["delivered"] == 2
    cluster.assert_sums(mailing)


async def test_a_frozen_node_whose_lease_was_taken_ends(cluster: Cluster) -> None:
    mailing = start_mailing(cluster.one, addresses(2, domains=1))
    with engine_ports(cluster.one) as ports:
        rows = await ports.read_all(mailing)
        await cluster.give_up()
        with cluster.one.write() as session:
            session.execute(update(Node).where(Node.id == cluster.one.node).values(pid=None))
        with engine_ports(cluster.one) as successor:
            with pytest.raises(LeaseLost):
                await ports.queue.report(STATUS)
            await ports.queue.record([outcome(rows[0])])
            await successor.queue.record([outcome(rows[0])])
            await successor.queue.give_back()
    assert cluster.states(mailing) == [DELIVERED, WAITING]
    cluster.assert_sums(mailing)


@pytest.mark.parametrize("decision", [DELIVERED, WAITING])
async def test_what_a_person_decides_about_a_silent_node_stays(cluster: Cluster, decision: RecipientState) -> None:
    mailing = start_mailing(cluster.one, addresses(4, domains=1))
    with crashing(cluster) as ports:
        rows = await ports.read_all(mailing)
    await cluster.give_up()
    with cluster.one.write() as session:
        everybody = [row.id for row in rows]
        assert settle(session.connection(), everybody, to=decision, note="decided", now=NOW) == 4
    again = await cluster.second.read_all(mailing)
    assert [row.id for row in again] == (everybody if decision is WAITING else [])
    with engine_ports(cluster.one) as ports:
        late = [outcome(rows[0]), outcome(rows[1], FAILED), outcome(rows[2], WAITING, next_attempt=NOW)]
        await ports.queue.record(late)
        await ports.queue.give_back()
    await cluster.second.queue.record([outcome(row) for row in again])
    assert cluster.states(mailing) == [DELIVERED] * 4
    cluster.assert_sums(mailing)


async def test_without_its_journals_nobody_knows_what_a_node_had_begun(cluster: Cluster) -> None:
    mailing = start_mailing(cluster.one, addresses(3, domains=1))
    with crashing(cluster) as ports:
        await ports.read_all(mailing)
    with engine_ports(cluster.one) as ports:
        await ports.queue.give_back(known=False)
    assert cluster.states(mailing) == [IN_DOUBT] * 3
    assert cluster.claims() == [None] * 3
    text = "Node one started without the journals of the engine before. 3 recipients that it had in hand are in doubt."
    assert cluster.alerts() == [("one", text, False)]
    assert cluster.trail() == [("node.journal_lost", "node one", text)]
    with engine_ports(cluster.one) as ports:
        await ports.queue.give_back()
    assert cluster.states(mailing) == [IN_DOUBT] * 3


@pytest.mark.parametrize("given_up", [False, True])
async def test_journals_in_another_place_know_nothing(cluster: Cluster, tmp_path: Path, given_up: bool) -> None:
    """The node's name came to another machine or profile: what is noted there is not about these recipients."""
    mailing = start_mailing(cluster.one, addresses(3, domains=1))
    with crashing(cluster) as ports:
        await ports.read_all(mailing)
    if given_up:
        await cluster.give_up()
    lease = Lease.acquire(cluster.one, journal=tmp_path / "elsewhere")
    assert cluster.states(mailing) == [IN_DOUBT] * 3
    assert cluster.claims() == [None] * 3
    lease.release(cluster.one)
    cluster.assert_sums(mailing)


async def test_a_goodbye_leaves_behind_what_was_not_written_down(cluster: Cluster) -> None:
    mailing = start_mailing(cluster.one, addresses(3, domains=1))
    with engine_ports(cluster.one) as ports:
        rows = await ports.read_all(mailing)
        await ports.queue.give_back([rows[0].id])
        word = ports.lease.word
    with cluster.one.read() as session:
        assert session.get_one(Node, cluster.one.node).lease == word
    assert [row.id for row in await cluster.second.read_all(mailing)] == [rows[1].id, rows[2].id]
    with engine_ports(cluster.one) as ports:
        await ports.queue.give_back()
    with cluster.one.read() as session:
        assert session.get_one(Node, cluster.one.node).lease == ""


async def test_what_a_node_lets_go_of_is_for_the_others(cluster: Cluster) -> None:
    mailing = start_mailing(cluster.one, addresses(4, domains=1))
    assert await asyncio.wait_for(cluster.second.queue.changed(), 5.0) == {WORLD}
    with engine_ports(cluster.one) as ports:
        rows = await ports.read_all(mailing)
        await ports.queue.record([outcome(rows[0])])
        await ports.queue.let_go([row.id for row in rows[:3]])
        assert await asyncio.wait_for(cluster.second.queue.changed(), 5.0) == {RECIPIENTS}
        assert [row.id for row in await cluster.second.read_all(mailing)] == [rows[1].id, rows[2].id]
        assert [row.id for row in await ports.read_all(mailing)] == [rows[3].id]
        await ports.queue.let_go([rows[1].id, rows[2].id])  # the other's by now
        assert [row.id for row in await ports.read_all(mailing)] == [rows[3].id]
        await ports.queue.give_back()
    cluster.assert_sums(mailing)


async def test_what_is_read_after_letting_go_is_in_hand(cluster: Cluster) -> None:
    mailing = start_mailing(cluster.one, addresses(50, domains=1))
    with engine_ports(cluster.one) as ports:
        (lane,) = await ports.queue.lanes(mailing)
        request = ReadRequest(lane.id, 0, 50)
        rows = (await ports.queue.read([request]))[lane.id].rows
        letting_go = asyncio.create_task(ports.queue.let_go([row.id for row in rows]))
        assert len((await ports.queue.read([request]))[lane.id].rows) == 50
        await letting_go
        assert await cluster.second.read_all(mailing) == []
        await ports.queue.give_back()


async def test_who_is_in_the_hands_of_another_node_expires_there(cluster: Cluster) -> None:
    mailing = start_mailing(cluster.one, addresses(3, domains=1))
    with crashing(cluster) as ports:
        (lane,) = await ports.queue.lanes(mailing)
        [first, second] = (await ports.queue.read([ReadRequest(lane.id, 0, 2)]))[lane.id].rows
        assert await cluster.second.queue.expire(lane.id, NOW, held=False) == 1
        assert not await cluster.second.queue.complete(mailing)
        await ports.queue.record([outcome(first)])
        assert await ports.queue.expire(lane.id, NOW, held=False) == 1
    assert cluster.states(mailing) == [DELIVERED, RecipientState.EXPIRED, RecipientState.EXPIRED]
    assert second.id == 2
    cluster.assert_sums(mailing)


async def test_a_mailing_is_stopped_while_a_node_is_silent(cluster: Cluster) -> None:
    """The silent node's recipients end with the others, and what it tells later is the truth."""
    mailing = start_mailing(cluster.one, addresses(4, domains=1))
    with crashing(cluster) as ports:
        rows = await ports.read_all(mailing)
    cluster.fall_silent(EXPIRY + 1)
    with cluster.one.write() as session:
        assert end_mailing(session.connection(), mailing, state=RecipientState.STOPPED, now=NOW) == 4
    await cluster.give_up()
    assert cluster.alerts() == []
    with engine_ports(cluster.one) as ports:
        await replay(noted(rows[:2], End.DELIVERED, None), ports.queue, EngineSettings())
        await ports.queue.give_back()
    assert cluster.states(mailing) == [DELIVERED, IN_DOUBT, RecipientState.STOPPED, RecipientState.STOPPED]
    cluster.assert_sums(mailing)
