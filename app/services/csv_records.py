"""Splits the text of a CSV file into records, line by line, so that one damaged line costs that line only. Pure."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TextIO

LONGEST_LINE = 100_000
MOST_LINES_OF_RECORD = 50
"""Lines that a quoted cell may span before its opening quote is taken for a mistake."""


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A line that is no record. ``text`` is the line, shortened."""

    sentence: str
    text: str


def bounded_lines(text: TextIO) -> Iterator[str]:
    """The lines of a file, of each only what shows that it is too long: a file may be one line of a gigabyte."""
    most = LONGEST_LINE + 2
    for line in iter(partial(text.readline, most), ""):
        yield line
        rest = line
        while len(rest) == most and not rest.endswith("\n"):
            rest = text.readline(most)


def records(lines: Iterable[str], separator: str) -> Iterator[tuple[int, list[str] | BadRecord]]:
    """(line number from 1, cells) of every record; blank lines are skipped.

    A quote that is never closed spoils its own line, not the rest of the file: reading resumes at the next line.
    """
    ahead: deque[str] = deque()
    source = iter(lines)
    number = 0
    while True:
        line = ahead.popleft() if ahead else next(source, None)
        if line is None:
            return
        number += 1
        if len(line) > LONGEST_LINE + 1:
            yield number, BadRecord(f"is longer than {LONGEST_LINE:,} characters", line[:200])
            continue
        if '"' not in line:
            line = line.rstrip("\r\n")
            if line and not line.isspace():
                yield number, line.split(separator)
            continue
        cells, used = _quoted(line, separator, ahead, source)
        yield number, cells
        number += used


def _quoted(line: str, separator: str, ahead: deque[str], source: Iterator[str]) -> tuple[list[str] | BadRecord, int]:
    """The record that starts with *line*, and how many further lines it took from *ahead* and *source*."""
    taken = [line]
    size = len(line)
    while True:
        try:
            (cells,) = csv.reader(taken, delimiter=separator, strict=True)
        except csv.Error as error:
            following = _next_line(ahead, source, len(taken)) if "unexpected end" in str(error) else None
            if following is None or size > LONGEST_LINE:
                ahead.extendleft(reversed(taken[1:] + ([following] if following else [])))
                return BadRecord("has a quote that is not closed or stands in the wrong place", line.rstrip()[:200]), 0
            taken.append(following)
            size += len(following)
            continue
        return cells, len(taken) - 1


def _next_line(ahead: deque[str], source: Iterator[str], taken: int) -> str | None:
    if taken >= MOST_LINES_OF_RECORD:
        return None
    return ahead.popleft() if ahead else next(source, None)
