"""Hands the recipients of a lane out to lines: over which pair, how many, until what is used up. On the engine's loop, in short
steps of the scheduler.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from engine.fleet import Fleet, Line
from engine.flights import Flight, Flights
from engine.holds import HoldBoard
from engine.lanes import LaneQueue, LaneState
from engine.limits import Limits, Place
from engine.message import CompiledMessage
from engine.meters import Gauge
from engine.pairs import IPPair
from engine.ports import Alert, Hold, MailingPlan, Queue, StreamPlan, Waiting, World
from engine.registry import Registry, Standing
from engine.selection import Candidate, Selector, Turn
from engine.shortage import Shortage
from engine.supply import Supply
from engine.turns import Turns
from engine.wire import Job

QUANTUM = 64
"""Recipients that one lane may hand out before the next lane has its turn."""
DEPTH = 256
"""Recipients that a pair has at its worker at most."""
IN_FLIGHT = 8_192
"""Recipients under way at most, over all pairs: enough for thousands of silent destinations; more would cost memory and come
back one by one at a pause."""
SHARE = 64
"""A pair may have this part of the flights that are left: as slow destinations fill them up, each gets fewer, and there is room
for those that are quick (dynamic thresholds; Choudhury and Hahne 1998)."""
JOBS_A_CONNECTION = 8
"""Waiting jobs for which one more connection is allowed, as far as the limits go; the worker sees whether it is of use."""
LOOK_AGAIN = 1.0
"""Seconds after which a lane looks again that waits for room and has nothing under way that would wake it."""

_Target = tuple[Line, Place]
"""Where recipients go: a line, and the place that limits count them at."""


class Dispatch:
    """What is handed out in a step goes to the workers at its end (:meth:`flush`)."""

    def __init__(
        self,
        *,
        queue: Queue,
        fleet: Fleet,
        registry: Registry,
        limits: Limits,
        flights: Flights,
        supply: Supply,
        turns: Turns,
        holds: HoldBoard,
        message_of: Callable[[int], CompiledMessage],
        world: World,
        background: asyncio.TaskGroup,
    ) -> None:
        self._queue = queue
        self._fleet = fleet
        self._registry = registry
        self._limits = limits
        self._flights = flights
        self._supply = supply
        self._turns = turns
        self._holds = holds
        self._message_of = message_of
        self._world = world
        self._background = background
        self._selectors: dict[int, Selector] = {}
        self._touched: dict[int, _Target] = {}
        self._shortage = Shortage(self._touch)
        self._lacking: set[int] = set()
        self._resting: dict[str, float] = {}
        self._unsendable: list[int] = []
        """Recipients that are in hand here, though nothing sends them from here at present."""

    def update(self, world: World) -> None:
        """Streams and settings are these from now on."""
        self._world = world
        for stream in world.streams.values():
            if stream.id in self._selectors:
                self._selectors[stream.id].update(stream)
            else:
                self._selectors[stream.id] = Selector(stream, self._registry, self._limits)

    def rest_address(self, ip: str, until: float) -> None:
        """A sending address could not be bound: it is tried again at an instant (product.md 2.7)."""
        self._resting[ip] = until

    def set_back(self, now: float, by: float) -> None:
        """The clock was set back *by* so many seconds to *now*."""
        self._resting = {ip: until - by for ip, until in self._resting.items() if until - by > now}

    def ran_dry(self, line: Line, now: float) -> None:
        """A pair has nothing to do: others may need its connections."""
        self._limits.release(line.pair.sending_address, line.pair.mx_address, now)
        if self._shortage:
            self._fleet.rest(line)

    def connections_closed(self) -> None:
        """A pair has fewer connections: a line that waits for one asks again."""
        self._shortage.next()

    def _touch(self, line: Line, place: Place) -> None:
        self._touched[line.number] = (line, place)
        self._turns.nudge()

    def send(self, lane: LaneQueue, mailing: MailingPlan, now: float) -> None:
        """Hand out recipients until the quantum, the buffer or the room is used up."""
        route = lane.route
        assert route is not None  # noqa: S101 - _turn has seen to it
        stream = self._world.streams[mailing.stream]
        standing = self._registry.standing(stream, route)
        if standing is Standing.BLOCKED or self._holds:
            self._holds.set(Hold(stream.id, lane.domain), held=standing is Standing.BLOCKED)
        if standing is Standing.BLOCKED:
            self._keep_held(lane, mailing, now)
            return
        if standing is Standing.IMPOSSIBLE:
            self._lack_address(lane, stream, now)
            return
        if stream.id in self._lacking:
            self._lacking.discard(stream.id)
            self._background.create_task(self._queue.alert((), [("no_address", stream.name)]))
        if not lane.buffer:
            self._supply.want_rows(lane, now, mailing.expires_at)
            return
        turn = self._selectors[stream.id].turn(
            route,
            lane.provider,
            now,
            capacity=self._capacity,
            unusable=self._unusable(now),
            ceiling=self._ceiling(mailing, now),
        )
        targets: dict[IPPair, _Target] = {}
        for _ in range(QUANTUM):
            if not lane.buffer:
                self._supply.want_rows(lane, now, mailing.expires_at)
                return
            placed = self._place_next(lane, turn, now)
            if placed is None:
                self._wait_for_room(lane, turn, mailing, now)
                return
            row, candidate = placed
            target = targets.get(candidate.pair)
            if target is None:
                target = targets[candidate.pair] = self._target(lane, candidate, stream)
            self._flights.start(Flight(row, lane, *target))
            target[0].outbox.append(job_of(lane, row))
        self._turns.ready(lane)

    def _capacity(self, pair: IPPair) -> int:
        if not self._fleet.is_up(self._fleet.worker_of(pair.sending_address)):
            return 0
        depth = min(DEPTH, (IN_FLIGHT - len(self._flights)) // SHARE + 1)
        return depth - self._fleet.load(pair)

    def _unusable(self, now: float) -> Collection[str]:
        if self._resting:
            self._resting = {ip: until for ip, until in self._resting.items() if until > now}
        return self._resting

    def _ceiling(self, mailing: MailingPlan, now: float) -> Gauge | None:
        if mailing.hourly_ceiling is None:
            return None
        return self._limits.mailing_ceiling(mailing.id, mailing.hourly_ceiling, now)

    def _place_next(self, lane: LaneQueue, turn: Turn, now: float) -> tuple[Waiting, Candidate] | None:
        """Place one of the buffered recipients; one that is bound to an address that is full lets others pass."""
        for _ in range(len(lane.buffer)):
            row = lane.next_row()
            candidate = turn.choose(
                row.address, keep=row.last_sending_address, strict=row.bound, avoid=self._flights.avoided(row.id, now)
            )
            if candidate is not None:
                self._supply.buffered -= 1
                return row, candidate
            lane.put_last(row)
            if turn.is_exhausted:
                break
        return None

    def _target(self, lane: LaneQueue, candidate: Candidate, stream: StreamPlan) -> _Target:
        """The line of a candidate, which gets jobs in this step."""
        assert lane.route is not None  # noqa: S101 - _turn has seen to it
        line = self._fleet.line(
            candidate.pair,
            candidate.mx.host,
            lane.route.group,
            lane.provider,
            candidate.bound.address.helo,
            tls_required=self._world.settings.requires_tls(lane.domain, lane.provider),
        )
        place = place_of(stream.id, line, lane.domain)
        target = self._touched[line.number] = (line, place)
        return target

    def flush(self, now: float) -> None:
        """Send what this step put into the outboxes, and the terms of the lines."""
        for line, place in self._touched.values():
            waiting = line.outstanding + len(line.outbox)
            if not waiting:
                continue
            connections = self._limits.connections_for(place, -(-waiting // JOBS_A_CONNECTION), now)
            messages = self._limits.messages_per_connection(place)
            if not connections:
                self._shortage.add(line, place)
            self._fleet.open(line, connections, messages, exempt=self._registry.is_exempt(*key_of(line)))
            self._fleet.deliver(line, self._message_of)
        self._touched.clear()
        if self._unsendable:
            self._background.create_task(self._queue.let_go(self._unsendable))
            self._unsendable = []

    def _let_go(self, lane: LaneQueue) -> None:
        """Other nodes may have a way for what is buffered. Not while the lane is read: the answer may hold the same rows."""
        rows = self._supply.forget_buffer(lane)
        if not lane.is_being_read:
            self._unsendable += [row.id for row in rows]

    def _keep_held(self, lane: LaneQueue, mailing: MailingPlan, now: float) -> None:
        """Its recipients are no longer pulled; the mailing's end and new MX addresses reach the lane all the same."""
        self._let_go(lane)
        lane.state = LaneState.HELD
        self._turns.remind(lane, min(mailing.expires_at, max(lane.route_until, now + LOOK_AGAIN)))

    def _lack_address(self, lane: LaneQueue, stream: StreamPlan, now: float) -> None:
        self._let_go(lane)
        lane.state = LaneState.SUSPENDED
        self._turns.remind(lane, self._world.mailings[lane.mailing].expires_at)
        if stream.id in self._lacking:
            return
        self._lacking.add(stream.id)
        text = f"Stream {stream.name} has no open sending address that could reach {lane.domain}."
        self._background.create_task(self._queue.alert([Alert("no_address", stream.name, text, now)]))

    def _wait_for_room(self, lane: LaneQueue, turn: Turn, mailing: MailingPlan, now: float) -> None:
        instants = [*self._resting.values(), mailing.expires_at]
        if (next_time := turn.next_time()) is not None:
            instants.append(next_time)
        if len(instants) > 1:
            self._turns.sleep(lane, min(instants))
            return
        lane.state = LaneState.STARVED
        if lane.open == len(lane.buffer):
            self._turns.remind(lane, min(now + LOOK_AGAIN, mailing.expires_at))


def job_of(lane: LaneQueue, row: Waiting) -> Job:
    """What a worker needs to know of a recipient. The token gives each attempt the same Message-ID."""
    return Job(row.id, row.attempts + 1, lane.mailing, row.address, f"{lane.mailing}.{row.id}", row.fields)


def place_of(stream: int, line: Line, domain: str) -> Place:
    """Where limits count what a stream sends to a domain over a line."""
    return Place(stream, line.pair.sending_address, line.pair.mx_address, domain, line.provider)


def key_of(line: Line) -> tuple[str, str, str]:
    """What the registry knows a line by."""
    return line.pair.sending_address, line.pair.mx_address, line.group
