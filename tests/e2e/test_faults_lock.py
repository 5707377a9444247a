"""Another program keeps the database locked for a whole minute. The minute is a real one: SQLite waits by the real clock."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from commandline import CommandLine
from nursery import Nursery
from ordeal import Ordeal
from troubles import calm

from app.services import mailings
from engine.ports import RecipientState

MINUTE = 60.0
LOCK = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
other.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked_by_another_program(file: Path) -> Iterator[None]:
    """A process of its own has the database for itself."""
    process = subprocess.Popen([sys.executable, "-c", LOCK, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"locked\n"
    try:
        yield
    finally:
        process.communicate(timeout=10)


def delivered(ordeal: Ordeal) -> int:
    """As the database knows it."""
    with ordeal.open() as database, database.read() as session:
        return mailings.by_name(session, "news 1").numbers.delivered


def test_a_database_that_is_locked_for_a_minute(
    nursery: Nursery, mailstreams_blocking: CommandLine, tmp_path: Path
) -> None:
    """Mail goes on meanwhile, a command waits for its turn, and in the end everything is known."""
    with Ordeal(tmp_path, nursery, 2000, scenario=calm()) as ordeal, ThreadPoolExecutor() as pool:
        ordeal.start()
        ordeal.wait_for_messages(100)
        with locked_by_another_program(ordeal.profile.database_file):
            until = time.monotonic() + MINUTE
            ordeal.wait_for_line("The database is locked by another program. Nothing is lost;")
            command = pool.submit(mailstreams_blocking.call, "suppress", "add", "someone@else.test", deadline=120)
            taken, known = ordeal.network.client.summary().messages, delivered(ordeal)
            ordeal.wait_for_messages(taken + 500)
            ordeal.wait(lambda: time.monotonic() > until, "a minute", deadline=2 * MINUTE)
            assert not command.done(), "a command waits"
            assert delivered(ordeal) == known, "nothing can be written"
        assert command.result(60).expect().exit_code == 0
        ordeal.wait_for_line("The database can be written to again, after")
        ordeal.finish()
        found = ordeal.reckon()
        output = ordeal.output.read_text()
    assert found.faults == []
    assert found.ends == {RecipientState.DELIVERED: 2000}
    assert found.twice == 0
    assert output.count("Nothing is lost;") <= 2, "it is told once a minute"
    assert "is gone" not in output
