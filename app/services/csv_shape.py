"""What kind of CSV file this is: encoding, separator, columns, and a preview. Reads files, writes nothing."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TextIO

from app.services.csv_records import BadRecord, bounded_lines, records
from app.services.names import LONGEST_FIELD_NAME, is_field_name
from app.services.problems import BadValue

PREVIEW_ROWS = 100
SEPARATORS = (",", ";", "\t", "|")
MOST_COLUMNS = 500

ADDRESS_COLUMN = "address"
NAME_COLUMN = "name"
JOINED_COLUMN = "joined"

_ADDRESS_WORDS = ("address", "email", "e-mail", "mail", "email address", "e-mail address", "email_address")
_TARGETS = (ADDRESS_COLUMN, NAME_COLUMN, JOINED_COLUMN)
_NOT_IN_FIELD_NAME = re.compile(r"\s*[^\w .-]+\s*")
_BINARY_STARTS = {
    b"PK\x03\x04": "a spreadsheet or archive",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a compressed file",
}
_CHUNK = 1 << 20


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

    Encodings: UTF-8 with and without BOM, UTF-16, else Windows-1252; separators: comma, semicolon, tab, bar. What is given
    is taken. Raises UnusableFile when it can't be read, is empty, is no text, or has no column for the address.
    """
    if separator is not None and separator not in SEPARATORS:
        raise BadValue("separator", "separator: must be a comma, a semicolon, a tab or a bar.")
    with opened(path) as file:
        encoding = _known_encoding(encoding) if encoding else _find_encoding(file, path)
    with opened_text(path, encoding) as text:
        head = list(islice(bounded_lines(text), 3 * PREVIEW_ROWS))
    first = next((line for line in head if line.strip()), "")
    if not first:
        raise UnusableFile(f"{path.name} is empty.")
    separator = separator or max(SEPARATORS, key=first.count)
    rows = [cells for _, cells in records(head, separator) if not isinstance(cells, BadRecord)][: PREVIEW_ROWS + 1]
    if not rows:
        raise UnusableFile(f"The first line of {path.name} can't be read as column names.")
    shape = CsvShape(encoding, separator, _columns(rows[0], rows[1:], path.name))
    return CsvPreview(shape, tuple(tuple(row) for row in rows[1:]))


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file for reading bytes; raises UnusableFile with one sentence when it can't be opened or read."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise UnusableFile(f"{path} can't be read: {error.strerror or 'error'}.") from None


@contextmanager
def opened_text(path: Path, encoding: str) -> Iterator[TextIO]:
    """The file for reading lines. Bytes that are none of *encoding* become U+FFFD, which is refused line by line."""
    with opened(path) as file, io.TextIOWrapper(file, encoding=encoding, errors="replace") as text:
        yield text


def check_columns(columns: Sequence[Column]) -> None:
    """Check a mapping of columns that an administrator made; raise BadValue("columns", …)."""
    targets = [column.target for column in columns if column.target]
    if targets.count(ADDRESS_COLUMN) != 1:
        raise BadValue("columns", "columns: exactly one column must hold the address.")
    for target in targets:
        if target not in _TARGETS and not is_field_name(target):
            raise BadValue("columns", f"columns: {target!r} can't be the name of a field.")
    folded = [target.casefold() for target in targets]
    if len(set(folded)) != len(folded):
        raise BadValue("columns", "columns: two columns have the same field.")


def _columns(header: Sequence[str], rows: Sequence[Sequence[str]], file_name: str) -> tuple[Column, ...]:
    """The columns with the targets that their headers suggest."""
    if len(header) > MOST_COLUMNS:
        raise UnusableFile(f"{file_name} has more than {MOST_COLUMNS} columns.")
    address_at = _address_column(header, rows)
    if address_at is None:
        raise UnusableFile(f"The first line of {file_name} must name the columns, one of them address or email.")
    used = {ADDRESS_COLUMN, "domain"}
    columns = []
    for at, word in enumerate(header):
        target = ADDRESS_COLUMN if at == address_at else _free_target(word, used)
        used.add(target.casefold())
        columns.append(Column(word.strip(), target))
    return tuple(columns)


def _address_column(header: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """Where the mail address stands; of several candidates, the one whose cells look most like it.

    A column "address" may hold streets, with "email" beside it.
    """
    words = [word.strip().casefold() for word in header]
    candidates = [at for at, word in enumerate(words) if word in _ADDRESS_WORDS]

    def fitness(at: int) -> tuple[int, int]:
        return sum("@" in row[at] for row in rows if at < len(row)), -_ADDRESS_WORDS.index(words[at])

    return max(candidates, key=fitness, default=None)


def _free_target(word: str, used: set[str]) -> str:
    word = word.strip()
    if word.casefold() in _TARGETS:
        word = word.casefold()
    name = _NOT_IN_FIELD_NAME.sub("_", word).strip(" ._-")[:LONGEST_FIELD_NAME].strip()
    if not name:
        return ""
    stem, number = name[: LONGEST_FIELD_NAME - 4], 2
    while name.casefold() in used:
        name, number = f"{stem}_{number}", number + 1
    return name


def _known_encoding(name: str) -> str:
    try:
        "".encode(name)
    except (LookupError, ValueError):
        raise BadValue("encoding", f"encoding: {name[:40]!r} is not known; try utf-8 or cp1252.") from None
    return codecs.lookup(name).name


def _find_encoding(file: IO[bytes], path: Path) -> str:
    start = file.read(4096)
    for signature, what in _BINARY_STARTS.items():
        if start.startswith(signature):
            raise UnusableFile(f"{path.name} is {what}; save it as CSV first.")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.count(0) > len(start) // _STRAY_NULS:
        return _utf16_without_bom(start, path)
    file.seek(0)
    return _utf8_or_ansi(file)


_STRAY_NULS = 16
"""Fewer NULs than one in so many bytes are faults of their lines, as any other control character is."""


def _utf16_without_bom(start: bytes, path: Path) -> str:
    """Text in Latin letters has a NUL in every second byte."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) < len(start) // 4 or min(even, odd) > len(start) // 16:
        raise UnusableFile(f"{path.name} is no text; save it as CSV first.")
    return "utf-16-le" if odd > even else "utf-16-be"


def _utf8_or_ansi(file: IO[bytes]) -> str:
    """UTF-8 when more of what is not ASCII reads as UTF-8 than does not; a damaged byte does not change all the others."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    good = bad = 0
    while chunk := file.read(_CHUNK):
        if chunk.isascii():
            decoder.reset()
            continue
        text = decoder.decode(chunk)
        broken = text.count("\ufffd")
        bad += broken
        good += len(text) - len(text.encode("ascii", "ignore")) - broken
    return "utf-8-sig" if good >= bad else "cp1252"
