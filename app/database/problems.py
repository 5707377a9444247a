"""What can be wrong with the database, as one sentence for a person, and which of it passes by itself. Used in every process."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    import psycopg


class DatabaseProblem(Exception):  # noqa: N818 - told to a person, as one sentence
    """The database can't be used. ``sentence`` says why; ``passing`` that it is worth trying again."""

    def __init__(self, sentence: str, *, passing: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.passing = passing


_SQLITE = {
    sqlite3.SQLITE_BUSY: ("The database is locked by another program.", True),
    sqlite3.SQLITE_LOCKED: ("The database is locked by another program.", True),
    sqlite3.SQLITE_FULL: ("The disk that the database is on is full.", True),
    sqlite3.SQLITE_IOERR: ("The disk that the database is on gives errors.", True),
    sqlite3.SQLITE_READONLY: ("The database, or the folder that it is in, can't be written to.", True),
    sqlite3.SQLITE_CANTOPEN: ("The database file can't be opened.", True),
    sqlite3.SQLITE_CORRUPT: ("The database is damaged. Restore a backup.", False),
    sqlite3.SQLITE_NOTADB: ("The file is not a database, or it is damaged. Restore a backup.", False),
}
_PRIMARY = 0xFF
"""SQLite's extended result codes have the primary code in their lowest byte (sqlite.org/rescode.html)."""


def problem_of(error: BaseException) -> DatabaseProblem | None:
    """What *error* means for a person; None when it is no trouble of the database, but a fault of the program."""
    if isinstance(error, DatabaseProblem):
        return error
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & _PRIMARY
        found = _SQLITE.get(code)
        return DatabaseProblem(found[0], passing=found[1]) if found else None
    if type(cause).__module__.partition(".")[0] != "psycopg":
        return None
    import psycopg  # noqa: PLC0415 - whoever uses SQLite starts without it

    return _postgresql(cause) if isinstance(cause, psycopg.Error) else None


def _postgresql(error: psycopg.Error) -> DatabaseProblem | None:
    import psycopg  # noqa: PLC0415

    state = error.sqlstate or ""
    if state in ("40001", "40P01", "55P03"):
        return DatabaseProblem("The database is busy with other transactions.", passing=True)
    if state == "25P03":
        return DatabaseProblem("The database server has taken back a transaction that stood still.", passing=True)
    if state == "53100":
        return DatabaseProblem("The disk of the database server is full.", passing=True)
    if state in ("25006", "58030"):
        return DatabaseProblem("The database server can't write at the moment.", passing=True)
    if state.startswith("XX"):
        return DatabaseProblem("The database is damaged. Restore a backup.")
    if state.startswith(("28", "3D")):
        return DatabaseProblem("The database server refuses the user, the password or the database's name.")
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) or state.startswith(("08", "53", "57")):
        return DatabaseProblem("The database server can't be reached.", passing=True)
    return None
