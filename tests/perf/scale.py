"""A large mailing as its administrator meets it: import, memory and rate over time, reports meanwhile, pause, stop, restart.

    python tests/perf/scale.py [--recipients 1000000] [--domains 50000] [--addresses 16] [--blocks 2000] [--every 5]

The domains have a long tail, and each its own mail exchanger. Blocks stand at domains of medium size, never on all addresses
of one. Needs a C compiler for the sink. Prints one line for each figure; a loss or a duplicate at the sink ends it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2])]

from loads import Job, NameServer, Sink, build, wait_for  # noqa: E402
from peer_ours import ME, MailStreams  # noqa: E402

from app.database import ledger  # noqa: E402
from app.services import block_reports, blocks, mailings, runs, status, why  # noqa: E402
from engine.blocks import Block, BlockEvent, BlockEventKind, BlockState  # noqa: E402
from engine.clock import SystemClock  # noqa: E402
from engine.pairs import ExchangerGroup, IPText  # noqa: E402
from engine.ports import MailingState  # noqa: E402
from engine.replies import Scope, Stage  # noqa: E402
from engine.resolver import Resolver, ResolverConfig  # noqa: E402

PATIENCE = 3600.0
BLOCKED_FROM = 100
"""The first of the domains that have blocks, by size."""
PAGE = 60
"""Rows of the report that a window shows at once."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was seen at one moment; ``memory`` in bytes, of the engine and of its workers."""

    at: float
    delivered: int
    memory: tuple[int, int]


@dataclass(slots=True)
class Story:
    """What was seen over time; ``waits`` are the seconds that reports took, by what was asked."""

    moments: list[Moment] = field(default_factory=list)
    waits: dict[str, list[float]] = field(default_factory=dict)

    def between(self, begin: float, end: float, total: int) -> list[Moment]:
        """The moments between two shares of the mailing."""
        return [moment for moment in self.moments if begin * total <= moment.delivered <= end * total]

    def rate(self, begin: float, end: float, total: int) -> float:
        """Messages a second between two shares of the mailing."""
        inside = self.between(begin, end, total)
        if len(inside) < 2:
            return 0.0
        return (inside[-1].delivered - inside[0].delivered) / (inside[-1].at - inside[0].at)


def store_blocks(program: MailStreams, job: Job, count: int) -> None:
    """Write blocks of pairs: at each chosen domain of half of the sending addresses."""
    senders = job.senders[: max(1, len(job.senders) // 2)]
    now = time.time()
    changes = []
    for number in range(count):
        domain, ip = BLOCKED_FROM + number // len(senders), senders[number % len(senders)]
        host = f"mx.{job.domain(domain)}"
        block = Block(
            id=0,
            sending_address=IPText(ip),
            mx_address=IPText(job.mx_address(domain)),
            mx_host=host,
            domain=job.domain(domain),
            group=ExchangerGroup(host),
            provider="",
            scope=Scope.PAIR,
            state=BlockState.BLOCKED,
            stage=Stage.MAIL,
            code=550,
            enhanced="5.7.1",
            reply=f"550 5.7.1 {ip} is blocked",
            rule="bench",
            reason="blocked",
            advice="",
            since=now - number,
            next_probe=now + 3600 + number,
        )
        changes.append((block, BlockEvent(BlockEventKind.BLOCKED, now)))
    with program.database.write() as session:
        ledger.save(session.connection(), changes)


class Run:
    """One mailing, looked at while it runs."""

    def __init__(self, program: MailStreams, job: Job, name_server: str, every: float) -> None:
        self._program = program
        self._job = job
        host, port = name_server.rsplit(":", 1)
        self._resolver = ResolverConfig(name_servers=((host.strip("[]"), int(port)),), allow_loopback=True)
        self._every = every
        self._ask_at = 0.0
        self._memory_at = 0.0
        self._memory = (0, 0)
        self.story = Story()

    def watch(self, until: Callable[[Moment], bool]) -> None:
        """Look ten times a second, ask for reports now and then."""

        def looked() -> bool:
            return until(self.look())

        wait_for(looked, "The mailing's progress", PATIENCE, 0.1)

    def look(self) -> Moment:
        """Note how far it is."""
        now = time.monotonic()
        if now >= self._memory_at:
            self._memory_at = now + 1.0
            self._memory = self._program.memory()
        with self._program.database.read() as session:
            delivered = mailings.get(session, self._program.mailing).numbers.delivered
        moment = Moment(now, delivered, self._memory)
        self.story.moments.append(moment)
        if now >= self._ask_at:
            self._ask_at = now + self._every
            self._ask()
        return moment

    def _ask(self) -> None:
        database, story = self._program.database, self.story
        with timed(story, "blocks report"), database.read() as session:
            blocks.rows(session, blocks.ordered_ids(session, sort=blocks.BlockSort.HELD, descending=True)[:PAGE])
            block_reports.summary(session)
        with timed(story, "why not sent"):
            asyncio.run(self._why())
        with timed(story, "status"), database.read() as session:
            status.read(session)

    async def _why(self) -> None:
        now = time.time()
        database = self._program.database
        with database.read() as session:
            target = self._job.address(BLOCKED_FROM)
            question = why.ask(session, self._program.mailing, target, node=database.node, now=now)
        resolver = Resolver(self._resolver, SystemClock())
        try:
            await why.answer(question, resolver, now)
        finally:
            await resolver.close()

    def pause(self) -> float:
        """Pause until nothing is in flight, go on; the seconds until all was quiet."""
        started = time.monotonic()
        with self._program.database.write() as session:
            runs.pause(session, self._program.mailing, actor=ME, now=time.time())
        self.watch(lambda _: self._is_quiet())
        seconds = time.monotonic() - started
        with self._program.database.write() as session:
            runs.resume(session, self._program.mailing, actor=ME, now=time.time())
        return seconds

    def _is_quiet(self) -> bool:
        with self._program.database.read() as session:
            now = status.read(session)
        return now.in_flight == 0 and now.engine is status.EngineWord.IDLE

    def restart(self) -> tuple[float, float, float]:
        """Stop the engine and start it; seconds until it had ended, until it was ready, and until it sent."""
        with timed(self.story, "stop"):
            self._program.end()
        before = self.look().delivered
        started = time.monotonic()
        self._program.serve()
        ready = time.monotonic() - started
        self.watch(lambda moment: moment.delivered > before)
        return self.story.waits["stop"][0], ready, time.monotonic() - started

    @property
    def is_over(self) -> bool:
        """The mailing is completed."""
        with self._program.database.read() as session:
            return mailings.get(session, self._program.mailing).state is MailingState.COMPLETED


@contextmanager
def timed(story: Story, what: str) -> Iterator[None]:
    """Add the seconds that the block takes."""
    started = time.monotonic()
    yield
    story.waits.setdefault(what, []).append(time.monotonic() - started)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("mailstreams.db*"))


def _print_story(story: Story, job: Job) -> None:
    print(f"{'of the mailing':20} {'messages/s':>12} {'engine, MiB':>12} {'workers, MiB':>13}")
    for begin, end in pairwise(tenth / 10 for tenth in range(11)):
        memory = [moment.memory for moment in story.between(begin, end, job.recipients)]
        engine, workers = (max((each[part] for each in memory), default=0) / 2**20 for part in (0, 1))
        rate = story.rate(begin, end, job.recipients)
        print(f"{begin:8.0%} to {end:4.0%} {rate:15,.0f} {engine:12.0f} {workers:13.0f}")
    first, last = story.rate(0.05, 0.35, job.recipients), story.rate(0.65, 0.95, job.recipients)
    print(f"rate at the end / at the start  {last / first:9.2f}")
    together = max(sum(moment.memory) for moment in story.moments) / 2**20
    print(f"memory, together at most        {together:9.0f} MiB")
    for what in ("blocks report", "why not sent", "status"):
        waits = story.waits[what]
        print(f"{what:28}    {statistics.median(waits):9.3f} s, at most {max(waits):.3f}")


def run(chosen: argparse.Namespace, folder: Path) -> None:
    """The whole story."""
    job = Job(chosen.recipients, chosen.domains, addresses=chosen.addresses, long_tail=True)
    sink = Sink(build("sink", folder), 20_002, job.recipients)
    names = NameServer(folder)
    program = MailStreams(folder / "profile", names.address, sink.port, job, workers=chosen.workers)
    try:
        store_blocks(program, job, chosen.blocks)
        figure("import", program.import_members)
        figure("start of the mailing", program.start_mailing)
        figure("engine ready", program.serve)
        going = Run(program, job, names.address, chosen.every)
        started = time.monotonic()
        going.watch(lambda moment: moment.delivered >= 0.45 * job.recipients)
        print(f"pause: all quiet after          {going.pause():9.2f} s")
        going.watch(lambda moment: moment.delivered >= 0.55 * job.recipients)
        stopped, ready, sent = going.restart()
        print(f"stop {stopped:.2f} s, ready again {ready:.2f} s, sends again {sent:.2f} s")
        going.watch(lambda _: going.is_over)
        seconds = time.monotonic() - started
        print(f"delivered in                    {seconds:9.1f} s ({job.recipients / seconds:,.0f} messages/s)")
        _print_story(going.story, job)
        print(f"database                        {_size(folder / 'profile') / 2**20:9.0f} MiB")
    finally:
        program.stop()
        names.stop()
        count = sink.count()
    print(f"at the sink: {count}")
    if (count.distinct, count.duplicates, count.unknown) != (job.recipients, 0, 0):
        raise SystemExit("Messages were lost or sent twice.")


def figure(what: str, work: Callable[[], object]) -> None:
    """Print how long something takes."""
    started = time.monotonic()
    work()
    print(f"{what:28}    {time.monotonic() - started:9.2f} s", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run with the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipients", type=int, default=1_000_000)
    parser.add_argument("--domains", type=int, default=50_000)
    parser.add_argument("--addresses", type=int, default=16)
    parser.add_argument("--blocks", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two looks at the reports")
    parser.add_argument("--folder", type=Path, default=None, help="where the database goes: a real disk, not memory")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="scale-", dir=chosen.folder) as name:
        Path(name).chmod(0o755)
        run(chosen, Path(name))


if __name__ == "__main__":
    main()
