"""The worker processes of an engine, and the pairs as they see them: numbers, terms, what is handed out. Runs in the engine.

A sending address belongs to one worker, so that its limits need no locks. A worker that dies or falls silent is replaced;
what it had is told by its journal.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec
import psutil

from engine.journal import Recovery, forget_journals, make_folder, read_journals
from engine.message import CompiledMessage
from engine.pairs import ExchangerGroup, IPPair
from engine.ports import EngineSettings
from engine.rules import Rule
from engine.wire import (
    ClosePair,
    Command,
    Committed,
    Configure,
    Deliver,
    ForgetMessage,
    Job,
    OpenPair,
    PairConnections,
    PairTrouble,
    Probe,
    ProbeDone,
    Report,
    Results,
    SetMessage,
    SetRules,
    Withdraw,
)
from engine.workers import ENDED, WorkerFailed, WorkerProcess

log = logging.getLogger(__name__)

_FEWEST = 2048
"""Lines below which it is not worth while to look for idle ones …"""
_GROWTH = 1.5
"""… and by how much they may grow until it is again."""
RESTART_PAUSE = 1.0
"""Seconds before a worker that died is replaced, so that one that dies at once does not spin …"""
LONGEST_PAUSE = 60.0
"""… and at most, when that does not succeed."""
LEAST_MEMORY = 2**30


def most_memory(workers: int) -> int:
    """Bytes that one of so many workers may take: together half of the machine, each at least a gigabyte."""
    return max(LEAST_MEMORY, int(psutil.virtual_memory().total) // 2 // max(1, workers))


@dataclass(slots=True)
class Line:
    """One pair in use. ``outstanding`` jobs are at the worker; ``terms`` is what it was told last, None while closed."""

    number: int
    pair: IPPair
    mx_host: str
    group: ExchangerGroup
    provider: str
    helo: str
    worker: int
    tls_required: bool = False
    outstanding: int = 0
    connections: int = 0
    terms: OpenPair | None = None
    outbox: list[Job] = field(default_factory=list)

    @property
    def is_idle(self) -> bool:
        """Nothing is under way on it, no connection is open."""
        return not (self.outstanding or self.outbox or self.connections)


class FleetEvents(Protocol):
    """What the scheduler is told. Calls are short and synchronous, on the engine's loop."""

    def on_results(self, worker: int, results: Results) -> None:
        """A batch came; it is to be acknowledged once it is durable."""
        ...

    def on_trouble(self, line: Line, trouble: PairTrouble) -> None:
        """A connection of a line failed; the worker opens no further one until it gets terms again."""
        ...

    def on_connections(self, pair: IPPair, open_now: int, opened: int) -> None:
        """Connections of a pair were opened or closed."""
        ...

    def on_probe_done(self, done: ProbeDone) -> None:
        """A probe came to an end."""
        ...

    def on_worker_lost(self, worker: int, recovery: Recovery, journal: Path) -> None:
        """A worker is gone; its journal says what became of its jobs. Its lines are closed and empty.

        Once all of that is durable, the folder *journal* is to be removed.
        """
        ...


class Fleet:
    """The workers, and every line by number and by pair."""

    def __init__(self, argv: Sequence[str], journal: Path, settings: EngineSettings, rules: Sequence[Rule]) -> None:
        self._argv = tuple(argv)
        self._journal = journal
        self._word = secrets.token_hex(4)
        """Tells the folders of this engine from those of one before it, whose last worker may just be starting."""
        self._settings = settings
        self._rules = tuple(rules)
        self._events: FleetEvents | None = None
        self._workers: dict[int, WorkerProcess] = {}
        self._messages: dict[int, set[int]] = {}
        self._lines: dict[int, Line] = {}
        self._count = 0
        self._sweep_at = _FEWEST
        self._by_pair: dict[tuple[IPPair, bool], Line] = {}
        self._assignment: dict[str, int] = {}
        self._generation = 0
        self._generations: dict[int, int] = {}
        self._stopping = False
        self._replacements: set[asyncio.Task[None]] = set()
        self._told: list[Path] = []

    async def start(self, events: FleetEvents) -> None:
        """Start all workers, and tell *events* what they report; returns when each has answered."""
        self._events = events
        await asyncio.gather(*(self._start_worker(number) for number in range(max(1, self._settings.workers))))

    async def _start_worker(self, number: int) -> None:
        self._generation += 1
        generation = self._generation
        folder = self._journal / f"{self._word}-{generation:06d}-{number}"
        await asyncio.to_thread(make_folder, folder)
        settings = self._settings
        configure = Configure(
            worker=number,
            journal=str(folder),
            smtp_port=settings.smtp_port,
            rules=self._rules,
            connect_timeout=settings.connect_timeout,
            reply_timeout=settings.reply_timeout,
        )
        self._messages[number] = set()
        self._generations[number] = generation
        self._workers[number] = await WorkerProcess.start(
            self._argv,
            configure,
            on_report=lambda report: self._on_report(number, report),
            on_exit=lambda reason: self._on_exit(number, folder, reason),
            most_memory=most_memory(settings.workers),
        )

    def _on_exit(self, number: int, folder: Path, reason: str) -> None:
        self._workers.pop(number, None)
        if self._stopping:
            if reason == ENDED:
                self._told.append(folder)
            return
        log.error("worker %d is gone (%s) and is replaced", number, reason)
        task = asyncio.get_running_loop().create_task(self._replace(number, folder))
        self._replacements.add(task)
        task.add_done_callback(self._replacements.discard)

    async def _replace(self, number: int, folder: Path) -> None:
        recovery = await self._read_journal(number, folder)
        for line in self._lines.values():
            if line.worker == number:
                line.terms = None
                line.outstanding = line.connections = 0
                line.outbox.clear()
        self._listener.on_worker_lost(number, recovery, folder)
        pause = RESTART_PAUSE
        while True:
            await asyncio.sleep(pause)
            try:
                await self._start_worker(number)
            except (WorkerFailed, OSError) as error:
                log.error("worker %d can't be replaced yet: %s", number, error)  # noqa: TRY400 - the reason says it all
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                return

    @staticmethod
    async def _read_journal(number: int, folder: Path) -> Recovery:
        """Without it nothing can be said of what the worker had: there is no going on before it can be read."""
        while True:
            try:
                return await asyncio.to_thread(read_journals, folder)
            except OSError as error:
                log.error("the journal of worker %d can't be read: %s", number, error)  # noqa: TRY400 - it says it all
                await asyncio.sleep(LONGEST_PAUSE)

    def is_up(self, worker: int) -> bool:
        """May be handed work now."""
        process = self._workers.get(worker)
        return process is not None and not process.is_retiring

    def worker_of(self, sending_address: str) -> int:
        """The worker that a sending address belongs to."""
        number = self._assignment.get(sending_address)
        if number is None:
            number = self._assignment[sending_address] = len(self._assignment) % max(1, self._settings.workers)
        return number

    def line(
        self,
        pair: IPPair,
        mx_host: str,
        group: ExchangerGroup,
        provider: str,
        helo: str,
        *,
        tls_required: bool = False,
    ) -> Line:
        """The line of a pair, made on first use. Mail that must go over TLS has a line, and connections, of its own."""
        line = self._by_pair.get((pair, tls_required))
        if line is None:
            if len(self._lines) >= self._sweep_at:
                self._forget_idle()
            self._count += 1
            number = self._count
            worker = self.worker_of(pair.sending_address)
            line = Line(number, pair, mx_host, group, provider, helo, worker, tls_required)
            self._lines[number] = self._by_pair[pair, tls_required] = line
        line.helo = helo
        return line

    def _forget_idle(self) -> None:
        """Close and forget lines without anything to do: a long mailing meets more pairs than are worth to be remembered."""
        for line in self.lines():
            if line.is_idle:
                self.close(line)
                del self._lines[line.number], self._by_pair[line.pair, line.tls_required]
        self._sweep_at = max(_FEWEST, int(_GROWTH * len(self._lines)))

    def load(self, pair: IPPair) -> int:
        """Jobs that a pair has at its worker or in its outboxes."""
        load = 0
        for line in self._lines_of(pair):
            load += line.outstanding + len(line.outbox)
        return load

    def connections(self, pair: IPPair) -> int:
        """Connections of a pair that are open."""
        return sum(line.connections for line in self._lines_of(pair))

    def _lines_of(self, pair: IPPair) -> list[Line]:
        either = self._by_pair.get((pair, False)), self._by_pair.get((pair, True))
        return [line for line in either if line is not None]

    def by_number(self, number: int) -> Line:
        """The line that a worker's report names."""
        return self._lines[number]

    def lines(self) -> Sequence[Line]:
        """All lines."""
        return tuple(self._lines.values())

    def _send(self, worker: int, command: Command) -> None:
        process = self._workers.get(worker)
        if process is not None:
            process.send(command)

    def open(self, line: Line, connections: int, messages: int, *, exempt: bool) -> None:
        """Tell the worker the terms of a line; nothing is sent when it knows them."""
        terms = OpenPair(
            pair=line.number,
            sending_address=line.pair.sending_address,
            mx_address=line.pair.mx_address,
            mx_host=line.mx_host,
            helo=line.helo,
            connections=connections,
            messages=messages,
            tls_required=line.tls_required,
            exempt=exempt,
        )
        if terms != line.terms:
            line.terms = terms
            self._send(line.worker, terms)

    def rest(self, line: Line) -> None:
        """A line that has nothing to do is to close its connections: others need them."""
        if line.terms is not None and line.terms.connections:
            line.terms = msgspec.structs.replace(line.terms, connections=0)
            self._send(line.worker, line.terms)

    def close(self, line: Line) -> None:
        """Start nothing more on a line: what has not begun comes back."""
        if line.terms is not None:
            line.terms = None
            self._send(line.worker, ClosePair(line.number))

    def deliver(self, line: Line, message_of: Callable[[int], CompiledMessage]) -> None:
        """Hand over what lies in the outbox of a line that is open."""
        jobs, line.outbox = line.outbox, []
        known = self._messages[line.worker]
        for mailing in {job.mailing for job in jobs} - known:
            self._send(line.worker, SetMessage(mailing, message_of(mailing)))
            known.add(mailing)
        line.outstanding += len(jobs)
        if jobs:
            self._send(line.worker, Deliver(line.number, jobs))

    def probe(
        self,
        line: Line,
        number: int,
        *,
        job: Job | None,
        sender: str,
        recipient: str,
        message_of: Callable[[int], CompiledMessage],
    ) -> None:
        """Test a line once."""
        if job is not None and job.mailing not in self._messages[line.worker]:
            self._send(line.worker, SetMessage(job.mailing, message_of(job.mailing)))
            self._messages[line.worker].add(job.mailing)
        terms = OpenPair(
            line.number,
            line.pair.sending_address,
            line.pair.mx_address,
            line.mx_host,
            line.helo,
            1,
            1,
            line.tls_required,
        )
        self._send(line.worker, Probe(number, terms, job, sender, recipient))

    def withdraw(self, mailing: int) -> None:
        """Everything of a mailing that has not begun comes back."""
        for worker in self._workers:
            self._send(worker, Withdraw(mailing))

    def forget(self, mailing: int) -> None:
        """A mailing is over, or its message has changed."""
        for worker, known in self._messages.items():
            if mailing in known:
                known.discard(mailing)
                self._send(worker, ForgetMessage(mailing))

    def set_rules(self, rules: Sequence[Rule]) -> None:
        """The rules have changed."""
        self._rules = tuple(rules)
        for worker in self._workers:
            self._send(worker, SetRules(self._rules))

    def generation(self, worker: int) -> int:
        """Which of the processes that were this worker in turn is it now."""
        return self._generations[worker]

    def acknowledge(self, worker: int, generation: int, sequence: int) -> None:
        """Everything up to this batch of a worker's process is durable: nothing to the one that has replaced it."""
        if generation == self._generations[worker]:
            self._send(worker, Committed(sequence))

    @property
    def _listener(self) -> FleetEvents:
        assert self._events is not None  # noqa: S101 - workers exist only after start()
        return self._events

    def _on_report(self, worker: int, report: Report) -> None:
        match report:
            case Results():
                for result in report.results:
                    line = self._lines[result.pair]
                    line.outstanding -= 1
                self._listener.on_results(worker, report)
            case PairTrouble():
                if (known := self._lines.get(report.pair)) is not None:
                    known.terms = None
                    self._listener.on_trouble(known, report)
            case PairConnections():
                if (known := self._lines.get(report.pair)) is not None:
                    known.connections = report.open
                    self._listener.on_connections(known.pair, self.connections(known.pair), report.opened)
            case ProbeDone():
                self._listener.on_probe_done(report)

    async def stop(self, seconds: float) -> None:
        """Drain all workers: open transactions end within *seconds*, the rest comes back."""
        self._stopping = True
        for task in self._replacements:
            task.cancel()
        await asyncio.gather(*(worker.stop(seconds) for worker in tuple(self._workers.values())))

    def forget_journals(self) -> None:
        """After :meth:`stop`, once all reports are durable: workers that ended well leave nothing that is not known."""
        for folder in self._told:
            forget_journals(folder)
