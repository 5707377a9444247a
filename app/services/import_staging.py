"""Where the lines of an import wait until all are read: a database of its own, so that no other writer has to wait."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice

from app.services.import_lines import MemberLine

_TABLE = (
    "CREATE TABLE lines (seq INTEGER PRIMARY KEY, key TEXT NOT NULL, address TEXT, domain TEXT, name TEXT, joined REAL,"
    " fields BLOB, cleared BLOB)"
)
_INSERT = "INSERT INTO lines (key, address, domain, name, joined, fields, cleared) VALUES (?, ?, ?, ?, ?, ?, ?)"
_LATEST = "SELECT key, address, domain, name, joined, fields, cleared, max(seq) FROM lines GROUP BY key"
"""Beside max() the other columns are those of the row that has it (sqlite.org/lang_select.html, 2.5)."""


class Staging:
    """The checked lines of one import."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        for pragma in ("journal_mode = OFF", "cache_size = -8192"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(_TABLE)
        connection.execute("BEGIN")
        self.lines = 0

    def add(self, lines: Sequence[MemberLine]) -> None:
        """Put more lines behind those that are there."""
        self._connection.executemany(_INSERT, lines)
        self.lines += len(lines)

    def latest(self, size: int) -> Iterator[Sequence[MemberLine]]:
        """No more lines come: the last line of each mailbox, by its key, *size* at a time.

        All sorting is done when this returns; the iterator only reads.
        """
        self._connection.execute("COMMIT")
        rows = self._connection.execute(_LATEST)
        first = rows.fetchone()  # SQLite sorts before it gives out the first row
        members = (MemberLine(*row[:7]) for row in chain([first] if first else [], rows))
        return iter(lambda: list(islice(members, size)), [])


@contextmanager
def staging() -> Iterator[Staging]:
    """An empty staging area: a temporary database on disk that SQLite removes by itself, also when we are killed.

    It lies where SQLite keeps temporary files (sqlite.org/tempfiles.html, 5), readable for its user alone.
    """
    connection = sqlite3.connect("", isolation_level=None)
    try:
        yield Staging(connection)
    finally:
        connection.close()
