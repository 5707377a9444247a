"""How fast mail leaves, side by side with other mail servers on the same machine, in interleaved runs against the same sink.

    python tests/perf/throughput.py [--runs 3] [--peers postfix,opensmtpd,haraka] [options]

Two measures of each program: end to end (hand-over of the job and its delivery, the program running already) and with the
queue loaded before. Only ratios within one run mean anything on a shared machine. A run with a loss or a duplicate at the
sink does not count. Needs a C compiler for the sink; for peers root and what their modules say.

Options change the job or the destinations: --tls, --latency (added to each answer by the sink, twice for the greeting: a
round trip, without TCP's slow start), --slow-share (these destinations take a second for each answer; "quick/s" counts the
others alone), --refusing-share (these destinations refuse one sending address as blocked: the peers would bounce its mail,
so they do not take part). --dkim, --workers and --database are ours alone: peers send unsigned. With PostgreSQL its server's
cost is counted as ours.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1]), str(HERE.parent / "support")]

from loads import Cost, Job, Manners, NameServer, SinkCount, Sinks, wait_for  # noqa: E402
from peer_ours import MailStreams  # noqa: E402
from postgres import PostgresServer  # noqa: E402

OURS = "MailStreams"
PATIENCE = 1200.0
MEASURES = {False: "end to end", True: "queue loaded"}


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

    def cost(self) -> Cost:
        """What it has cost so far."""
        ...

    def stop(self) -> None:
        """End it."""
        ...


Maker = Callable[[Path, int, Job], Peer]
"""Makes a program from a folder of its own, the sink's port and the job."""


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run. ``sink_share`` is the sink's processor time as a share of the program's; ``quick`` the messages a
    second to destinations that are not slow, 0 when none is."""

    rate: float
    quick: float
    cpu_per_1000: float
    memory: int
    sink_share: float


class Bench:
    """Runs of all programs, each in a folder of its own."""

    def __init__(self, folder: Path, job: Job, sinks: Sinks) -> None:
        self._folder = folder
        self._job = job
        self._sinks = sinks
        self._number = 0

    def run(self, make: Maker, *, loaded: bool) -> Run:
        """Measure one program once."""
        self._number += 1
        sink = self._sinks.start()
        peer = make(self._folder / f"run{self._number}", sink.port, self._job)
        peer.prepare(loaded=loaded)
        try:
            before, started = peer.cost(), time.monotonic()
            peer.go()
            wait_for(peer.is_done, "The end of the job", PATIENCE)
            seconds = time.monotonic() - started
            after = peer.cost()
        finally:
            peer.stop()
            count = sink.count()
        return self._result(count, started, seconds, before, after)

    def _result(self, count: SinkCount, started: float, seconds: float, before: Cost, after: Cost) -> Run:
        wanted = self._job.recipients
        if (count.distinct, count.duplicates, count.unknown) != (wanted, 0, 0):
            raise SystemExit(f"This run does not count: {count}")
        cpu = after.cpu - before.cpu
        quick = count.quick / (count.quick_end - started) if count.quick else 0.0
        return Run(wanted / seconds, quick, cpu / wanted * 1000, after.memory, count.cpu / cpu)


def _spread(values: Sequence[float], form: str) -> str:
    return f"{format(statistics.median(values), form)} ({format(min(values), form)} to {format(max(values), form)})"


def table(results: dict[tuple[str, bool], list[Run]]) -> Iterator[str]:
    """The lines of the table: median (least to most) of all runs, and ours as a multiple of the others'."""
    yield f"{'':26} {'msgs/s':>26} {'ratio':>22} {'CPU s/1000':>11} {'MiB':>6} {'sink/CPU':>9} {'quick/s':>8}"
    for (name, loaded), runs in results.items():
        ours = results[OURS, loaded]
        ratios = [a.rate / b.rate for a, b in zip(ours, runs, strict=True)]
        cpu, memory, share, quick = (
            statistics.median(getattr(run, each) for run in runs)
            for each in ("cpu_per_1000", "memory", "sink_share", "quick")
        )
        yield (
            f"{name + ', ' + MEASURES[loaded]:26} {_spread([run.rate for run in runs], ',.0f'):>26}"
            f" {'' if runs is ours else _spread(ratios, '.1f'):>22} {cpu:11.3f} {memory / 2**20:6.0f} {share:9.2f}"
            f" {format(quick, ',.0f') if quick else '':>8}"
        )


@contextmanager
def makers(chosen: argparse.Namespace, folder: Path) -> Iterator[dict[str, Maker]]:
    """All programs that take part, ours first."""
    with contextlib.ExitStack() as stack:
        names = NameServer(folder)
        stack.callback(names.stop)
        server = stack.enter_context(PostgresServer(durable=True)) if chosen.database == "postgresql" else None

        def ours(own: Path, port: int, job: Job) -> Peer:
            url = server.new_database() if server else ""
            process = server.process if server else None
            return MailStreams(
                own, names.address, port, job, workers=chosen.workers, url=url, dkim=chosen.dkim, server=process
            )

        found: dict[str, Maker] = {OURS: ours}
        for name in filter(None, chosen.peers.split(",")):
            found[name] = _peer(name, chosen)
        yield found


def _peer(name: str, chosen: argparse.Namespace) -> Maker:
    """Another program, by name; what it needs is imported, or looked for, only when it is asked for."""
    if name == "postfix":
        from peer_postfix import Postfix

        return lambda own, port, job: Postfix(own, port, job, tls=chosen.tls)
    if name == "haraka":
        from peer_haraka import Haraka

        return lambda own, port, job: Haraka(own, chosen.haraka, port, job, tls=chosen.tls)
    if name == "opensmtpd":
        from peer_opensmtpd import OpenSMTPD

        return lambda own, port, job: OpenSMTPD(own, chosen.opensmtpd, port, job)
    raise SystemExit(f"There is no peer {name}.")


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--recipients", type=int, default=20_000)
    parser.add_argument("--domains", type=int, default=20)
    parser.add_argument("--peers", default="postfix", help="comma-separated; empty for none")
    parser.add_argument("--haraka", type=Path, help="folder that holds node_modules/Haraka")
    parser.add_argument("--opensmtpd", type=Path, help="folder into which the package opensmtpd was unpacked")
    parser.add_argument("--tls", action="store_true", help="the sink offers STARTTLS")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds of a round trip")
    parser.add_argument("--slow-share", type=float, default=0.0, help="share of destinations, such as 0.1")
    parser.add_argument("--refusing-share", type=float, default=0.0, help="share of destinations, such as 0.1")
    parser.add_argument("--dkim", choices=("rsa", "ed25519"), default="")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--measure", choices=("both", "end", "loaded"), default="both")
    return parser


def main() -> None:
    """Run and print the table."""
    chosen = options().parse_args()
    if chosen.refusing_share:
        chosen.peers = ""
    manners = Manners(
        tls=chosen.tls,
        latency=chosen.latency / 1000,
        slow_share=chosen.slow_share,
        refusing_share=chosen.refusing_share,
    )
    job = Job(chosen.recipients, chosen.domains)
    measures = {"both": (False, True), "end": (False,), "loaded": (True,)}[chosen.measure]
    results: dict[tuple[str, bool], list[Run]] = {}
    with tempfile.TemporaryDirectory(prefix="throughput-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        bench = Bench(folder, job, Sinks(folder, job, manners))
        with makers(chosen, folder) as programs:
            for _ in range(chosen.runs):
                for loaded in measures:
                    for program, make in programs.items():
                        results.setdefault((program, loaded), []).append(bench.run(make, loaded=loaded))
    print(f"{job.recipients:,} recipients, {job.domains:,} domains, {manners}")
    print("\n".join(table(results)))


if __name__ == "__main__":
    main()
