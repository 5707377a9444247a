"""Every comparison of the throughput bench in one go, in one table.

    python tests/perf/tables.py [--runs 3] [--size 1.0] [--rows "plain; STARTTLS"] [--peer-rows "plain; 20 ms"] [options]

What the columns and the programs are says throughput.py. Rows without a peer are those in which none can do the same:
only we sign and have workers and a database, and peers would bounce what refusing destinations refuse. The C client has
no queue and does without TLS: it takes part in the plain row, with the queue loaded before. Takes some 25 minutes on two
processors, most of them Postfix's: --peer-rows says where peers take part. A row that fails is reported, and the others go on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1]), str(HERE.parent / "support")]

from bench import HEAD, Homes, Plan, end_on_signals, measure, table  # noqa: E402
from loads import Job, Manners  # noqa: E402
from throughput import add_homes  # noqa: E402

_END: Final = (False,)
_OURS: Final[tuple[str, ...]] = ()
ROWS: Final = {
    "plain": Plan(peers=("postfix", "c", "c-overlapped")),
    "STARTTLS": Plan(manners=Manners(tls=True), measures=_END),
    "DKIM RSA-2048": Plan(dkim="rsa", peers=_OURS),
    "DKIM Ed25519": Plan(dkim="ed25519", peers=_OURS),
    "20 ms": Plan(latency=0.020, measures=_END),
    "100 ms": Plan(latency=0.100, measures=_END),
    "10 % slow": Plan(Job(5_000), Manners(slow_share=0.1), measures=_END),
    "10 % refusing": Plan(manners=Manners(refusing_share=0.1), peers=_OURS),
    "1,000 domains": Plan(Job(domains=1_000), measures=_END),
    "50,000 domains": Plan(Job(50_000, 50_000), measures=_END),
    "two workers": Plan(workers=2, peers=_OURS),
    "PostgreSQL": Plan(database="postgresql", peers=_OURS),
}


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="of each program in each row")
    parser.add_argument(
        "--size", type=float, default=1.0, help="recipients of each row, as a multiple of its own number"
    )
    parser.add_argument("--rows", type=_names, default=list(ROWS), help="semicolon-separated: " + "; ".join(ROWS))
    parser.add_argument("--peer-rows", type=_names, default=list(ROWS), help="rows in which peers take part")
    parser.add_argument("--peers", default="", help="more of them, comma-separated, in the plain row: opensmtpd,haraka")
    add_homes(parser)
    return parser


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(";") if name.strip()]
    if unknown := set(names) - set(ROWS):
        raise argparse.ArgumentTypeError(f"there is no row {unknown.pop()!r}")
    return names


def plans(chosen: argparse.Namespace) -> Iterator[tuple[str, Plan]]:
    """The chosen rows, as large as was asked for."""
    more = tuple(filter(None, chosen.peers.split(",")))
    for name in chosen.rows:
        plan = ROWS[name]
        peers = plan.peers + (more if name == "plain" else ())
        yield (
            name,
            replace(
                plan,
                job=replace(plan.job, recipients=round(plan.job.recipients * chosen.size)),
                runs=chosen.runs,
                peers=peers if name in chosen.peer_rows else _OURS,
            ),
        )


def _print_row(name: str, plan: Plan, homes: Homes) -> bool:
    """Measure a row and print it; whether it went well."""
    words = f"{name} ({plan.job.recipients:,})"
    with tempfile.TemporaryDirectory(prefix="tables-") as folder:
        Path(folder).chmod(0o755)
        try:
            lines: Sequence[tuple[str, str]] = list(table(measure(plan, Path(folder), homes)))
        except (Exception, SystemExit) as error:
            print(f"{words:24} failed: {error!r}", flush=True)
            return False
    for program, figures in lines:
        print(f"{words:24} {program:26} {figures}", flush=True)
    return True


def main() -> int:
    """Print the table; 1 when a row failed."""
    chosen = options().parse_args()
    end_on_signals()
    print(f"{'(recipients)':24} {'':26} {HEAD}", flush=True)
    homes = Homes(chosen.haraka, chosen.opensmtpd)
    went_well = [_print_row(name, plan, homes) for name, plan in plans(chosen)]
    return int(not all(went_well))


if __name__ == "__main__":
    sys.exit(main())
