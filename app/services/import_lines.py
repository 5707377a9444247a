"""Checks the lines of a file that is imported, one by one: members as they will be stored, or what is wrong with a line. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from app.services.csv_records import BadRecord, records
from app.services.csv_shape import ADDRESS_COLUMN, JOINED_COLUMN, NAME_COLUMN, CsvShape
from app.services.exports import plain
from app.services.names import check_line
from app.services.problems import BadValue
from engine.addresses import AddressError, parse_mailbox

LONGEST_NAME = 200
LONGEST_VALUE = 4_096
_SHOWN = 200
_BROKEN = "\ufffd"

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class BadLine:
    """One line that was not imported. ``line`` counts from 1, the header included; ``column`` is the header's word, or ""."""

    line: int
    column: str
    sentence: str
    text: str
    """The cell or line as it stands in the file, shortened."""


class MemberLine(NamedTuple):
    """One member as a line of the file tells it. A plain tuple, because a million of them go into a table as they are.

    ``joined`` in epoch seconds, None when the file does not say. ``fields`` are the custom fields with a value, as JSON;
    ``cleared`` the names of those whose cell is empty, as JSON. None: there are none.
    """

    key: str
    address: str
    domain: str
    name: str
    joined: float | None
    fields: bytes | None
    cleared: bytes | None


def member_lines(lines: Iterable[str], shape: CsvShape, fields: Sequence[str]) -> Iterator[MemberLine | BadLine]:
    """Read the lines of a file, its header first. *fields* are the names under which the columns' values are stored.

    One name stands for each column; for the columns of address, name and joined date, and for those left out, it is not used.
    """
    found = records(lines, shape.separator)
    next(found, None)
    reader = _Reader(shape, fields)
    for number, cells in found:
        if isinstance(cells, BadRecord):
            yield BadLine(number, "", f"{cells.sentence}.", cells.text)
            continue
        try:
            yield reader.member(cells)
        except _BadCell as bad:
            yield BadLine(number, bad.column, bad.sentence, bad.text[:_SHOWN])


class _BadCell(Exception):  # noqa: N818 - it is the line's, not the program's
    def __init__(self, column: str, sentence: str, text: str) -> None:
        super().__init__(sentence)
        self.column = column
        self.sentence = sentence
        self.text = text


class _Reader:
    """Knows where in a line what stands."""

    def __init__(self, shape: CsvShape, fields: Sequence[str]) -> None:
        targets = [column.target for column in shape.columns]
        self._headers = [column.header for column in shape.columns]
        self._width = len(targets)
        self._address = targets.index(ADDRESS_COLUMN)
        self._name = targets.index(NAME_COLUMN) if NAME_COLUMN in targets else None
        self._joined = targets.index(JOINED_COLUMN) if JOINED_COLUMN in targets else None
        own = (self._address, self._name, self._joined)
        self._fields = [(at, fields[at]) for at, target in enumerate(targets) if target and at not in own]

    def member(self, cells: list[str]) -> MemberLine:
        if len(cells) != self._width and (len(cells) < self._width or any(cells[self._width :])):
            text = ", ".join(cells)
            have = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
            raise _BadCell("", f"has {have}, the header has {self._width}.", text)
        address = plain(cells[self._address])
        try:
            mailbox = parse_mailbox(address)
        except AddressError as error:
            raise _BadCell(self._headers[self._address], f"{error}.", address) from None
        if _BROKEN in address:
            raise self._broken(self._address, address)
        name = self._value(cells, self._name, LONGEST_NAME) if self._name is not None else ""
        joined = self._moment(cells, self._joined) if self._joined is not None else None
        values = {}
        cleared = []
        for at, field in self._fields:
            value = self._value(cells, at, LONGEST_VALUE)
            if value:
                values[field] = value
            else:
                cleared.append(field)
        return MemberLine(
            mailbox.key,
            mailbox.address,
            mailbox.ascii_domain,
            name,
            joined,
            _encode(values) if values else None,
            _encode(cleared) if cleared else None,
        )

    def _value(self, cells: list[str], at: int, longest: int) -> str:
        cell = plain(cells[at])
        if len(cell) <= longest and cell.isascii() and cell.isprintable():
            return cell.strip()
        if _BROKEN in cell:
            raise self._broken(at, cell)
        try:
            return check_line(cell, "the cell", longest=longest)
        except BadValue as error:
            raise _BadCell(self._headers[at], error.sentence.removeprefix("the cell").lstrip(": "), cell) from None

    def _moment(self, cells: list[str], at: int) -> float | None:
        text = cells[at].strip()
        if not text:
            return None
        try:
            moment = datetime.datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()
        except (ValueError, OverflowError):
            raise _BadCell(self._headers[at], "must be a date such as 2024-05-31.", text) from None

    def _broken(self, at: int, cell: str) -> _BadCell:
        return _BadCell(self._headers[at], "contains a broken character.", cell)
