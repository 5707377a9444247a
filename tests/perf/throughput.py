"""How fast mail leaves, side by side with Postfix on the same machine, in interleaved runs against the same sink.

    python tests/perf/throughput.py [--runs 3] [--recipients 20000] [--domains 20] [--workers 1] [--no-postfix]

Two measures of each program: end to end (hand-over of the job and its delivery, the program running already) and with the
queue loaded before. Only ratios within one run mean anything on a shared machine. A run with a loss or a duplicate at the
sink does not count. Needs root and Debian's postfix for the comparison, a C compiler for the sink.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2])]

from loads import Cost, Job, NameServer, Sink, build, wait_for  # noqa: E402
from peer_ours import MailStreams  # noqa: E402
from peer_postfix import Postfix  # noqa: E402

PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run. ``sink_share`` is the sink's processor time as a share of the program's."""

    rate: float
    cpu_per_1000: float
    memory: int
    sink_share: float


class Bench:
    """Runs of both programs in a folder of their own."""

    def __init__(self, folder: Path, job: Job, workers: int) -> None:
        self._folder = folder
        self._job = job
        self._workers = workers
        self._sink_program = build("sink", folder)
        self._names = NameServer(folder)
        self._port = 20_000
        self._number = 0

    def close(self) -> None:
        """End the name server."""
        self._names.stop()

    def _next(self) -> tuple[Path, Sink]:
        self._number += 1
        self._port += 2
        return self._folder / f"run{self._number}", Sink(self._sink_program, self._port, self._job.recipients)

    def _result(self, sink: Sink, seconds: float, before: Cost, after: Cost) -> Run:
        count = sink.count()
        wanted = self._job.recipients
        if (count.distinct, count.duplicates, count.unknown) != (wanted, 0, 0):
            raise SystemExit(f"This run does not count: {count}")
        cpu = after.cpu - before.cpu
        return Run(wanted / seconds, cpu / wanted * 1000, after.memory, count.cpu / cpu)

    def ours(self, *, loaded: bool) -> Run:
        """MailStreams: import, start and delivery; or delivery alone."""
        folder, sink = self._next()
        program = MailStreams(folder, self._names.address, sink.port, self._job, workers=self._workers)
        if loaded:
            program.import_members()
            program.start_mailing()
        program.serve()
        before = program.cost()
        started = time.monotonic()
        if not loaded:
            program.import_members()
            program.start_mailing()
        program.wait_until_done(PATIENCE)
        seconds = time.monotonic() - started
        after = program.cost()
        program.stop()
        return self._result(sink, seconds, before, after)

    def postfix(self, *, loaded: bool) -> Run:
        """Postfix: submission and delivery at the same time; or delivery of what was held."""
        folder, sink = self._next()
        program = Postfix(folder, sink.port + 1, sink.port, self._job, hold=loaded)
        before = program.cost()
        started = time.monotonic()
        program.submit()
        if loaded:
            before, started = program.cost(), time.monotonic()
            program.release()
        queue = folder / "queue"
        wait_for(lambda: _is_empty(queue), "Postfix's empty queue", PATIENCE, 0.1)
        seconds = time.monotonic() - started
        after = program.cost()
        program.stop()
        return self._result(sink, seconds, before, after)


def _is_empty(queue: Path) -> bool:
    """No message is left in a queue of Postfix."""
    return not any(
        path.is_file() for name in ("incoming", "active", "deferred", "maildrop") for path in (queue / name).rglob("*")
    )


def _row(name: str, runs: list[Run]) -> str:
    rates = [run.rate for run in runs]
    cpu = statistics.median(run.cpu_per_1000 for run in runs)
    memory = statistics.median(run.memory for run in runs) / 2**20
    share = statistics.median(run.sink_share for run in runs)
    return (
        f"{name:34} {statistics.median(rates):9,.0f} {min(rates):9,.0f} {max(rates):9,.0f} {cpu:11.3f} {memory:9.0f}"
        f" {share:9.2f}"
    )


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--recipients", type=int, default=20_000)
    parser.add_argument("--domains", type=int, default=20)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--no-postfix", action="store_true")
    chosen = parser.parse_args()
    if not chosen.no_postfix and shutil.which("postfix") is None:
        raise SystemExit("Postfix is not here (Debian: apt-get install postfix); --no-postfix measures without it.")
    results: dict[str, list[Run]] = {}
    with tempfile.TemporaryDirectory(prefix="throughput-") as name:
        Path(name).chmod(0o755)
        bench = Bench(Path(name), Job(chosen.recipients, chosen.domains), chosen.workers)
        try:
            for _ in range(chosen.runs):
                for loaded, words in ((False, "end to end"), (True, "queue loaded")):
                    results.setdefault(f"MailStreams, {words}", []).append(bench.ours(loaded=loaded))
                    if not chosen.no_postfix:
                        results.setdefault(f"Postfix, {words}", []).append(bench.postfix(loaded=loaded))
        finally:
            bench.close()
    print(f"{'':34} {'msgs/s':>9} {'min':>9} {'max':>9} {'CPU s/1000':>11} {'MiB':>9} {'sink/CPU':>9}")
    for words, runs in results.items():
        print(_row(words, runs))
    for words in ("end to end", "queue loaded"):
        theirs = results.get(f"Postfix, {words}")
        if theirs:
            ratios = [a.rate / b.rate for a, b in zip(results[f"MailStreams, {words}"], theirs, strict=True)]
            print(f"ratio, {words}: {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})")


if __name__ == "__main__":
    main()
