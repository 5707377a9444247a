"""What workers report becomes outcomes, blocks, limits and alerts. Runs on the engine's loop, as the fleet's listener.

Nothing is settled before it is durable: a delivered recipient stays open until the queue has it, and one that met a block
is handed out again only after the block is in the ledger.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Protocol

from engine.blocks import Block, BlockEventKind, Change, Refusal
from engine.clock import Clock
from engine.fleet import Fleet, Line
from engine.flights import Flight
from engine.guard import RefusalWatch
from engine.journal import Recovery, forget_journals
from engine.limits import Limits
from engine.pairs import IPPair
from engine.ports import Alert, Outcome, ProviderPause, Queue, RecipientState, World
from engine.recorder import Entry, Recorder
from engine.recovery import Testimony
from engine.registry import Registry, provider_of
from engine.replies import Classification, Stage, Verdict
from engine.retry import Decision, PairEffect, connection_refused, in_doubt, refused
from engine.scheduler import Scheduler
from engine.wire import End, PairTrouble, ProbeDone, Result, Results, Trouble

log = logging.getLogger(__name__)

UNBINDABLE_PAUSE = 60.0
"""Seconds after which an address that could not be bound is tried again."""


def refusal_of(line: Line, domain: str, recipient: str, answer: Result | PairTrouble | ProbeDone, at: float) -> Refusal:
    """A block reply as the registry wants it; *answer* has a classification."""
    said = answer.classification
    assert said is not None  # noqa: S101 - only classified replies come here
    return Refusal(
        pair=line.pair,
        mx_host=line.mx_host,
        domain=domain,
        group=line.group,
        provider=line.provider,
        stage=Stage(answer.stage),
        code=answer.code,
        enhanced=answer.enhanced,
        reply=answer.reply,
        rule=said.rule,
        reason=said.reason,
        advice=said.advice,
        at=at,
        recipient=recipient,
        scope=said.scope,
        permanent=said.permanent,
        threshold=said.threshold,
        probe_interval=said.probe_interval_seconds,
    )


class ProbeListener(Protocol):
    """The prober, as the desk sees it."""

    def on_done(self, done: ProbeDone) -> None:
        """A probe came to an end."""
        ...

    def on_worker_lost(self, worker: int) -> None:
        """A worker is gone, and what it was testing is unknown."""
        ...

    def review(self) -> None:
        """Blocks have changed: another probe may be the next one."""
        ...


class ResultDesk:
    """The fleet's listener (:class:`engine.fleet.FleetEvents`)."""

    def __init__(
        self,
        *,
        scheduler: Scheduler,
        fleet: Fleet,
        recorder: Recorder,
        registry: Registry,
        limits: Limits,
        queue: Queue,
        clock: Clock,
        world: Callable[[], World],
        background: asyncio.TaskGroup,
    ) -> None:
        self._scheduler = scheduler
        self._fleet = fleet
        self._recorder = recorder
        self._registry = registry
        self._limits = limits
        self._queue = queue
        self._clock = clock
        self._world = world
        self._background = background
        self._watch = RefusalWatch()
        self._faulty: set[str] = set()
        self.prober: ProbeListener | None = None
        """Who hears of blocks that are new, and of probes that came to an end."""
        self.delivered = 0
        """Messages that destinations took since the engine started."""

    def keep_mailings(self, mailings: Collection[int]) -> None:
        """Only these are active."""
        self._watch.keep(mailings)

    # Results

    def on_results(self, worker: int, results: Results) -> None:
        """Decide what each result means; acknowledge the batch once all of it is durable."""
        now = self._clock.now()
        answers = [(flight, result) for result in results.results if (flight := self._flight_of(result)) is not None]
        outcomes = self._take_delivered([each for each in answers if each[1].end is End.DELIVERED], now)
        again: list[tuple[Flight, float | None]] = []
        for flight, result in answers:
            if result.end is not End.DELIVERED:
                self._take(flight, result, now, outcomes, again)
        generation = self._fleet.generation(worker)

        def durable() -> None:
            self._on_durable(outcomes, again)
            self._fleet.acknowledge(worker, generation, results.sequence)

        self._recorder.add(Entry(outcomes, durable))
        for number in {result.pair for result in results.results}:
            self._scheduler.room_at(self._fleet.by_number(number))

    def _flight_of(self, result: Result) -> Flight | None:
        flight = self._scheduler.flights.answer(result.recipient, result.attempt)
        if flight is None:
            log.warning(
                "a worker answered for recipient %d, attempt %d, which is not open", result.recipient, result.attempt
            )
        return flight

    def _take_delivered(self, answers: Sequence[tuple[Flight, Result]], now: float) -> list[Outcome]:
        """What nearly all answers are, taken together; before the others, so that shares are of all that were tried."""
        self.delivered += len(answers)
        for line in {flight.line.number: flight.line for flight, _ in answers}.values():
            self._affect(line, PairEffect.WORKS, now)
            self._address_works(line.pair.sending_address)
        first = Counter(
            [(each.lane.mailing, each.line.provider, each.line.group) for each, _ in answers if not each.row.attempts]
        )
        for (mailing, provider, group), count in first.items():
            self._watch.note_tried(mailing, provider_of(provider, group), count)
        return [_delivered(flight, result, now) for flight, result in answers]

    def _take(
        self,
        flight: Flight,
        result: Result,
        now: float,
        outcomes: list[Outcome],
        again: list[tuple[Flight, float | None]],
    ) -> None:
        if result.end is End.DELIVERED:
            outcomes += self._take_delivered([(flight, result)], now)
            return
        if result.end is End.RETURNED:
            self._unused(flight, now)
            again.append((flight, None))
            return
        decision = self._decide(flight, result, now)
        if decision.state is RecipientState.WAITING and not decision.charged:
            self._unused(flight, now)
            again.append((flight, decision.next_attempt or now))
        else:
            outcomes.append(_outcome(flight, result, decision, now))
            self._count(flight, decision, now)

    def _decide(self, flight: Flight, result: Result, now: float) -> Decision:
        line, settings = flight.line, self._world().settings
        if result.end is End.IN_DOUBT:
            return in_doubt(settings.in_doubt, settings.retry_schedule, flight.row.attempts, now)
        said = result.classification or Classification(Verdict.UNKNOWN)
        pair_closed = True
        if said.verdict is Verdict.BLOCK:
            refusal = refusal_of(line, flight.lane.domain, flight.row.address, result, now)
            pair_closed = self.note_block(line, refusal, known_addresses=_addresses(flight))
        decision = refused(
            said,
            Stage(result.stage),
            result.code,
            schedule=settings.retry_schedule,
            attempts=flight.row.attempts,
            now=now,
            pair_closed=pair_closed,
        )
        self._affect(line, decision.pair, now)
        return decision

    def _affect(self, line: Line, effect: PairEffect, now: float) -> None:
        pair = line.pair
        match effect:
            case PairEffect.WORKS:
                self._limits.note_clean(pair.sending_address, pair.mx_address)
            case PairEffect.THROTTLE:
                self._limits.note_throttle(pair.sending_address, pair.mx_address, now)
            case PairEffect.BACK_OFF:
                self._limits.note_unreachable(pair.sending_address, pair.mx_address, now)
                self._fleet.close(line)

    def _unused(self, flight: Flight, now: float) -> None:
        """What was taken from limits and slow starts for this attempt was not used."""
        self._limits.note_sent(flight.place, -1, now, flight.lane.mailing)
        pair = flight.line.pair
        self._registry.note_sent(pair.sending_address, pair.mx_address, flight.line.group, -1)

    def _count(self, flight: Flight, decision: Decision, now: float) -> None:
        """A mailing that a provider refuses for what it is pauses there (product.md 4.6)."""
        if flight.row.attempts:
            return
        settings, line, mailing = self._world().settings, flight.line, flight.lane.mailing
        provider = provider_of(line.provider, line.group)
        if not decision.counts_as_refused:
            self._watch.note_tried(mailing, provider)
            return
        pauses = self._watch.note_refused(
            mailing, provider, share=settings.refusal_share, minimum=settings.refusal_minimum
        )
        if pauses and mailing in self._world().mailings:
            self._watch.forget(mailing, provider)
            name = self._world().mailings[mailing].name
            reason = f"{provider} refuses mailing {name} for its content, its sender or its set-up"
            self._background.create_task(
                self._pause(ProviderPause(provider, mailing=mailing), "refused_content", name, reason, now)
            )

    async def _pause(self, pause: ProviderPause, kind: str, subject: str, reason: str, now: float) -> None:
        self._scheduler.pause(pause)
        await self._queue.pause_at_provider(pause, reason, now)
        await self._queue.alert([Alert(kind, f"{subject} → {pause.provider}", reason, now)])

    def _on_durable(self, outcomes: Sequence[Outcome], again: Sequence[tuple[Flight, float | None]]) -> None:
        for outcome in outcomes:
            waits = outcome.state is RecipientState.WAITING
            self._scheduler.settle(outcome.recipient, final=not waits, retry_at=outcome.next_attempt)
        for flight, avoid_until in again:
            self._scheduler.hand_back(flight, avoid_until=avoid_until)

    # Blocks

    def note_block(self, line: Line, refusal: Refusal, known_addresses: int) -> bool:
        """A pair was refused: record it, close what it closes, watch for contagion; is the pair closed now?"""
        changes = self._registry.on_refusal(refusal, refusal.at, known_addresses)
        self.close_blocked(changes)
        # The worker has closed the pair by itself: without a block it gets its terms anew with the next jobs.
        line.terms = None
        for block, event in changes:
            if event.kind is BlockEventKind.BLOCKED:
                log.info("blocked: %s, %s", line.pair, block.reason)
                self._watch_contagion(block, refusal.at)
        return self._registry.is_closed(line.pair.sending_address, line.pair.mx_address, line.group)

    def close_blocked(self, changes: Sequence[Change]) -> None:
        """Close the lines that changed blocks have closed, and let lanes look for another way."""
        if changes:
            self.close_blocked_lines()
            if self.prober is not None:
                self.prober.review()
        for block, _ in changes:
            self._scheduler.review(block.group)

    def close_blocked_lines(self) -> None:
        """Close every open line whose pair is blocked."""
        for line in self._fleet.lines():
            pair = line.pair
            if line.terms is not None and self._registry.is_closed(pair.sending_address, pair.mx_address, line.group):
                self._fleet.close(line)

    def _watch_contagion(self, block: Block, now: float) -> None:
        provider = provider_of(block.provider, block.group)
        for stream in self._world().streams.values():
            addresses = [bound.address.ip for bound in stream.addresses if bound.is_open]
            if block.sending_address not in addresses or not self._registry.contagion(addresses, provider, now):
                continue
            if stream.guard:
                reason = f"{provider} blocked half of the addresses of stream {stream.name} within an hour"
                work = self._pause(ProviderPause(provider, stream=stream.id), "contagion", stream.name, reason, now)
            else:
                text = f"{provider} blocked half of the addresses of stream {stream.name} within an hour."
                work = self._queue.alert([Alert("contagion", f"{stream.name} → {provider}", text, now)])
            self._background.create_task(work)

    # Connections

    def on_trouble(self, line: Line, trouble: PairTrouble) -> None:
        """A connection failed: a block, a fault of our address, or a destination that rests for a while."""
        now = self._clock.now()
        if trouble.trouble is Trouble.UNBINDABLE:
            self._rest_address(line.pair.sending_address, trouble.text, now)
            return
        said = trouble.classification
        if said is not None and said.verdict is Verdict.BLOCK:
            refusal = refusal_of(line, self._scheduler.domain_at(line), "", trouble, now)
            if self.note_block(line, refusal, len(self._scheduler.current_addresses(line.group))):
                return
        effect = PairEffect.BACK_OFF if said is None else connection_refused(said)
        self._affect(line, effect, now)
        self._scheduler.review(line.group)

    def _rest_address(self, ip: str, text: str, now: float) -> None:
        self._scheduler.rest_address(ip, now + UNBINDABLE_PAUSE)
        if ip not in self._faulty:
            log.error("sending address %s can't be used: %s", ip, text)
            self._faulty.add(ip)
            self._background.create_task(self._queue.address_unusable(ip, text))
            self._background.create_task(
                self._queue.alert([Alert("unusable_address", ip, f"{ip} can't be used: {text}", now)])
            )

    def _address_works(self, ip: str) -> None:
        """An address that could not be bound has carried mail: the fault is over."""
        if ip in self._faulty:
            self._faulty.discard(ip)
            self._background.create_task(self._queue.address_unusable(ip, None))
            self._background.create_task(self._queue.alert((), [("unusable_address", ip)]))

    def on_connections(self, pair: IPPair, open_now: int, opened: int) -> None:
        """Count connections for the limits."""
        self._limits.note_connections(pair.sending_address, pair.mx_address, open_now, opened, self._clock.now())
        if not opened:
            self._scheduler.connections_closed()

    def on_probe_done(self, done: ProbeDone) -> None:
        """Probes are the prober's."""
        if self.prober is not None:
            self.prober.on_done(done)

    def on_probe_job(self, result: Result) -> None:
        """The recipient that a probe carried, like any other; a block has been dealt with and leaves it uncharged."""
        now = self._clock.now()
        outcomes: list[Outcome] = []
        again: list[tuple[Flight, float | None]] = []
        flight = self._flight_of(result)
        if flight is not None:
            self._take(flight, result, now, outcomes, again)
        self._recorder.add(Entry(outcomes, lambda: self._on_durable(outcomes, again)))

    # Crashes

    def on_worker_lost(self, worker: int, recovery: Recovery, journal: Path) -> None:
        """What a dead worker had: answered, in doubt, or never begun, as its journal tells."""
        now = self._clock.now()
        outcomes: list[Outcome] = []
        again: list[tuple[Flight, float | None]] = []
        testimony = Testimony(recovery)
        for line in self._fleet.lines():
            if line.worker == worker:
                self.on_connections(line.pair, 0, 0)
        for flight in self._scheduler.flights.unanswered(worker):
            flight.answered = True
            result = testimony.result(flight.row.id, flight.row.attempts + 1, flight.line.number)
            if result.end is End.REFUSED and self._scheduler.flights.was_refused(flight):
                result = Result(result.recipient, result.attempt, result.pair, End.RETURNED)
            self._take(flight, result, now, outcomes, again)

        def settled() -> None:
            self._on_durable(outcomes, again)
            forget_journals(journal)

        self._recorder.add(Entry(outcomes, settled))
        if self.prober is not None:
            self.prober.on_worker_lost(worker)


def _addresses(flight: Flight) -> int:
    return len(flight.lane.route.addresses) if flight.lane.route else 1


def _delivered(flight: Flight, result: Result, now: float) -> Outcome:
    line = flight.line
    return Outcome(
        recipient=result.recipient,
        lane=flight.lane.id,
        attempt=result.attempt,
        state=RecipientState.DELIVERED,
        at=now,
        sending_address=line.pair.sending_address,
        mx_address=line.pair.mx_address,
        mx_host=line.mx_host,
        stage=Stage.END_OF_DATA,
        code=result.code,
        reply=result.reply,
        verdict=Verdict.ACCEPTED,
        provider=line.provider,
    )


def _outcome(flight: Flight, result: Result, decision: Decision, now: float) -> Outcome:
    said = result.classification
    return Outcome(
        recipient=flight.row.id,
        lane=flight.lane.id,
        attempt=result.attempt,
        state=decision.state,
        at=now,
        charged=decision.charged,
        next_attempt=decision.next_attempt,
        sending_address=flight.line.pair.sending_address,
        mx_address=flight.line.pair.mx_address,
        mx_host=flight.line.mx_host,
        stage=Stage(result.stage) if result.stage else None,
        code=result.code,
        reply=result.reply,
        verdict=said.verdict if said else Verdict.UNKNOWN,
        rule=said.rule if said else "",
        provider=flight.line.provider,
    )
