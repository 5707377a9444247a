"""One recipient's message with its DKIM signatures (RFC 6376): what is shared is canonicalised and hashed once. Runs in the
workers, loaded when a message is to be signed."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence

from engine.composition import Body, Header, has_slots
from engine.dkim_keys import DkimKey
from engine.dkim_signing import Signer, body_hash, names_to_sign, relaxed_header, relaxed_lines, without_empty_end
from engine.rendering import Pieces
from engine.template import Filler, Part, Person, filler


class Signed:
    """One variant of a message with DKIM, as :mod:`engine.rendering` wants it. Its body is quoted-printable, whose slots never
    share a line with shared bytes: so the relaxed form of the body can be made piece by piece, the shared pieces once."""

    def __init__(self, headers: Sequence[Header], body: Body, keys: Sequence[DkimKey]) -> None:
        """Read the keys; raises DkimKeyError."""
        everything = [*headers, *body.headers]
        lower = [header.name.lower() for header in everything]
        names = names_to_sign(lower)
        order = [lower.index(name) for name in dict.fromkeys(names) if name in lower]
        values = [b"".join([part for part in header.value if isinstance(part, bytes)]) for header in everything]
        self._signers = [Signer(key, names) for key in keys]
        self._lines = [_line(header.name, value) for header, value in zip(everything, values, strict=True)]
        self._canonical = [relaxed_header(everything[index].name, values[index]) for index in order]
        self._personal = [
            (index, order.index(index) if index in order else None, header.name, Pieces(header.value))
            for index, header in enumerate(everything)
            if has_slots(header.value)
        ]
        self._body = Pieces(body.parts)
        self._digest = _BodyDigest(body.parts)

    def render(self, person: Person, at: int) -> bytes:
        """Its bytes for one person; *at* is the time of the signatures in epoch seconds."""
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
