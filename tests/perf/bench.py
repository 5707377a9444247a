"""Measuring programs that deliver a job: what is measured, the runs, and the table of them."""

from __future__ import annotations

import contextlib
import signal
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from costs import Peak, cpu_of
from line import NETWORK, Line
from loads import Job, Manners, NameServer, SinkCount, Sinks, wait_for
from peer_ours import MailStreams
from postgres import PostgresServer

OURS = "MailStreams"
PATIENCE = 1200.0
MEASURES = {False: "end to end", True: "queue loaded"}


@dataclass(frozen=True, slots=True)
class Plan:
    """One comparison. ``latency``: seconds of a round trip; ``measures``: with the queue loaded before, or not.

    ``workers``, ``dkim`` ("rsa", "ed25519", "" for none) and ``database`` are ours alone.
    """

    job: Job = Job()  # noqa: RUF009 - frozen
    manners: Manners = Manners()  # noqa: RUF009 - frozen
    latency: float = 0.0
    peers: tuple[str, ...] = ("postfix",)
    measures: tuple[bool, ...] = (False, True)
    runs: int = 3
    workers: int = 1
    dkim: str = ""
    database: str = "sqlite"


@dataclass(frozen=True, slots=True)
class Homes:
    """Where programs are that are not installed: the folder of node_modules/Haraka, and that of OpenSMTPD's package."""

    haraka: Path = Path()
    opensmtpd: Path = Path()


class Peer(Protocol):
    """A program that delivers the job."""

    def prepare(self, *, loaded: bool) -> None:
        """Start it; *loaded*: with the job in its queue, held back."""
        ...

    def go(self) -> None:
        """Hand the job over, or release it."""
        ...

    def is_done(self) -> bool:
        """Everything has been delivered, as far as the program knows."""
        ...

    def roots(self) -> Sequence[int]:
        """The numbers of the processes it began with: they and their children are the program."""
        ...

    def stop(self) -> None:
        """End it, if it runs."""
        ...


Maker = Callable[[Path, int, Job], Peer]
"""Makes a program from a folder of its own, the sink's port and the job."""


class LostOrDoubledError(Exception):
    """A run does not count."""


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run. ``sink_share`` is the sink's processor time as a share of the program's; ``quick`` the messages a
    second to destinations that are not slow, 0 when none is; ``memory`` the most of all processes at once, in bytes."""

    rate: float
    quick: float
    cpu_per_1000: float
    memory: int
    sink_share: float


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run took: from ``started`` (the clock of time.monotonic) so many seconds, and the rest as in Run."""

    started: float
    seconds: float
    cpu: float
    memory: int


Results = dict[tuple[str, bool], list[Run]]
"""The runs of each program, for each measure."""


def measure(plan: Plan, folder: Path, homes: Homes) -> Results:
    """All runs of a plan, interleaved."""
    results: Results = {}
    with contextlib.ExitStack() as stack:
        where: Sequence[str] = ()
        if plan.latency:
            where = stack.enter_context(Line(folder, plan.latency)).far
            plan = replace(plan, job=replace(plan.job, network=NETWORK))
        sinks = Sinks(folder, plan.job, plan.manners, where)
        programs = stack.enter_context(_makers(plan, folder, homes))
        for number in range(plan.runs):
            for loaded in plan.measures:
                for name, make in programs.items():
                    if loaded or not name.startswith("C "):
                        own = folder / f"run{number}-{name.replace(' ', '-')}-{loaded:d}"
                        results.setdefault((name, loaded), []).append(_run(plan.job, sinks, make, own, loaded=loaded))
    return results


def _run(job: Job, sinks: Sinks, make: Maker, folder: Path, *, loaded: bool) -> Run:
    """Measure one program once."""
    sink = sinks.start()
    try:
        taken = _deliver(make(folder, sink.port, job), loaded=loaded)
        return _result(job, sink.count(), taken)
    finally:
        sink.end()


def _deliver(peer: Peer, *, loaded: bool) -> Taken:
    try:
        peer.prepare(loaded=loaded)
        with Peak(peer.roots) as peak:
            before, started = cpu_of(peer.roots()), time.monotonic()
            peer.go()
            wait_for(peer.is_done, "The end of the job", PATIENCE)
            seconds = time.monotonic() - started
            cpu = cpu_of(peer.roots()) - before
    finally:
        peer.stop()
    return Taken(started, seconds, cpu, peak.bytes)


def _result(job: Job, count: SinkCount, taken: Taken) -> Run:
    wanted = job.recipients
    if (count.distinct, count.duplicates, count.unknown) != (wanted, 0, 0):
        raise LostOrDoubledError(f"A run does not count: {count}")
    quick = count.quick / (count.quick_end - taken.started) if count.quick else 0.0
    return Run(wanted / taken.seconds, quick, taken.cpu / wanted * 1000, taken.memory, count.cpu / taken.cpu)


@contextmanager
def _makers(plan: Plan, folder: Path, homes: Homes) -> Iterator[dict[str, Maker]]:
    """All programs that take part, ours first."""
    with contextlib.ExitStack() as stack:
        names = NameServer(folder, network=plan.job.network)
        stack.callback(names.stop)
        server = stack.enter_context(PostgresServer(durable=True)) if plan.database == "postgresql" else None

        def ours(own: Path, port: int, job: Job) -> Peer:
            url = server.new_database() if server else ""
            process = server.process if server else None
            return MailStreams(
                own, names.address, port, job, workers=plan.workers, url=url, dkim=plan.dkim, server=process
            )

        yield {OURS: ours, **dict(_peer(name, plan.manners.tls, homes) for name in plan.peers)}


def _peer(name: str, tls: bool, homes: Homes) -> tuple[str, Maker]:
    """Another program, by name; what it needs is imported, or looked for, only when it is asked for."""
    match name:
        case "postfix":
            from peer_postfix import Postfix

            return "Postfix", lambda own, port, job: Postfix(own, port, job, tls=tls)
        case "haraka":
            from peer_haraka import Haraka

            return "Haraka", lambda own, port, job: Haraka(own, homes.haraka, port, job, tls=tls)
        case "opensmtpd":
            from peer_opensmtpd import OpenSMTPD

            return "OpenSMTPD", lambda own, port, job: OpenSMTPD(own, homes.opensmtpd, port, job)
        case "c" | "c-overlapped":
            from peer_c import Client

            overlapped = name == "c-overlapped"
            words = "C overlapped" if overlapped else "C pipelined"
            return words, lambda own, port, job: Client(own, port, job, overlapped=overlapped)
    raise SystemExit(f"There is no peer {name}.")


HEAD = f"{'msgs/s':>26} {'ratio':>22} {'CPU s/1000':>11} {'MiB':>6} {'sink/CPU':>9} {'quick/s':>8}"
"""Above the figures of table()."""


def table(results: Results) -> Iterator[tuple[str, str]]:
    """A line for each program and measure, its name and its figures: median (least to most) of all runs, ours as a multiple of
    the others'."""
    for (name, loaded), runs in results.items():
        ours = results[OURS, loaded]
        ratios = [a.rate / b.rate for a, b in zip(ours, runs, strict=True)]
        cpu, memory, share, quick = (
            statistics.median(getattr(run, each) for run in runs)
            for each in ("cpu_per_1000", "memory", "sink_share", "quick")
        )
        yield (
            f"{name}, {MEASURES[loaded]}",
            f"{_spread([run.rate for run in runs], ',.0f'):>26}"
            f" {'' if runs is ours else _spread(ratios, '.2f'):>22} {cpu:11.3f} {memory / 2**20:6.0f} {share:9.2f}"
            f" {format(quick, ',.0f') if quick else '':>8}",
        )


def _spread(values: Sequence[float], form: str) -> str:
    return f"{format(statistics.median(values), form)} ({format(min(values), form)} to {format(max(values), form)})"


def end_on_signals() -> None:
    """SIGTERM ends the bench as Ctrl-C does: everything it started is ended first."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
