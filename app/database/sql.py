"""Hot statements written once for SQLite and PostgreSQL: plain SQL with bound parameters, run without the ORM."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, CursorResult

Row = tuple[Any, ...]


def is_sqlite(connection: Connection) -> bool:
    """Whether the connection is to SQLite; to PostgreSQL otherwise."""
    return connection.dialect.name == "sqlite"


def run(connection: Connection, statement: str, parameters: Row = ()) -> CursorResult[*tuple[Any, ...]]:
    """Run one statement; parameters are written ``?``, and ``?[]`` for a list of ids (:func:`ids`)."""
    return connection.exec_driver_sql(_native(statement, is_sqlite(connection)), parameters)


def run_many(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    """Run one statement for each row of parameters."""
    if rows:
        connection.exec_driver_sql(_native(statement, is_sqlite(connection)), list(rows))


def ids(connection: Connection, numbers: Collection[int]) -> object:
    """The parameter that stands for a list of ids: JSON text on SQLite, whose statements then stay the same for any length."""
    return json.dumps(list(numbers)) if is_sqlite(connection) else list(numbers)


def exact_json(column: str) -> str:
    """SQLite's expression for a column of floats in a JSON value from which they come back as they are: NULL, or all digits."""
    return f"iif({column} IS NULL, NULL, json(printf('%!.17g', {column})))"


@cache
def _native(statement: str, sqlite: bool) -> str:
    if sqlite:
        return statement.replace("?[]", "(SELECT value FROM json_each(?))")
    return statement.replace("%", "%%").replace("IN ?[]", "= ANY(%s::bigint[])").replace("?", "%s")


def storable(text: str, limit: int | None = None) -> str:
    """*text* as every database takes it: without NUL and lone surrogates, which a hostile reply may have."""
    text = text if limit is None else text[:limit]
    if text.isascii():
        return text.replace("\0", "\ufffd")
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
