"""The scheduler alone at sizes that no machine here could send: no sockets, no database, a clock that is moved by hand.

    python tests/perf/scheduler.py [--decisions 200000] [--domains 10000]

Scheduler, supply, selection, limits, block registry, result desk and recorder are the real ones. The queue makes its rows
when they are asked for and forgets them; resolver and workers answer at once, all with "delivered"; 10,000 messages pass in
one second of the clock. Each line of the table is a process of its own and a sample: so many decisions of a mailing of that
size, spread over its domains (a long tail, in an order that mixes large and small). A hundred million decisions would take
hours and do nothing else, because no state grows with the recipients: that is what the flat columns show.

The order of each of the 16,384 buckets is worked out once for a pool, with all its addresses: "pool s", which is left out of
the others. More addresses mean that a decision more often is the first for its pair in minutes, which costs some times as
much; where nearly all are, it costs no more. What grows is memory by domain (the lane and its route, some kilobytes while
the mailing waits there), by address (its place in the first addresses of the buckets) and by pair that is in use.

On paper, for a cluster: one node's control plane decides some tens of thousands of times a second, so 100 million
recipients are an hour or two for one node, and the network is the limit long before. Nodes share one PostgreSQL; each
has its own sending addresses, and so its own pairs, limits and probes, which need no agreement. A mailing would be cut by
lane: a node claims lanes (``FOR UPDATE SKIP LOCKED`` on the lane's row, a lease renewed with the heartbeat), not recipients,
so claims are as rare as domains, and a node that dies gives its lanes back with its lease. Blocks are shared already (the
ledger's versions settle who was first). What must be added: the claim of lanes, a share of each provider-wide limit for each
node (limit divided by live nodes, settled with the heartbeat), and the hand-over of lanes whose pairs are blocked on one
node to a node whose addresses are open there. Outcomes are appended by one writer a node: PostgreSQL takes 80,000 a
second, which bounds the cluster to about eight such nodes on one database.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import psutil  # noqa: E402

from engine.clock import ManualClock  # noqa: E402
from engine.fleet import Fleet  # noqa: E402
from engine.limits import Limits  # noqa: E402
from engine.message import CompiledMessage  # noqa: E402
from engine.pairs import ExchangerGroup, IPText, MXAddress, Route  # noqa: E402
from engine.ports import (  # noqa: E402
    Batch,
    BlockLedger,
    BoundAddress,
    EngineSettings,
    Hold,
    Lane,
    MailingPlan,
    Outcome,
    Queue,
    ReadRequest,
    SendingAddress,
    StreamPlan,
    Waiting,
    World,
)
from engine.recorder import Recorder  # noqa: E402
from engine.registry import Registry  # noqa: E402
from engine.rendezvous import BUCKETS  # noqa: E402
from engine.resolver import Resolver  # noqa: E402
from engine.results import ResultDesk  # noqa: E402
from engine.scheduler import Scheduler  # noqa: E402
from engine.wire import Command, Deliver, End, Result, Results  # noqa: E402

RATE = 10_000
"""Messages in a second of the simulated clock."""
SIZES = (100_000, 1_000_000, 10_000_000, 100_000_000)
ADDRESSES = (10, 100, 1_000, 10_000)
PAIR_OF_SIZES = 1_000
"""Addresses while the recipients grow."""


class Mailing:
    """A queue of *recipients* over *domains*, the n-th of which has a share of 1/n, and nothing of it in memory but that."""

    def __init__(self, recipients: int, domains: int) -> None:
        shares = [1 / (index + 1) for index in range(domains)]
        whole = sum(shares)
        counts = [max(1, int(recipients * share / whole)) for share in shares]
        random.Random(1).shuffle(counts)
        self._lanes = []
        first = 1
        for index, count in enumerate(counts):
            self._lanes.append(Lane(index + 1, 1, f"d{index:06}.test", first, first + count - 1))
            first += count
        self.delivered = 0

    async def message(self, mailing: int) -> CompiledMessage:
        """Nobody renders it."""
        return cast("CompiledMessage", None)

    async def lanes(self, mailing: int) -> Sequence[Lane]:
        """All lanes."""
        return self._lanes

    async def read(self, requests: Sequence[ReadRequest]) -> Mapping[int, Batch]:
        """Rows as they are asked for."""
        return {request.lane: self._rows(request) for request in requests}

    def _rows(self, request: ReadRequest) -> Batch:
        lane = self._lanes[request.lane - 1]
        last = min(request.after_id + request.limit, lane.last_id)
        numbers = range(request.after_id + 1, last + 1)
        rows = tuple([Waiting(number, lane.id, f"r{number}@{lane.domain}", 0) for number in numbers])
        return Batch(rows, last, last == lane.last_id)

    async def record(self, outcomes: Sequence[Outcome]) -> None:
        """Count."""
        self.delivered += len(outcomes)

    async def complete(self, mailing: int) -> bool:
        """It is over."""
        return True

    async def holds(self) -> frozenset[Hold]:
        """None."""
        return frozenset()

    async def alert(self, alerts: Sequence[object], resolved: Sequence[object] = ()) -> None:
        """Nobody looks."""


class Routes:
    """A resolver that knows one exchanger for each domain."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    async def route(self, domain: str) -> Route:
        """Its MX address follows from its number."""
        number = int(domain[1:7])
        host = f"mx.{domain}"
        address = IPText(f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
        return Route(domain, ExchangerGroup(host), (MXAddress(address, host, 10),))

    def holds_until(self, domain: str) -> float:
        """An hour."""
        return self._clock.now() + 3600


class Workers(Fleet):
    """A fleet without processes: what is handed out waits until :meth:`answer`."""

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__((), Path(), settings, ())
        self._messages = {0: set()}
        self._generations = {0: 1}
        self._jobs: list[Result] = []
        self._sequence = 0

    def listen(self, desk: ResultDesk) -> None:
        """Tell *desk* the answers."""
        self._events = desk

    def is_up(self, worker: int) -> bool:
        """Always."""
        return True

    def _send(self, worker: int, command: Command) -> None:
        if isinstance(command, Deliver):
            self._jobs += [Result(job.recipient, job.attempt, command.pair, End.DELIVERED) for job in command.jobs]

    def answer(self) -> int:
        """All that was handed out has been delivered; how many that were."""
        jobs, self._jobs = self._jobs, []
        for start in range(0, len(jobs), 1000):
            self._sequence += 1
            self._on_report(0, Results(self._sequence, jobs[start : start + 1000]))
        return len(jobs)


def world_of(addresses: int) -> World:
    """One stream with so many addresses, one mailing in it."""
    bound = tuple(
        BoundAddress(
            SendingAddress(number, IPText(f"192.{number >> 16}.{number >> 8 & 255}.{number & 255}"), "out", True),
            1,
            False,
        )
        for number in range(addresses)
    )
    stream = StreamPlan(1, "news", paused=False, guard=False, addresses=bound)
    return World(EngineSettings(), {1: stream}, {1: MailingPlan(1, "news", 1, expires_at=4e9)}, rules=())


async def walk(recipients: int, addresses: int, domains: int, decisions: int) -> None:
    """Let the scheduler decide so many times; print what that took."""
    clock, queue, world = ManualClock(), Mailing(recipients, domains), world_of(addresses)
    registry, limits, fleet = Registry(lambda: 0.0), Limits(), Workers(world.settings)
    recorder = Recorder(cast("Queue", queue), cast("BlockLedger", None), registry)
    before = psutil.Process().memory_info().rss
    async with asyncio.TaskGroup() as background:
        scheduler = Scheduler(
            queue=cast("Queue", queue),
            recorder=recorder,
            resolver=cast("Resolver", Routes(clock)),
            fleet=fleet,
            registry=registry,
            limits=limits,
            clock=clock,
            world=world,
            provider_of=lambda _: "",
            background=background,
        )
        desk: Any = ResultDesk(
            scheduler=scheduler,
            fleet=fleet,
            recorder=recorder,
            registry=registry,
            limits=limits,
            queue=cast("Queue", queue),
            clock=clock,
            world=lambda: world,
            background=background,
        )
        fleet.listen(desk)
        limits.update(world)
        await scheduler.set_world(world)
        pool = scheduler._dispatch._selectors[1]._pool
        started = time.perf_counter()
        for bucket in range(BUCKETS):
            pool.first(bucket)
        warm = time.perf_counter() - started
        services = [background.create_task(work) for work in (recorder.run(), scheduler.run())]
        marks = [(time.perf_counter(), 0)]
        while queue.delivered < decisions:
            await asyncio.sleep(0)
            if done := fleet.answer():
                clock.advance(done / RATE)
            if queue.delivered >= decisions * len(marks) / 4:
                marks.append((time.perf_counter(), queue.delivered))
        for task in services:
            task.cancel()
    quarters = [(b[0] - a[0]) / (b[1] - a[1]) * 1e6 for a, b in pairwise(marks)]
    seconds = marks[-1][0] - marks[0][0]
    memory = psutil.Process().memory_info().rss - before
    shown = " ".join(f"{each:7.1f}" for each in quarters)
    rate = queue.delivered / seconds
    print(
        f"{recipients:12,} {addresses:10,} {rate:12,.0f} {1e6 / rate:8.1f} {shown} {memory / 2**20:8.0f} {warm:8.2f}",
        flush=True,
    )


def main() -> None:
    """The whole table, or one line of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=200_000)
    parser.add_argument("--domains", type=int, default=10_000)
    parser.add_argument(
        "--one", type=int, nargs=2, metavar=("RECIPIENTS", "ADDRESSES"), help="one line, in this process"
    )
    chosen = parser.parse_args()
    if chosen.one:
        asyncio.run(walk(*chosen.one, chosen.domains, min(chosen.decisions, chosen.one[0] * 9 // 10)))
        return
    head = f"{'recipients':>12} {'addresses':>10} {'decisions/s':>12} {'µs each':>8}"
    print(f"{head} {'… in each quarter of the sample':>31} {'MiB':>8} {'pool s':>8}", flush=True)
    cases = [(size, PAIR_OF_SIZES) for size in SIZES] + [(SIZES[-1], number) for number in ADDRESSES]
    for size, number in cases:
        own = ["--one", str(size), str(number), "--decisions", str(chosen.decisions), "--domains", str(chosen.domains)]
        subprocess.run([sys.executable, __file__, *own], check=True)


if __name__ == "__main__":
    main()
