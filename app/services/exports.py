"""Writes CSV that a spreadsheet opens without running anything in it. Used by every export."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutral(cell: str) -> str:
    """*cell* with an apostrophe before a character that makes a spreadsheet run it as a formula (= + - @ tab CR LF).

    Blanks in front do not hide such a character from a spreadsheet, so they do not here. Source: OWASP, CSV injection.
    """
    return f"'{cell}" if cell.lstrip(" ").startswith(_STARTS_FORMULA) else cell


def plain(cell: str) -> str:
    """The cell that :func:`neutral` made *cell* of, so that an export can be imported again."""
    return cell[1:] if cell.startswith("'") and neutral(cell[1:]) == cell else cell


def write_csv(file: TextIO, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a table, every text neutralised, numbers as they are; returns the number of rows.

    Open *file* with ``newline=""`` and the encoding "utf-8-sig", which spreadsheets recognise.
    """
    writer = csv.writer(file)
    writer.writerow([neutral(name) for name in header])
    written = 0
    for row in rows:
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])
        written += 1
    return written
