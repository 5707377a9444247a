"""What kind of CSV file this is: encoding, separator, columns, and a preview. Reads files, writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.services.problems import BadValue

PREVIEW_ROWS = 100


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file. ``target`` is "address", "name", "joined", the name of a custom field, or "" to leave it out."""

    header: str
    target: str


@dataclass(frozen=True, slots=True)
class CsvShape:
    """How to read a file; every part was found and may be replaced by the administrator's choice."""

    encoding: str
    separator: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class CsvPreview:
    """The shape of a file and its first rows as they stand in it."""

    shape: CsvShape
    rows: tuple[tuple[str, ...], ...]


class UnusableFile(BadValue):
    """A file that can't be imported at all; the field is "file"."""

    def __init__(self, sentence: str) -> None:
        super().__init__("file", sentence)


def inspect(path: Path, *, encoding: str | None = None, separator: str | None = None) -> CsvPreview:
    """Find out how to read a file, and read its first 100 rows.

    Encodings: UTF-8 with and without BOM, UTF-16 with BOM, else Windows-1252; separators: comma, semicolon, tab, bar. What
    is given is taken. Raises UnusableFile when it can't be read, is empty, is no text, or has no column for the address.
    """
    raise NotImplementedError
