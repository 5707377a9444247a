"""Puts a copy of the database in the place of what is there: only while no engine sends, and after a copy of what was there."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Final

from sqlalchemy import select

from app.database import changes
from app.database.database import Database
from app.database.engines import is_sqlite
from app.database.lease import is_held
from app.database.problems import DatabaseProblem, problem_of
from app.database.schema import AuditLine, IdRange, Node
from app.processes import owned_name, remove_orphans

_WAIT_SECONDS: Final = 30.0


def restore(database: Database, copy: Path, safety: Path, *, actor: str) -> None:
    """Let the database be what *copy* is; what it was is written to the new file *safety* first.

    A copy of an older version is brought up to date on the way; *copy* itself is not touched. Blocks, for a thread. Raises
    DatabaseProblem when the copy can't be used, or an engine runs; nothing is changed then. SQLite only.
    """
    live = database.file
    if live is None or not is_sqlite(database.writer_engine.url):
        raise DatabaseProblem("A PostgreSQL database is restored with the tools of PostgreSQL.")
    _refuse_while_sending(database)
    remove_orphans(live.parent)
    name = owned_name("restore-")
    with tempfile.TemporaryDirectory(prefix=name, dir=live.parent, ignore_cleanup_errors=True) as folder:
        prepared = Path(folder) / "copy.db"
        _prepare(copy, prepared, Path(folder))
        database.backup(safety)
        with database.read() as session:
            given = {row.name: row.next_id for row in session.scalars(select(IdRange))}
        _overwrite(prepared, live)
    with database.write() as session:
        for row in session.scalars(select(IdRange)):
            # The journals of what was there name recipients by id: nobody else may come to bear such a number.
            row.next_id = max(row.next_id, given.get(row.name, 1))
        session.add(
            AuditLine(
                at=time.time(),
                actor=actor,
                action="database.restore",
                subject="database",
                before=f"kept in {safety}",
                after=f"as in {copy}",
            )
        )
        changes.bump(session, *changes.TOPICS)


def _refuse_while_sending(database: Database) -> None:
    now = time.time()
    with database.read() as session:
        busy = [node.name for node in session.scalars(select(Node)) if is_held(node, now)]
    if busy:
        raise DatabaseProblem(f"An engine sends ({', '.join(busy)}); stop it before the database is restored.")


def _prepare(copy: Path, prepared: Path, folder: Path) -> None:
    """A checked private copy in today's form."""
    try:
        shutil.copyfile(copy, prepared)
    except OSError as error:
        raise DatabaseProblem(f"The copy {copy} can't be read: {error.strerror or error}.") from None
    if prepared.stat().st_size == 0:
        raise DatabaseProblem(f"The copy {copy} is empty.")
    try:
        with Database.open(f"sqlite:///{prepared}", folder) as opened:
            faults = opened.check()
    except DatabaseProblem as problem:
        raise DatabaseProblem(problem.sentence.replace(str(prepared), str(copy))) from None
    if faults:
        raise DatabaseProblem(f"The copy {copy} is damaged: {faults[0]}.")


def _overwrite(source: Path, live: Path) -> None:
    """Page by page, in one transaction of SQLite's own: other connections see the old state or the new one."""
    try:
        with (
            contextlib.closing(sqlite3.connect(source)) as origin,
            contextlib.closing(sqlite3.connect(live, timeout=_WAIT_SECONDS)) as target,
        ):
            origin.backup(target)
    except sqlite3.Error as error:
        raise problem_of(error) or DatabaseProblem(f"The database could not be restored: {error}.") from None
