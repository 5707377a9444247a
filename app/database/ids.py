"""Reads the ids of a million rows in order: what a table that shows any of them needs first. In a thread of the window."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable
from itertools import chain
from typing import Final, cast

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

_DIGITS: Final = 16
"""Hexadecimal digits of one id."""
_PART: Final = 50_000 * _DIGITS
"""Digits that are taken at a time: other threads run between two parts."""


def read_ids(session: Session, query: Select[int]) -> array[int]:
    """The ids that *query*, which selects one whole number and says an order, finds; eight bytes each.

    From SQLite they come as one text of digits, which costs Python next to nothing: row by row, the driver lets go of the
    interpreter's lock and waits for it again, and a window that paints meanwhile waits as often. SQLite keeps the order of a
    subquery for this function (select.c, "the ORDER BY clause is omitted … unless"), and the order is checked by tests.
    """
    if session.get_bind().dialect.name == "sqlite":
        found = query.subquery()
        digits = func.printf(f"%0{_DIGITS}x", next(iter(found.c)))
        return _numbers(session.scalar(select(func.group_concat(digits, ""))) or "")
    return _taken_from_the_driver(session, query)


def _numbers(digits: str) -> array[int]:
    ids = array("q")
    for start in range(0, len(digits), _PART):
        ids.frombytes(bytes.fromhex(digits[start : start + _PART]))
    if sys.byteorder == "little":
        ids.byteswap()
    return ids


def _taken_from_the_driver(session: Session, query: Select[int]) -> array[int]:
    """From the driver's own cursor: a result that makes a Row of each takes seven times as long."""
    result = session.connection().execute(query)
    try:
        # Every driver's cursor can be iterated over (PEP 249, optional extensions), which SQLAlchemy's type does not say.
        return array("q", chain.from_iterable(cast("Iterable[tuple[int]]", result.cursor)))
    finally:
        result.close()
