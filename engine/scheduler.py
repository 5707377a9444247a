"""Who is sent next: pulls recipients of open destinations, holds the others, fills the lines of the workers.

Runs on the engine's loop in short steps. What it decides follows from values that it was given: the world, the blocks, the
limits, the routes. The queue is read ahead and the resolver asked in the background.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from engine.clock import Clock
from engine.fleet import Fleet, Line
from engine.lanes import LaneQueue, LaneState
from engine.limits import Limits, Place
from engine.message import CompiledMessage
from engine.meters import Gauge
from engine.pairs import ExchangerGroup, IPPair, IPText
from engine.ports import (
    Alert,
    Hold,
    MailingPlan,
    Outcome,
    ProviderPause,
    Queue,
    ReadRequest,
    RecipientState,
    StreamPlan,
    Waiting,
    World,
)
from engine.recorder import Entry, Recorder
from engine.registry import Registry
from engine.resolver import NoSuchDomain, NullMX, Resolver, TemporaryDNSFailure, UnusableDomain
from engine.selection import Candidate, Selector, Turn
from engine.wire import Job

log = logging.getLogger(__name__)

QUANTUM = 64
"""Recipients that one lane may hand out before the next lane has its turn."""
LANES_A_STEP = 64
"""Lanes that have their turn in one step of the loop, so that a step stays in the low milliseconds."""
DEPTH = 256
"""Recipients that a pair has at its worker at most."""
JOBS_A_CONNECTION = 8
"""Waiting jobs that are worth one more connection, as far as the limits allow."""
READ_AHEAD = 256
"""Recipients of a lane that are read at once."""
BUFFERED = 50_000
"""Recipients in memory at most, over all lanes: a million waiting ones cost no memory."""
LANES_A_READ = 200
ROUTE_AGE = 60.0
"""Seconds after which a lane asks the resolver again (which answers from its cache while the TTL lasts)."""

_WAITS = frozenset({LaneState.HELD, LaneState.STARVED, LaneState.SLEEPING})
_IDLE = _WAITS | {LaneState.READY}


@dataclass(slots=True)
class Flight:
    """A recipient that is at a worker or, ``answered``, whose outcome is not durable yet."""

    row: Waiting
    lane: LaneQueue
    line: Line
    place: Place
    answered: bool = False


class Scheduler:
    """All lanes of all active mailings, and the recipients in flight."""

    def __init__(
        self,
        *,
        queue: Queue,
        recorder: Recorder,
        resolver: Resolver,
        fleet: Fleet,
        registry: Registry,
        limits: Limits,
        clock: Clock,
        world: World,
        provider_of: Callable[[ExchangerGroup], str],
        background: asyncio.TaskGroup,
    ) -> None:
        self._queue = queue
        self._recorder = recorder
        self._resolver = resolver
        self._fleet = fleet
        self._registry = registry
        self._limits = limits
        self._provider_of = provider_of
        self._selectors: dict[int, Selector] = {}
        self._clock = clock
        self._world = world
        self._pauses = world.pauses
        self._messages: dict[int, CompiledMessage] = {}
        self._lanes: dict[int, LaneQueue] = {}
        self._by_mailing: dict[int, set[LaneQueue]] = defaultdict(set)
        self._by_group: dict[ExchangerGroup, set[LaneQueue]] = defaultdict(set)
        self._ready: deque[LaneQueue] = deque()
        self._reads: deque[LaneQueue] = deque()
        self._timers: list[tuple[float, int, LaneQueue]] = []
        self._flights: dict[int, Flight] = {}
        self._touched: dict[int, tuple[Line, Place]] = {}
        self._avoid: dict[int, set[IPPair]] = {}
        self._holds: set[Hold] = set()
        self._holds_known: frozenset[Hold] = frozenset()
        self._publishing = False
        self._buffered = 0
        self._reading = False
        self._draining = False
        self.unusable: set[str] = set()
        """Sending addresses that could not be bound and are not to be used now (product.md 2.7)."""
        self._background = background
        self._wake = asyncio.Event()

    # What administrators decide

    async def set_world(self, world: World) -> None:
        """Take up what administrators changed: mailings that came, went or moved, streams, pauses, settings."""
        before, self._world = self._world, world
        self._pauses = world.pauses
        for mailing in set(self._by_mailing) - set(world.mailings):
            self._leave(mailing)
        for mailing, plan in world.mailings.items():
            if mailing not in self._by_mailing:
                await self._enter(plan)
            elif before.mailings[mailing].stream != plan.stream:
                self._fleet.withdraw(mailing)
        self._set_selectors(world)
        self.review()

    def _set_selectors(self, world: World) -> None:
        for stream in world.streams.values():
            selector = self._selectors.get(stream.id)
            if selector is None:
                self._selectors[stream.id] = Selector(stream, self._registry, self._limits)
            else:
                selector.update(stream)

    async def _enter(self, plan: MailingPlan) -> None:
        self._messages[plan.id] = await self._queue.message(plan.id)
        lanes = {lane.id: LaneQueue(lane) for lane in await self._queue.lanes(plan.id)}
        # What is still at a worker from before a pause is open in the new lane too.
        for flight in self._flights.values():
            if (lane := lanes.get(flight.lane.id)) is not None:
                lane.reopen(flight.row.id)
                flight.lane = lane
        self._lanes |= lanes
        self._by_mailing[plan.id] = set(lanes.values())
        log.info("mailing %s: %d domains wait", plan.name, len(lanes))
        for lane in lanes.values():
            self._set_ready(lane)
        if not lanes:
            self._spawn(self._complete(plan.id))

    def _leave(self, mailing: int) -> None:
        """A mailing was paused, stopped or is over: what is in flight ends, the rest waits in the queue."""
        self._fleet.withdraw(mailing)
        self._fleet.forget(mailing)
        for lane in self._by_mailing.pop(mailing):
            self._drop_lane(lane)

    def _drop_lane(self, lane: LaneQueue) -> None:
        self._forget_buffer(lane)
        lane.state = LaneState.DONE
        self._lanes.pop(lane.id, None)
        if lane.route is not None:
            self._by_group[lane.route.group].discard(lane)

    def message_of(self, mailing: int) -> CompiledMessage:
        """The message of an active mailing."""
        return self._messages[mailing]

    # What happens

    def review(self, group: ExchangerGroup | None = None) -> None:
        """Blocks, limits or the pool have changed: lanes that wait for a way (of one exchanger group) look again."""
        lanes: Iterable[LaneQueue] = self._lanes.values() if group is None else self._by_group[group]
        for lane in lanes:
            if lane.state in _WAITS or lane.state is LaneState.SUSPENDED:
                self._set_ready(lane)

    def flight(self, recipient: int, attempt: int) -> Flight | None:
        """The attempt that a worker may answer for, None when there is no such."""
        flight = self._flights.get(recipient)
        return flight if flight and not flight.answered and flight.row.attempts + 1 == attempt else None

    def flights_of(self, worker: int) -> list[Flight]:
        """What a worker has and hasn't answered."""
        return [flight for flight in self._flights.values() if flight.line.worker == worker and not flight.answered]

    async def take_for_probe(self, line: Line) -> Flight | None:
        """One waiting recipient of the line's exchanger group for a probe of it, from a stream that has its address."""
        for lane in tuple(self._by_group.get(line.group, ())):
            mailing = self._world.mailings.get(lane.mailing)
            if mailing is None or not self._may_probe(lane, mailing, line):
                continue
            row = await self._pull_one(lane)
            if row is not None:
                place = Place(
                    mailing.stream, line.pair.sending_address, line.pair.mx_address, lane.domain, line.provider
                )
                flight = self._flights[row.id] = Flight(row, lane, line, place)
                return flight
        return None

    def _may_probe(self, lane: LaneQueue, mailing: MailingPlan, line: Line) -> bool:
        stream = self._world.streams[mailing.stream]
        bound = any(own.address.ip == line.pair.sending_address and own.is_open for own in stream.addresses)
        return bound and lane.state in _IDLE and not self._is_paused(lane, mailing)

    async def _pull_one(self, lane: LaneQueue) -> Waiting | None:
        if lane.buffer:
            self._buffered -= 1
            return lane.buffer.popleft()
        now, state = self._clock.now(), lane.state
        request = lane.request(1, now)
        if request is None:
            return None
        lane.state = LaneState.READING
        lane.take(request, (await self._queue.read([request]))[lane.id])
        row = lane.buffer.popleft() if lane.buffer else None
        self._buffered += len(lane.buffer)
        if lane.state is LaneState.READING:
            lane.state = state
            self._set_ready(lane)
        return row

    def domain_at(self, line: Line) -> str:
        """A domain whose mail goes over a line, to name what a refused connection was about."""
        return next((lane.domain for lane in self._by_group.get(line.group, ())), line.mx_host)

    def current_addresses(self, group: ExchangerGroup) -> tuple[IPText, ...]:
        """The addresses that an exchanger group has now, as far as a lane has asked."""
        for lane in self._by_group.get(group, ()):
            if lane.route is not None:
                return tuple(mx.address for mx in lane.route.addresses)
        return ()

    def addresses_at(self, group: ExchangerGroup) -> int:
        """How many addresses an exchanger group has now; at least one."""
        return max(1, len(self.current_addresses(group)))

    def pause(self, pause: ProviderPause) -> None:
        """Wait toward a provider from now on; the queue is told by the caller."""
        self._pauses |= {pause}

    def hand_back(self, flight: Flight, *, avoid: bool = False) -> None:
        """Not tried: it goes first on another line, or waits in the queue when its mailing is no longer active.

        With *avoid* not over the same pair again.
        """
        del self._flights[flight.row.id]
        if avoid:
            self._avoid.setdefault(flight.row.id, set()).add(flight.line.pair)
        lane = flight.lane
        if lane.state is LaneState.DONE or lane.mailing not in self._world.mailings:
            lane.settled(flight.row.id, final=False)
            return
        lane.put_back(flight.row)
        self._buffered += 1
        if lane.state in _WAITS:
            self._set_ready(lane)

    def settle(self, recipient: int, *, final: bool, retry_at: float | None = None) -> None:
        """The outcome of a flight is durable."""
        flight = self._flights.pop(recipient)
        self._avoid.pop(recipient, None)
        lane = flight.lane
        lane.settled(recipient, final=final, retry_at=retry_at)
        if lane.state is LaneState.DONE:
            return
        if lane.remaining == 0:
            self._finish(lane)
        elif lane.state is LaneState.SLEEPING and retry_at is not None and retry_at < lane.wake_at:
            self._sleep(lane, retry_at)
        elif lane.state is LaneState.STARVED:
            self._set_ready(lane)

    def room_at(self, line: Line) -> None:
        """A line has less to do: lanes that wait for room there have their turn."""
        for lane in self._by_group.get(line.group, ()):
            if lane.state is LaneState.STARVED:
                self._set_ready(lane)

    # Turns

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            now = self._clock.now()
            self._wake_sleepers(now)
            for _ in range(min(LANES_A_STEP, len(self._ready))):
                lane = self._ready.popleft()
                if lane.state is LaneState.READY:
                    self._turn(lane, now)
            self._flush(now)
            self._start_reading(now)
            self._publish_holds()
            await self._pause()

    async def _pause(self) -> None:
        if self._ready:
            await asyncio.sleep(0)
            return
        self._wake.clear()
        if not self._timers:
            await self._wake.wait()
            return
        timer = asyncio.ensure_future(self._clock.sleep_until(self._timers[0][0]))
        waker = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({timer, waker}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            waker.cancel()

    def _set_ready(self, lane: LaneQueue) -> None:
        lane.state = LaneState.READY
        self._ready.append(lane)
        self._wake.set()

    def _sleep(self, lane: LaneQueue, until: float) -> None:
        lane.state = LaneState.SLEEPING
        lane.wake_at = until
        heapq.heappush(self._timers, (until, lane.id, lane))
        self._wake.set()

    def _wake_sleepers(self, now: float) -> None:
        while self._timers and self._timers[0][0] <= now:
            instant, _, lane = heapq.heappop(self._timers)
            if lane.wake_at == instant and lane.state in _WAITS:
                self._set_ready(lane)

    def _turn(self, lane: LaneQueue, now: float) -> None:
        mailing = self._world.mailings.get(lane.mailing)
        if mailing is None:
            return
        if now >= mailing.expires_at:
            self._expire(lane, now)
        elif self._draining:
            lane.state = LaneState.SUSPENDED
        elif lane.route is None or now >= lane.route_until:
            lane.state = LaneState.ROUTING
            self._spawn(self._find_route(lane))
        elif self._is_paused(lane, mailing):
            lane.state = LaneState.SUSPENDED
        else:
            self._send(lane, mailing, now)

    def _is_paused(self, lane: LaneQueue, mailing: MailingPlan) -> bool:
        if self._world.streams[mailing.stream].paused:
            return True
        assert lane.route is not None  # noqa: S101 - _turn has seen to it
        provider = self._provider_of(lane.route.group)
        return (
            ProviderPause(provider, mailing=mailing.id) in self._pauses
            or ProviderPause(provider, stream=mailing.stream) in self._pauses
        )

    def _send(self, lane: LaneQueue, mailing: MailingPlan, now: float) -> None:
        """Hand out recipients until the quantum, the buffer or the room is used up."""
        route = lane.route
        assert route is not None  # noqa: S101 - _turn has seen to it
        stream = self._world.streams[mailing.stream]
        pairs = self._registry.count_pairs(stream, route)
        self._set_hold(Hold(stream.id, lane.domain), held=pairs.is_totally_blocked)
        if pairs.is_totally_blocked:
            self._keep_held(lane, mailing, now)
            return
        if not pairs.possible:
            self._lack_address(lane, stream, now)
            return
        provider = self._provider_of(route.group)
        turn = self._selectors[stream.id].turn(
            route, provider, now, capacity=self._capacity, ceiling=self._ceiling(mailing, now), unusable=self.unusable
        )
        for _ in range(QUANTUM):
            if not lane.buffer:
                self._want_rows(lane, now)
                return
            if not self._hand_out_next(lane, turn, route.group, provider):
                self._wait_for_room(lane, turn, mailing)
                return
        self._set_ready(lane)

    def _capacity(self, pair: IPPair) -> int:
        line = self._fleet.by_pair(pair)
        if not self._fleet.is_up(self._fleet.worker_of(pair.sending_address)):
            return 0
        return DEPTH if line is None else DEPTH - line.outstanding - len(line.outbox)

    def _ceiling(self, mailing: MailingPlan, now: float) -> Gauge | None:
        if mailing.hourly_ceiling is None:
            return None
        return self._limits.mailing_ceiling(mailing.id, mailing.hourly_ceiling, now)

    def _hand_out_next(self, lane: LaneQueue, turn: Turn, group: ExchangerGroup, provider: str) -> bool:
        """Place one of the buffered recipients; those that are bound to an address that is full let others pass."""
        for _ in range(len(lane.buffer)):
            row = lane.buffer.popleft()
            candidate = turn.choose(
                row.address,
                keep=row.last_sending_address,
                strict=row.bound,
                avoid=self._avoid.get(row.id, ()),
            )
            if candidate is not None:
                self._buffered -= 1
                self._hand_over(lane, row, candidate, group, provider)
                return True
            lane.buffer.append(row)
            if turn.is_exhausted:
                return False
        return False

    def _hand_over(
        self, lane: LaneQueue, row: Waiting, candidate: Candidate, group: ExchangerGroup, provider: str
    ) -> None:
        pair = candidate.pair
        line = self._fleet.line(pair, candidate.mx.host, group, provider, candidate.bound.address.helo)
        line.tls_required = not self._world.settings.tls_required.isdisjoint({lane.domain, provider, "*"})
        stream = self._world.mailings[lane.mailing].stream
        place = Place(stream, pair.sending_address, pair.mx_address, lane.domain, provider)
        self._flights[row.id] = Flight(row, lane, line, place)
        line.outbox.append(self.job(lane, row))
        self._touched[line.number] = (line, place)

    def job(self, lane: LaneQueue, row: Waiting) -> Job:
        """What a worker needs to know of a recipient. The token makes the same Message-ID for each attempt."""
        fields = dict(row.fields) or None
        return Job(row.id, row.attempts + 1, lane.mailing, row.address, f"{lane.mailing}.{row.id}", fields)

    def _flush(self, now: float) -> None:
        """Send what this step put into the outboxes, and the terms of the lines."""
        for line, place in self._touched.values():
            waiting = line.outstanding + len(line.outbox)
            connections = self._limits.connections_for(place, -(-waiting // JOBS_A_CONNECTION), now)
            self._fleet.open(line, connections, self._limits.messages_per_connection(place))
            self._fleet.deliver(line, self.message_of)
        self._touched.clear()

    def _keep_held(self, lane: LaneQueue, mailing: MailingPlan, now: float) -> None:
        """Its recipients are no longer pulled; the mailing's end and new MX addresses reach the lane all the same."""
        self._forget_buffer(lane)
        lane.state = LaneState.HELD
        self._wake_later(lane, min(mailing.expires_at, max(lane.route_until, now + 1.0)))

    def _lack_address(self, lane: LaneQueue, stream: StreamPlan, now: float) -> None:
        self._forget_buffer(lane)
        lane.state = LaneState.SUSPENDED
        text = f"Stream {stream.name} has no open sending address that could reach {lane.domain}."
        self._spawn(self._queue.alert([Alert("no_address", stream.name, text, now)]))

    def _wait_for_room(self, lane: LaneQueue, turn: Turn, mailing: MailingPlan) -> None:
        instant = turn.next_time()
        lane.state = LaneState.STARVED
        if instant is not None:
            self._sleep(lane, min(instant, mailing.expires_at))
        elif not lane.open - len(lane.buffer):
            # Nothing of its own is under way that would wake it: other lanes have the room, or a slow start its step.
            self._sleep(lane, min(self._clock.now() + 1.0, mailing.expires_at))

    def _forget_buffer(self, lane: LaneQueue) -> None:
        self._buffered -= len(lane.buffer)
        lane.drop_buffer()

    def _wake_later(self, lane: LaneQueue, until: float) -> None:
        lane.wake_at = until
        heapq.heappush(self._timers, (until, lane.id, lane))

    # Rows

    def _want_rows(self, lane: LaneQueue, now: float) -> None:
        """The buffer is empty: read, or wait for what is in flight or deferred."""
        if lane.may_read(now):
            lane.state = LaneState.READING
            self._reads.append(lane)
        elif lane.open < lane.remaining and (instant := lane.next_retry()) is not None:
            self._sleep(lane, min(instant, self._world.mailings[lane.mailing].expires_at))
        else:
            lane.state = LaneState.STARVED
            self._wake_later(lane, self._world.mailings[lane.mailing].expires_at)

    def _start_reading(self, now: float) -> None:
        if self._reading or not self._reads or self._buffered >= BUFFERED:
            return
        requests: dict[int, tuple[LaneQueue, ReadRequest]] = {}
        while self._reads and len(requests) < LANES_A_READ:
            lane = self._reads.popleft()
            if lane.state is LaneState.READING and (request := lane.request(READ_AHEAD, now)) is not None:
                requests[lane.id] = (lane, request)
        if requests:
            self._reading = True
            self._spawn(self._read(requests))

    async def _read(self, requests: dict[int, tuple[LaneQueue, ReadRequest]]) -> None:
        try:
            batches = await self._queue.read([request for _, request in requests.values()])
        finally:
            self._reading = False
        for lane, request in requests.values():
            before = len(lane.buffer)
            lane.take(request, batches[lane.id])
            if lane.state is LaneState.DONE:
                lane.drop_buffer()
                continue
            self._buffered += len(lane.buffer) - before
            if lane.remaining == 0:
                self._finish(lane)
            else:
                self._set_ready(lane)
        self._wake.set()

    # Routes

    async def _find_route(self, lane: LaneQueue) -> None:
        now = self._clock.now()
        try:
            route = await self._resolver.route(lane.domain)
        except (NullMX, NoSuchDomain, UnusableDomain) as problem:
            if lane.state is LaneState.ROUTING:
                await self._fail_lane(lane, str(problem))
            return
        except TemporaryDNSFailure as problem:
            if lane.state is LaneState.ROUTING:
                self._sleep(lane, min(problem.retry_at, self._world.mailings[lane.mailing].expires_at))
            return
        if lane.state is not LaneState.ROUTING:
            return
        if lane.route is not None:
            self._by_group[lane.route.group].discard(lane)
        lane.route = route
        lane.route_until = now + ROUTE_AGE
        self._by_group[route.group].add(lane)
        self._set_ready(lane)

    async def _fail_lane(self, lane: LaneQueue, sentence: str) -> None:
        """Mail for this domain can't be delivered: each waiting recipient fails with the resolver's sentence."""
        while lane.state is LaneState.ROUTING:
            now = self._clock.now()
            if not lane.buffer:
                request = lane.request(READ_AHEAD, now)
                if request is None:
                    break
                batch = (await self._queue.read([request]))[lane.id]
                lane.take(request, batch)
                if not lane.buffer and batch.exhausted:
                    continue
            else:
                self._buffered -= len(lane.buffer)
            rows = list(lane.buffer)
            lane.buffer.clear()
            self._recorder.add(Entry([_undeliverable(row, sentence, now) for row in rows]))
            await self._recorder.flush()
            for row in rows:
                lane.settled(row.id, final=True)
        if lane.state is LaneState.ROUTING:
            self._finish_or_wait(lane)

    def _finish_or_wait(self, lane: LaneQueue) -> None:
        if lane.remaining == 0:
            self._finish(lane)
        elif (instant := lane.next_retry()) is not None:
            self._sleep(lane, instant)
        else:
            lane.state = LaneState.STARVED

    # Ends

    def _expire(self, lane: LaneQueue, now: float) -> None:
        held = Hold(self._world.mailings[lane.mailing].stream, lane.domain) in self._holds
        self._forget_buffer(lane)
        if lane.open:
            # What is in flight ends first: it may still be delivered.
            lane.state = LaneState.STARVED
            return
        lane.state = LaneState.READING
        self._spawn(self._expire_rows(lane, now, held=held))

    async def _expire_rows(self, lane: LaneQueue, now: float, *, held: bool) -> None:
        await self._recorder.flush()
        lane.remaining -= await self._queue.expire(lane.id, now, held=held)
        self._finish(lane)

    def _finish(self, lane: LaneQueue) -> None:
        """Nothing of the lane waits any more."""
        mailing = lane.mailing
        stream = self._world.mailings[mailing].stream if mailing in self._world.mailings else None
        self._drop_lane(lane)
        lanes = self._by_mailing.get(mailing)
        if lanes is None:
            return
        lanes.discard(lane)
        hold = Hold(stream, lane.domain) if stream is not None else None
        if hold in self._holds and not self._is_wanted(hold):
            self._holds.discard(hold)
        if not lanes:
            self._spawn(self._complete(mailing))

    def _is_wanted(self, hold: Hold) -> bool:
        return any(
            lane.domain == hold.domain and self._world.mailings[lane.mailing].stream == hold.stream
            for lane in self._lanes.values()
            if lane.mailing in self._world.mailings
        )

    async def _complete(self, mailing: int) -> None:
        await self._recorder.flush()
        if await self._queue.complete(mailing):
            log.info("mailing %d is completed", mailing)
            self._by_mailing.pop(mailing, None)
            self._fleet.forget(mailing)
            self._messages.pop(mailing, None)

    # Holds

    def _set_hold(self, hold: Hold, *, held: bool) -> None:
        if held:
            self._holds.add(hold)
        else:
            self._holds.discard(hold)

    def _publish_holds(self) -> None:
        if not self._publishing and self._holds != self._holds_known:
            self._publishing = True
            self._spawn(self._write_holds())

    async def _write_holds(self) -> None:
        wanted = frozenset(self._holds)
        known, self._holds_known = self._holds_known, wanted
        await self._queue.set_holds(tuple(wanted - known), tuple(known - wanted))
        self._publishing = False
        self._wake.set()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._background.create_task(work)


def _undeliverable(row: Waiting, sentence: str, now: float) -> Outcome:
    """The resolver has said that mail for the domain can't be delivered: a verdict on the recipient."""
    return Outcome(row.id, row.lane, row.attempts + 1, RecipientState.FAILED, now, reply=sentence)
