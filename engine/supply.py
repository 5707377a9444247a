"""What lanes need before they can send: rows of the queue, routes of the resolver; and how a lane ends. On the engine's loop.

Reads are made for many lanes at once and one at a time; a lane is served again when its answer is there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from engine.clock import Clock
from engine.lanes import LaneQueue, LaneState
from engine.pairs import Route
from engine.ports import Batch, Outcome, Queue, ReadRequest, RecipientState, Waiting
from engine.recorder import Entry, Recorder
from engine.resolver import NoSuchDomain, NullMX, Resolver, TemporaryDNSFailure, UnusableDomain
from engine.turns import Turns

READ_AHEAD = 256
"""Recipients of a lane that are read at once."""
BUFFERED = 20_000
"""Recipients in memory at most, over all lanes: a million waiting ones cost no memory."""
LANES_A_READ = 200
ROUTES_AT_ONCE = 512
"""Lanes that wait for the resolver at the same time."""
ROUTE_AGE = 60.0
"""Seconds after which a lane asks the resolver again at the latest (which answers from its cache while the TTL lasts)."""
ROUTE_YOUTH = 1.0
"""Seconds in which it doesn't, however short the TTL is."""


class Supply:
    """Rows and routes for lanes. ``buffered`` counts the recipients that are read and not handed out."""

    def __init__(
        self,
        *,
        queue: Queue,
        recorder: Recorder,
        resolver: Resolver,
        turns: Turns,
        clock: Clock,
        rerouted: Callable[[LaneQueue, Route | None], None],
        finish: Callable[[LaneQueue], None],
        background: asyncio.TaskGroup,
    ) -> None:
        """*rerouted* is called when a lane has another route, with the one before; *finish* when a lane is over."""
        self._queue = queue
        self._recorder = recorder
        self.resolver = resolver
        self._turns = turns
        self._clock = clock
        self._rerouted = rerouted
        self._finish = finish
        self._background = background
        self._wanting: deque[LaneQueue] = deque()
        self._unrouted: deque[tuple[LaneQueue, float]] = deque()
        self._routing = 0
        self._reading = False
        self._questions: set[asyncio.Task[None]] = set()
        self.buffered = 0

    # Rows

    def want_rows(self, lane: LaneQueue, now: float, expires_at: float) -> None:
        """The buffer is empty: read, or wait for what is under way or deferred; a lane that has nothing at all is over."""
        if lane.may_read(now):
            lane.state = LaneState.READING
            self._wanting.append(lane)
        elif (instant := lane.next_retry()) is not None:
            self._turns.sleep(lane, min(instant, expires_at))
        elif lane.open:
            lane.state = LaneState.STARVED
            self._turns.remind(lane, expires_at)
        else:
            self._finish(lane)

    def start_reading(self, now: float) -> None:
        """Read for lanes that want rows, unless a read is under way or memory is full."""
        if self._reading or not self._wanting or self.buffered >= BUFFERED:
            return
        requests: list[tuple[LaneQueue, ReadRequest]] = []
        while self._wanting and len(requests) < LANES_A_READ:
            lane = self._wanting.popleft()
            if lane.state is LaneState.READING and (request := lane.request(READ_AHEAD, now)) is not None:
                requests.append((lane, request))
        if requests:
            self._reading = True
            self._background.create_task(self._read(requests))

    async def _read(self, requests: list[tuple[LaneQueue, ReadRequest]]) -> None:
        batches = await self._queue.read([request for _, request in requests])
        self._reading = False
        for lane, request in requests:
            if self._take(lane, request, batches[lane.id]):
                self._turns.ready(lane)
        self._turns.nudge()

    async def pull_one(self, lane: LaneQueue) -> Waiting | None:
        """One recipient of a lane that waits, for a probe; None when there is none to be had now."""
        if lane.buffer:
            self.buffered -= 1
            return lane.next_row()
        request = lane.request(1, self._clock.now())
        if request is None:
            return None
        lane.state = LaneState.READING
        if not self._take(lane, request, (await self._queue.read([request]))[lane.id]):
            return None
        self._turns.ready(lane)
        if not lane.buffer:
            return None
        self.buffered -= 1
        return lane.next_row()

    def _take(self, lane: LaneQueue, request: ReadRequest, answer: Batch) -> bool:
        """Buffer an answer, beside what was handed back meanwhile; False when the lane is over by now."""
        before = len(lane.buffer)
        lane.take(request, answer)
        if lane.state is LaneState.DONE:
            lane.drop_buffer()
            return False
        self.buffered += len(lane.buffer) - before
        return True

    def forget_buffer(self, lane: LaneQueue) -> list[Waiting]:
        """What is buffered waits in the queue again."""
        self.buffered -= len(lane.buffer)
        return lane.drop_buffer()

    # Routes

    def find_route(self, lane: LaneQueue, expires_at: float) -> None:
        """Ask the resolver; the lane has its turn when it has a route."""
        lane.state = LaneState.ROUTING
        self._unrouted.append((lane, expires_at))
        self._route_next()

    def _route_next(self) -> None:
        """A question takes some kilobytes while it is under way: a mailing to very many domains asks for few at a time."""
        while self._unrouted and self._routing < ROUTES_AT_ONCE:
            lane, expires_at = self._unrouted.popleft()
            if lane.state is LaneState.ROUTING:
                self._routing += 1
                question = self._background.create_task(self._find_route(lane, expires_at))
                self._questions.add(question)
                question.add_done_callback(self._questions.discard)

    def stop(self) -> None:
        """The engine drains: nothing more is read, and nobody waits for slow name servers any more."""
        self._wanting.clear()
        self._unrouted.clear()
        for question in tuple(self._questions):
            question.cancel()

    async def _ask(self, domain: str) -> Route:
        try:
            return await self.resolver.route(domain)
        finally:
            self._routing -= 1
            self._route_next()

    async def _find_route(self, lane: LaneQueue, expires_at: float) -> None:
        try:
            route = await self._ask(lane.domain)
        except (NullMX, NoSuchDomain, UnusableDomain) as problem:
            await self._fail_all(lane, str(problem), expires_at)
        except TemporaryDNSFailure as problem:
            if lane.state is LaneState.ROUTING:
                self._turns.sleep(lane, min(problem.retry_at, expires_at))
        else:
            if lane.state is LaneState.ROUTING:
                now = self._clock.now()
                held_until = self.resolver.holds_until(lane.domain)
                lane.route_until = max(now + ROUTE_YOUTH, min(held_until, now + ROUTE_AGE))
                if lane.route != route:
                    before, lane.route = lane.route, route
                    self._rerouted(lane, before)
                self._turns.ready(lane)

    async def _fail_all(self, lane: LaneQueue, sentence: str, expires_at: float) -> None:
        """Mail for this domain can't be delivered: each waiting recipient fails with the resolver's sentence."""
        while lane.state is LaneState.ROUTING:
            now = self._clock.now()
            if not lane.buffer and (request := lane.request(READ_AHEAD, now)) is not None:
                answer = (await self._queue.read([request]))[lane.id]
                if not self._take(lane, request, answer):
                    return
            rows = lane.empty_buffer()
            self.buffered -= len(rows)
            if rows:
                self._recorder.add(Entry([_undeliverable(row, sentence, now) for row in rows]))
                await self._recorder.flush()
                for row in rows:
                    lane.settled(row.id, final=True)
            elif not lane.may_read(now):
                self.want_rows(lane, now, expires_at)

    # Expiry

    def expire(self, lane: LaneQueue, now: float, *, held: bool) -> None:
        """The mailing's time is over: what is under way ends first (it may be delivered), the rest has expired."""
        self.forget_buffer(lane)
        if lane.open:
            lane.state = LaneState.STARVED
            return
        lane.state = LaneState.READING
        self._background.create_task(self._expire(lane, now, held=held))

    async def _expire(self, lane: LaneQueue, now: float, *, held: bool) -> None:
        await self._recorder.flush()
        await self._queue.expire(lane.id, now, held=held)
        if lane.state is not LaneState.DONE:
            self._finish(lane)


def _undeliverable(row: Waiting, sentence: str, now: float) -> Outcome:
    """The resolver has said that mail for the domain can't be delivered: a verdict on the recipient."""
    return Outcome(row.id, row.lane, row.attempts + 1, RecipientState.FAILED, now, reply=sentence)
