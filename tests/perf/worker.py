"""How fast is one worker process? Feeds it jobs as the engine would and prints messages a second and CPU per 1,000.

``python -m tests.perf.worker [--jobs 20000] [--pairs 80] [--body 4096] [--delay 0] [--runs 3] [--profile FILE]`` and more.
Needs a C compiler for the sink (tests/perf/worker_sink.c). Everything stays on loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil

from engine.message import CompiledMessage, MessageSource, compile_message
from engine.wire import (
    Committed,
    Configure,
    Deliver,
    End,
    Job,
    OpenPair,
    PairConnections,
    PairTrouble,
    Report,
    Results,
    SetMessage,
)
from engine.workers import WorkerProcess

ROOT = Path(__file__).parents[2]
PORT = 12525


@dataclass(frozen=True, slots=True)
class Run:
    """What one run came to."""

    seconds: float
    jobs: int
    worker_cpu: float
    sink_cpu: float
    feeder_cpu: float
    resident: int
    connections: int

    def __str__(self) -> str:
        rate = self.jobs / self.seconds
        return (
            f"{rate:9,.0f} msgs/s   CPU s per 1,000: worker {self.worker_cpu / self.jobs * 1000:.4f}, "
            f"sink {self.sink_cpu / self.jobs * 1000:.4f}, feeder {self.feeder_cpu / self.jobs * 1000:.4f}   "
            f"{self.resident / 2**20:.0f} MiB, {self.connections} connections"
        )


class Feeder:
    """The engine's part: hands out jobs, counts results, acknowledges."""

    def __init__(self, jobs: int, pairs: int, connections: int, ahead: int) -> None:
        self._ahead = ahead
        self.ends: Counter[End] = Counter()
        self.done = asyncio.Event()
        self.connections = 0
        self._jobs = jobs
        self._left = [jobs // pairs + (number < jobs % pairs) for number in range(pairs)]
        self._limit = connections
        self._next = 0
        self._worker: WorkerProcess | None = None
        self._outstanding = [0] * pairs
        self._finished: set[int] = set()

    def begin(self, worker: WorkerProcess) -> None:
        """Open the pairs and hand out the first jobs."""
        self._worker = worker
        for number in range(len(self._left)):
            sender, sink = f"127.0.1.{number % 4 + 1}", server_address(number // 4)
            worker.send(OpenPair(number, sender, sink, "mx.example.org", "out.example.net", self._limit, 1000))
            self._hand_out(number)

    def _hand_out(self, number: int) -> None:
        count = min(self._ahead - self._outstanding[number], self._left[number])
        if count < self._ahead // 2 and count < self._left[number]:
            return
        self._left[number] -= count
        self._outstanding[number] += count
        jobs = []
        for _ in range(count):
            self._next += 1
            jobs.append(Job(self._next, 1, 1, f"person{self._next}@example.org", f"t{self._next}"))
        if jobs and self._worker is not None:
            self._worker.send(Deliver(number, jobs))

    def take(self, report: Report) -> None:
        """One report of the worker."""
        match report:
            case Results():
                touched = set()
                for result in report.results:
                    self.ends[result.end] += 1
                    self._finished.add(result.recipient)
                    self._outstanding[result.pair] -= 1
                    touched.add(result.pair)
                for number in touched:
                    self._hand_out(number)
                if self._worker is not None:
                    self._worker.send(Committed(report.sequence))
                if len(self._finished) == self._jobs:
                    self.done.set()
            case PairTrouble():
                raise RuntimeError(f"trouble with a pair: {report}")
            case PairConnections():
                self.connections += report.opened


def server_address(number: int) -> str:
    """One of many loopback addresses."""
    return f"127.{number // 62500 + 1}.{number // 250 % 250}.{number % 250 + 1}"


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


async def run(options: argparse.Namespace, sink: Path, folder: Path) -> Run:
    """One run with fresh processes."""
    addresses = [server_address(number) for number in range((options.pairs + 3) // 4)]
    server = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
        [sink, str(PORT), "-", str(options.delay), *addresses], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin
    assert server.stdout
    assert server.stdout.readline() == "ready\n"
    feeder = Feeder(options.jobs, options.pairs, options.connections, options.ahead)
    worker = await WorkerProcess.start(
        worker_command(options.profile),
        Configure(1, str(folder / "journal"), PORT, (), 10.0, 30.0),
        feeder.take,
        lambda _: feeder.done.set(),
    )
    worker.send(SetMessage(1, message(options.body)))
    mine, theirs, sinks = time.process_time(), cpu(worker.pid), cpu(server.pid)
    begun = time.perf_counter()
    feeder.begin(worker)
    await feeder.done.wait()
    seconds = time.perf_counter() - begun
    result = Run(
        seconds,
        options.jobs,
        cpu(worker.pid) - theirs,
        cpu(server.pid) - sinks,
        time.process_time() - mine,
        psutil.Process(worker.pid).memory_info().rss,
        feeder.connections,
    )
    await worker.stop(5.0)
    server.stdin.close()
    connections, messages = map(int, server.stdout.read().split())
    server.wait()
    assert feeder.ends == {End.DELIVERED: options.jobs}, feeder.ends
    assert messages == options.jobs, f"the sink counts {messages} messages"
    assert connections == feeder.connections
    return result


def message(size: int) -> CompiledMessage:
    """A message of about *size* bytes, personal in its To header alone."""
    text = "".join(f"Line {number} of a message that is sent to many.\n" for number in range(size // 44))
    return compile_message(MessageSource("sender@example.net", subject="Hello", text=text))


def worker_command(profile: str | None) -> tuple[str, ...]:
    """How the worker is started, under the profiler when wanted."""
    return (sys.executable, "-m", *(("cProfile", "-o", profile, "-m") if profile else ()), "engine.worker")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--pairs", type=int, default=80)
    parser.add_argument("--body", type=int, default=4096)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--delay", type=int, default=0, help="milliseconds that every reply is late")
    parser.add_argument("--ahead", type=int, default=64, help="jobs that a pair has at once")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--profile", help="a file for the figures of cProfile")
    options = parser.parse_args()
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        sys.exit("a C compiler is needed for the sink")
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sink = folder / "sink"
        subprocess.run([compiler, "-O2", "-o", sink, ROOT / "tests/perf/worker_sink.c"], check=True)
        for number in range(options.runs):
            print(asyncio.run(run(options, sink, folder / str(number))), flush=True)


if __name__ == "__main__":
    main()
