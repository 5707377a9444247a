"""Copies of the database: made before each migration, and when a person asks. Nothing but the database's own means is needed."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sqlite3
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import Engine

from app.database.columns import Base
from app.database.engines import is_sqlite, sqlite_file
from app.database.problems import DatabaseProblem
from app.paths import make_private_file
from app.processes import owned_name, remove_orphans
from engine.private_folders import make_private_folder

if TYPE_CHECKING:
    import psycopg

KEPT = 5
"""Copies from before migrations that are kept."""
_AUTOMATIC = re.compile(r"before-.+\.(db|zip)").fullmatch


def write(reader: Engine, path: Path) -> None:
    """Write a copy to *path*, which must not exist: a SQLite file, or for PostgreSQL an archive with a COPY of each table."""
    if path.exists():
        raise DatabaseProblem(f"{path} exists already; choose another name for the copy.")
    partial = path.with_name(owned_name(f"{secrets.token_hex(4)}.part"))
    try:
        make_private_folder(path.parent)
        remove_orphans(path.parent)
        make_private_file(partial)
        if is_sqlite(reader.url):
            _copy_sqlite(sqlite_file(reader.url), partial)
        else:
            _copy_postgresql(reader, partial)
        _sync(partial)
        partial.replace(path)
    except OSError as error:
        raise DatabaseProblem(f"The copy {path} can't be written: {error.strerror or error}.") from None
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def write_before_migration(reader: Engine, folder: Path, revision: str) -> Path:
    """Write a copy whose name tells when and before which schema it was made; older ones than the last five are removed."""
    kind = "db" if is_sqlite(reader.url) else "zip"
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    path = folder / f"before-{revision}-{stamp}.{kind}"
    count = 1
    while path.exists():
        count += 1
        path = folder / f"before-{revision}-{stamp}-{count}.{kind}"
    write(reader, path)
    copies = sorted((each for each in folder.iterdir() if _AUTOMATIC(each.name)), key=lambda each: each.stat().st_mtime)
    for old in copies[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def _copy_sqlite(source: Path, target: Path) -> None:
    # A connection of its own, so that the copy is of one moment and blocks nobody (sqlite.org/backup.html).
    origin = f"{source.absolute().as_uri()}?mode=ro"
    with (
        contextlib.closing(sqlite3.connect(origin, uri=True, timeout=30)) as original,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        original.backup(copy)


def _copy_postgresql(reader: Engine, target: Path) -> None:
    from psycopg import sql  # noqa: PLC0415 - whoever uses SQLite starts without it

    with reader.connect() as connection, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        raw = cast("psycopg.Connection", connection.connection.driver_connection)
        for name in ("alembic_version", *(table.name for table in Base.metadata.sorted_tables)):
            if raw.execute("SELECT to_regclass(%s)", (name,)).fetchone() == (None,):
                continue
            statement = sql.SQL("COPY {} TO STDOUT (FORMAT csv, HEADER)").format(sql.Identifier(name))
            with archive.open(f"{name}.csv", "w", force_zip64=True) as file, raw.cursor().copy(statement) as rows:
                for data in rows:
                    file.write(data)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)  # Windows syncs only what can be written to
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
