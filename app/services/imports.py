"""Imports members from CSV files: streamed, checked line by line, visible all at once or not at all. A service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from sqlalchemy.orm import Session

from app.database.changes import LISTS, bump
from app.database.database import Database
from app.services import audit, lists
from app.services.csv_records import bounded_lines
from app.services.csv_shape import (
    ADDRESS_COLUMN,
    JOINED_COLUMN,
    NAME_COLUMN,
    CsvShape,
    check_columns,
    inspect,
    opened_text,
)
from app.services.import_lines import BadLine, MemberLine, member_lines
from app.services.import_merge import Merge
from app.services.import_staging import Staging, staging
from app.services.problems import Refused

__all__ = ["BadLine", "ImportProgress", "ImportReport", "import_members"]

MOST_BAD_LINES = 10_000
"""Bad lines that a report keeps; further ones are counted."""
CHUNK = 5_000
_NO_FIELDS = ("", ADDRESS_COLUMN, NAME_COLUMN, JOINED_COLUMN)


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is: bytes of the file read, of all; lines taken and bad ones so far."""

    bytes_read: int
    bytes_total: int
    taken: int
    bad: int
    storing: bool = False
    """All lines are read; the members become visible now, which can't be cancelled."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import came to. ``duplicates`` are lines whose mailbox stands in the file again further down: the last counts.

    ``suppressed`` of the members in the file get no mail. ``cancelled``: nothing was imported.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    suppressed: int = 0
    bad: int = 0
    bad_lines: tuple[BadLine, ...] = ()
    cancelled: bool = False

    @property
    def taken(self) -> int:
        """Members of the list that the file tells of."""
        return self.added + self.updated + self.unchanged


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

    A member that exists gets the file's values, an empty cell clears a field; fields that the file does not have stay. Lines
    are staged where no other transaction waits for them, and become visible in one transaction: after a crash there is all
    or nothing. *progress* and *cancelled* are called every 5,000 lines, in the calling thread. Raises UnusableFile, and
    Refused when the list was deleted.
    """
    shape = shape or inspect(path).shape
    check_columns(shape.columns)
    with database.read() as session:
        names = _spelled(session, list_id, shape)
    with staging() as stage:
        run = _Run(path, shape, stage, progress or (lambda _: None), cancelled or (lambda: False))
        if not run.read(names):
            return replace(run.report(), cancelled=True)
        if stage.lines == 0:
            return run.report()
        latest = stage.latest(CHUNK)
        run.tell(storing=True)
        with database.write() as session:
            _claim_fields(session, list_id, shape, names)
            merge = Merge(session, list_id, now, has_name=any(each.target == NAME_COLUMN for each in shape.columns))
            for chunk in latest:
                merge.put(chunk)
            merge.finish()
            report = _with_numbers(run.report(), merge, stage.lines)
            _record(session, list_id, path, report, actor, now)
        return report


class _Run:
    """The reading of one file."""

    def __init__(
        self,
        path: Path,
        shape: CsvShape,
        stage: Staging,
        progress: Callable[[ImportProgress], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self._path, self._shape, self._stage = path, shape, stage
        self._progress, self._cancelled = progress, cancelled
        self._size = path.stat().st_size
        self._read = 0
        self._bad = 0
        self._bad_lines: list[BadLine] = []

    def read(self, names: tuple[str, ...]) -> bool:
        """Stage all good lines; False when it was cancelled on the way."""
        with opened_text(self._path, self._shape.encoding) as text:
            found = member_lines(bounded_lines(text), self._shape, names)
            while chunk := list(islice(found, CHUNK)):
                self._stage.add([line for line in chunk if isinstance(line, MemberLine)])
                self._note([line for line in chunk if isinstance(line, BadLine)])
                self._read = text.buffer.tell()
                self.tell()
                if self._cancelled():
                    return False
        return True

    def tell(self, *, storing: bool = False) -> None:
        """Say how far it is."""
        self._progress(ImportProgress(self._read, self._size, self._stage.lines, self._bad, storing))

    def report(self) -> ImportReport:
        """What is known from reading alone."""
        return ImportReport(bad=self._bad, bad_lines=tuple(self._bad_lines))

    def _note(self, bad: list[BadLine]) -> None:
        self._bad += len(bad)
        self._bad_lines.extend(bad[: MOST_BAD_LINES - len(self._bad_lines)])


def _spelled(session: Session, list_id: int, shape: CsvShape) -> tuple[str, ...]:
    """The name for each column's values: as the list spells it, or as the file does."""
    spelling = {name.casefold(): name for name in lists.fields_of(session, list_id)}
    return tuple(spelling.get(column.target.casefold(), column.target) for column in shape.columns)


def _claim_fields(session: Session, list_id: int, shape: CsvShape, names: tuple[str, ...]) -> None:
    """Make the file's custom fields those of the list."""
    custom = [name for name, column in zip(names, shape.columns, strict=True) if column.target not in _NO_FIELDS]
    if lists.spelled_fields(session, list_id, custom) != tuple(custom):
        raise Refused("The fields of the list were changed in the meantime; import the file again.")
    session.flush()


def _with_numbers(report: ImportReport, merge: Merge, lines: int) -> ImportReport:
    told = replace(
        report, added=merge.added, updated=merge.updated, unchanged=merge.unchanged, suppressed=merge.suppressed
    )
    return replace(told, duplicates=lines - told.taken)


def _record(session: Session, list_id: int, path: Path, report: ImportReport, actor: str, now: float) -> None:
    name = lists.get(session, list_id).name
    words = f"{report.added:,} added, {report.updated:,} updated, {report.bad:,} bad lines, from {path.name}"
    audit.record(session, actor=actor, now=now, action="member.import", subject=f"list {name}", after=words)
    bump(session, LISTS)
