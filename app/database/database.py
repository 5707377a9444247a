"""The database as every entry point sees it: open, read, write, back up. Sync; each call may come from any thread."""

from __future__ import annotations

import contextlib
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.orm import Session, sessionmaker

from app.database import backup
from app.database.changes import Watcher
from app.database.engines import begin_patiently, is_sqlite, make_reader, make_writer, sqlite_file, take_write_lock
from app.database.first_start import find_node, make_node
from app.database.migrate import bring_up_to_date, check_before_opening
from app.database.problems import DatabaseProblem, problem_of
from app.processes import remove_orphans

PATIENCE = 90.0
"""Seconds that a transaction of a service waits for a database that another program has locked."""


class Database:
    """One open database. Made by :meth:`open`; ``node`` is the id of this machine's row in ``nodes``.

    ``watcher`` tells what others, and other threads, change.
    """

    def __init__(self, writer: Engine, reader: Engine, node: int, *, patience: float) -> None:
        self.writer_engine = writer
        self.reader_engine = reader
        self.node = node
        self.watcher = Watcher(reader)
        self.patience = patience
        self._make_reader = sessionmaker(reader, autoflush=False, expire_on_commit=False)
        self._make_writer = sessionmaker(writer, expire_on_commit=False)

    @classmethod
    def open(cls, url: str, backups: Path, *, node: str = "", patience: float = PATIENCE) -> Database:
        """Open a database, make it when there is none, bring it up to date; a copy goes to *backups* before that.

        *node* names this machine where several share a PostgreSQL database; its host name otherwise. Raises DatabaseProblem
        when the database can't be reached, is damaged, is not ours or is newer than this program; it is untouched then.
        What a copying or restoring program has left that was killed is removed.
        """
        parsed = make_url(url)
        with _problems():
            check_before_opening(parsed)
            writer, reader = _engines(parsed)
            try:
                bring_up_to_date(writer, reader, backups, patience=patience)
                node_id = _own_node(writer, reader, node or platform.node() or "this machine", patience)
            except BaseException:
                writer.dispose()
                reader.dispose()
                raise
        for folder in {backups, sqlite_file(parsed).parent if is_sqlite(parsed) else backups}:
            remove_orphans(folder)
        return cls(writer, reader, node_id, patience=patience)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a SQLite file; PostgreSQL otherwise."""
        return is_sqlite(self.writer_engine.url)

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database."""
        return sqlite_file(self.writer_engine.url) if self.is_sqlite else None

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one moment of the database and can't write. Raises DatabaseProblem."""
        with _problems(), self._make_reader() as session:
            yield session

    @contextlib.contextmanager
    def write(self, *, patience: float | None = None) -> Iterator[Session]:
        """A session whose changes are committed at the end of the block, all or none; nobody else writes meanwhile.

        Waits up to *patience* seconds for a lock. Listeners hear of the change after the commit. Raises DatabaseProblem.
        """
        with (
            _problems(),
            self._connection_for_writing(patience) as connection,
            self._make_writer(bind=connection) as session,
        ):
            yield session
            session.commit()  # of the session only: the connection's own transaction ends behind it
        self.watcher.poke()

    @contextlib.contextmanager
    def _connection_for_writing(self, patience: float | None) -> Iterator[Connection]:
        with _transaction(self.writer_engine, self.patience if patience is None else patience) as connection:
            take_write_lock(connection)
            yield connection

    def backup(self, path: Path) -> None:
        """Write a consistent copy to a new file, for its user alone, while others go on; raises DatabaseProblem."""
        with _problems():
            backup.write(self.reader_engine, path)

    def check(self) -> tuple[str, ...]:
        """Look at every page of a SQLite database; what is wrong, nothing when all is well. Takes its time."""
        if not self.is_sqlite:
            return ()
        try:
            with _problems(), self.reader_engine.connect() as connection:
                found = tuple(str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)"))
        except DatabaseProblem as problem:
            if problem.passing:
                raise
            return (problem.sentence,)
        return () if found == ("ok",) else found

    def dispose(self) -> None:
        """Close all connections; the last program to do so folds SQLite's log into its file."""
        self.watcher.stop()
        self.reader_engine.dispose()
        self.writer_engine.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dispose()


def _engines(url: URL) -> tuple[Engine, Engine]:
    try:
        return make_writer(url), make_reader(url)
    except OSError as error:
        raise DatabaseProblem(f"The database {url.database} can't be opened: {error.strerror or error}.") from None


def _own_node(writer: Engine, reader: Engine, name: str, patience: float) -> int:
    with reader.connect() as connection:
        node = find_node(connection, name)
    if node is not None:
        return node
    with _transaction(writer, patience) as connection:
        take_write_lock(connection)
        return make_node(connection, name, time.time())


@contextlib.contextmanager
def _problems() -> Iterator[None]:
    """Tell troubles of the database as such; faults of the program stay what they are."""
    try:
        yield
    except Exception as error:
        problem = problem_of(error)
        if problem is None or problem is error:
            raise
        raise problem from error


@contextlib.contextmanager
def _transaction(engine: Engine, patience: float) -> Iterator[Connection]:
    with begin_patiently(engine, patience) as connection:
        yield connection
        connection.commit()
