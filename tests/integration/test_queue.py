"""The engine's queue over real databases: snapshot, reading, recording, ends, changes, and several nodes on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from queues import NOW, Ports, addresses, engine_ports, make_list, make_mailing, outcome, start_mailing, sums
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.changes import BLOCKS, LISTS, RECIPIENTS, WORLD, bump
from app.database.database import Database
from app.database.ends import end_mailing, settle
from app.database.schema import (
    AddressTraffic,
    AuditLine,
    Mailing,
    MailingContent,
    MailingLane,
    Member,
    MemberState,
    MetReply,
    Node,
    OwnRule,
    Recipient,
    SendingAddress,
    StoredAlert,
    StoredHold,
    StoredLimit,
    StoredPause,
    StoredSetting,
    Stream,
    StreamAddress,
    StreamTraffic,
    Suppression,
)
from app.database.snapshot import start_mailing_rows
from engine.limits import LimitRule, LimitScope, WarmUp
from engine.message import MessageSource, compile_message
from engine.pairs import ip_sort_key
from engine.ports import (
    Alert,
    EngineStatus,
    Hold,
    InDoubtPolicy,
    LeaseLost,
    MailingState,
    Outcome,
    ProviderPause,
    ReadRequest,
    RecipientState,
    Waiting,
)
from engine.replies import Stage, Verdict
from engine.rules import Rule


def _suppress(session: Session, address: str, list_id: int | None = None) -> None:
    session.add(Suppression(address_key=address, list_id=list_id, at=NOW))
    session.flush()


class TestSnapshot:
    """What becomes of a list's members when a mailing starts."""

    def test_lanes_are_contiguous_ranges_by_domain(self, database: Database) -> None:
        mailing = start_mailing(database, ["a@b.test", "b@a.test", "c@b.test", "d@c.test", "e@a.test"])
        with database.read() as session:
            lanes = session.scalars(select(MailingLane).order_by(MailingLane.first_id)).all()
            rows = session.scalars(select(Recipient).order_by(Recipient.id)).all()
            total = session.get_one(Mailing, mailing).total
        assert [(lane.domain, lane.first_id, lane.last_id, lane.total) for lane in lanes] == [
            ("a.test", 1, 2, 2),
            ("b.test", 3, 4, 2),
            ("c.test", 5, 5, 1),
        ]
        assert [(row.id, row.address) for row in rows] == [
            (1, "b@a.test"),
            (2, "e@a.test"),
            (3, "a@b.test"),
            (4, "c@b.test"),
            (5, "d@c.test"),
        ]
        assert {row.lane_id for row in rows[:2]} == {lanes[0].id}
        assert total == 5

    def test_ids_are_never_used_again(self, database: Database) -> None:
        first = start_mailing(database, addresses(3), "first")
        with database.write() as session:
            last = session.scalar(select(func.max(Recipient.id)))
            session.query(Recipient).delete()
            session.delete(session.get_one(Mailing, first))
        start_mailing(database, addresses(3), "second")
        with database.read() as session:
            assert session.scalar(select(func.min(Recipient.id))) == (last or 0) + 1

    def test_takes_whom_mail_may_go_to(self, database: Database) -> None:
        with database.write() as session:
            mailing_list = make_list(session, [f"user{number}@d.test" for number in range(6)])
            other = make_list(session, ["x@d.test"], "other")
            _suppress(session, "user0@d.test")
            _suppress(session, "user1@d.test", mailing_list.id)
            _suppress(session, "user2@d.test", other.id)
            for number, state in ((3, MemberState.UNSUBSCRIBED), (4, MemberState.SUPPRESSED)):
                member = session.scalars(select(Member).where(Member.address_key == f"user{number}@d.test")).one()
                member.state = state
            mailing = make_mailing(session, mailing_list)
            assert start_mailing_rows(session, mailing.id) == 2
        with database.read() as session:
            assert sorted(session.scalars(select(Recipient.address))) == ["user2@d.test", "user5@d.test"]

    def test_a_segments_condition_and_fields(self, database: Database) -> None:
        with database.write() as session:
            mailing_list = make_list(session, ["anna@a.test", "bert@b.test"])
            for member in session.scalars(select(Member)):
                member.fields, member.name = {"city": "Köln"}, member.address[:4]
            mailing = make_mailing(session, mailing_list)
            assert start_mailing_rows(session, mailing.id, where=Member.domain == "b.test") == 1
            plain = make_mailing(session, mailing_list, "plain")
            assert start_mailing_rows(session, plain.id, with_fields=False) == 2
        with database.read() as session:
            rows = session.scalars(select(Recipient).order_by(Recipient.id)).all()
        assert [(row.address, row.name, row.fields) for row in rows] == [
            ("bert@b.test", "bert", {"city": "Köln"}),
            ("anna@a.test", "anna", None),
            ("bert@b.test", "bert", None),
        ]

    def test_a_mailing_to_nobody(self, database: Database) -> None:
        with database.write() as session:
            mailing = make_mailing(session, make_list(session, []))
            assert start_mailing_rows(session, mailing.id) == 0


class TestReading:
    """What the engine is given."""

    async def test_fresh_recipients_in_pieces(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(5))
        one, two = await ports.queue.lanes(mailing)
        assert (one.domain, one.earliest_retry) == ("d1.test", None)
        found = await ports.queue.read(
            [ReadRequest(one.id, one.first_id - 1, 3), ReadRequest(two.id, two.first_id - 1, 9)]
        )
        assert [row.address for row in found[one.id].rows] == ["user0@d1.test", "user1@d1.test", "user2@d1.test"]
        assert (found[one.id].last_id, found[one.id].exhausted) == (3, False)
        assert (len(found[two.id].rows), found[two.id].exhausted) == (5, True)
        rest = await ports.queue.read([ReadRequest(one.id, 3, 3)])
        assert [row.address for row in rest[one.id].rows] == ["user3@d1.test", "user4@d1.test"]
        assert rest[one.id].exhausted
        empty = await ports.queue.read([ReadRequest(one.id, 5, 3)])
        assert (empty[one.id].rows, empty[one.id].last_id, empty[one.id].exhausted) == ((), 0, True)

    async def test_merge_values(self, database: Database, ports: Ports) -> None:
        with database.write() as session:
            mailing = make_mailing(session, make_list(session, ["Anna@d.test", "bert@d.test", "c@d.test"]))
            anna, bert, _ = session.scalars(select(Member).order_by(Member.id))
            anna.name, anna.fields = "Anna", {"city": "Köln"}
            bert.name, bert.fields = "Bert", {"name": "Herr B."}
            start_mailing_rows(session, mailing.id)
        rows = await ports.read_all(mailing.id)
        assert [(row.address, row.fields) for row in rows] == [
            ("Anna@d.test", {"city": "Köln", "name": "Anna"}),
            ("bert@d.test", {"name": "Herr B."}),
            ("c@d.test", None),
        ]

    async def test_deferred_ones_when_they_are_due(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(4, domains=1))
        rows = await ports.read_all(mailing)
        for row, after in zip(rows, (300, 100, 200), strict=False):
            await ports.queue.record([outcome(row, RecipientState.WAITING, next_attempt=NOW + after)])
        (lane,) = await ports.queue.lanes(mailing)
        assert lane.earliest_retry == NOW + 100
        due = await ports.queue.read([ReadRequest(lane.id, lane.last_id, 10, due_by=NOW + 200)])
        assert [row.id for row in due[lane.id].rows] == [rows[1].id, rows[2].id]
        assert [row.attempts for row in due[lane.id].rows] == [1, 1]
        assert (due[lane.id].exhausted, due[lane.id].next_due) == (True, NOW + 300)
        last = await ports.queue.read([ReadRequest(lane.id, lane.last_id, 10, due_by=NOW + 300)])
        assert (len(last[lane.id].rows), last[lane.id].next_due) == (3, None)
        assert {row.last_sending_address for row in due[lane.id].rows} == {"127.0.0.11"}
        assert [row.id for row in await ports.read_all(mailing)] == [rows[3].id]

    async def test_refusals_of_the_sender_bind_to_the_address(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(2, domains=1))
        first, second = await ports.read_all(mailing)
        waiting = RecipientState.WAITING
        await ports.queue.record([outcome(first, waiting, next_attempt=NOW, verdict=Verdict.POLICY)])
        await ports.queue.record([outcome(second, waiting, next_attempt=NOW, verdict=Verdict.GREYLIST)])
        found = await ports.queue.read([ReadRequest(first.lane, 0, 9, due_by=NOW)])
        assert [row.bound for row in found[first.lane].rows] == [True, False]

    async def test_suppressed_and_unsubscribed_ones_are_stopped(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, ["One@d.test", "two@d.test", "three@d.test", "four@d.test"])
        with database.write() as session:
            _suppress(session, "one@d.test")
            member = session.scalars(select(Member).where(Member.address == "two@d.test")).one()
            member.state = MemberState.UNSUBSCRIBED
            session.delete(session.scalars(select(Member).where(Member.address == "three@d.test")).one())
            _suppress(session, "three@d.test")
        (lane,) = await ports.queue.lanes(mailing)
        batch = (await ports.queue.read([ReadRequest(lane.id, 0, 9)]))[lane.id]
        assert [row.address for row in batch.rows] == ["four@d.test"]
        assert (batch.last_id, batch.exhausted) == (4, True)
        counted = sums(database, mailing)
        assert counted.lanes == counted.mailing == counted.recipients
        assert counted.lanes["stopped"] == 3
        with database.read() as session:
            assert session.scalars(select(Recipient.note).where(Recipient.note.is_not(None)).distinct()).all() == [
                "suppressed"
            ]

    async def test_a_lane_that_is_gone(self, ports: Ports) -> None:
        found = await ports.queue.read([ReadRequest(99, 0, 9)])
        assert (found[99].rows, found[99].exhausted) == ((), True)

    async def test_lanes_of_recipients(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(1))
        one, two = await ports.queue.lanes(mailing)
        assert await ports.queue.lanes_of([1, 2, 77]) == {1: one.id, 2: two.id}


class TestClockSetBack:
    """The clock was set back by an hour, and stands at NOW; whom it has made wait waits as long as before."""

    @staticmethod
    def _after(rows: Sequence[Waiting], waits: Sequence[tuple[float, float]]) -> list[Outcome]:
        """Recipients that were deferred at the first instant until the second, in seconds after NOW."""
        return [
            outcome(row, RecipientState.WAITING, at=NOW + at, next_attempt=NOW + until, code=451)
            for row, (at, until) in zip(rows, waits, strict=True)
        ]

    async def test_whom_it_has_made_wait(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(5, domains=1))
        rows = await ports.read_all(mailing)
        waits = [
            (3590, 3890),  # deferred ten seconds before
            (2000, 3500),  # due before it was set, and not tried yet
            (-2, 298),  # deferred when the clock had been set
            (3590, 99_000),
            (-3000, 4200),  # deferred long before: on SQLite only this clock can have done it
        ]
        await ports.queue.record(self._after(rows, waits))
        await ports.queue.set_back(NOW, 3600, latest=NOW + 21_600)
        with database.read() as session:
            due = session.scalars(select(Recipient.next_attempt_at).order_by(Recipient.id)).all()
        long_before = 600 if database.is_sqlite else 4200
        assert [(at or 0) - NOW for at in due] == [290, -100, 298, 21_600, long_before]


class TestRecording:
    """What attempts came to."""

    async def test_ends_and_their_counts(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(6, domains=1))
        rows = await ports.read_all(mailing)
        refusal = {
            "code": 550,
            "reply": "550 5.1.1 no such user",
            "stage": Stage.RCPT,
            "verdict": Verdict.RECIPIENT,
            "rule": "r",
        }
        await ports.queue.record(
            [
                outcome(rows[0]),
                outcome(rows[1], RecipientState.FAILED, **refusal),
                outcome(rows[2], RecipientState.FAILED, **(refusal | {"verdict": Verdict.CONTENT})),
                outcome(rows[3], RecipientState.IN_DOUBT, charged=False, code=0, reply=""),
                outcome(rows[4], RecipientState.EXPIRED, charged=False),
            ]
        )
        counted = sums(database, mailing)
        assert counted.lanes == counted.mailing == counted.recipients
        assert counted.lanes == {"delivered": 1, "failed": 2, "expired": 1, "stopped": 0, "in_doubt": 1}
        with database.read() as session:
            lane = session.scalars(select(MailingLane)).one()
            stored = session.scalars(select(Recipient).order_by(Recipient.id)).all()
            assert session.get_one(Mailing, mailing).waiting == 1
        assert (lane.refused, lane.provider, lane.last_reply) == (1, "d1.test", "250 2.0.0 Ok")
        assert [row.attempts for row in stored] == [1, 1, 1, 0, 0, 0]
        failed = stored[1]
        assert (failed.code, failed.reply, failed.stage, failed.verdict, failed.rule) == (
            550,
            "550 5.1.1 no such user",
            Stage.RCPT,
            Verdict.RECIPIENT,
            "r",
        )
        assert (failed.sending_address, failed.mx_address, failed.last_at) == ("127.0.0.11", "127.0.1.1", NOW + 1)

    async def test_a_replay_changes_nothing(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(4, domains=1))
        rows = await ports.read_all(mailing)
        told = [
            outcome(rows[0]),
            outcome(rows[1], RecipientState.WAITING, next_attempt=NOW + 300),
            outcome(rows[2], RecipientState.WAITING, next_attempt=NOW + 300, charged=False),
            outcome(rows[3], RecipientState.IN_DOUBT, charged=False),
        ]

        def seen() -> list[object]:
            with database.read() as session:
                return [
                    sums(database, mailing),
                    session.execute(select(Recipient.id, Recipient.attempts, Recipient.next_attempt_at)).all(),
                    session.execute(
                        select(StreamTraffic.delivered, StreamTraffic.failed, StreamTraffic.deferred)
                    ).all(),
                    session.execute(select(AddressTraffic.delivered, AddressTraffic.in_doubt)).all(),
                ]

        await ports.queue.record(told)
        before = seen()
        await ports.queue.record(told)
        await ports.queue.record([*told, *reversed(told)])
        assert seen() == before

    async def test_an_older_attempt_does_not_come_back(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(2, domains=1))
        first, second = await ports.read_all(mailing)
        older = outcome(first, RecipientState.WAITING, next_attempt=NOW + 60)
        doubt = outcome(second, RecipientState.IN_DOUBT)
        await ports.queue.record([older, doubt])
        await ports.queue.record([outcome(first, RecipientState.WAITING, attempt=2, next_attempt=NOW + 900)])
        with database.write() as session:
            settle(session.connection(), [second.id], to=RecipientState.WAITING, note="again", now=NOW)
        await ports.queue.record([older, doubt])
        with database.read() as session:
            rows = session.execute(
                select(Recipient.state, Recipient.attempts, Recipient.next_attempt_at).order_by(Recipient.id)
            ).all()
        assert [tuple(row) for row in rows] == [
            (RecipientState.WAITING, 2, NOW + 900),
            (RecipientState.WAITING, 1, None),
        ]

    async def test_an_end_is_final(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(1, domains=1))
        (row,) = await ports.read_all(mailing)
        await ports.queue.record([outcome(row)])
        contradiction = outcome(row, RecipientState.FAILED, attempt=2)
        await ports.queue.record([contradiction, outcome(row, RecipientState.WAITING, attempt=3)])
        assert sums(database, mailing).recipients["delivered"] == 1
        assert sums(database, mailing).lanes["failed"] == 0

    async def test_the_destination_is_believed_over_our_own_clock(self, database: Database, ports: Ports) -> None:
        """Stopped or expired while in flight, and delivered after all."""
        mailing = start_mailing(database, addresses(2, domains=1))
        first, second = await ports.read_all(mailing)
        with database.write() as session:
            end_mailing(session.connection(), mailing, state=RecipientState.STOPPED, now=NOW)
        await ports.queue.record([outcome(first), outcome(second, RecipientState.WAITING, next_attempt=NOW + 60)])
        counted = sums(database, mailing)
        assert counted.lanes == counted.mailing == counted.recipients
        assert (counted.lanes["delivered"], counted.lanes["stopped"]) == (1, 1)

    async def test_several_outcomes_of_one_recipient_at_once(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(1, domains=1))
        (row,) = await ports.read_all(mailing)
        waiting = outcome(row, RecipientState.WAITING, next_attempt=NOW + 60)
        await ports.queue.record([waiting, outcome(row, attempt=2)])
        with database.read() as session:
            stored = session.scalars(select(Recipient)).one()
        assert (stored.state, stored.attempts, stored.next_attempt_at) == (RecipientState.DELIVERED, 2, None)
        assert sums(database, mailing).lanes["delivered"] == 1

    async def test_unknown_recipients_are_ignored(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(1, domains=1))
        (row,) = await ports.read_all(mailing)
        await ports.queue.record([outcome(row, recipient=4711), outcome(row)])
        assert sums(database, mailing).recipients["delivered"] == 1

    async def test_hostile_replies_are_kept(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(2, domains=1))
        rows = await ports.read_all(mailing)
        texts = ["550 \0\x1b[2J\udcff \u202e" + "x" * 10_000, "550 '; DROP TABLE recipients; --"]
        await ports.queue.record(
            [outcome(row, RecipientState.FAILED, reply=text, code=550) for row, text in zip(rows, texts, strict=True)]
        )
        with database.read() as session:
            stored = session.scalars(select(Recipient.reply).order_by(Recipient.id)).all()
            met = session.scalars(select(MetReply.text).order_by(MetReply.id)).all()
        assert stored[0] is not None
        assert len(stored[0]) == 4096
        assert stored[0].startswith("550 \ufffd\x1b[2J? \u202e")
        assert stored[1] == texts[1]
        assert sorted(met) == sorted(str(text) for text in stored)

    async def test_traffic(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(4, domains=1))
        rows = await ports.read_all(mailing)
        at = NOW - NOW % 3600
        await ports.queue.record(
            [
                outcome(rows[0], at=at + 9.9),
                outcome(rows[1], at=at + 10.0),
                outcome(rows[2], RecipientState.IN_DOUBT, at=at + 10.5),
                outcome(
                    rows[3], RecipientState.WAITING, at=at + 3600, next_attempt=at + 9999, sending_address="127.0.0.12"
                ),
            ]
        )
        with database.read() as session:
            by_stream = session.scalars(select(StreamTraffic).order_by(StreamTraffic.bucket_at)).all()
            by_address = session.scalars(select(AddressTraffic).order_by(AddressTraffic.hour_at)).all()
        assert [(row.bucket_at, row.delivered, row.deferred) for row in by_stream] == [
            (at, 1, 0),
            (at + 10, 1, 0),
            (at + 3600, 0, 1),
        ]
        assert [(row.sending_address, row.delivered, row.in_doubt, row.deferred) for row in by_address] == [
            ("127.0.0.11", 2, 1, 0),
            ("127.0.0.12", 0, 0, 1),
        ]
        assert await ports.queue.sent_today(at + 60) == {("127.0.0.11", "d1.test"): 3, ("127.0.0.12", "d1.test"): 0}
        assert await ports.queue.sent_today(at + 86_400) == {}


class TestEnds:
    """Ends that no reply gives."""

    async def test_expiry_of_a_lane(self, database: Database, ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.database.queue.EXPIRED_AT_ONCE", 3)
        mailing = start_mailing(database, addresses(10))
        rows = await ports.read_all(mailing)
        await ports.queue.record([outcome(rows[0]), outcome(rows[1], RecipientState.WAITING, next_attempt=NOW + 60)])
        one, two = await ports.queue.lanes(mailing)
        assert await ports.queue.expire(one.id, NOW + 5, held=True) == 9
        assert await ports.queue.expire(one.id, NOW + 5, held=True) == 0
        assert await ports.queue.expire(two.id, NOW + 5, held=False) == 10
        counted = sums(database, mailing)
        assert counted.lanes == counted.mailing == counted.recipients
        assert (counted.lanes["delivered"], counted.lanes["expired"]) == (1, 19)
        with database.read() as session:
            notes = session.execute(select(Recipient.note, func.count()).group_by(Recipient.note)).all()
            retries = session.scalars(select(Recipient.next_attempt_at).distinct()).all()
        assert {tuple(row) for row in notes} == {("expired while held", 9), (None, 11)}
        assert retries == [None]

    async def test_completion(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(1))
        rows = await ports.read_all(mailing)
        await ports.queue.record([outcome(rows[0])])
        assert not await ports.queue.complete(mailing)
        await ports.queue.record([outcome(rows[1], RecipientState.IN_DOUBT)])
        assert await ports.queue.complete(mailing)
        assert await ports.queue.complete(mailing)
        with database.read() as session:
            stored = session.get_one(Mailing, mailing)
            audit = session.scalars(select(AuditLine)).all()
        assert (stored.state, stored.finished_at) == (MailingState.COMPLETED, NOW)
        assert [(line.actor, line.action, line.subject) for line in audit] == [
            ("engine", "mailing.complete", "mailing may")
        ]
        assert mailing not in (await ports.queue.world()).mailings

    async def test_a_person_settles_what_is_in_doubt(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(3, domains=1))
        rows = await ports.read_all(mailing)
        await ports.queue.record([outcome(row, RecipientState.IN_DOUBT) for row in rows[:2]])
        with database.write() as session:
            connection = session.connection()
            all_of_it = [row.id for row in rows]
            assert settle(connection, all_of_it[:1], to=RecipientState.DELIVERED, note="by anna", now=NOW) == 1
            assert settle(connection, all_of_it, to=RecipientState.WAITING, note="again", now=NOW) == 1
        counted = sums(database, mailing)
        assert counted.lanes == counted.mailing == counted.recipients
        assert (counted.lanes["delivered"], counted.lanes["in_doubt"]) == (1, 0)
        assert [row.id for row in await ports.read_all(mailing)] == [rows[1].id, rows[2].id]


class TestNotices:
    """What the engine tells people."""

    async def test_holds(self, database: Database, ports: Ports) -> None:
        await ports.queue.set_holds([Hold(1, "a.test"), Hold(1, "b.test"), Hold(99, "a.test")], [])
        await ports.queue.set_holds([Hold(1, "b.test")], [Hold(1, "a.test"), Hold(1, "never.test")])
        with database.read() as session:
            assert [(hold.stream_id, hold.domain) for hold in session.scalars(select(StoredHold))] == [(1, "b.test")]

    async def test_alerts(self, database: Database, ports: Ports) -> None:
        def seen() -> list[tuple[str, str, float, bool, bool]]:
            with database.read() as session:
                return [
                    (row.subject, row.text, row.at, row.resolved_at is not None, row.dismissed_at is not None)
                    for row in session.scalars(select(StoredAlert).order_by(StoredAlert.subject))
                ]

        await ports.queue.alert([Alert("total_block", "a", "first", 1.0), Alert("total_block", "b", "other", 1.0)])
        await ports.queue.alert([Alert("total_block", "a", "again", 2.0)], [("total_block", "b")])
        assert seen() == [("a", "again", 1.0, False, False), ("b", "other", 1.0, True, False)]
        with database.write() as session:
            for row in session.scalars(select(StoredAlert)):
                row.dismissed_at = 3.0
        await ports.queue.alert([Alert("total_block", "a", "still", 4.0), Alert("total_block", "b", "anew", 4.0)])
        assert seen() == [("a", "still", 1.0, False, True), ("b", "anew", 4.0, False, False)]

    async def test_pauses_at_a_provider(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(1))
        wanted = {ProviderPause("Google", stream=1), ProviderPause("Google", mailing=mailing)}
        for pause in [*wanted, *wanted, ProviderPause("Google", stream=99)]:
            await ports.queue.pause_at_provider(pause, "refused", NOW)
        assert (await ports.queue.world()).pauses == wanted
        with database.read() as session:
            assert len(session.scalars(select(StoredPause)).all()) == 2
            assert {line.subject for line in session.scalars(select(AuditLine))} == {"stream default", "mailing may"}

    async def test_an_address_that_can_not_be_bound(self, database: Database, ports: Ports) -> None:
        _add_address(database, "192.0.2.7")
        await ports.queue.address_unusable("192.0.2.7", "not on this machine")
        with database.read() as session:
            row = session.scalars(select(SendingAddress)).one()
            assert (row.unusable_reason, row.unusable_at) == ("not on this machine", NOW)
        await ports.queue.address_unusable("192.0.2.7", None)
        with database.read() as session:
            row = session.scalars(select(SendingAddress)).one()
            assert (row.unusable_reason, row.unusable_at) == (None, None)

    async def test_the_engines_state(self, database: Database, ports: Ports) -> None:
        await ports.queue.report(EngineStatus("sending", 812.5, 40, NOW))
        with database.read() as session:
            node = session.get_one(Node, database.node)
        assert (node.state, node.messages_per_second, node.in_flight) == ("sending", 812.5, 40)

    async def test_a_lost_lease(self, database: Database, ports: Ports) -> None:
        with database.write() as session:
            session.get_one(Node, database.node).lease = "engine-another"
        with pytest.raises(LeaseLost):
            await ports.queue.report(EngineStatus("sending", 1.0, 1, NOW))


def _add_address(database: Database, ip: str, **changes: object) -> int:
    with database.write() as session:
        row = SendingAddress(
            node_id=database.node, ip=ip, ip_key=ip_sort_key(ip), helo="out.test", created_at=NOW, **changes
        )
        session.add(row)
        session.flush()
        return row.id


class TestWorld:
    """What administrators decided, as the engine reads it."""

    async def test_streams_addresses_and_limits(self, database: Database, ports: Ports) -> None:
        first = _add_address(database, "192.0.2.7", messages_per_hour=100)
        second = _add_address(
            database,
            "192.0.2.8",
            state="paused",
            warm_up_started=19_000,
            warm_up_first_day=50,
            warm_up_growth=1.5,
            warm_up_last_day=10_000,
        )
        with database.write() as session:
            stream = session.scalars(select(Stream)).one()
            stream.guard = True
            session.add_all(
                [
                    StreamAddress(stream_id=stream.id, address_id=first, weight=7),
                    StreamAddress(stream_id=stream.id, address_id=second, paused=True),
                    StoredLimit(stream_id=stream.id, scope=LimitScope.PROVIDER, target="Google", connections=3),
                    StoredLimit(scope=LimitScope.PAIR, messages_per_connection=50),
                    StoredSetting(key="delivery.in_doubt", value="again"),
                ]
            )
        world = await ports.queue.world()
        (plan,) = world.streams.values()
        assert (plan.name, plan.guard, plan.paused) == ("default", True, False)
        one, two = plan.addresses
        assert (one.weight, one.is_open, one.address.ip, one.address.enabled) == (7, True, "192.0.2.7", True)
        assert one.address.limits == LimitRule(
            LimitScope.ADDRESS, "192.0.2.7", messages_per_hour=100, origin="address 192.0.2.7"
        )
        assert (two.paused, two.address.enabled) == (True, False)
        assert two.address.warm_up == WarmUp(19_000, 50, 1.5, 10_000)
        assert plan.limits == (LimitRule(LimitScope.PROVIDER, "Google", connections=3, origin="stream default"),)
        assert world.limits == (LimitRule(LimitScope.PAIR, messages_per_connection=50, origin="server"),)
        assert world.settings.in_doubt is InDoubtPolicy.AGAIN

    async def test_own_rules_in_their_order(self, database: Database, ports: Ports) -> None:
        rule = Rule("own.one", "Any", (Stage.RCPT,), ("550",), (), "listed", Verdict.BLOCK)
        with database.write() as session:
            for position, name in ((2, "own.two"), (1, "own.one")):
                body = msgspec.to_builtins(rule)
                session.add(OwnRule(rule_id=name, position=position, body=body, enabled=name == "own.one"))
        rules = (await ports.queue.world()).rules
        assert rules[0] == rule
        assert (rules[1].id, rules[1].enabled) == ("own.two", False)

    async def test_messages(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(1))
        with pytest.raises(KeyError):
            await ports.queue.message(mailing)
        message = compile_message(MessageSource("a@sender.test", subject="Hello {{name}}", text="Hi"))
        with database.write() as session:
            content = MailingContent(mailing_id=mailing, from_address="a@sender.test")
            content.compiled = msgspec.msgpack.encode(message)
            session.add(content)
        assert await ports.queue.message(mailing) == message


class TestChanges:
    """What others change is noticed, what the engine itself does is not."""

    async def test_another_program_changes_something(
        self, open_database: Callable[..., Database], ports: Ports
    ) -> None:
        other = open_database()
        waiting = asyncio.create_task(ports.queue.changed())
        await asyncio.to_thread(_bump, other, WORLD, LISTS)
        assert await asyncio.wait_for(waiting, 2.0) == {WORLD}
        await asyncio.to_thread(_bump, other, BLOCKS)
        assert await asyncio.wait_for(ports.queue.changed(), 2.0) == {BLOCKS}

    async def test_a_service_of_the_same_program_changes_something(self, database: Database, ports: Ports) -> None:
        waiting = asyncio.create_task(ports.queue.changed())
        await asyncio.to_thread(_bump, database, RECIPIENTS)
        assert await asyncio.wait_for(waiting, 2.0) == {RECIPIENTS}

    async def test_own_changes_are_not_told(self, database: Database, ports: Ports) -> None:
        mailing = start_mailing(database, addresses(1))
        assert await asyncio.wait_for(ports.queue.changed(), 2.0) == {WORLD}
        rows = await ports.read_all(mailing)
        waiting = asyncio.create_task(ports.queue.changed())
        await ports.queue.record([outcome(row) for row in rows])
        await ports.queue.complete(mailing)
        await ports.queue.report(EngineStatus("idle", 0.0, 0, NOW))
        await asyncio.to_thread(_bump, database, BLOCKS)
        assert await asyncio.wait_for(waiting, 2.0) == {BLOCKS}

    async def test_what_was_rolled_back_is_not_told(self, database: Database, ports: Ports) -> None:
        waiting = asyncio.create_task(ports.queue.changed())
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(_bump, database, WORLD, fails=True)
        await asyncio.to_thread(_bump, database, BLOCKS)
        assert await asyncio.wait_for(waiting, 2.0) == {BLOCKS}


def _bump(database: Database, *topics: str, fails: bool = False) -> None:
    with database.write() as session:
        bump(session, *topics)
        if fails:
            raise ZeroDivisionError


async def test_nodes_that_share_a_database_never_take_the_same_recipient(postgres_url: str, tmp_path: Path) -> None:
    one, two = (Database.open(postgres_url, tmp_path, node=name) for name in ("one", "two"))
    mailing = start_mailing(one, addresses(200, domains=3))
    taken: dict[str, list[int]] = {"one": [], "two": []}

    async def drain(name: str, ports: Ports) -> None:
        for lane in await ports.queue.lanes(mailing):
            cursor = lane.first_id - 1
            while True:
                batch = (await ports.queue.read([ReadRequest(lane.id, cursor, 7)]))[lane.id]
                taken[name] += [row.id for row in batch.rows]
                if batch.exhausted:
                    break
                cursor = batch.last_id

    with engine_ports(one) as first, engine_ports(two) as second:
        await asyncio.gather(drain("one", first), drain("two", second))
        everything = taken["one"] + taken["two"]
        assert len(everything) == len(set(everything))
        again = await first.read_all(mailing)
        assert sorted(row.id for row in again) == sorted(taken["one"])
        rows = [row for row in again if row.id in set(taken["one"][:5])]
        await first.queue.record([outcome(row) for row in rows])
        await first.queue.give_back()
        await second.queue.give_back()
    with engine_ports(two) as second:  # a new engine finds all the rest
        assert len(await second.read_all(mailing)) == 600 - len(rows)
    one.dispose()
    two.dispose()
