"""What commands print: JSON for programs, tables and sentences for people, times in both."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TextIO, TypeAlias

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.commands.invocation import Failure
from engine.hostile import shown

JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

JsonObject: TypeAlias = Mapping[str, object]
"""What becomes one JSON object."""


def print_json(value: object) -> None:
    """One JSON value on one line; ASCII, whatever the terminal's encoding is."""
    sys.stdout.write(json.dumps(value))
    sys.stdout.write("\n")


def print_json_array(values: Iterable[JsonObject]) -> None:
    """One JSON array, an element a line, written while the elements come."""
    write = sys.stdout.write
    separator = "["
    for value in values:
        write(separator)
        write(json.dumps(value))
        separator = ",\n"
    write("[]\n" if separator == "[" else "]\n")


def say(sentence: str) -> None:
    """One line for a person on standard output."""
    sys.stdout.write(f"{shown(sentence)}\n")


def warn(sentence: str) -> None:
    """One line for a person on standard error."""
    sys.stderr.write(f"{shown(sentence)}\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """A table for a person; numbers stand right. Without rows the sentence *empty*.

    On a terminal it takes the terminal's width; elsewhere nothing is cut.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        say(empty)
        return
    if sys.stdout.isatty():
        _rich_table(columns, cells)
    else:
        _plain_table(columns, cells)


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Names and values of one thing, a line each."""
    lines = [(name, _cell(value)[0]) for name, value in facts]
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        sys.stdout.write(f"{name:<{width}}  {value}".rstrip() + "\n")


_Cell: TypeAlias = tuple[str, bool]
"""The text of a cell and whether it is a number."""


def _cell(value: object) -> _Cell:
    if value is None:
        return "", False
    if isinstance(value, bool):
        return ("yes" if value else "no"), False
    if isinstance(value, int):
        return f"{value:,}", True
    if isinstance(value, float):
        return f"{value:,.1f}", True
    return shown(str(value)), False


def _rich_table(columns: Sequence[str], rows: Sequence[Sequence[_Cell]]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for index, name in enumerate(columns):
        table.add_column(Text(name), justify="right" if rows[0][index][1] else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(text) for text, _ in row))
    Console(highlight=False).print(table)


def _plain_table(columns: Sequence[str], rows: Sequence[Sequence[_Cell]]) -> None:
    widths = [max(len(name), *(len(row[index][0]) for row in rows)) for index, name in enumerate(columns)]
    lines = [[(name, rows[0][index][1]) for index, name in enumerate(columns)], *rows]
    for line in lines:
        padded = (
            text.rjust(width) if is_number else text.ljust(width)
            for (text, is_number), width in zip(line, widths, strict=True)
        )
        sys.stdout.write("  ".join(padded).rstrip() + "\n")


def iso(at: float | None) -> str | None:
    """An instant (epoch seconds) as ISO 8601 in UTC with milliseconds and "Z"; None stays None."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local_time(at: float | None) -> str:
    """An instant for a person, in the local zone; "" without one."""
    return "" if at is None else datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")


@contextmanager
def csv_output(file: Path) -> Iterator[TextIO]:
    """A new file for CSV, or standard output for "-"."""
    if str(file) == "-":
        yield sys.stdout
        return
    try:
        with file.open("x", encoding="utf-8-sig", newline="") as output:
            yield output
    except FileExistsError:
        raise Failure(f"{file} exists already; choose another name.") from None
    except OSError as error:
        raise Failure(f"{file} can't be written: {error.strerror or error}.") from None
