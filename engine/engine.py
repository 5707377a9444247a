"""The engine of one node: puts the parts together, starts, drains, follows what administrators change."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.clock import Clock, FurthestClock, pause
from engine.fleet import Fleet
from engine.journal import begin_journals, read_journals
from engine.limits import Limits
from engine.names import TROUBLE_TTL
from engine.pairs import ExchangerGroup, IPText
from engine.ports import CUT_OFF, BlockLedger, EngineSettings, EngineStatus, Queue, World
from engine.prober import Prober
from engine.recorder import Entry, Recorder
from engine.recovery import replay
from engine.registry import Registry
from engine.resolver import Resolver, ResolverConfig
from engine.results import ResultDesk
from engine.scheduler import Scheduler

log = logging.getLogger(__name__)

PULSE = 1.0
"""Seconds between two reports of the engine's state."""
FLUSH_PATIENCE = 5.0
"""Seconds that a draining engine waits for a database that can't be written to; the journals hold what it could not."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an engine is given: its ports, and facts of the machine and the program.

    ``worker`` is the command line that starts a worker process, ``journal`` a folder that only this engine uses,
    ``provider_of`` names the provider of an exchanger group ("" for none).
    """

    queue: Queue
    ledger: BlockLedger
    clock: Clock
    worker: Sequence[str]
    journal: Path
    provider_of: Callable[[ExchangerGroup], str]


class Engine:
    """One run of the engine: :meth:`run` lasts until :meth:`drain` was called and has come to its end."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._clock = FurthestClock(surroundings.clock)
        self._given = replace(surroundings, clock=self._clock)
        self._stop = asyncio.Event()
        self._until_idle = False

    def drain(self) -> None:
        """Start nothing new, let open transactions end, write everything down, return from :meth:`run`."""
        self._stop.set()

    async def run(self, *, on_ready: Callable[[], None], until_idle: bool = False) -> None:
        """Send. With *until_idle* until nothing is left that could be sent: what is held does not count.

        Raises ExceptionGroup when a part has failed; LeaseLost is among its causes when another engine has taken over.
        """
        self._until_idle = until_idle
        given = self._given
        world = await given.queue.world()
        await self._replay(world.settings)
        async with asyncio.TaskGroup() as background:
            parts = _Parts(given, world, background)
            await parts.start()
            services = [background.create_task(work) for work in (*parts.services(), self._follow(parts))]
            pulse = background.create_task(self._pulse(parts))
            on_ready()
            await self._stop.wait()
            await parts.drain()
            for task in (*services, pulse):
                task.cancel()

    async def _replay(self, settings: EngineSettings) -> None:
        """Record what a former engine's workers left in their journals, before anything is sent."""
        folder = self._given.journal
        recovery = await asyncio.to_thread(read_journals, folder)
        if recovery.noted:
            doubt = await replay(recovery, self._given.queue, settings)
            log.info("the journal told of %d attempts, %d of them in doubt", len(recovery.noted), doubt)
        # Whoever has read anything has begun journals: when they are here, what they don't tell of was never begun.
        await self._given.queue.give_back(known=recovery.has_files)
        await asyncio.to_thread(begin_journals, folder)

    async def _follow(self, parts: _Parts) -> None:
        """Take up what others change in the database."""
        while True:
            topics = await self._given.queue.changed()
            if "world" in topics or "recipients" in topics:
                await parts.set_world(await self._given.queue.world(), rows_changed="recipients" in topics)
            if "blocks" in topics:
                parts.reload_blocks()

    async def _pulse(self, parts: _Parts) -> None:
        clock, before = self._clock, parts.desk.delivered
        instant = clock.now()
        while True:
            now = clock.now()
            if by := clock.set_back_by(now):
                await parts.set_back(now, by)
            rate = (parts.desk.delivered - before) / max(now - instant, PULSE)
            before, instant = parts.desk.delivered, now
            state = "draining" if self._stop.is_set() else "sending" if parts.scheduler.flights else "idle"
            await self._report(parts, EngineStatus(state, rate, len(parts.scheduler.flights), now))
            parts.scheduler.look_again(now)
            if self._until_idle and parts.scheduler.is_idle:
                await parts.recorder.flush()
                self._stop.set()
            await pause(clock, PULSE)

    async def _report(self, parts: _Parts, status: EngineStatus) -> None:
        """Tell others that this engine is at work; as long as it can't, it starts nothing new."""
        report = asyncio.ensure_future(self._given.queue.report(status))
        try:
            heard, _ = await asyncio.wait({report}, timeout=CUT_OFF)
            if not heard:
                log.warning("The database has not been reached for %.0f seconds: nothing more is handed out.", CUT_OFF)
                parts.scheduler.stand_still()
            if await report or not heard:
                await parts.start_over()
        finally:
            report.cancel()


class _Parts:
    """The parts of a running engine, wired."""

    def __init__(self, given: Surroundings, world: World, background: asyncio.TaskGroup) -> None:
        settings = world.settings
        self._given = given
        self._world = world
        self.registry = Registry(
            lambda: random.uniform(-1.0, 1.0),  # noqa: S311 - spreads probes, hides nothing
            probe_interval=settings.probe_interval,
            recovery_step=settings.recovery_step,
            own=_own_addresses(world),
        )
        self.limits = Limits()
        self.recorder = Recorder(given.queue, given.ledger, self.registry)
        self.fleet = Fleet(given.worker, given.journal, settings, world.rules)
        self.scheduler = Scheduler(
            queue=given.queue,
            recorder=self.recorder,
            resolver=Resolver(_resolver_config(world), given.clock),
            fleet=self.fleet,
            registry=self.registry,
            limits=self.limits,
            clock=given.clock,
            world=world,
            provider_of=given.provider_of,
            background=background,
        )
        self.desk = ResultDesk(
            scheduler=self.scheduler,
            fleet=self.fleet,
            recorder=self.recorder,
            registry=self.registry,
            limits=self.limits,
            queue=given.queue,
            clock=given.clock,
            world=lambda: self._world,
            background=background,
        )
        self.prober = Prober(
            registry=self.registry,
            recorder=self.recorder,
            scheduler=self.scheduler,
            fleet=self.fleet,
            limits=self.limits,
            desk=self.desk,
            clock=given.clock,
            recovery_step=lambda: self._world.settings.recovery_step,
            helo_of=self._helo_of,
        )
        self.desk.prober = self.prober

    async def start(self) -> None:
        """Everything that must be known before the first recipient is sent."""
        now = self._given.clock.now()
        self.limits.update(self._world)
        self.limits.start_day(await self._given.queue.sent_today(now), now)
        self.registry.load(await self._given.ledger.load())
        self.registry.abandon_probes(now)
        await self.fleet.start(self.desk)
        await self.scheduler.set_world(self._world)

    def services(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """What runs as long as the engine does."""
        return (self.recorder.run(), self.scheduler.run(), self.prober.run())

    async def set_world(self, world: World, *, rows_changed: bool) -> None:
        """Administrators have changed something."""
        before, self._world = self._world, world
        settings = world.settings
        self.limits.update(world)
        self.registry.configure(
            probe_interval=settings.probe_interval, recovery_step=settings.recovery_step, own=_own_addresses(world)
        )
        if world.rules != before.rules:
            self.fleet.set_rules(world.rules)
        if not self.scheduler.supply.resolver.adopt(_resolver_config(world)):
            await self.scheduler.supply.resolver.close()
            self.scheduler.supply.resolver = Resolver(_resolver_config(world), self._given.clock)
        if rows_changed:
            self.scheduler.forget_lanes()
        await self.scheduler.set_world(world)
        self.desk.keep_mailings(world.mailings)
        self.prober.review()

    async def set_back(self, now: float, by: float) -> None:
        """The machine's clock was set back *by* so many seconds to *now*: what waits comes when it would have come."""
        log.warning("The clock was set back; retries, probes and limits are reckoned anew.")
        await self.recorder.flush()
        await self._given.queue.set_back(now, by, latest=now + max(self._world.settings.retry_schedule))
        self.limits.set_back(now, by)
        self.scheduler.set_back(now, by)
        self.registry.set_back(now, by)
        self.recorder.add(Entry())
        await self.scheduler.supply.resolver.close()
        self.scheduler.supply.resolver = Resolver(_resolver_config(self._world), self._given.clock)
        self.scheduler.forget_lanes()
        await self.scheduler.set_world(self._world)
        self.prober.review()

    async def start_over(self) -> None:
        """Others have held what this engine has in hand for in doubt, or may do so soon: keep only what is under way."""
        self.scheduler.stand_still()
        await self._given.queue.give_back(self.scheduler.flights.recipients)
        await self.scheduler.go_on()

    def reload_blocks(self) -> None:
        """Somebody else has changed blocks."""
        self.recorder.reload_blocks(self._blocks_changed)

    def _blocks_changed(self) -> None:
        self.desk.close_blocked_lines()
        self.scheduler.review()
        self.prober.review()

    async def drain(self) -> None:
        """Let open transactions end; everything is written down when this returns, in the database or in the journals."""
        self.scheduler.drain()
        await self.fleet.stop(self._world.settings.drain_timeout)
        try:
            async with asyncio.timeout(FLUSH_PATIENCE):
                await self.recorder.flush()
                await self._given.queue.give_back(self.scheduler.flights.recipients)
            await asyncio.to_thread(self.fleet.forget_journals)
        except TimeoutError:
            log.error("The database can't be written to: the journals tell the next engine what has been sent.")  # noqa: TRY400
        await self.scheduler.supply.resolver.close()

    def _helo_of(self, ip: IPText) -> str:
        for stream in self._world.streams.values():
            for bound in stream.addresses:
                if bound.address.ip == ip:
                    return bound.address.helo
        return ip


def _own_addresses(world: World) -> frozenset[str]:
    return frozenset(bound.address.ip for stream in world.streams.values() for bound in stream.addresses)


def _resolver_config(world: World) -> ResolverConfig:
    return ResolverConfig(
        name_servers=world.settings.name_servers,
        allow_loopback=world.settings.allow_loopback,
        own_addresses=_own_addresses(world),
        trouble_seconds=min(TROUBLE_TTL, max(1.0, world.settings.retry_schedule[0])),
    )
