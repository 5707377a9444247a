"""Faults of the machine in the middle of a mailing: a hanging worker, a locked or damaged database, a full disk, signals.
The program says in one sentence what is wrong, loses nothing, and goes on when the trouble ends."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import sqlite3
import time
from pathlib import Path

from commandline import CommandLine
from nursery import MOST_MEMORY, Nursery
from ordeal import DOMAINS, Ordeal, Reckoning
from stops import LEAK, give_order
from troubles import calm, fill, full_disk, locked, read_only, small_disk

from app.database.migrate import HEAD
from app.version import VERSION
from engine.ports import RecipientState


def assert_all_is_well(found: Reckoning) -> None:
    assert not found.faults, "\n".join(found.faults)
    assert found.ends.total() == found.total
    assert found.twice == 0


def test_troubles_that_pass(nursery: Nursery, tmp_path: Path) -> None:
    with Ordeal(tmp_path, nursery, 3000, scenario=calm()) as ordeal:
        ordeal.hang_seconds = 5.0
        ordeal.start()
        file = ordeal.profile.database_file

        ordeal.wait_for_messages(200)
        victim = ordeal.workers()[0]
        victim.suspend()
        taken = ordeal.network.client.summary().messages
        ordeal.wait_for_messages(taken + 200)  # the other worker's addresses carry on
        ordeal.wait_for_line("no sign of life")
        ordeal.wait(lambda: len(ordeal.workers()) == 2, "the worker was replaced")

        with locked(file):
            ordeal.wait_for_line("The database is locked by another program. Nothing is lost;")
            taken = ordeal.network.client.summary().messages
            ordeal.wait_for_messages(taken + 100)  # what was read before is sent meanwhile
        ordeal.wait_for_line("The database can be written to again")

        with full_disk(ordeal):
            ordeal.wait_for_line("the journal can't be written")
            ordeal.wait(
                lambda: ordeal.output.read_text().count("Nothing is lost;") > 1, "the database can't be written"
            )
        ordeal.finish()
        found = ordeal.reckon()
    # What the hanging worker had handed over is in doubt, and nothing else is.
    assert found.ends[RecipientState.IN_DOUBT] <= 3 * 4 * len(DOMAINS) // 2
    found.faults = [fault for fault in found.faults if "can be explained" not in fault]
    assert_all_is_well(found)


def test_a_worker_that_eats_memory_is_replaced(nursery: Nursery, tmp_path: Path) -> None:
    with Ordeal(tmp_path, nursery, 1500, scenario=calm()) as ordeal:
        ordeal.environment = {MOST_MEMORY: str(120 * 2**20)}
        give_order(ordeal.orders, LEAK, 2**20)
        ordeal.start()
        ordeal.wait_for_line("MB of memory) and is replaced")
        ordeal.wait(lambda: len(ordeal.workers()) == 2, "the worker was replaced")
        ordeal.finish()
        found = ordeal.reckon()
    assert_all_is_well(found)
    assert found.ends == {RecipientState.DELIVERED: 1500}


def test_a_disk_that_is_full_for_a_while(nursery: Nursery, tmp_path: Path) -> None:
    with small_disk(tmp_path / "profile", 24), Ordeal(tmp_path, nursery, 2000, scenario=calm()) as ordeal:
        ordeal.start()
        ordeal.wait_for_messages(200)
        filler = ordeal.profile.folder / "filler"
        fill(filler)
        ordeal.wait_for_line("The disk that the database is on is full. Nothing is lost;")
        ordeal.wait_for_line("the journal can't be written: ")
        filler.unlink()
        ordeal.wait_for_line("The database can be written to again")
        ordeal.finish()
        found = ordeal.reckon()
    assert_all_is_well(found)
    assert found.ends == {RecipientState.DELIVERED: 2000}


def test_a_database_that_is_read_only_for_a_while(nursery: Nursery, tmp_path: Path) -> None:
    with Ordeal(tmp_path, nursery, 2000, scenario=calm()) as ordeal:
        file = ordeal.profile.database_file
        with read_only(file):
            ordeal.start(wait=False)
            assert ordeal.wait_for_end() == 1
        assert f"The database {file} can't be opened: " in ordeal.output.read_text()
        ordeal.start()
        ordeal.wait_for_messages(200)
        with read_only(file, Path(f"{file}-wal")):
            ordeal.wait_for_line("Nothing is lost; it is tried again until it works.")
        ordeal.wait_for_line("The database can be written to again")
        ordeal.finish()
        found = ordeal.reckon()
    assert_all_is_well(found)
    assert found.ends == {RecipientState.DELIVERED: 2000}


def test_ending_while_the_database_is_locked_takes_no_longer_than_stated(nursery: Nursery, tmp_path: Path) -> None:
    """A second to drain, five for the last outcomes, five for the writer, five for the goodbye: then the journals know."""
    with Ordeal(tmp_path, nursery, 1500, scenario=calm(), settings={"delivery.drain_timeout_seconds": "1"}) as ordeal:
        ordeal.start()
        ordeal.wait_for_messages(200)
        with locked(ordeal.profile.database_file):
            ordeal.wait_for_line("The database is locked by another program.")
            asked = time.monotonic()
            ordeal.signal(signal.SIGTERM)
            ordeal.wait_for_end(deadline=40)
            assert time.monotonic() - asked < 30
        assert "the journals tell the next engine what has been sent" in ordeal.output.read_text()
        ordeal.start()
        ordeal.finish()
        found = ordeal.reckon()
    assert_all_is_well(found)
    assert found.ends == {RecipientState.DELIVERED: 1500}


def test_signals(nursery: Nursery, tmp_path: Path) -> None:
    with Ordeal(tmp_path, nursery, 2000, scenario=calm()) as ordeal:
        ordeal.start()
        ordeal.wait_for_messages(100)
        ordeal.signal(signal.SIGHUP)
        ordeal.wait_for_messages(200)
        for number in (signal.SIGINT, signal.SIGTERM):
            ordeal.signal(number)
            assert ordeal.wait_for_end(deadline=30) == 0
            ordeal.start()
            ordeal.wait_for_messages(ordeal.network.client.summary().messages + 100)
        os.kill(ordeal.workers()[0].pid, signal.SIGSTOP)  # so that draining takes its time
        ordeal.signal(signal.SIGINT)
        ordeal.wait_for_line("SIGINT: open transactions end")
        ordeal.signal(signal.SIGINT)
        assert ordeal.wait_for_end(deadline=5) == -signal.SIGINT
        ordeal.start()  # kills the worker that still holds its journal
        ordeal.finish()
        found = ordeal.reckon()
    assert found.ends[RecipientState.IN_DOUBT] <= 3 * 4 * len(DOMAINS) // 2
    found.faults = [fault for fault in found.faults if "can be explained" not in fault]
    assert_all_is_well(found)


def test_a_page_that_is_damaged_in_the_middle_ends_the_engine_with_a_sentence(nursery: Nursery, tmp_path: Path) -> None:
    with Ordeal(tmp_path, nursery, 1500, scenario=calm()) as ordeal:
        ordeal.start()
        ordeal.wait_for_messages(200)
        file = ordeal.profile.database_file
        sound = tmp_path / "sound.db"
        with ordeal.open() as database:
            database.backup(sound)
        content = file.read_bytes()
        with file.open("r+b") as opened:
            for page in range(8, len(content) // 4096):
                opened.seek(page * 4096)
                opened.write(b"\xff" * 4096)
        assert ordeal.wait_for_end() == 1
        output = ordeal.output.read_text()
        assert "The database is damaged. Restore a backup." in output
        assert "Traceback" not in output
        ordeal.start(wait=False)
        assert ordeal.wait_for_end() == 1
        assert "is damaged. Restore a backup." in ordeal.output.read_text().removeprefix(output)


def test_a_database_of_a_newer_version_is_left_as_it_is(nursery: Nursery, tmp_path: Path) -> None:
    """In the middle of a mailing the program is replaced by an older one, and by the right one again."""
    with Ordeal(tmp_path, nursery, 1500, scenario=calm()) as ordeal:
        ordeal.start()
        ordeal.wait_for_messages(200)
        ordeal.kill("both", source=random.Random(1))
        folder, file = ordeal.profile.folder, ordeal.profile.database_file
        stamp(file, "9999", "7.8.9")
        before, taken = contents(folder), ordeal.network.client.summary().messages
        program = CommandLine(folder)
        for command in (("serve",), ("audit", "list"), ("backup",), ("suppress", "add", "someone@else.test")):
            refused = program.call(*command).expect(1)
            assert refused.stdout == ""
            assert refused.stderr.splitlines() == [
                "The database was made by a newer version of this program, MailStreams 7.8.9; "
                f"this is {VERSION}. Use that version, or restore a backup."
            ]
        assert contents(folder) == before
        assert ordeal.network.client.summary().messages == taken
        stamp(file, HEAD, VERSION)
        ordeal.start()
        ordeal.finish()
        found = ordeal.reckon()
    assert_all_is_well(found)


def stamp(file: Path, revision: str, maker: str) -> None:
    """Let a database be of this form, made by this version of the program."""
    with contextlib.closing(sqlite3.connect(file)) as opened, opened:
        opened.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        opened.execute("UPDATE settings SET value = ? WHERE key = 'program.version'", (maker,))


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file of a profile but what the program says of itself, and what SQLite keeps beside a file that is only read."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".log", ".db-shm"))
    return {path: path.read_bytes() for path in files if path.suffix != ".db-wal" or path.stat().st_size}


def test_a_service_manager_hears_of_ready_life_and_stopping(nursery: Nursery, tmp_path: Path) -> None:
    with (
        Ordeal(tmp_path, nursery, 10, scenario=calm()) as ordeal,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear,
    ):
        name = tmp_path / "notify"
        ear.bind(str(name))
        ear.settimeout(20)
        ordeal.environment = {"NOTIFY_SOCKET": str(name), "WATCHDOG_USEC": "3000000"}
        ordeal.start()
        heard: list[bytes] = []
        while heard.count(b"WATCHDOG=1") < 3:
            heard.append(ear.recv(100))
        ordeal.finish()
        ear.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                heard.append(ear.recv(100))
    assert heard.count(b"READY=1") == 1
    assert heard[-1] == b"STOPPING=1"
