"""The plain case of a DNS exchange, read straight from its bytes: one question of type A, AAAA or MX and a clean answer over UDP.

A mailing to many domains asks some hundred thousand questions; building the general message objects for each costs five times
as much. Everything that is not plain (truncation, failures, records that don't parse) is refused here and left to dnspython.
Pure; the bytes are hostile input.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import Final

TYPE_A: Final = 1
TYPE_CNAME: Final = 5
TYPE_SOA: Final = 6
TYPE_MX: Final = 15
TYPE_AAAA: Final = 28
_TYPE_OPT: Final = 41
_CLASS_IN: Final = 1

UDP_PAYLOAD: Final = 1232
"""Bytes of an answer over UDP that is not cut into fragments on its way (DNS Flag Day 2020)."""
_LONGEST_CHAIN: Final = 16
_MOST_LABELS: Final = 128
_MOST_RECORDS: Final = 4000
_NAME_ERROR: Final = 3
_TTL_WITHOUT_SOA: Final = 60
_LONGEST_TTL: Final = 0x7FFFFFFF

_HEADER = struct.Struct("!HHHHHH")
_RECORD = struct.Struct("!HHIH")
_OPT = b"\0" + struct.pack("!HHIH", _TYPE_OPT, UDP_PAYLOAD, 0, 0)


class NotPlain(ValueError):  # noqa: N818 - not a fault: the caller takes the general way
    """The question or its answer is not the plain case."""


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """What an answer says: ``values`` are addresses (text) or, for MX, (preference, host); empty when there are none.

    ``exists`` is False for NXDOMAIN. ``ttl`` in seconds, of the records with the aliases before them or of the absence.
    """

    exists: bool
    ttl: int
    addresses: tuple[str, ...] = ()
    exchangers: tuple[tuple[int, str], ...] = ()


def make_query(number: int, name: str, kind: int) -> bytes:
    """A question with recursion desired and EDNS(0) (RFC 1035, 4.1; RFC 6891). *name* without its final dot; raises NotPlain."""
    labels = name.encode("ascii", "replace").split(b".")
    if not all(0 < len(label) < 64 for label in labels) or len(name) > 253 or "\\" in name or not name.isascii():
        raise NotPlain
    question = b"".join([bytes([len(label)]) + label for label in labels]) + b"\0"
    return _HEADER.pack(number, 0x0100, 1, 0, 0, 1) + question + struct.pack("!HH", kind, _CLASS_IN) + _OPT


def is_answer_to(wire: bytes, query: bytes) -> bool:
    """Whether *wire* can be the answer: its number, its question, and that it is an answer at all."""
    end = len(query) - len(_OPT)
    return (
        len(wire) >= end
        and wire[:2] == query[:2]
        and wire[2] & 0x80 != 0
        and wire[4:6] == b"\0\1"
        and wire[12:end].lower() == query[12:end].lower()
    )


def read_answer(wire: bytes, query: bytes) -> PlainAnswer:
    """Read the answer to a query of :func:`make_query`; raises NotPlain unless everything about it is in order."""
    if not is_answer_to(wire, query):
        raise NotPlain
    _, flags, _, answers, authorities, additionals = _HEADER.unpack_from(wire)
    error = flags & 0xF
    if flags & 0x7A00 or error not in {0, _NAME_ERROR}:  # opcode, truncation
        raise NotPlain
    if answers + authorities + additionals > _MOST_RECORDS:
        raise NotPlain
    start = len(query) - len(_OPT)
    kind = int.from_bytes(query[start - 4 : start - 2], "big")
    try:
        reader = _Reader(wire, start)
        sections = [reader.records(count) for count in (answers, authorities, additionals)]
    except (struct.error, IndexError):
        raise NotPlain from None
    if not reader.is_at_end or any(record.kind == _TYPE_OPT and record.ttl >> 24 for record in sections[2]):
        raise NotPlain  # junk, or the upper half of an error code (RFC 6891, 6.1.3)
    name, _ = reader.name(12)
    return _interpret(reader, name, kind, sections[0], sections[1], exists=error == 0)


@dataclass(slots=True)
class _Record:
    owner: bytes
    kind: int
    ttl: int
    start: int
    end: int


class _Reader:
    """Walks over the records of one message. Raises NotPlain, struct.error or IndexError for bytes that are none."""

    def __init__(self, wire: bytes, start: int) -> None:
        self._wire = wire
        self._at = start

    def records(self, count: int) -> list[_Record]:
        found: list[_Record] = []
        for _ in range(count):
            owner, at = self.name(self._at)
            kind, family, ttl, length = _RECORD.unpack_from(self._wire, at)
            start = at + _RECORD.size
            self._at = start + length
            if self._at > len(self._wire) or (family != _CLASS_IN and kind != _TYPE_OPT):
                raise NotPlain
            if ttl > _LONGEST_TTL and kind != _TYPE_OPT:
                ttl = 0  # RFC 2181, 8
            found.append(_Record(owner, kind, ttl, start, self._at))
        return found

    def name(self, at: int) -> tuple[bytes, int]:
        """(the name at *at* in lower case, labels with their lengths; where it ends). RFC 1035, 4.1.4."""
        wire = self._wire
        labels: list[bytes] = []
        end = 0
        lowest = at
        for _ in range(_MOST_LABELS):
            length = wire[at]
            if length == 0:
                name = b"".join(labels).lower()
                if len(name) > 254:
                    raise NotPlain
                return name, end or at + 1
            if length < 64:
                labels.append(wire[at : at + 1 + length])
                at += 1 + length
                continue
            target = int.from_bytes(wire[at : at + 2], "big") & 0x3FFF
            if length < 192 or target >= lowest:  # a pointer leads back, or there is no end to it
                raise NotPlain
            end = end or at + 2
            at = lowest = target
        raise NotPlain

    @property
    def is_at_end(self) -> bool:
        """Nothing is left behind the records that were read."""
        return self._at == len(self._wire)

    def whole_name(self, start: int, end: int) -> bytes:
        name, stop = self.name(start)
        if stop != end:
            raise NotPlain
        return name

    def address(self, record: _Record) -> str:
        family, length = (socket.AF_INET, 4) if record.kind == TYPE_A else (socket.AF_INET6, 16)
        if record.end - record.start != length:
            raise NotPlain
        return socket.inet_ntop(family, self._wire[record.start : record.end])

    def exchanger(self, record: _Record) -> tuple[int, str]:
        if record.end - record.start < 3:
            raise NotPlain
        preference = int.from_bytes(self._wire[record.start : record.start + 2], "big")
        return preference, text_of(self.whole_name(record.start + 2, record.end))

    def negative_ttl(self, record: _Record) -> int:
        """RFC 2308, 5: the smaller of the SOA record's own TTL and its last field."""
        _, at = self.name(record.start)
        _, at = self.name(at)
        if record.end - at != 20:
            raise NotPlain
        return min(record.ttl, int.from_bytes(self._wire[record.end - 4 : record.end], "big"))


def text_of(name: bytes) -> str:
    """A name as text without its final dot; bytes that are no letters of host names are escaped (RFC 4343, 2.1)."""
    labels: list[str] = []
    at = 0
    while at < len(name):
        end = at + 1 + name[at]
        label = name[at + 1 : end]
        plain = label.replace(b"-", b"a").replace(b"_", b"a")
        labels.append(label.decode("ascii") if plain.isalnum() else _escaped(label))
        at = end
    return ".".join(labels)


def _escaped(label: bytes) -> str:
    return "".join(
        chr(byte) if (chr(byte).isalnum() and byte < 128) or byte in b"-_" else f"\\{byte:03}" for byte in label
    )


def _interpret(
    reader: _Reader, name: bytes, kind: int, answers: list[_Record], authorities: list[_Record], *, exists: bool
) -> PlainAnswer:
    """Follow the aliases from *name* to the records of the type asked for, or to the absence of any."""
    ttl = _LONGEST_TTL
    try:
        for _ in range(_LONGEST_CHAIN):
            found = [record for record in answers if record.kind == kind and record.owner == name]
            if found:
                break
            aliases = [record for record in answers if record.kind == TYPE_CNAME and record.owner == name]
            if not aliases:
                return PlainAnswer(exists, min(ttl, _absence_ttl(reader, name, authorities)))
            if len(aliases) > 1:  # RFC 2181, 10.1: there can be only one
                raise NotPlain
            alias = aliases[0]
            ttl = min(ttl, alias.ttl)
            name = reader.whole_name(alias.start, alias.end)
        else:
            raise NotPlain
        ttl = min(ttl, *(record.ttl for record in found))
        if not exists:
            raise NotPlain
        if kind == TYPE_MX:
            return PlainAnswer(
                exists, ttl, exchangers=tuple(dict.fromkeys(reader.exchanger(record) for record in found))
            )
        return PlainAnswer(exists, ttl, addresses=tuple(dict.fromkeys(reader.address(record) for record in found)))
    except (struct.error, IndexError):
        raise NotPlain from None


def _absence_ttl(reader: _Reader, name: bytes, authorities: list[_Record]) -> int:
    for record in authorities:
        if record.kind == TYPE_SOA and name.endswith(record.owner):
            return reader.negative_ttl(record)
    return _TTL_WITHOUT_SOA
