"""One recipient's message as it goes on the wire: shared bytes joined with what is personal, and signed. Runs in the workers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import formatdate
from typing import Protocol

from engine.composition import Body, Header, join_bytes
from engine.dkim_keys import DkimKey
from engine.template import NoRoom, Part, Person, Template, fields_of, fill_url, filler

ADDRESS_FIELDS = frozenset({"address", "email"})
"""Merge fields that stand for the recipient's address, whatever fields the list has."""
UNSUBSCRIBE_FIELD = "unsubscribe_url"
"""The merge field for the recipient's own unsubscribe link."""
TOKEN_FIELD = "token"  # noqa: S105 - the name of a merge field
"""The merge field for the recipient's token."""
BUILT_IN_FIELDS = ADDRESS_FIELDS | {UNSUBSCRIBE_FIELD, TOKEN_FIELD}


class Pieces:
    """Parts that are ready to be joined."""

    def __init__(self, parts: Sequence[Part]) -> None:
        """Parts as a compiled message has them."""
        joined = join_bytes(parts)
        self._chunks = [part if isinstance(part, bytes) else b"" for part in joined]
        self._fillers = [(index, filler(part)) for index, part in enumerate(joined) if not isinstance(part, bytes)]

    def fill(self, person: Person) -> bytes:
        """Their bytes for one person."""
        chunks = self._chunks.copy()
        for index, fill in self._fillers:
            chunks[index] = fill(person)
        return b"".join(chunks)


def _lines(headers: Sequence[Header]) -> list[Part]:
    parts: list[Part] = []
    for header in headers:
        parts += [header.name.encode("ascii") + b": ", *header.value, b"\r\n"]
    return parts


class _Variant(Protocol):
    """One variant of a message."""

    def render(self, person: Person, at: int) -> bytes:
        """Its bytes for one person; *at* is the time of the signature in epoch seconds."""
        ...


class _Unsigned:
    """Without DKIM."""

    def __init__(self, headers: Sequence[Header], body: Body) -> None:
        self._sequence = Pieces([*_lines([*headers, *body.headers]), b"\r\n", *body.parts])

    def render(self, person: Person, at: int) -> bytes:  # noqa: ARG002 - nothing is signed
        return self._sequence.fill(person)


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


def _variant(headers: Sequence[Header], body: Body, keys: Sequence[DkimKey]) -> _Variant:
    if not keys:
        return _Unsigned(headers, body)
    from engine.signed_rendering import Signed  # noqa: PLC0415 - what signs takes memory in each worker

    return Signed(headers, body, keys)
