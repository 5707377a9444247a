"""The writer: groups, faults of single jobs, and troubles that pass: locked, full, disconnected, killed."""

from __future__ import annotations

import asyncio
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import postgres
import pytest
from queues import addresses, engine_ports, outcome, start_mailing, sums
from sqlalchemy import Connection, insert, select
from waiting import DEADLINE, wait_until, wait_until_blocking

from app.database.database import Database
from app.database.problems import DatabaseProblem
from app.database.schema import Recipient, StoredSetting
from app.database.writer import Writer
from engine.ports import ReadRequest, RecipientState

ROOT = Path(__file__).parents[2]


def _set(key: str) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        connection.execute(insert(StoredSetting).values(key=key, value="x"))
        return key

    return work


def _keys(database: Database) -> list[str]:
    """The settings that these tests have written."""
    with database.read() as session:
        return sorted(session.scalars(select(StoredSetting.key).where(StoredSetting.value == "x")))


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    """A writer over the test's database."""
    made = Writer(database.writer_engine)
    yield made
    made.stop(patience=0)


def test_results_come_when_they_are_durable(database: Database, writer: Writer) -> None:
    assert writer.submit(_set("a")).result() == "a"
    assert _keys(database) == ["a"]


def test_jobs_that_wait_share_a_transaction(database: Database, writer: Writer) -> None:
    begun, hold = threading.Event(), threading.Event()

    def wait(_connection: Connection) -> bool:
        begun.set()
        return hold.wait()

    first = writer.submit(wait)
    assert begun.wait(DEADLINE)
    one = writer.submit(_set("a"))
    seen_by_others = writer.submit(lambda connection: _keys(database))
    other = writer.submit(_set("b"))
    hold.set()
    assert [first.result(), one.result(), seen_by_others.result(), other.result()] == [True, "a", [], "b"]
    assert _keys(database) == ["a", "b"]


def test_a_job_at_fault_does_not_harm_its_neighbours(database: Database, writer: Writer) -> None:
    hold = threading.Event()
    first = writer.submit(lambda connection: hold.wait())
    good, bad, also_good = writer.submit(_set("a")), writer.submit(_set("a")), writer.submit(_set("b"))
    hold.set()
    first.result()
    assert good.result() == "a"
    assert also_good.result() == "b"
    with pytest.raises(Exception, match=r"(?i)unique"):
        bad.result()
    assert _keys(database) == ["a", "b"]


def test_stopping_finishes_what_was_handed_over(database: Database) -> None:
    writer = Writer(database.writer_engine)
    jobs = [writer.submit(_set(f"key {number:03}")) for number in range(300)]
    writer.stop()
    assert all(job.done() for job in jobs)
    assert len(_keys(database)) == 300


async def test_what_was_handed_over_is_written_though_its_caller_was_cancelled(
    database: Database, writer: Writer
) -> None:
    hold = threading.Event()
    writer.submit(lambda connection: hold.wait())
    task = asyncio.create_task(writer.run(_set("a")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    hold.set()
    await wait_until(lambda: _keys(database) == ["a"])


@pytest.fixture
def file(prepared_file: Path, tmp_path: Path) -> Path:
    """A SQLite database as it is after a first start."""
    copy = tmp_path / "mail.db"
    copy.write_bytes(prepared_file.read_bytes())
    return copy


@pytest.fixture
def sqlite(file: Path, tmp_path: Path) -> Iterator[Database]:
    """The same, opened."""
    with Database.open(f"sqlite:///{file}", tmp_path / "backups") as database:
        yield database


@pytest.mark.expects_warnings
async def test_a_lock_by_another_program_is_waited_out(
    sqlite: Database, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mailing = start_mailing(sqlite, addresses(5))
    locker = sqlite3.connect(file, isolation_level=None)
    with engine_ports(sqlite) as ports:
        rows = await ports.read_all(mailing)
        locker.execute("BEGIN IMMEDIATE")
        recording = asyncio.create_task(ports.queue.record([outcome(row) for row in rows]))
        await wait_until(lambda: "locked by another program" in caplog.text)
        assert not recording.done()
        assert len(await ports.read_all(mailing)) == 10  # reading goes on
        locker.execute("ROLLBACK")
        await recording
    locker.close()
    assert sums(sqlite, mailing).recipients["delivered"] == 10
    assert caplog.text.count("locked by another program") == 1
    assert "can be written to again" in caplog.text


@pytest.mark.expects_warnings
async def test_a_full_disk_is_waited_out(sqlite: Database, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    mailing = start_mailing(sqlite, addresses(300))
    with engine_ports(sqlite) as ports:
        rows = await ports.read_all(mailing)
        log_size = file.with_name("mail.db-wal").stat().st_size
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (log_size, before[1]))
        try:
            recording = asyncio.create_task(
                ports.queue.record([outcome(row, reply="250 " + "x" * 300) for row in rows])
            )
            await wait_until(lambda: "The disk that the database is on" in caplog.text)
            assert not recording.done()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        await recording
    assert sums(sqlite, mailing).recipients["delivered"] == 600
    assert sqlite.check() == ()


@pytest.mark.expects_warnings
def test_a_writer_that_stops_gives_up_with_a_sentence(sqlite: Database, file: Path) -> None:
    locker = sqlite3.connect(file, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    writer = Writer(sqlite.writer_engine)
    job = writer.submit(_set("a"))
    writer.stop(patience=0)
    with pytest.raises(DatabaseProblem, match="locked by another program"):
        job.result()
    locker.execute("ROLLBACK")
    locker.close()
    assert _keys(sqlite) == []


@pytest.mark.expects_warnings
async def test_a_restart_of_the_server_is_waited_out(
    postgres_server: postgres.PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    with Database.open(postgres_url, tmp_path / "backups") as database, engine_ports(database) as ports:
        mailing = start_mailing(database, addresses(5))
        rows = await ports.read_all(mailing)
        changed = asyncio.create_task(ports.queue.changed())
        await wait_until(changed.done)
        postgres_server.cut_connections(postgres_url)
        await ports.queue.record([outcome(row) for row in rows])
        assert sums(database, mailing).recipients["delivered"] == 10
        postgres_server.cut_connections(postgres_url)
        assert await ports.queue.lanes(mailing) == []
        start_mailing(database, addresses(1), "second")
        assert await asyncio.wait_for(ports.queue.changed(), 10.0) == {"world"}


_SENDER = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from queues import engine_ports, outcome
from app.database.database import Database
from engine.ports import ReadRequest

async def main():
    with Database.open(sys.argv[1], Path(sys.argv[2])) as database, engine_ports(database) as ports:
        for lane in await ports.queue.lanes(1):
            batch = (await ports.queue.read([ReadRequest(lane.id, lane.first_id - 1, 10_000)]))[lane.id]
            for start in range(0, len(batch.rows), 20):
                rows = batch.rows[start:start + 20]
                await ports.queue.record([outcome(row) for row in rows])
                print(*(row.id for row in rows), flush=True)

asyncio.run(main())
"""


def _sender(url: str, backups: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _SENDER, url, str(backups), str(ROOT / "tests" / "support")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def _told(process: subprocess.Popen[str], lines: int) -> list[int]:
    assert process.stdout is not None
    return [int(word) for _ in range(lines) for word in process.stdout.readline().split()]


def test_a_killed_engine_loses_nothing_that_it_was_told_is_durable(
    database_url: str, open_database: Callable[..., Database], tmp_path: Path
) -> None:
    database = open_database()
    mailing = start_mailing(database, addresses(2000))
    told: list[int] = []
    for lines in (1, 7, 30):
        with _sender(database_url, tmp_path) as process:
            told += _told(process, lines)
            process.send_signal(signal.SIGKILL)
            told += _told(process, 1000)
    with database.read() as session:
        delivered = set(session.scalars(select(Recipient.id).where(Recipient.state == RecipientState.DELIVERED)))
        assert set(session.scalars(select(Recipient.attempts).where(Recipient.id.in_(delivered)))) == {1}
    assert set(told) <= delivered
    assert len(told) == len(set(told))
    counted = sums(database, mailing)
    assert counted.lanes == counted.mailing == counted.recipients
    assert database.check() == ()
    with engine_ports(database):  # the dead process has left its lease, which is taken over at once
        pass


async def test_another_program_writes_at_the_same_time(
    database_url: str, open_database: Callable[..., Database], tmp_path: Path
) -> None:
    database = open_database()
    mailing = start_mailing(database, addresses(1500))
    with _sender(database_url, tmp_path) as process:
        written = 0
        while process.poll() is None:
            with database.write() as session:
                session.add(StoredSetting(key=f"key {written}", value="x"))
            written += 1
        assert process.stdout is not None
        told = process.stdout.read().split()
    assert process.returncode == 0
    assert written > 10
    assert len(_keys(database)) == written
    assert len(told) == 3000
    assert sums(database, mailing).lanes["delivered"] == 3000


async def test_reading_while_others_write_loses_no_row(sqlite: Database) -> None:
    mailing = start_mailing(sqlite, addresses(400, domains=1))
    with engine_ports(sqlite) as ports:
        (lane,) = await ports.queue.lanes(mailing)
        cursor, seen = lane.first_id - 1, set[int]()
        recordings = []
        while True:
            batch = (await ports.queue.read([ReadRequest(lane.id, cursor, 9)]))[lane.id]
            seen |= {row.id for row in batch.rows}
            recordings.append(asyncio.create_task(ports.queue.record([outcome(row) for row in batch.rows])))
            if batch.exhausted:
                break
            cursor = batch.last_id
        await asyncio.gather(*recordings)
    assert len(seen) == 400
    assert sums(sqlite, mailing).lanes["delivered"] == 400


def test_the_watcher_ends_with_its_database(database_url: str, tmp_path: Path) -> None:
    database = Database.open(database_url, tmp_path)
    database.watcher.subscribe(lambda topics: None)
    database.dispose()
    wait_until_blocking(lambda: not any("watcher" in thread.name for thread in threading.enumerate()))
