"""Bench of the database: a mailing's start, reading, recording; on SQLite, or with --url on PostgreSQL.

``python tests/perf/database.py [--recipients N] [--domains N] [--url URL] [--folder DIR]`` prints one line for each
figure. Only ratios within one run count: machines are noisy.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from sqlalchemy import insert

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from queues import NOW, Ports, engine_ports, make_list, make_mailing, outcome  # noqa: E402 - after the path is set

from app.database.database import Database  # noqa: E402
from app.database.schema import Member  # noqa: E402
from app.database.snapshot import start_mailing_rows  # noqa: E402
from engine.ports import Lane, ReadRequest  # noqa: E402

READ_AT_ONCE = 200
RECORDED_AT_ONCE = 1000


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=200_000)
    parser.add_argument("--domains", type=int, default=20)
    parser.add_argument("--url", default="")
    parser.add_argument("--folder", type=Path, default=None, help="where the SQLite file goes: a real disk, not memory")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        url = options.url or f"sqlite:///{folder}/mail.db"
        with Database.open(url, Path(folder)) as database:
            mailing = _start(database, options.recipients, options.domains)
            asyncio.run(_send(database, mailing, options.recipients))
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most")


@contextmanager
def _timed(what: str, count: int) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{what}: {count:,} in {wall:.2f} s, {count / wall:,.0f} a second, {1e6 * cpu / count:.1f} µs CPU each")


def _start(database: Database, recipients: int, domains: int) -> int:
    chosen = random.Random(1)
    with database.write() as session, _timed("members inserted", recipients):
        mailing_list = make_list(session, [])
        for first in range(0, recipients, 10_000):
            rows = []
            for number in range(first, min(recipients, first + 10_000)):
                domain = f"d{chosen.randrange(domains):06}.test"
                address = f"user{number}@{domain}"
                rows.append(
                    {
                        "list_id": mailing_list.id,
                        "address": address,
                        "address_key": address,
                        "domain": domain,
                        "name": f"User {number}",
                        "joined_at": NOW,
                        "fields": {"city": "Berlin", "number": str(number)},
                    }
                )
            session.execute(insert(Member), rows)
    with database.write() as session, _timed("mailing started", recipients):
        mailing = make_mailing(session, mailing_list)
        start_mailing_rows(session, mailing.id)
    return mailing.id


async def _send(database: Database, mailing: int, recipients: int) -> None:
    with engine_ports(database) as ports:
        with _timed("lanes read", recipients):
            lanes = await ports.queue.lanes(mailing)
        with _timed("recipients read and recorded as delivered", recipients):
            await _deliver(ports, lanes)
        if not await ports.queue.complete(mailing):
            raise AssertionError("recipients are left")


async def _deliver(ports: Ports, lanes: Sequence[Lane]) -> None:
    """Read all lanes in turn, and record what was read while the next is read, as an engine does."""
    cursors = {lane.id: lane.first_id - 1 for lane in lanes}
    recording: asyncio.Task[None] | None = None
    outcomes = []
    while cursors:
        wanted = list(islice(cursors, 20))
        answers = await ports.queue.read([ReadRequest(lane, cursors[lane], READ_AT_ONCE) for lane in wanted])
        for lane, batch in answers.items():
            outcomes += [outcome(row, reply=f"250 2.0.0 Ok: queued as {row.id:X}") for row in batch.rows]
            cursors.pop(lane)
            if not batch.exhausted:
                cursors[lane] = batch.last_id
        while len(outcomes) >= RECORDED_AT_ONCE or (outcomes and not cursors):
            if recording is not None:
                await recording
            recording = asyncio.create_task(ports.queue.record(outcomes[:RECORDED_AT_ONCE]))
            del outcomes[:RECORDED_AT_ONCE]
    if recording is not None:
        await recording


if __name__ == "__main__":
    main()
