"""Writes CSV that a spreadsheet opens without running anything in it. Used by every export."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TextIO


def neutral(cell: str) -> str:
    """*cell* with an apostrophe before a character that makes a spreadsheet run it as a formula (= + - @ tab CR)."""
    raise NotImplementedError


def write_csv(file: TextIO, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a table, every text neutralised; returns the number of rows. Open *file* with ``newline=""``."""
    raise NotImplementedError
