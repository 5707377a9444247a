"""Imports members from CSV files: streamed, checked line by line, visible all at once or not at all. A service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.database.database import Database
from app.services.csv_shape import CsvShape

MOST_BAD_LINES = 10_000
"""Bad lines that a report keeps; further ones are counted."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """One line that was not imported. ``line`` counts from 1, the header included; ``column`` is the header's word, or ""."""

    line: int
    column: str
    sentence: str
    text: str
    """The cell or line as it stands in the file, shortened."""


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is: bytes of the file read, of all; lines taken so far."""

    bytes_read: int
    bytes_total: int
    taken: int
    bad: int
    storing: bool = False
    """All lines are read; the members become visible now, which can't be cancelled."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import came to. ``duplicates`` are lines whose mailbox stood in the file before: the last line wins.

    ``suppressed`` of the taken members get no mail. ``cancelled``: nothing was imported.
    """

    added: int
    updated: int
    duplicates: int
    suppressed: int
    bad: int
    bad_lines: tuple[BadLine, ...]
    cancelled: bool = False

    @property
    def taken(self) -> int:
        """Members that were added or brought up to date."""
        return self.added + self.updated


def import_members(
    database: Database,
    list_id: int,
    path: Path,
    *,
    actor: str,
    now: float,
    shape: CsvShape | None = None,
    progress: Callable[[ImportProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ImportReport:
    """Import a file into a list; blocking, for a thread or the command line.

    A member that exists gets the file's values; fields that the file does not have stay. Lines are staged where no other
    transaction waits for them, and become visible in one transaction: after a crash there is all or nothing. *progress* and
    *cancelled* are called about every 5,000 lines, in the calling thread. Raises UnusableFile.
    """
    raise NotImplementedError
