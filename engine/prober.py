"""Tests blocks when their time has come, and steps the slow starts of those that recover. Runs on the engine's loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from engine.blocks import Block
from engine.clock import Clock
from engine.dispatch import job_of
from engine.fleet import Fleet, Line
from engine.limits import Limits
from engine.pairs import IPPair, IPText
from engine.recorder import Entry, Recorder
from engine.registry import Registry
from engine.replies import Stage, Verdict
from engine.results import ResultDesk, refusal_of
from engine.scheduler import Scheduler
from engine.wire import ProbeDone

log = logging.getLogger(__name__)

PROBES_AT_ONCE = 50
"""Probes under way at most: after a long stop many are due together."""
LONGEST_PROBE = 600.0
"""Seconds after which a probe that the worker never answered is given up."""
_NO_ANSWER = "the probe got no answer"
_CONNECT_ONLY = frozenset({Stage.BANNER, Stage.EHLO})


@dataclass(frozen=True, slots=True)
class _UnderWay:
    block: Block
    line: Line
    started: float
    """By the loop's clock, which nobody sets."""


class Prober:
    """One probe a block at a time; what it finds goes to the registry."""

    def __init__(
        self,
        *,
        registry: Registry,
        recorder: Recorder,
        scheduler: Scheduler,
        fleet: Fleet,
        limits: Limits,
        desk: ResultDesk,
        clock: Clock,
        recovery_step: Callable[[], float],
        helo_of: Callable[[IPText], str],
    ) -> None:
        self._registry = registry
        self._recorder = recorder
        self._scheduler = scheduler
        self._fleet = fleet
        self._limits = limits
        self._desk = desk
        self._clock = clock
        self._recovery_step = recovery_step
        self._helo_of = helo_of
        self._under_way: dict[int, _UnderWay] = {}
        self._count = 0
        self._wake = asyncio.Event()

    def review(self) -> None:
        """Blocks have changed: look again when the next one is due."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            now = self._clock.now()
            self._step(now)
            self._give_up()
            for block in self._registry.due_probes(now, PROBES_AT_ONCE):
                if len(self._under_way) < PROBES_AT_ONCE:
                    await self._start(block, now)
            await self._sleep()

    async def _sleep(self) -> None:
        instants = [self._clock.now() + 60.0, self._registry.next_probe_at(), self._registry.next_tick_at()]
        until = min(instant for instant in instants if instant is not None)
        if len(self._under_way) >= PROBES_AT_ONCE:
            until = self._clock.now() + 1.0
        waker = asyncio.ensure_future(self._wake.wait())
        timer = asyncio.ensure_future(self._clock.sleep_until(until))
        try:
            await asyncio.wait({waker, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waker.cancel()
            timer.cancel()
            self._wake.clear()

    def _step(self, now: float) -> None:
        step = self._recovery_step()
        changes = self._registry.tick(
            now,
            lambda block: self._limits.ramp_ceiling(block.sending_address, block.mx_address, block.provider, step),
        )
        if changes:
            self._recorder.add(Entry())
            for block, _ in changes:
                self._scheduler.review(block.group)

    async def _start(self, block: Block, now: float) -> None:
        line = self._fleet.line(
            IPPair(block.sending_address, self._target(block)),
            block.mx_host,
            block.group,
            block.provider,
            self._helo_of(block.sending_address),
            tls_required=self._scheduler.requires_tls(block.domain, block.provider),
        )
        if not self._fleet.is_up(line.worker) or not self._registry.probe_started(block, now):
            return
        self._recorder.add(Entry())
        flight = None
        if block.stage not in _CONNECT_ONLY:
            flight = await self._scheduler.take_for_probe(line)
        self._count += 1
        self._under_way[self._count] = _UnderWay(block, line, asyncio.get_running_loop().time())
        if not self._fleet.is_up(line.worker):  # it died while the recipient was read
            if flight is not None:
                self._scheduler.hand_back(flight)
            self.on_done(ProbeDone(self._count, None, _NO_ANSWER))
            return
        self._fleet.probe(
            line,
            self._count,
            job=job_of(flight.lane, flight.row) if flight else None,
            sender="",
            recipient="" if block.stage in _CONNECT_ONLY else block.last_recipient,
            message_of=self._scheduler.message_of,
        )

    def _target(self, block: Block) -> IPText:
        """The address that is tested: the first that refused, or one that the group has now when that one is gone."""
        current = self._scheduler.current_addresses(block.group)
        return block.mx_address if not current or block.mx_address in current else current[0]

    def _give_up(self) -> None:
        """Wait no longer. The recipient that a probe carries stays with its worker, whose answer or journal tells of it."""
        now = asyncio.get_running_loop().time()
        for number, probe in list(self._under_way.items()):
            if now - probe.started > LONGEST_PROBE:
                self.on_done(ProbeDone(number, None, _NO_ANSWER))

    def on_worker_lost(self, worker: int) -> None:
        """Its probes get no answer any more."""
        for number, probe in list(self._under_way.items()):
            if probe.line.worker == worker:
                self.on_done(ProbeDone(number, None, _NO_ANSWER))

    def on_done(self, done: ProbeDone) -> None:
        """A worker has finished a probe, maybe one that was given up here."""
        probe = self._under_way.pop(done.probe, None)
        if probe is None:
            if done.result is not None:
                self._desk.on_probe_job(done.result)
            return
        now = self._clock.now()
        block = self._registry.current(probe.block) or probe.block
        if done.accepted:
            log.info("probe of %s accepted: slow start", probe.line.pair)
            self._registry.probe_accepted(block, now, done.reply)
        elif done.accepted is False and done.classification and done.classification.verdict is Verdict.BLOCK:
            refusal = refusal_of(probe.line, block.domain, "", done, now)
            changes = self._registry.probe_refused(
                block, refusal, now, len(self._scheduler.current_addresses(block.group))
            )
            self._desk.close_blocked(changes)
        else:
            self._registry.probe_failed(block, done.text or done.reply, now)
        if done.result is not None:
            self._desk.on_probe_job(done.result)
        self._recorder.add(Entry())
        self._scheduler.review(block.group)
        self._wake.set()
