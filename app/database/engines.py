"""SQLAlchemy engines for SQLite and PostgreSQL with what we need of each: write-ahead log, full sync, immediate transactions."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, text

from app.database.problems import problem_of
from app.paths import make_private_file

log = logging.getLogger(__name__)

APPLICATION_ID: Final = 0x4D53744D
"""Stands in the header of our SQLite files ("MStM"), so that another program's database is told at once."""
LOCK_TIMEOUT: Final = 1.0
"""Seconds that one statement waits for a lock; those who can be more patient try again."""
STANDSTILL: Final = 30
"""Seconds after which PostgreSQL takes back the transaction of a program that has begun to write and stands still: a machine
that is frozen must not keep the others waiting for its locks."""
_PAUSE: Final = 0.2
"""Seconds between two tries to get a lock."""
WRITE_LOCK: Final = 0x4D53_0001
"""The advisory lock that makes the services' transactions wait for one another on PostgreSQL, as SQLite does."""

_PRAGMAS: Final = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA trusted_schema = OFF",
)


def is_sqlite(url: URL) -> bool:
    """Whether the URL names a SQLite file."""
    return url.get_backend_name() == "sqlite"


def sqlite_file(url: URL) -> Path:
    """The file of a SQLite database."""
    return Path(url.database or "")


def json_text(value: object) -> str:
    """A value as JSON, letters as they are: some versions of SQLite don't find a key that is written with escapes."""
    return json.dumps(value, ensure_ascii=False)


def make_writer(url: URL) -> Engine:
    """An engine whose transactions can write: immediate ones on SQLite, so that they never fail half-way for a lock."""
    if not is_sqlite(url):
        return _postgresql(url, {}, f"-c idle_in_transaction_session_timeout={STANDSTILL}s")
    make_private_file(sqlite_file(url))
    return _sqlite(url, "BEGIN IMMEDIATE", ("PRAGMA journal_mode = WAL", "PRAGMA cache_size = -8192", *_PRAGMAS))


def make_reader(url: URL) -> Engine:
    """An engine whose transactions see one moment of the database and can't write."""
    if not is_sqlite(url):
        return _postgresql(url, {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
    return _sqlite(url, "BEGIN", ("PRAGMA cache_size = -2048", *_PRAGMAS, "PRAGMA query_only = ON"))


def _sqlite(url: URL, begin: str, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(
        url, pool_size=8, max_overflow=16, connect_args={"timeout": LOCK_TIMEOUT}, json_serializer=json_text
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions are ours to begin
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgresql(url: URL, options: dict[str, object], parameters: str = "") -> Engine:
    return create_engine(
        url,
        pool_size=8,
        max_overflow=16,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 10,
            "application_name": "mailstreams",
            "options": f"-c timezone=UTC {parameters}",
        },
        execution_options=options,
    )


def take_write_lock(connection: Connection) -> None:
    """Wait until no other service writes. On SQLite the transaction has done so when it began."""
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITE_LOCK})


@contextlib.contextmanager
def begin_patiently(engine: Engine, patience: float) -> Iterator[Connection]:
    """A connection in a transaction that has its lock, tried for *patience* seconds; rolled back unless committed."""
    deadline = time.monotonic() + patience
    warned = False
    while True:
        connection = engine.connect()
        try:
            connection.begin()
            break
        except Exception as error:
            connection.close()
            problem = problem_of(error)
            if problem is None or not problem.passing or time.monotonic() >= deadline:
                raise
            if not warned:
                log.warning("%s Waiting up to %.0f seconds for it.", problem.sentence, patience)
                warned = True
            time.sleep(_PAUSE)
    try:
        yield connection
    finally:
        connection.close()
