"""Reads the ids of a whole table in order, for a window that must not be kept waiting meanwhile. Used by services."""

from __future__ import annotations

from array import array
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

_PART: Final = 50_000
"""Characters that are turned into numbers at a time."""


def read_ids(session: Session, query: Select[int]) -> array[int]:
    """What *query*, which selects one whole number and says an order, finds; eight bytes each.

    From SQLite they come as one text: it gives up the interpreter's lock for each row that is read, and each time waits for
    it again while another thread is at work. SQLite keeps the order of a subquery for this function (select.c, "the ORDER BY
    clause is omitted … unless"), and the order is checked by tests.
    """
    if session.get_bind().dialect.name != "sqlite":
        return array("q", session.scalars(query))
    found = query.subquery()
    text = session.scalar(select(func.group_concat(next(iter(found.c)))))
    return _parsed(text or "")


def _parsed(text: str) -> array[int]:
    """The numbers of a text with commas between them, part by part: other threads run between two parts."""
    ids = array("q")
    start = 0
    while start < len(text):
        end = text.find(",", start + _PART)
        end = len(text) if end < 0 else end
        ids.extend(map(int, text[start:end].split(",")))
        start = end + 1
    return ids
