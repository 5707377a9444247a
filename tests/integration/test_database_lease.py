"""One engine per node: who gets the lease, who keeps it, and what a dead engine leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from queues import engine_ports
from sqlalchemy import select

from app.database.database import Database
from app.database.lease import EXPIRY, Lease, LeaseTaken
from app.database.schema import ChangeCounter, Node
from app.processes import process_word


def test_a_second_engine_is_refused_with_a_sentence(database: Database) -> None:
    lease = Lease.acquire(database)
    with pytest.raises(LeaseTaken, match=f"runs already, as process {os.getpid()}"):
        Lease.acquire(database)
    lease.release(database)
    Lease.acquire(database).release(database)


def test_a_late_goodbye_does_not_end_the_next_engine(database: Database) -> None:
    first = Lease.acquire(database)
    first.release(database)
    second = Lease.acquire(database)
    first.release(database)
    with database.read() as session:
        assert session.get_one(Node, database.node).lease == second.word


def _take_over(database: Database, **values: object) -> Lease:
    with database.write() as session:
        node = session.get_one(Node, database.node)
        for name, value in values.items():
            setattr(node, name, value)
    return Lease.acquire(database)


def test_the_lease_of_a_dead_process_is_taken_over_at_once(database: Database) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    Lease.acquire(database)
    word = process_word(process.pid)
    with pytest.raises(LeaseTaken):
        _take_over(database, pid=process.pid, process=word, heartbeat_at=0.0)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and nobody has buried it yet
    assert _take_over(database, pid=process.pid, process=word, heartbeat_at=time.time())
    process.communicate()


def test_another_process_with_the_same_number_does_not_count(database: Database) -> None:
    Lease.acquire(database)
    assert _take_over(database, pid=os.getpid(), process="another boot/12345", heartbeat_at=time.time())


def test_an_engine_elsewhere_is_believed_while_its_heart_beats(database: Database) -> None:
    Lease.acquire(database)
    with pytest.raises(LeaseTaken):
        _take_over(database, host="elsewhere", heartbeat_at=time.time())
    assert _take_over(database, host="elsewhere", heartbeat_at=time.time() - EXPIRY - 1)


def test_processes_are_told_apart() -> None:
    own = process_word(os.getpid())
    assert own is not None
    assert own == process_word(os.getpid())
    assert own != process_word(1)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    assert process_word(process.pid) is None


def test_change_counters_do_not_grow_with_every_start(database: Database) -> None:
    for _ in range(5):
        with engine_ports(database):
            pass
    with database.read() as session:
        writers = set(session.scalars(select(ChangeCounter.writer)))
    assert len(writers) <= 2


def test_a_profile_can_be_opened_by_two_programs_with_one_engine(prepared_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "mail.db"
    file.write_bytes(prepared_file.read_bytes())
    with (
        Database.open(f"sqlite:///{file}", tmp_path) as first,
        Database.open(f"sqlite:///{file}", tmp_path) as second,
        engine_ports(first),
        pytest.raises(LeaseTaken),
    ):
        Lease.acquire(second)
