"""One recipient's message as it goes on the wire: shared bytes joined with what is personal, and signed. Runs in the workers."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import formatdate

from engine.composition import Body, Header, has_slots, join_bytes
from engine.dkim_signing import (
    DkimKey,
    Signer,
    body_hash,
    names_to_sign,
    relaxed_header,
    relaxed_lines,
    without_empty_end,
)
from engine.template import Filler, NoRoom, Part, Person, Template, fields_of, fill_url, filler

ADDRESS_FIELDS = frozenset({"address", "email"})
"""Merge fields that stand for the recipient's address, whatever fields the list has."""
UNSUBSCRIBE_FIELD = "unsubscribe_url"
"""The merge field for the recipient's own unsubscribe link."""
TOKEN_FIELD = "token"  # noqa: S105 - the name of a merge field
"""The merge field for the recipient's token."""
BUILT_IN_FIELDS = ADDRESS_FIELDS | {UNSUBSCRIBE_FIELD, TOKEN_FIELD}


class _Sequence:
    """Parts that are ready to be joined."""

    def __init__(self, parts: Sequence[Part]) -> None:
        joined = join_bytes(parts)
        self._chunks = [part if isinstance(part, bytes) else b"" for part in joined]
        self._fillers = [(index, filler(part)) for index, part in enumerate(joined) if not isinstance(part, bytes)]

    def fill(self, person: Person) -> bytes:
        chunks = self._chunks.copy()
        for index, fill in self._fillers:
            chunks[index] = fill(person)
        return b"".join(chunks)


def _lines(headers: Sequence[Header]) -> list[Part]:
    parts: list[Part] = []
    for header in headers:
        parts += [header.name.encode("ascii") + b": ", *header.value, b"\r\n"]
    return parts


class _Unsigned:
    """One variant of a message without DKIM."""

    def __init__(self, headers: Sequence[Header], body: Body) -> None:
        self._sequence = _Sequence([*_lines([*headers, *body.headers]), b"\r\n", *body.parts])

    def render(self, person: Person, _at: int) -> bytes:
        return self._sequence.fill(person)


class _Signed:
    """One variant of a message with DKIM. Its body is quoted-printable, whose slots never share a line with shared bytes:
    so the relaxed form of the body can be made piece by piece, the shared pieces once."""

    def __init__(self, headers: Sequence[Header], body: Body, keys: Sequence[DkimKey]) -> None:
        everything = [*headers, *body.headers]
        lower = [header.name.lower() for header in everything]
        names = names_to_sign(lower)
        order = [lower.index(name) for name in dict.fromkeys(names) if name in lower]
        values = [b"".join([part for part in header.value if isinstance(part, bytes)]) for header in everything]
        self._signers = [Signer(key, names) for key in keys]
        self._lines = [_line(header.name, value) for header, value in zip(everything, values, strict=True)]
        self._canonical = [relaxed_header(everything[index].name, values[index]) for index in order]
        self._personal = [
            (index, order.index(index) if index in order else None, header.name, _Sequence(header.value))
            for index, header in enumerate(everything)
            if has_slots(header.value)
        ]
        self._body = _Sequence(body.parts)
        self._digest = _BodyDigest(body.parts)

    def render(self, person: Person, at: int) -> bytes:
        lines, canonical = self._lines.copy(), self._canonical.copy()
        for index, place, name, sequence in self._personal:
            value = sequence.fill(person)
            lines[index] = _line(name, value)
            if place is not None:
                canonical[place] = relaxed_header(name, value)
        to_sign = b"".join(canonical)
        digest = self._digest.of(person)
        signatures = [signer.sign(to_sign, digest, at) for signer in self._signers]
        return b"".join([*signatures, *lines, b"\r\n", self._body.fill(person)])


def _line(name: str, value: bytes) -> bytes:
    return b"%b: %b\r\n" % (name.encode("ascii"), value)


_STUFFED_DOT = re.compile(rb"(?<=\n)\.(?=\.)")


class _BodyDigest:
    """The bh= value of a body, for each person; computed once when nothing in the body is personal."""

    def __init__(self, parts: Sequence[Part]) -> None:
        joined = [
            _unstuffed(part, first=index == 0) if isinstance(part, bytes) else part for index, part in enumerate(parts)
        ]
        self._shared = (
            None if has_slots(joined) else body_hash(b"".join([part for part in joined if isinstance(part, bytes)]))
        )
        pieces: list[bytes | Filler] = [
            relaxed_lines(part) if isinstance(part, bytes) else filler(part) for part in joined
        ]
        if isinstance(pieces[-1], bytes):
            pieces[-1] = without_empty_end(pieces[-1])
        self._start = hashlib.sha256(pieces[0] if isinstance(pieces[0], bytes) else b"")
        self._others = pieces[1:] if isinstance(pieces[0], bytes) else pieces

    def of(self, person: Person) -> bytes:
        if self._shared is not None:
            return self._shared
        state = self._start.copy()
        for piece in self._others:
            state.update(piece if isinstance(piece, bytes) else relaxed_lines(piece(person)))
        return base64.b64encode(state.digest())


def _unstuffed(data: bytes, *, first: bool) -> bytes:
    data = _STUFFED_DOT.sub(b"", data)
    return data[1:] if first and data.startswith(b"..") else data


class Renderer:
    """Renders the messages of one mailing. Reads the DKIM keys once, when it is made; raises DkimKeyError then."""

    def __init__(
        self,
        headers: Sequence[Header],
        bodies: tuple[Body | None, Body],
        *,
        keys: Sequence[DkimKey] = (),
        unsubscribe: Template = (),
        used: frozenset[str] = frozenset(),
        now: Callable[[], float] = time.time,
    ) -> None:
        """*bodies* are the 8-bit one (None when there is none) and the 7-bit one; *used* are the merge fields in use, and
        *now* tells the time for Date and signatures."""
        eight_bit, seven_bit = (None if body is None else _variant(headers, body, keys) for body in bodies)
        if seven_bit is None:
            raise ValueError("a message needs a 7-bit body")
        self._seven_bit = seven_bit
        self._eight_bit = eight_bit or seven_bit
        self._unsubscribe = unsubscribe
        self._built_in = BUILT_IN_FIELDS & (used | {field.name for field in fields_of(unsubscribe)})
        self._now = now
        self._second = -1
        self._date = b""

    def render(self, address: str, fields: Mapping[str, str] | None, token: str, *, seven_bit: bool = False) -> bytes:
        """See :meth:`engine.message.CompiledMessage.render`."""
        if not address.isprintable() or not token.isprintable():
            raise ValueError("an address or token with control characters can't stand in a message")
        second = int(self._now())
        if second != self._second:
            self._second, self._date = second, formatdate(second).replace("-0000", "+0000").encode("ascii")
        fields = fields or {}
        if self._built_in:
            fields = self._with_built_in(address, fields, token)
        person = Person(address, fields, token, self._date)
        if seven_bit:
            return self._seven_bit.render(person, second)
        try:
            return self._eight_bit.render(person, second)
        except NoRoom:
            return self._seven_bit.render(person, second)

    def _with_built_in(self, address: str, fields: Mapping[str, str], token: str) -> dict[str, str]:
        known = {**fields, **dict.fromkeys(ADDRESS_FIELDS, address), TOKEN_FIELD: token}
        if UNSUBSCRIBE_FIELD in self._built_in:
            known[UNSUBSCRIBE_FIELD] = fill_url(self._unsubscribe, known)
        return known


def _variant(headers: Sequence[Header], body: Body, keys: Sequence[DkimKey]) -> _Signed | _Unsigned:
    return _Signed(headers, body, keys) if keys else _Unsigned(headers, body)
