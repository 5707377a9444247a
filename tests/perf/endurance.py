"""An engine at full speed, mailing after mailing, with blocks that come and go: does anything grow?

    python tests/perf/endurance.py [--seconds 300] [--warm-up 500000]

``--seconds 3600`` is the long run; the test suite has a short one (tests/e2e/test_endurance.py). Prints a table;
the exit code is 1 when the memory of a process has grown by more than 5 % since the warm-up, when files, sockets or rows
other than history were left behind, when not everybody got one message, or when one turn in a thousand of the engine's loop
took longer than 50 ms (without the time in which it waited for a processor).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1] / "support")]

from endurance import WARM_UP, Endurance, Endured, Growth  # noqa: E402 - after the path is set
from lateness import TURN  # noqa: E402
from nursery import Nursery  # noqa: E402

SHARE = 0.05
SLOW_TURNS = 0.001


def main() -> int:
    """Run once and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--warm-up", type=int, default=WARM_UP, help="messages sent before")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="endurance-") as folder,
        Nursery() as nursery,
        Endurance(Path(folder), nursery) as endurance,
    ):
        found = endurance.run(options.seconds, SHARE, options.warm_up)
    samples, slow, _ = found.late
    if slow > samples * SLOW_TURNS:
        found.faults.append(f"{slow} of {samples} turns of the engine's loop took longer than {TURN * 1000:.0f} ms")
    _print(found)
    return int(bool(found.faults))


def _print(found: Endured) -> None:
    samples, slow, worst = found.late
    rate = found.messages / found.seconds
    lines = [
        f"{found.messages:,} messages in {found.seconds:,.0f} s ({rate:,.0f}/s), {found.mailings} mailings, {found.blocks} blocks",
        f"engine's loop: {slow} of {samples:,} turns over {TURN * 1000:.0f} ms, the longest {worst * 1000:.0f} ms",
        f"{'':28}{'warm':>12}{'end':>12}{'growth':>9}",
        *(_line(f"memory of {each.what}, MB", each, 2**20) for each in found.memory),
        *(_line(f"files of {each.what}", each) for each in found.files),
        *(_line(f"{each.what}, MB", each, 2**20) for each in found.disk),
        *(_line(f"rows of {each.what}", each) for each in found.tables),
        *(f"WRONG: {fault}" for fault in found.faults),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _line(words: str, growth: Growth, unit: float = 1.0) -> str:
    figures = f"{growth.before / unit:12,.1f}{growth.after / unit:12,.1f}"
    return f"{words:28}{figures}{growth.share:+9.1%}"


if __name__ == "__main__":
    sys.exit(main())
