"""The engine's queue in the database (:class:`engine.ports.Queue`): lives on the engine's loop, works in threads."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.database import claims, notices
from app.database.changes import BLOCKS, HOLDS, PERSON, RECIPIENTS, WORLD, bump
from app.database.database import Database
from app.database.ends import EXPIRED_WHILE_HELD, bring_forward, end_range, end_unwanted
from app.database.housekeeping import EVERY, tidy
from app.database.lease import SILENT, Lease, doubt_silent, lose_claims
from app.database.outcomes import record
from app.database.problems import problem_of
from app.database.reading import Found, read
from app.database.schema import Node
from app.database.sql import ids, run
from app.database.world import read_world
from app.database.writer import Writer
from engine.message import CompiledMessage
from engine.ports import (
    Alert,
    Batch,
    EngineStatus,
    Hold,
    Lane,
    Outcome,
    ProviderPause,
    ReadRequest,
    RecipientState,
    World,
)
from engine.rules import Rule

log = logging.getLogger(__name__)

_T = TypeVar("_T")

EXPIRED_AT_ONCE: Final = 5000
"""Ids of one transaction when a lane expires."""
_TOPICS: Final = frozenset({WORLD, BLOCKS, RECIPIENTS})
_READ_PAUSE: Final = 0.5
"""Seconds between two tries to read."""


class DatabaseQueue:
    """Recipients, and what administrators decided about them, as one engine sees them.

    *rules* are the bundled rules, behind the administrator's own. *now* is the engine's clock, in epoch seconds. Give it up
    with :meth:`close`; writer, lease and database belong to the caller.
    """

    def __init__(
        self,
        database: Database,
        writer: Writer,
        lease: Lease,
        *,
        rules: Sequence[Rule] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._writer = writer
        self._lease = lease
        self._rules = tuple(rules)
        self._now = now
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="queue reader")
        self._inbox = _Inbox()
        self._unsubscribe = database.watcher.subscribe(self._inbox.put, ignoring=self._is_of_no_concern)
        self._claiming = asyncio.Lock()
        """What is given back is not being read: the two would pass each other."""
        self._tidied_at = time.monotonic() - EVERY

    def _is_of_no_concern(self, topic: str, writer: str) -> bool:
        """What this engine did itself, and what other engines record of recipients that they have in hand."""
        return writer == self._lease.word or (topic == RECIPIENTS and writer != PERSON)

    def close(self) -> None:
        """End the reading threads."""
        self._unsubscribe()
        self._threads.shutdown()

    async def world(self) -> World:
        """Read everything administrators decide, in one snapshot."""
        return await self._read(lambda session: read_world(session, self._lease.node, self._rules))

    async def message(self, mailing: int) -> CompiledMessage:
        """The compiled message of a mailing; raises KeyError when it has none."""
        data = await self._select("SELECT compiled FROM mailing_contents WHERE mailing_id = ?", mailing)
        if not data or data[0][0] is None:
            raise KeyError(mailing)
        return msgspec.msgpack.decode(bytes(data[0][0]), type=CompiledMessage)

    async def lanes(self, mailing: int) -> Sequence[Lane]:
        """The lanes of a mailing that still have waiting recipients."""
        rows = await self._select(
            "SELECT l.id, l.mailing_id, l.domain, l.first_id, l.last_id,"
            " (SELECT min(r.next_attempt_at) FROM recipients r WHERE r.lane_id = l.id AND r.next_attempt_at IS NOT NULL)"
            " FROM mailing_lanes l WHERE l.mailing_id = ?"
            " AND l.total > l.delivered + l.failed + l.expired + l.stopped + l.in_doubt ORDER BY l.id",
            mailing,
        )
        return [Lane(*row) for row in rows]

    async def read(self, requests: Sequence[ReadRequest]) -> Mapping[int, Batch]:
        """Answer each request, by lane. One request a lane."""
        found = await self._find(requests)
        for answer in found.values():
            if answer.unwanted:
                await self._writer.run(self._stopping(answer.unwanted), len(answer.unwanted))
        return {lane: answer.batch for lane, answer in found.items()}

    async def lanes_of(self, recipients: Sequence[int]) -> Mapping[int, int]:
        """The lane of each recipient; unknown ones are left out."""

        def work(session: Session) -> dict[int, int]:
            connection = session.connection()
            statement = "SELECT id, lane_id FROM recipients WHERE id IN ?[]"
            return {row[0]: row[1] for row in run(connection, statement, (ids(connection, recipients),))}

        return await self._read(work)

    async def record(self, outcomes: Sequence[Outcome]) -> None:
        """Record outcomes and the counts that follow from them, in one transaction."""
        taken = tuple(outcomes)
        if taken:
            await self._writer.run(lambda connection: record(connection, taken, writer=self._lease.word), len(taken))

    async def expire(self, lane: int, now: float, *, held: bool) -> int:
        """End all waiting recipients of a lane as expired ("expired while held" when *held*); return how many."""
        ranges = await self._select("SELECT first_id, last_id FROM mailing_lanes WHERE id = ?", lane)
        note = EXPIRED_WHILE_HELD if held else ""
        count = 0
        for first, last in ranges:
            for start in range(first, last + 1, EXPIRED_AT_ONCE):
                end = min(last, start + EXPIRED_AT_ONCE - 1)
                count += await self._writer.run(self._expiring(lane, start, end, note, now), EXPIRED_AT_ONCE)
        return count

    async def set_back(self, now: float, by: float, *, latest: float) -> None:
        """The clock was set back *by* so many seconds to *now*: let who waits wait as long as before, until *latest* at most."""
        shared = not self._database.is_sqlite
        await self._writer.run(lambda connection: bring_forward(connection, now, by, latest=latest, shared=shared))

    async def complete(self, mailing: int) -> bool:
        """Mark an active mailing completed when nothing of it waits; False when something does."""
        now = self._now()
        return await self._writer.run(lambda connection: notices.complete(connection, mailing, now, self._lease.word))

    async def holds(self) -> frozenset[Hold]:
        """What is recorded as held."""
        return frozenset(
            Hold(*row) for row in await self._select("SELECT stream_id, domain FROM holds WHERE stream_id > ?", 0)
        )

    async def set_holds(self, add: Sequence[Hold], remove: Sequence[Hold]) -> None:
        """Record which domains are held for which streams."""
        added, removed, now = tuple(add), tuple(remove), self._now()

        def work(connection: Connection) -> None:
            notices.set_holds(connection, added, removed, now)
            bump(connection, HOLDS, writer=self._lease.word)

        await self._writer.run(work)

    async def pause_at_provider(self, pause: ProviderPause, reason: str, at: float) -> None:
        """Record that a stream or a mailing waits toward a provider until the administrator resumes it."""
        await self._writer.run(lambda connection: notices.pause(connection, pause, reason, at, self._lease.word))

    async def alert(self, alerts: Sequence[Alert], resolved: Sequence[tuple[str, str]] = ()) -> None:
        """Raise alerts, and resolve those with the given (kind, subject)."""
        raised, settled, now = tuple(alerts), tuple(resolved), self._now()
        await self._writer.run(lambda connection: notices.alert(connection, raised, settled, now, self._lease.word))

    async def report(self, status: EngineStatus) -> bool:
        """Show the engine's state to others and renew its lease; raise LeaseLost when another engine has taken over.

        Returns whether others had put in doubt what this node has in hand, because they had not heard of it.
        """
        tidies = time.monotonic() - self._tidied_at >= EVERY
        shared = not self._database.is_sqlite

        def work(connection: Connection) -> bool:
            was_silent = self._lease.renew(connection, status)
            if shared:
                with Session(connection) as session:
                    doubt_silent(session, self._lease.node, self._now())
            if tidies:
                tidy(connection, self._now())
            return was_silent

        was_silent = await self._writer.run(work)
        if tidies:
            self._tidied_at = time.monotonic()
        return was_silent

    async def give_back(self, keep: Collection[int] = (), *, known: bool = True) -> None:
        """What this node has in hand but *keep* is for any node to send. Unless it is *known* what of it was begun, it is in
        doubt."""
        if self._database.is_sqlite:
            return
        kept = tuple(keep)

        def work(connection: Connection) -> None:
            with Session(connection) as session:
                if not known:
                    lose_claims(session, self._lease.node, self._now())
                name = session.get_one(Node, self._lease.node).name
            if claims.give_back(connection, self._lease.node, kept, name=name, now=self._now()):
                bump(connection, RECIPIENTS)
            notices.alert(connection, (), [(SILENT, name)], self._now(), self._lease.word)

        async with self._claiming:
            await self._writer.run(work)

    async def let_go(self, recipients: Collection[int]) -> None:
        """These, which this node has in hand and has not begun, are for any node to send."""
        if self._database.is_sqlite:
            return
        freed = tuple(recipients)

        def work(connection: Connection) -> None:
            if claims.let_go(connection, self._lease.node, freed):
                bump(connection, RECIPIENTS)

        async with self._claiming:
            await self._writer.run(work)

    async def address_unusable(self, ip: str, reason: str | None) -> None:
        """Record that an address can't be bound (product.md 2.7), or with None that it can again."""
        now = self._now()
        await self._writer.run(lambda connection: notices.unusable(connection, ip, reason, now, self._lease.word))

    async def sent_today(self, now: float) -> Mapping[tuple[str, str], int]:
        """Messages handed over since midnight UTC by (sending address, provider), for warm-up plans."""
        rows = await self._select(
            "SELECT sending_address, provider, sum(delivered + in_doubt) FROM address_traffic WHERE hour_at >= ?"
            " GROUP BY sending_address, provider",
            int(now) - int(now) % 86_400,
        )
        return {(row[0], row[1]): int(row[2]) for row in rows}

    async def changed(self) -> frozenset[str]:
        """Wait until something that the engine reads was changed by anyone else; return the topics."""
        return await self._inbox.take()

    async def _find(self, requests: Sequence[ReadRequest]) -> dict[int, Found]:
        """Read the recipients; where nodes share a database this claims them, and so it writes."""
        node = self._lease.node
        if self._database.is_sqlite:
            return await self._read(lambda session: read(session.connection(), requests, node))

        def claim() -> dict[int, Found]:
            with self._database.writer_engine.begin() as connection:
                return read(connection, requests, node)

        async def alone() -> dict[int, Found]:
            async with self._claiming:
                return await self._patiently(claim)

        return await asyncio.shield(asyncio.ensure_future(alone()))  # a thread that claims does not end before it has

    def _stopping(self, recipients: Sequence[int]) -> Callable[[Connection], None]:
        now = self._now()

        def work(connection: Connection) -> None:
            end_unwanted(connection, recipients, now=now)
            bump(connection, RECIPIENTS, writer=self._lease.word)

        return work

    def _expiring(self, lane: int, first: int, last: int, note: str, now: float) -> Callable[[Connection], int]:
        def work(connection: Connection) -> int:
            state, node = RecipientState.EXPIRED, self._lease.node
            count = end_range(connection, lane, first, last, state=state, note=note, now=now, node=node)
            if count:
                bump(connection, RECIPIENTS, writer=self._lease.word)
            return count

        return work

    async def _select(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        return await self._read(
            lambda session: [tuple(row) for row in run(session.connection(), statement, parameters)]
        )

    async def _read(self, work: Callable[[Session], _T]) -> _T:
        def in_session() -> _T:
            with self._database.read() as session:
                return work(session)

        return await self._patiently(in_session)

    async def _patiently(self, work: Callable[[], _T]) -> _T:
        """Run *work* in a reading thread, again and again while the database has a trouble that passes."""
        loop = asyncio.get_running_loop()
        warned = False
        while True:
            try:
                return await loop.run_in_executor(self._threads, work)
            except Exception as error:
                problem = problem_of(error)
                if problem is None or not problem.passing:
                    raise
                if not warned:
                    log.warning("%s Reading is tried again until it works.", problem.sentence)
                    warned = True
            await asyncio.sleep(_READ_PAUSE)


class _Inbox:
    """Topics from the watcher's thread for a coroutine."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._topics: set[str] = set()
        self._waiting: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def put(self, topics: frozenset[str]) -> None:
        """Add topics; from any thread."""
        with self._lock:
            self._topics |= topics & _TOPICS
            waiting = self._waiting if self._topics else None
        if waiting is not None:
            loop, arrived = waiting
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(arrived.set)

    async def take(self) -> frozenset[str]:
        """Wait for topics and take them."""
        arrived = asyncio.Event()
        with self._lock:
            self._waiting = (asyncio.get_running_loop(), arrived)
            if self._topics:
                arrived.set()
        await arrived.wait()
        with self._lock:
            self._waiting = None
            topics, self._topics = frozenset(self._topics), set()
        return topics
