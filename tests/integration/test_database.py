"""Opening, reading, writing, copying a database, and what is said when that can't be done."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from queues import NOW
from sqlalchemy import select
from waiting import wait_until_blocking

from app.database.database import Database
from app.database.problems import DatabaseProblem
from app.database.schema import Node, Stream


def _names(database: Database) -> list[str]:
    with database.read() as session:
        return sorted(session.scalars(select(Stream.name)))


def _add(database: Database, name: str) -> None:
    with database.write() as session:
        session.add(Stream(name=name, name_key=name, created_at=NOW))


def test_a_first_start_makes_the_default_stream_and_this_machines_node(
    open_database: Callable[..., Database], empty_url: str
) -> None:
    database = open_database(empty_url)
    with database.read() as session:
        streams = session.scalars(select(Stream)).all()
        nodes = session.scalars(select(Node)).all()
    assert [(stream.name, stream.is_default) for stream in streams] == [("default", True)]
    assert [node.id for node in nodes] == [database.node]


def test_a_second_start_finds_what_was_there(open_database: Callable[..., Database]) -> None:
    first = open_database()
    _add(first, "news")
    second = open_database()
    assert second.node == first.node
    assert _names(second) == ["default", "news"]


def test_several_programs_may_start_at_once(empty_url: str, tmp_path: Path) -> None:
    opened: list[Database] = []

    def start() -> None:
        opened.append(Database.open(empty_url, tmp_path / "backups"))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert len({each.node for each in opened}) == 1
        assert len(opened) == 4
        assert _names(opened[0]) == ["default"]
    finally:
        for each in opened:
            each.dispose()


def test_a_write_is_all_or_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as session:  # noqa: PT012 - the block is what is tested
        session.add(Stream(name="lost", name_key="lost", created_at=NOW))
        session.flush()
        raise ZeroDivisionError
    assert _names(database) == ["default"]


def test_a_reading_session_can_not_write(database: Database) -> None:
    with pytest.raises(DatabaseProblem), database.read() as session:  # noqa: PT012 - add alone does nothing
        session.add(Stream(name="no", name_key="no", created_at=NOW))
        session.flush()
    assert _names(database) == ["default"]


def test_a_reading_session_sees_one_moment(database: Database) -> None:
    with database.read() as session:
        before = session.scalars(select(Stream.name)).all()
        _add(database, "later")
        session.expire_all()
        assert session.scalars(select(Stream.name)).all() == before


def test_writers_wait_for_one_another(open_database: Callable[..., Database]) -> None:
    first, second = open_database(), open_database()
    order: list[str] = []
    inside = threading.Event()

    def write_second() -> None:
        inside.wait()
        with second.write() as session:
            order.append("second")
            session.add(Stream(name="second", name_key="second", created_at=NOW))

    thread = threading.Thread(target=write_second)
    thread.start()
    with first.write() as session:
        session.add(Stream(name="first", name_key="first", created_at=NOW))
        session.flush()
        inside.set()
        thread.join(0.3)
        assert thread.is_alive()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert _names(first) == ["default", "first", "second"]


def test_what_is_written_is_for_its_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "mail.db"
    with Database.open(f"sqlite:///{file}", tmp_path / "backups") as database:
        _add(database, "news")
        database.backup(tmp_path / "copies" / "copy.db")
        written = [file, file.with_name("mail.db-wal"), file.with_name("mail.db-shm"), tmp_path / "copies" / "copy.db"]
        assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
        assert stat.S_IMODE((tmp_path / "copies").stat().st_mode) == 0o700


def test_a_copy_can_be_opened_and_has_everything(open_database: Callable[..., Database], tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'mail.db'}")
    _add(database, "news")
    database.backup(tmp_path / "copy.db")
    _add(database, "later")
    assert _names(open_database(f"sqlite:///{tmp_path / 'copy.db'}")) == ["default", "news"]
    with pytest.raises(DatabaseProblem, match="exists already"):
        database.backup(tmp_path / "copy.db")


def test_a_copy_of_postgresql_has_every_table(postgres_url: str, tmp_path: Path) -> None:
    with Database.open(postgres_url, tmp_path / "backups") as database:
        database.backup(tmp_path / "copy.zip")
    with zipfile.ZipFile(tmp_path / "copy.zip") as archive:
        assert b"default" in archive.read("streams.csv")
        assert archive.read("alembic_version.csv").splitlines() == [b"version_num", b"0001"]


class TestRefusals:
    """A database that can't be used is refused with one sentence, and left as it is."""

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        """The file of a healthy database."""
        file = tmp_path / "mail.db"
        with Database.open(f"sqlite:///{file}", tmp_path / "backups") as database, database.write() as session:
            names = [f"stream {number} {'x' * 500}" for number in range(200)]
            session.add_all([Stream(name=name, name_key=name, created_at=NOW) for name in names])
        return file

    def _refused(self, file: Path) -> str:
        before = file.read_bytes()
        with pytest.raises(DatabaseProblem) as caught:
            Database.open(f"sqlite:///{file}", file.parent / "backups")
        assert file.read_bytes() == before
        assert "\n" not in caught.value.sentence
        return caught.value.sentence

    def test_newer_schema(self, file: Path) -> None:
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()
        assert "newer version" in self._refused(file)

    def test_newer_schema_on_postgresql(self, postgres_url: str, tmp_path: Path) -> None:
        with Database.open(postgres_url, tmp_path / "backups") as database, database.write() as session:
            session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(DatabaseProblem, match="newer version"):
            Database.open(postgres_url, tmp_path / "backups")

    def test_not_a_database(self, file: Path) -> None:
        file.write_text("Dear diary, " * 1000)
        assert "not a database" in self._refused(file)

    def test_another_programs_database(self, file: Path) -> None:
        file.unlink()
        connection = sqlite3.connect(file)
        connection.execute("CREATE TABLE diary (page)")
        connection.close()
        assert "another program" in self._refused(file)

    def test_another_programs_postgresql(self, postgres_url: str, tmp_path: Path) -> None:
        with Database.open(postgres_url, tmp_path / "backups") as database, database.write() as session:
            session.connection().exec_driver_sql("DROP TABLE alembic_version")
        with pytest.raises(DatabaseProblem, match="another program"):
            Database.open(postgres_url, tmp_path / "backups")

    @pytest.mark.parametrize("page", range(1, 12))
    def test_damaged_page(self, file: Path, page: int) -> None:
        with file.open("r+b") as opened:
            opened.seek(page * 4096)
            opened.write(os.urandom(4096))
        assert "damaged" in self._refused(file)

    def test_cut_off(self, file: Path) -> None:
        with file.open("r+b") as opened:
            opened.truncate(file.stat().st_size // 2)
        assert "damaged" in self._refused(file)

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(DatabaseProblem, match="does not exist"):
            Database.open(f"sqlite:///{tmp_path / 'none' / 'mail.db'}", tmp_path / "backups")

    def test_a_folder_in_its_place(self, tmp_path: Path) -> None:
        with pytest.raises(DatabaseProblem, match="can't be read"):
            Database.open(f"sqlite:///{tmp_path}", tmp_path / "backups")

    def test_no_server(self, tmp_path: Path) -> None:
        with pytest.raises(DatabaseProblem, match="can't be reached"):
            Database.open(f"postgresql+psycopg://nobody@/none?host={tmp_path}", tmp_path / "backups", patience=0)

    def test_a_page_that_is_damaged_while_it_is_open(self, file: Path) -> None:
        with Database.open(f"sqlite:///{file}", file.parent / "backups") as database:
            assert database.check() == ()
            size = file.stat().st_size
            with file.open("r+b") as opened:
                opened.seek(4096)
                opened.write(b"\xff" * (size - 4096))
            database.reader_engine.dispose()
            with pytest.raises(DatabaseProblem, match="damaged"):
                _names(database)
            assert database.check()


_LOCKER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
connection.execute("COMMIT")
print("free", flush=True)
sys.stdin.readline()
"""


class TestLockedByAnotherProgram:
    """Another process holds SQLite's write lock."""

    def _lock(self, file: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", _LOCKER, str(file)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        return process

    @pytest.mark.expects_warnings
    def test_a_write_waits_and_goes_on(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        file = tmp_path / "mail.db"
        with Database.open(f"sqlite:///{file}", tmp_path / "backups") as database, self._lock(file) as locker:
            assert locker.stdin is not None
            thread = threading.Thread(target=_add, args=(database, "patient"))
            thread.start()
            wait_until_blocking(lambda: "locked by another program" in caplog.text)
            assert _names(database) == ["default"]  # reading goes on meanwhile
            locker.stdin.write("\n\n")
            locker.stdin.flush()
            thread.join()
            assert _names(database) == ["default", "patient"]

    @pytest.mark.expects_warnings
    def test_patience_ends_with_a_sentence(self, tmp_path: Path) -> None:
        file = tmp_path / "mail.db"
        with Database.open(f"sqlite:///{file}", tmp_path / "backups") as database, self._lock(file) as locker:
            with pytest.raises(DatabaseProblem, match="locked by another program"), database.write(patience=0):
                pass
            assert locker.stdin is not None
            locker.stdin.write("\n\n")
            locker.stdin.flush()

    def test_opening_and_reading_need_no_lock(self, tmp_path: Path) -> None:
        file = tmp_path / "mail.db"
        with Database.open(f"sqlite:///{file}", tmp_path / "backups"), self._lock(file) as locker:
            with Database.open(f"sqlite:///{file}", tmp_path / "backups", patience=0) as second:
                assert _names(second) == ["default"]
            assert locker.stdin is not None
            locker.stdin.write("\n\n")
            locker.stdin.flush()


def test_a_renamed_machine_keeps_its_node(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'mail.db'}"
    with Database.open(url, tmp_path / "backups", node="old name") as first:
        node = first.node
    with Database.open(url, tmp_path / "backups", node="new name") as second:
        assert second.node == node


def test_machines_that_share_a_database_have_a_node_each(postgres_url: str, tmp_path: Path) -> None:
    with (
        Database.open(postgres_url, tmp_path / "backups", node="one") as one,
        Database.open(postgres_url, tmp_path / "backups", node="two") as two,
        Database.open(postgres_url, tmp_path / "backups", node="ONE") as again,
    ):
        assert one.node != two.node
        assert again.node == one.node


def test_a_killed_program_leaves_what_was_committed(tmp_path: Path) -> None:
    file = tmp_path / "mail.db"
    code = (
        "import sys, os, signal\n"
        "from pathlib import Path\n"
        "from app.database.database import Database\n"
        "from app.database.schema import Stream\n"
        "database = Database.open('sqlite:///' + sys.argv[1], Path(sys.argv[1]).parent / 'backups')\n"
        "with database.write() as session:\n"
        "    session.add(Stream(name='kept', name_key='kept', created_at=1.0))\n"
        "with database.write() as session:\n"
        "    session.add(Stream(name='lost', name_key='lost', created_at=1.0))\n"
        "    session.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == -9
    with Database.open(f"sqlite:///{file}", tmp_path / "backups") as database:
        assert _names(database) == ["default", "kept"]
