"""Kills engine, workers or both by SIGKILL at random instants of a mailing, and prints what became of everybody.

``python tests/perf/crash.py`` takes some ten minutes: 200 kills over 20,000 recipients, with blocks, greylisting and cut
connections. Options make it shorter. The exit code is 1 when anything does not add up.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1] / "support")]

from nursery import Nursery  # noqa: E402 - after the path is set
from ordeal import Ordeal, Reckoning, troubled  # noqa: E402

from engine.ports import InDoubtPolicy, RecipientState  # noqa: E402

KINDS = ("engine", "worker", "both")


def main() -> int:
    """Run one ordeal and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--recipients", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--policy", choices=[policy.value for policy in InDoubtPolicy], default=InDoubtPolicy.ASK.value)
    options = parser.parse_args()
    source = random.Random(options.seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Nursery() as nursery:
        policy = InDoubtPolicy(options.policy)
        with Ordeal(Path(folder), nursery, options.recipients, scenario=troubled(0.05), policy=policy) as ordeal:
            starts = _kill(ordeal, options.kills, options.recipients, source)
            ordeal.finish(deadline=600.0)
            found = ordeal.reckon()
            kills = Counter(kill.what for kill in ordeal.kills)
    _print(found, kills, starts, time.monotonic() - began)
    return 1 if found.faults else 0


def _kill(ordeal: Ordeal, kills: int, recipients: int, source: random.Random) -> list[float]:
    """Kill so often, spread over the mailing; how long each start took until the engine was ready."""
    starts: list[float] = []

    def start() -> None:
        began = time.monotonic()
        ordeal.start()
        starts.append(time.monotonic() - began)

    start()
    for number in range(1, kills + 1):
        ordeal.wait_for_messages(recipients * (number - source.random()) / (kills * 1.1))
        time.sleep(source.random() * 0.1)
        what = source.choice(KINDS)
        ordeal.kill(what, source=source)
        if what != "worker":
            start()
    return starts


def _print(found: Reckoning, kills: Counter[str], starts: Sequence[float], seconds: float) -> None:
    in_doubt = found.ends[RecipientState.IN_DOUBT]
    lines = [
        f"{found.total:,} recipients, {kills.total()} kills in {seconds:.0f} s: "
        + ", ".join(f"{count} {what}" for what, count in sorted(kills.items())),
        ", ".join(f"{count:,} {state}" for state, count in sorted(found.ends.items())),
        f"{found.twice} sent twice; {in_doubt} in doubt (of up to {found.doubts} transactions that were cut behind the last dot)",
        f"{found.blocks} blocks, {found.events} lines of history, {found.probes} probes",
        f"ready again after {sorted(starts)[len(starts) // 2]:.1f} s (median), {max(starts):.1f} s (longest)",
        *(f"WRONG: {fault}" for fault in found.faults),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
