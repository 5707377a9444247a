"""Whose turn it is, lane by lane: mailings that come and go, what wakes a lane, what ends it. Over which pair its recipients go is
for :mod:`engine.dispatch` to say.

Runs on the engine's loop in short steps. What it decides follows from values that it was given: the world, the blocks, the
limits, the routes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import lru_cache

from engine.clock import Clock
from engine.dispatch import DEPTH, IN_FLIGHT, Dispatch, key_of, place_of
from engine.fleet import Fleet, Line
from engine.flights import Flight, Flights
from engine.holds import HoldBoard
from engine.lane_groups import LaneGroups
from engine.lanes import LaneQueue, LaneState
from engine.limits import Limits
from engine.message import CompiledMessage
from engine.pairs import ExchangerGroup, IPText, Route
from engine.ports import Hold, MailingPlan, ProviderPause, Queue, World
from engine.recorder import Recorder
from engine.registry import Registry, provider_of
from engine.resolver import Resolver
from engine.supply import Supply
from engine.turns import WAITING, Turns

log = logging.getLogger(__name__)

LANES_A_STEP = 64
"""Lanes that have their turn in one step of the loop, so that a step stays in the low milliseconds."""
GROUPS = 1024
"""Exchanger groups whose provider is remembered: those that serve many domains. Each lane remembers its own."""
ELSEWHERE = 5.0
"""Seconds after which a mailing is looked at again whose rest other nodes have in hand."""


class Scheduler:
    """All lanes of all active mailings."""

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
        self._fleet = fleet
        self._registry = registry
        self._limits = limits
        self._clock = clock
        self._provider_of = lru_cache(GROUPS)(provider_of)
        self._background = background
        self._turns = Turns(clock)
        self._holds = HoldBoard(queue, clock, background)
        self.supply = Supply(
            queue=queue,
            recorder=recorder,
            resolver=resolver,
            turns=self._turns,
            clock=clock,
            rerouted=self._reroute,
            finish=self._finish,
            background=background,
        )
        self.flights = Flights()
        self._world = world
        self._pauses = world.pauses
        self._messages: dict[int, CompiledMessage] = {}
        self._by_mailing: dict[int, dict[int, LaneQueue]] = {}
        self._by_group = LaneGroups()
        self._draining = False
        self._stands_still = False
        self._unfinished: dict[int, float] = {}
        """When to look again at mailings of which nothing is left here, though something waits."""
        self._is_full = False
        """As many recipients are under way as may be: nobody has a turn before some of them have ended."""
        self._dispatch = Dispatch(
            queue=queue,
            fleet=fleet,
            registry=registry,
            limits=limits,
            flights=self.flights,
            supply=self.supply,
            turns=self._turns,
            holds=self._holds,
            message_of=self.message_of,
            world=world,
            background=background,
        )

    # What administrators decide

    async def set_world(self, world: World) -> None:
        """Take up what administrators changed: mailings that came, went or moved, streams, pauses, settings."""
        before, self._world = self._world, world
        self._pauses = world.pauses
        self._dispatch.update(world)
        for mailing in self._by_mailing.keys() - world.mailings.keys():
            self._leave(mailing)
        for mailing, plan in world.mailings.items():
            if mailing not in self._by_mailing:
                await self._enter(plan)
            elif before.mailings[mailing].stream != plan.stream:
                self._fleet.withdraw(mailing)
        self.review()

    async def _enter(self, plan: MailingPlan) -> None:
        self._messages[plan.id] = await self._queue.message(plan.id)
        lanes = {lane.id: LaneQueue(lane) for lane in await self._queue.lanes(plan.id)}
        if self._by_mailing.get(plan.id) or plan.id not in self._world.mailings:
            return  # it came back or left meanwhile; two queues of one lane would send twice
        self.flights.move_to(lanes)
        self._by_mailing[plan.id] = lanes
        log.info("mailing %s: %d domains wait", plan.name, len(lanes))
        for lane in lanes.values():
            self._turns.ready(lane)
        if not lanes:
            self._background.create_task(self._complete(plan.id))

    def _leave(self, mailing: int) -> None:
        """A mailing was paused, stopped or is over: what is in flight ends, the rest waits in the queue."""
        self._fleet.withdraw(mailing)
        for lane in self._by_mailing.pop(mailing).values():
            self._drop(lane)

    def _drop(self, lane: LaneQueue) -> None:
        self.supply.forget_buffer(lane)
        lane.end()
        if lane.route is not None:
            self._by_group.discard(lane, lane.route.group)

    def forget_lanes(self) -> None:
        """A person has changed recipients in the queue: :meth:`set_world` reads all lanes anew."""
        for mailing in tuple(self._by_mailing):
            self._leave(mailing)

    def pause(self, pause: ProviderPause) -> None:
        """Wait toward a provider from now on; the caller tells the queue."""
        self._pauses |= {pause}

    def rest_address(self, ip: str, until: float) -> None:
        """A sending address could not be bound: it is tried again at an instant (product.md 2.7)."""
        self._dispatch.rest_address(ip, until)
        self.review()

    def set_back(self, now: float, by: float) -> None:
        """The clock was set back *by* so many seconds to *now*: no address, pair or mailing is left alone longer for that."""
        self._dispatch.set_back(now, by)
        self.flights.set_back(now, by)
        self._unfinished = {mailing: min(instant, now + ELSEWHERE) for mailing, instant in self._unfinished.items()}

    def drain(self) -> None:
        """Hand out nothing more."""
        self._draining = True
        self.supply.stop()

    def stand_still(self) -> None:
        """Hand out nothing, and forget what was read: what has not begun comes back and waits in the queue."""
        self._stands_still = True
        self.forget_lanes()

    async def go_on(self) -> None:
        """Read all lanes anew."""
        self._stands_still = False
        self.forget_lanes()
        await self.set_world(self._world)

    def look_again(self, now: float) -> None:
        """Mailings whose rest other nodes had in hand: has anything come back?"""
        for mailing in [mailing for mailing, instant in self._unfinished.items() if instant <= now]:
            del self._unfinished[mailing]
            if not self._by_mailing.get(mailing) and mailing in self._world.mailings and not self._draining:
                self._background.create_task(self._enter(self._world.mailings[mailing]))

    # Questions

    @property
    def is_idle(self) -> bool:
        """Nothing is left that could be sent: whatever still waits is held, or waits for a person."""
        waits_long = {LaneState.HELD, LaneState.SUSPENDED}
        return not self.flights and all(lane.state in waits_long for lane in self._lanes())

    def message_of(self, mailing: int) -> CompiledMessage:
        """The message of an active mailing."""
        return self._messages[mailing]

    def requires_tls(self, domain: str, provider: str) -> bool:
        """Mail for the domain goes over TLS or not at all."""
        return self._world.settings.requires_tls(domain, provider)

    def domain_at(self, line: Line) -> str:
        """A domain whose mail goes over a line, to name what a refused connection was about."""
        return next((lane.domain for lane in self._by_group.of(line.group)), line.mx_host)

    def current_addresses(self, group: ExchangerGroup) -> tuple[IPText, ...]:
        """The addresses that an exchanger group has now, as far as a lane has asked."""
        for lane in self._by_group.of(group):
            if lane.route is not None:
                return tuple(mx.address for mx in lane.route.addresses)
        return ()

    def _lanes(self) -> Iterable[LaneQueue]:
        return (lane for lanes in self._by_mailing.values() for lane in lanes.values())

    # What happens

    def review(self, group: ExchangerGroup | None = None) -> None:
        """Blocks, limits or the pool have changed: lanes that wait for a way (of one exchanger group) look again."""
        lanes = self._lanes() if group is None else self._by_group.of(group)
        for lane in lanes:
            if lane.state in WAITING:
                self._turns.ready(lane)

    def room_at(self, line: Line) -> None:
        """A line has less to do: lanes that wait for room there have their turn."""
        if line.outstanding > DEPTH // 2:
            return
        if not self._fleet.load(line.pair):
            self._dispatch.ran_dry(line, self._clock.now())
        for lane in self._by_group.of(line.group):
            if lane.state is LaneState.STARVED:
                self._turns.ready(lane)

    def connections_closed(self) -> None:
        """A pair has fewer connections: a line that waits for one asks again."""
        self._dispatch.connections_closed()

    def hand_back(self, flight: Flight, *, avoid_until: float | None = None) -> None:
        """Not tried: it goes first on another line, or waits in the queue when its mailing is no longer active."""
        self.flights.hand_back(flight, avoid_until=avoid_until)
        self._make_room()
        lane = flight.lane
        if lane.state is LaneState.DONE:
            lane.settled(flight.row.id, final=False)
            return
        if flight.dated:
            lane.read_again(flight.row.id, self._clock.now())
        else:
            lane.put_back(flight.row)
            self.supply.buffered += 1
        if lane.state in WAITING:
            self._turns.ready(lane)

    def settle(self, recipient: int, *, final: bool, retry_at: float | None = None) -> None:
        """The outcome of a flight is durable."""
        lane = self.flights.settle(recipient).lane
        self._make_room()
        lane.settled(recipient, final=final, retry_at=retry_at)
        if lane.state is LaneState.STARVED or (lane.state is LaneState.SLEEPING and (retry_at or 0.0) < lane.wake_at):
            self._turns.ready(lane)

    def _make_room(self) -> None:
        if self._is_full and len(self.flights) < IN_FLIGHT:
            self._is_full = False
            self._turns.nudge()

    async def take_for_probe(self, line: Line) -> Flight | None:
        """One waiting recipient of the line's exchanger group for a probe of it, from a stream that has its address."""
        for lane in tuple(self._by_group.of(line.group)):
            mailing = self._world.mailings.get(lane.mailing)
            if mailing is None or not self._may_probe(lane, mailing, line):
                continue
            row = await self.supply.pull_one(lane)
            if row is not None:
                flight = Flight(row, lane, line, place_of(mailing.stream, line, lane.domain))
                self.flights.start(flight)
                self._limits.note_sent(flight.place, 1, self._clock.now(), lane.mailing)
                self._registry.note_sent(*key_of(line), 1)
                return flight
        return None

    def _may_probe(self, lane: LaneQueue, mailing: MailingPlan, line: Line) -> bool:
        stream = self._world.streams[mailing.stream]
        bound = any(own.address.ip == line.pair.sending_address and own.is_open for own in stream.addresses)
        can_give = lane.state in WAITING or lane.state is LaneState.READY
        suits = self.requires_tls(lane.domain, line.provider) == line.tls_required
        may_send = not (self._draining or self._stands_still or self._is_paused(lane, mailing))
        return bound and can_give and suits and may_send

    # Turns

    async def run(self) -> None:
        """Work until cancelled."""
        await self._holds.start()
        while True:
            now = self._clock.now()
            for lane in () if self._is_full else self._turns.take(LANES_A_STEP):
                self._turn(lane, now)
            self._dispatch.flush(now)
            self.supply.start_reading(now)
            self._holds.publish(self._world)
            self._is_full = len(self.flights) >= IN_FLIGHT
            await (self._turns.nudged() if self._is_full else self._turns.wait())

    def _turn(self, lane: LaneQueue, now: float) -> None:
        mailing = self._world.mailings.get(lane.mailing)
        if mailing is None:
            return
        if now >= mailing.expires_at:
            self.supply.expire(lane, now, held=Hold(mailing.stream, lane.domain) in self._holds)
        elif self._draining or self._stands_still:
            lane.state = LaneState.SUSPENDED
        elif lane.route is None or now >= lane.route_until:
            self.supply.find_route(lane, mailing.expires_at)
        elif self._is_paused(lane, mailing):
            lane.state = LaneState.SUSPENDED
            self._turns.remind(lane, mailing.expires_at)
        else:
            self._dispatch.send(lane, mailing, now)

    def _reroute(self, lane: LaneQueue, before: Route | None) -> None:
        """A lane has another route than *before*."""
        if before is not None:
            self._by_group.discard(lane, before.group)
        if lane.route is not None:
            self._by_group.add(lane, lane.route.group)
            lane.provider = self._provider_of(lane.route.group)

    def _is_paused(self, lane: LaneQueue, mailing: MailingPlan) -> bool:
        if self._world.streams[mailing.stream].paused:
            return True
        if not self._pauses or lane.route is None:
            return False
        provider = provider_of(lane.provider, lane.route.group)
        return (
            ProviderPause(provider, mailing=mailing.id) in self._pauses
            or ProviderPause(provider, stream=mailing.stream) in self._pauses
        )

    # Ends

    def _finish(self, lane: LaneQueue) -> None:
        """Nothing of the lane waits any more."""
        self._drop(lane)
        lanes = self._by_mailing.get(lane.mailing, {})
        lanes.pop(lane.id, None)
        mailing = self._world.mailings.get(lane.mailing)
        if mailing is not None:
            self._release_hold(Hold(mailing.stream, lane.domain))
        if not lanes:
            self._background.create_task(self._complete(lane.mailing))

    def _release_hold(self, hold: Hold) -> None:
        """The last lane that waited behind a hold is over."""
        if hold in self._holds and not any(
            lane.domain == hold.domain and self._world.mailings[lane.mailing].stream == hold.stream
            for lane in self._lanes()
            if lane.mailing in self._world.mailings
        ):
            self._holds.set(hold, held=False)

    async def _complete(self, mailing: int) -> None:
        """All lanes are over: so is the mailing, unless something is under way here or waits elsewhere."""
        await self._recorder.flush()
        if not self.flights.has_any_of(mailing) and await self._queue.complete(mailing):
            log.info("mailing %d is completed", mailing)
            self._by_mailing.pop(mailing, None)
            self._messages.pop(mailing, None)
            self._fleet.forget(mailing)
        else:
            self._unfinished[mailing] = self._clock.now() + ELSEWHERE
