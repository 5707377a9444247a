"""Brings a database up to date by Alembic, run from code; refuses what is damaged, newer or not ours before touching it."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import URL, Connection, Engine, delete, insert, inspect, select

from app.database import backup
from app.database.columns import Base
from app.database.engines import APPLICATION_ID, begin_patiently, is_sqlite, sqlite_file, take_write_lock
from app.database.problems import DatabaseProblem, problem_of
from app.database.tables.system import StoredSetting
from app.version import VERSION

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger(__name__)

HEAD: Final = "0001"
"""The newest revision. It stands here so that Alembic need not be loaded when there is nothing to do."""
_SMALL: Final = 64 * 1024 * 1024
"""Bytes up to which every page of a SQLite file is looked at before it is opened; larger ones are checked on demand."""
_HEADER: Final = b"SQLite format 3\0"
_MAKER: Final = "program.version"
"""The row of the settings that holds the version of the program that last changed the form of the database."""


def migration_config() -> Config:
    """The configuration of Alembic: the scripts of this package, no file."""
    from alembic.config import Config  # noqa: PLC0415 - see HEAD

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def check_before_opening(url: URL) -> None:
    """Raise DatabaseProblem when a SQLite file is not a database, not ours, damaged or newer; it is opened for reading only."""
    if not is_sqlite(url):
        return
    file = sqlite_file(url)
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            header = opened.read(len(_HEADER))
    except FileNotFoundError:
        if not file.parent.is_dir():
            raise DatabaseProblem(f"The folder {file.parent} of the database does not exist.") from None
        return
    except OSError as error:
        raise DatabaseProblem(f"The database {file} can't be read: {error.strerror or error}.") from None
    if size == 0:
        return
    if header != _HEADER:
        raise DatabaseProblem(f"The database {file} is damaged, or not a database. Restore a backup.")
    _look_inside(file, size)


def _look_inside(file: Path, size: int) -> None:
    try:
        with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as opened:
            identity = opened.execute("PRAGMA application_id").fetchone()[0]
            tables = {row[0] for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if tables and identity != APPLICATION_ID:
                raise DatabaseProblem(f"The database {file} belongs to another program.")
            if size <= _SMALL and opened.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise DatabaseProblem(f"The database {file} is damaged. Restore a backup.")
            if "alembic_version" in tables:
                maker = None
                if "settings" in tables:
                    maker = opened.execute("SELECT value FROM settings WHERE key = ?", (_MAKER,)).fetchone()
                revisions = [row[0] for row in opened.execute("SELECT version_num FROM alembic_version")]
                _check_revision(revisions, maker[0] if maker else None)
    except sqlite3.Error as error:
        problem = problem_of(error)
        if problem is None or not problem.passing:
            raise DatabaseProblem(f"The database {file} is damaged. Restore a backup.") from error
        raise problem from error


def _check_revision(found: list[str], maker: str | None) -> None:
    """Refuse revisions that this program does not know; *maker* is the version of the program that made them."""
    if found == [HEAD]:
        return
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see HEAD

    known = {script.revision for script in ScriptDirectory.from_config(migration_config()).walk_revisions()}
    if any(revision not in known for revision in found):
        named = f", MailStreams {maker}" if maker else ""
        raise DatabaseProblem(
            f"The database was made by a newer version of this program{named}; this is {VERSION}. "
            "Use that version, or restore a backup."
        )


def bring_up_to_date(writer: Engine, reader: Engine, backups: Path, *, patience: float) -> None:
    """Run the migrations that are missing, in one transaction, after a copy of what is there. Raises DatabaseProblem."""
    if _is_up_to_date(reader):
        return
    with begin_patiently(writer, patience) as connection:
        take_write_lock(connection)
        found = _revisions(connection)
        if found == [HEAD]:
            return
        if found:
            maker = select(StoredSetting.value).where(StoredSetting.key == _MAKER)
            _check_revision(found, connection.scalar(maker) if inspect(connection).has_table("settings") else None)
            _copy(reader, backups)
        _upgrade(connection)
        connection.commit()


def _is_up_to_date(reader: Engine) -> bool:
    """Whether there is nothing to do; asked without a lock, so that a reader never waits for whoever writes."""
    with reader.connect() as connection:
        return _revisions(connection) == [HEAD]


def _revisions(connection: Connection) -> list[str]:
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" not in tables:
        if tables & set(Base.metadata.tables):
            raise DatabaseProblem("The database belongs to another program; give this one a database of its own.")
        return []
    return [row[0] for row in connection.exec_driver_sql("SELECT version_num FROM alembic_version")]


def _copy(reader: Engine, backups: Path) -> None:
    path = backup.write_before_migration(reader, backups, HEAD)
    log.info("The database is brought up to date; a copy is in %s.", path)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - see HEAD

    config = migration_config()
    config.attributes["connection"] = connection
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    command.upgrade(config, "head")
    connection.execute(delete(StoredSetting).where(StoredSetting.key == _MAKER))
    connection.execute(insert(StoredSetting).values(key=_MAKER, value=VERSION))
