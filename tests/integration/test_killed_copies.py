"""A program that copies or restores the database is killed in the middle: nothing has changed, and what it leaves behind goes away
with the next one; what a living one is using stays.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select
from waiting import wait_until_blocking

from app.database.database import Database
from app.database.schema import Site
from app.services import sites

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import os, signal, sys
from pathlib import Path
from app.database import backup, restore
from app.database.database import Database

what, step, number, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
module = backup if what == "backup" else restore
inner = getattr(module, step)

def stopping(*arguments):
    os.kill(os.getpid(), number)
    return inner(*arguments)

setattr(module, step, stopping)
with Database.open(f"sqlite:///{folder / 'mail.db'}", folder / "backups") as database:
    if what == "backup":
        database.backup(folder / "backups" / "mine.db")
    else:
        restore.restore(database, folder / "copy.db", folder / "backups" / "safety.db", actor="me")
"""
STEPS = [("backup", "_sync"), ("restore", "_prepare"), ("restore", "_overwrite")]


def start(folder: Path, what: str, step: str, number: signal.Signals) -> subprocess.Popen[bytes]:
    """A program that gets a signal when it comes to a step."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, what, step, str(int(number)), str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def unfinished(folder: Path) -> list[Path]:
    """What is there that nobody has asked for."""
    return [each for each in (*folder.iterdir(), *(folder / "backups").iterdir()) if each.name.startswith(".")]


def site_names(folder: Path) -> list[str]:
    """Opens the database, as the next start does."""
    with Database.open(f"sqlite:///{folder / 'mail.db'}", folder / "backups") as database, database.read() as session:
        return list(session.scalars(select(Site.host).order_by(Site.host)))


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A database with two sites, and a copy from when it had one."""
    (tmp_path / "backups").mkdir()
    with Database.open(f"sqlite:///{tmp_path / 'mail.db'}", tmp_path / "backups") as database:
        for name in ("one.test", "two.test"):
            with database.write() as session:
                sites.create(session, name, actor="me", now=1_700_000_000.0)
            if name == "one.test":
                database.backup(tmp_path / "copy.db")
    return tmp_path


@pytest.mark.parametrize(("what", "step"), STEPS)
def test_what_a_killed_program_leaves_is_removed_by_the_next(profile: Path, what: str, step: str) -> None:
    assert start(profile, what, step, signal.SIGKILL).wait(60) == -signal.SIGKILL
    assert len(unfinished(profile)) == 1
    assert site_names(profile) == ["one.test", "two.test"]
    assert unfinished(profile) == []
    assert not (profile / "backups" / "mine.db").exists()


def test_a_copy_to_another_folder_removes_what_one_before_it_has_left(profile: Path) -> None:
    assert start(profile, "backup", "_sync", signal.SIGKILL).wait(60) == -signal.SIGKILL
    (left,) = unfinished(profile)
    elsewhere = profile / "elsewhere"
    elsewhere.mkdir()
    left.rename(elsewhere / left.name)
    with Database.open(f"sqlite:///{profile / 'mail.db'}", profile / "backups") as database:
        database.backup(elsewhere / "mine.db")
    assert [each.name for each in elsewhere.iterdir()] == ["mine.db"]


@pytest.mark.parametrize(("what", "step"), STEPS)
def test_what_a_living_program_uses_stays(profile: Path, what: str, step: str) -> None:
    process = start(profile, what, step, signal.SIGSTOP)
    try:
        wait_until_blocking(lambda: unfinished(profile) and _is_stopped(process.pid), 60, "it has come to the step")
        before = unfinished(profile)
        site_names(profile)
        with Database.open(f"sqlite:///{profile / 'mail.db'}", profile / "backups") as database:
            database.backup(profile / "backups" / "another.db")
        assert unfinished(profile) == before
        process.send_signal(signal.SIGCONT)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    assert site_names(profile) == (["one.test", "two.test"] if what == "backup" else ["one.test"])
    assert unfinished(profile) == []
    assert (profile / "backups" / ("mine.db" if what == "backup" else "safety.db")).exists()


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T"
