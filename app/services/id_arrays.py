"""What is done with the ids of a whole table: finding a few, taking a few out. Quick, and other threads run in between. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence, Set
from itertools import compress
from typing import Final

_PART: Final = 10_000
"""Ids that are looked at at a time: no other thread runs meanwhile."""


def rows_of(ids: Sequence[int], wanted: Set[int]) -> dict[int, int]:
    """The row of each wanted id that is there, from the first row to the last. Each id stands in one row only."""
    found: dict[int, int] = {}
    for start in range(0, len(ids), _PART):
        if len(found) == len(wanted):
            break
        part = ids[start : start + _PART]
        there = compress(range(start, start + len(part)), map(wanted.__contains__, part))
        found.update((ids[row], row) for row in there)
    return found


def without(ids: Sequence[int], rows: Iterable[int]) -> array[int]:
    """The ids of all rows but these, which come in order."""
    left = array("q")
    start = 0
    for row in rows:
        left.extend(ids[start:row])
        start = row + 1
    left.extend(ids[start:])
    return left


def led_by(ids: Sequence[int], head: Sequence[int]) -> array[int]:
    """The same ids, with those of *head* that are among them before all others."""
    found = rows_of(ids, frozenset(head))
    return array("q", (each for each in head if each in found)) + without(ids, found.values())
