"""Where the lines of an import wait until all are read: a private file of its own, so that no other writer has to wait."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from app.services.import_lines import MemberLine

_TABLE = (
    "CREATE TABLE lines (seq INTEGER PRIMARY KEY, key TEXT NOT NULL, address TEXT, domain TEXT, name TEXT, joined REAL,"
    " fields BLOB, cleared BLOB)"
)
_INSERT = "INSERT INTO lines (key, address, domain, name, joined, fields, cleared) VALUES (?, ?, ?, ?, ?, ?, ?)"
_LATEST = (
    "SELECT key, address, domain, name, joined, fields, cleared FROM lines"
    " WHERE NOT EXISTS (SELECT 1 FROM lines AS later WHERE later.key = lines.key AND later.seq > lines.seq)"
    " ORDER BY key"
)


class Staging:
    """The checked lines of one import."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -16384"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(_TABLE)
        connection.execute("BEGIN")
        self.lines = 0

    def add(self, lines: Sequence[MemberLine]) -> None:
        """Put more lines behind those that are there."""
        self._connection.executemany(_INSERT, lines)
        self.lines += len(lines)

    def finish(self) -> int:
        """No more lines come; returns how many mailboxes they are about."""
        self._connection.execute("CREATE INDEX lines_by_key ON lines (key, seq)")
        self._connection.execute("COMMIT")
        (mailboxes,) = self._connection.execute("SELECT count(DISTINCT key) FROM lines").fetchone()
        return int(mailboxes)

    def chunks(self, size: int) -> Iterator[Sequence[MemberLine]]:
        """The last line of each mailbox, by its key, *size* at a time."""
        found: Iterable[tuple[str, str, str, str, float | None, bytes | None, bytes | None]]
        found = self._connection.execute(_LATEST)
        members = (MemberLine(*row) for row in found)
        while chunk := list(islice(members, size)):
            yield chunk


@contextmanager
def staging(beside: Path | None) -> Iterator[Staging]:
    """An empty staging file in a private folder next to *beside* (None: where the system keeps temporary files)."""
    folder = beside.parent if beside is not None else None
    with tempfile.TemporaryDirectory(prefix="import-", dir=folder, ignore_cleanup_errors=True) as place:
        connection = sqlite3.connect(Path(place) / "lines", isolation_level=None)
        try:
            yield Staging(connection)
        finally:
            connection.close()
