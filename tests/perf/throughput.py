"""How fast mail leaves, side by side with other mail servers on the same machine, in interleaved runs against the same sink.

    python tests/perf/throughput.py [--runs 3] [--peers postfix,c,c-overlapped,opensmtpd,haraka] [options]

Two measures of each program: end to end (hand-over of the job and its delivery, the program running already) and with the
queue loaded before. Only ratios within one run mean anything on a shared machine; they say how many times as fast we are. A
run with a loss or a duplicate at the sink does not count. Needs a C compiler for the sink; for peers root and what their
modules say. The C client ("c" pipelined, "c-overlapped") has no queue: it takes part in the second measure only.

Options change the job or the destinations: --tls, --latency (a line that takes its time between two network namespaces, as
root: TCP's handshake and slow start and that of TLS wait too), --slow-share (these destinations take a second for each
answer; "quick/s" counts the others alone), --refusing-share (these destinations refuse one sending address as blocked: the
peers would bounce its mail, so they do not take part). --dkim, --workers and --database are ours alone: peers send unsigned.
With PostgreSQL its server's cost is counted as ours. "MiB" is the peak of resident memory of all processes; pages that they
share count in each.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1]), str(HERE.parent / "support")]

from bench import HEAD, Homes, Plan, end_on_signals, measure, table  # noqa: E402
from loads import Job, Manners  # noqa: E402


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--recipients", type=int, default=20_000)
    parser.add_argument("--domains", type=int, default=20)
    parser.add_argument("--peers", default="postfix", help="comma-separated; empty for none")
    parser.add_argument("--tls", action="store_true", help="the sink offers STARTTLS")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds of a round trip")
    parser.add_argument("--slow-share", type=float, default=0.0, help="share of destinations, such as 0.1")
    parser.add_argument("--refusing-share", type=float, default=0.0, help="share of destinations, such as 0.1")
    parser.add_argument("--dkim", choices=("rsa", "ed25519"), default="")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--measure", choices=("both", "end", "loaded"), default="both")
    add_homes(parser)
    return parser


def add_homes(parser: argparse.ArgumentParser) -> None:
    """The options that say where other programs are."""
    parser.add_argument("--haraka", type=Path, default=Path(), help="folder that holds node_modules/Haraka")
    parser.add_argument(
        "--opensmtpd", type=Path, default=Path(), help="folder into which the package opensmtpd was unpacked"
    )


def plan_of(chosen: argparse.Namespace) -> Plan:
    """What the command line asks for."""
    peers = () if chosen.refusing_share else tuple(filter(None, chosen.peers.split(",")))
    return Plan(
        job=Job(chosen.recipients, chosen.domains),
        manners=Manners(tls=chosen.tls, slow_share=chosen.slow_share, refusing_share=chosen.refusing_share),
        latency=chosen.latency / 1000,
        peers=peers,
        measures={"both": (False, True), "end": (False,), "loaded": (True,)}[chosen.measure],
        runs=chosen.runs,
        workers=chosen.workers,
        dkim=chosen.dkim,
        database=chosen.database,
    )


def main() -> None:
    """Run and print the table."""
    chosen = options().parse_args()
    end_on_signals()
    plan = plan_of(chosen)
    with tempfile.TemporaryDirectory(prefix="throughput-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        results = measure(plan, folder, Homes(chosen.haraka, chosen.opensmtpd))
    print(
        f"{plan.job.recipients:,} recipients, {plan.job.domains:,} domains, {plan.latency * 1000:g} ms, {plan.manners}"
    )
    print(f"{'':26} {HEAD}")
    for words, figures in table(results):
        print(f"{words:26} {figures}")


if __name__ == "__main__":
    main()
