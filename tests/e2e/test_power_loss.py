"""The power fails in the middle of a mailing: whatever the disk holds then, the program opens it, and knows everybody whom
a mail server had taken before the last notes that had not reached the disk; these reach it within a second."""

from __future__ import annotations

import random
import time
from bisect import bisect
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest
from nursery import Nursery, Start
from ordeal import Ordeal
from powercut import Disks, Kind, Surviving, Tree, read_record, recorder
from sqlalchemy import select
from stops import FILE_BYTES
from troubles import calm, locked
from waiting import wait_until_blocking

from app.database.database import Database
from app.database.schema import Recipient
from app.paths import open_profile
from engine.ports import RecipientState

WINDOW = 1.0
"""Seconds until a note is on the disk, as the README promises."""
JOURNALS = ".journal"
CUTS = 12


@dataclass(frozen=True)
class Recorded:
    """A mailing that was recorded: the disks, and when a mail server took each address."""

    disks: Disks
    taken: dict[str, float]


def record(folder: Path, library: Path) -> Recorded:
    """Send with the database in reach, then with a database that is locked: only the journals know what is sent then."""
    to = folder / "record"
    environment = {"LD_PRELOAD": str(library), "RECORD_UNDER": str(folder / "profile"), "RECORD_TO": str(to)}
    with (
        Nursery({**environment, FILE_BYTES: "4000"}) as nursery,
        Ordeal(folder, nursery, 8000, scenario=calm(0.15), speed=1.0) as ordeal,
    ):
        before = Tree(ordeal.profile.folder)
        ordeal.start()
        ordeal.wait_for_messages(500)
        with locked(ordeal.profile.database_file):
            ordeal.wait_for_line("The database is locked by another program.")
            begun = time.monotonic()
            ordeal.wait(lambda: time.monotonic() > begun + 6.0, "several times the window")
        ordeal.wait_for_line("The database can be written to again")
        ordeal.wait_for_messages(ordeal.network.client.summary().messages + 1500)
        ordeal.kill("both", source=random.Random(1))
        taken: dict[str, float] = {}
        for message in ordeal.network.client.received():
            taken.setdefault(message.recipient, message.at)
    return Recorded(Disks(before, read_record(to)), taken)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder = tmp_path_factory.mktemp("recorded")
    library = recorder(folder)
    if library is None:
        pytest.skip("needs a C compiler")
    return record(folder, library)


def read_back(nursery: Nursery, folder: Path) -> None:
    """Start the real program on a disk; it has read the journals when it is about to start its workers."""
    output = folder / "output.txt"
    pid = nursery.start(
        Start(("--profile", str(folder), "serve"), str(output), "workers not started", 1, str(folder / "orders"))
    )
    code = wait_until_blocking(lambda: nursery.ended(pid), 60.0, "the engine reads the journals")
    assert code == -9, output.read_text()


@pytest.mark.parametrize("number", range(CUTS))
def test_who_was_served_before_a_power_cut_is_known(
    nursery: Nursery, recorded: Recorded, tmp_path: Path, number: int
) -> None:
    source = random.Random(number)
    entries = recorded.disks.entries
    instant = source.uniform(entries[0].at + WINDOW, entries[-1].at)
    cut = bisect(entries, instant, key=lambda entry: entry.at)
    folder = tmp_path / "profile"
    recorded.disks.write(cut, folder, list(Surviving)[number % len(Surviving)], source)
    read_back(nursery, folder)

    profile = open_profile(folder)
    with Database.open(profile.database_url(), profile.backups) as database:
        assert database.check() == ()
        with database.read() as session:
            states = dict(session.execute(select(Recipient.address, Recipient.state)).all())
    known = {RecipientState.DELIVERED, RecipientState.IN_DOUBT}
    not_on_disk = [at for at, delay in recorded.disks.delays(JOURNALS, cut) if delay is None]
    served = [address for address, at in recorded.taken.items() if at < min(not_on_disk, default=instant)]
    assert [address for address in served if states[address] not in known] == []
    delivered = [address for address, state in states.items() if state is RecipientState.DELIVERED]
    assert [address for address in delivered if recorded.taken[address] > instant] == []


def test_notes_reach_the_disk_within_a_second(recorded: Recorded) -> None:
    """Most of them: a machine that is busy with tests may be late now and then."""
    delays = [delay for _, delay in recorded.disks.delays(JOURNALS) if delay is not None]
    assert len(delays) > 100
    assert median(delays) < WINDOW


def test_the_record_has_what_the_cuts_are_about(recorded: Recorded) -> None:
    """Several journals were begun and deleted, and most was sent while the database was locked."""
    entries = recorded.disks.entries
    for kind in (Kind.CREATED, Kind.UNLINKED):
        assert sum(entry.kind is kind and entry.path.endswith(JOURNALS) for entry in entries) > 5
    assert len(recorded.taken) > 1000
