"""Merge fields, and the bytes that a member's values become at each place of a message. Pure; runs where mailings are compiled
and, for every recipient, in the workers.

A compiled message is a sequence of parts: bytes that all recipients share, and slots. Everything that depends on the place
(transfer encoding, start of a line, room that is left in it) is settled when the slot is made.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.quoprimime import body_encode
from enum import IntEnum
from typing import Final
from urllib.parse import quote

import msgspec

from engine.header_text import encode_unstructured

_FIELD = re.compile(r"\{\{[ \t]*([^{}|\r\n]{1,100}?)[ \t]*(?:\|([^{}\r\n]{0,500}))?\}\}")


class Field(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A merge field: ``{{name}}`` or ``{{name|default}}``. The default stands in for a value that is missing or blank."""

    name: str
    default: str = ""


Template = tuple[str | Field, ...]


def parse_template(text: str, *, is_html: bool = False) -> Template:
    """Cut *text* into literal strings and fields; what does not look like a field stays as it is.

    In HTML the default is written as HTML; the Field has it as plain text, like a value.
    """
    pieces: list[str | Field] = []
    end = 0
    for found in _FIELD.finditer(text):
        if found.start() > end:
            pieces.append(text[end : found.start()])
        default = found[2] or ""
        pieces.append(Field(found[1], html.unescape(default) if is_html else default))
        end = found.end()
    if end < len(text):
        pieces.append(text[end:])
    return tuple(pieces)


def fields_of(template: Iterable[object]) -> Iterator[Field]:
    """The merge fields of a template or a slot, in order."""
    return (piece for piece in template if isinstance(piece, Field))


class SlotKind(IntEnum):
    """What stands in a slot, and how it is encoded there."""

    RECIPIENT = 0
    TOKEN = 1
    DATE = 2
    HEADER_TEXT = 3
    URL_VALUE = 4
    TEXT_8BIT = 5
    HTML_8BIT = 6
    TEXT_QP = 7
    HTML_QP = 8


class Slot(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One personal place. In bodies the template is a run of fields with nothing between them.

    ``room`` (8-bit bodies and URLs) are the bytes that fit before its line is too long. In 8-bit bodies, ``line_start`` says
    that the slot begins a line, ``dot_follows`` that the shared bytes behind it begin with a dot (to be stuffed when the slot
    is empty).
    """

    kind: SlotKind
    template: Template = ()
    line_start: bool = False
    dot_follows: bool = False
    room: int = 0


Part = bytes | Slot


class Person:
    """What one recipient brings to the slots. ``fields`` are the merge values, built-in ones included."""

    __slots__ = ("address", "date", "fields", "token")

    def __init__(self, address: str, fields: Mapping[str, str], token: str, date: bytes) -> None:
        self.address = address
        self.fields = fields
        self.token = token
        self.date = date


class NoRoom(Exception):  # noqa: N818 - not a fault: the caller takes the encoding that folds lines
    """A value is too long for its line in an 8-bit body."""


Filler = Callable[[Person], bytes]


def filler(slot: Slot) -> Filler:
    """The function that fills *slot* for a person."""
    match slot.kind:
        case SlotKind.RECIPIENT:
            return lambda person: person.address.encode()
        case SlotKind.TOKEN:
            return lambda person: person.token.encode("ascii")
        case SlotKind.DATE:
            return lambda person: person.date
        case SlotKind.HEADER_TEXT:
            return lambda person: encode_unstructured(fill_text(slot.template, person.fields))
        case SlotKind.URL_VALUE:
            return _url_filler(slot)
        case _:
            return _body_filler(slot)


def _url_filler(slot: Slot) -> Filler:
    def fill(person: Person) -> bytes:
        """A value that is too long for a header line is left out: cut in two, it would name something else."""
        value = fill_url(slot.template, person.fields)
        return value.encode("ascii") if len(value) <= slot.room else b""

    return fill


def _body_filler(slot: Slot) -> Filler:
    is_html = slot.kind in {SlotKind.HTML_8BIT, SlotKind.HTML_QP}
    is_quoted = slot.kind in {SlotKind.TEXT_QP, SlotKind.HTML_QP}
    run = list(fields_of(slot.template))

    def fill(person: Person) -> bytes:
        text = "".join([_tidy(value_of(field, person.fields)) for field in run])
        if is_html:
            text = html.escape(text)
        return _quoted(text) if is_quoted else _plain(text, slot)

    return fill


def value_of(field: Field, fields: Mapping[str, str]) -> str:
    """The value of a field for one person: its exact name first, then without regard to case, then the default."""
    value = fields.get(field.name)
    if value is None:
        wanted = field.name.casefold()
        value = next((fields[name] for name in fields if name.casefold() == wanted), "")
    return value if value and not value.isspace() else field.default


def fill_text(template: Template, fields: Mapping[str, str]) -> str:
    """The template as plain text for one person."""
    return "".join([piece if isinstance(piece, str) else value_of(piece, fields) for piece in template])


def fill_url(template: Template, fields: Mapping[str, str]) -> str:
    """The template as a URL: values are percent-encoded (RFC 3986, 2.1), literals stay."""
    return "".join(
        [
            piece if isinstance(piece, str) else quote(value_of(piece, fields), safe="", errors="replace")
            for piece in template
        ]
    )


_NEW_LINES = re.compile(r"\r\n?|\n")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def _tidy(text: str) -> str:
    """Control characters removed, line ends as ``\\n``, lone surrogates replaced.

    No line end is left at the end: what follows a slot was stuffed as the rest of a line.
    """
    if text.isprintable():
        return text
    return _CONTROLS.sub("", _NEW_LINES.sub("\n", text)).rstrip("\n").encode("utf-8", "replace").decode()


def _plain(text: str, slot: Slot) -> bytes:
    """A value in an 8-bit body: lines end with CRLF, dots at the start of a line are doubled (RFC 5321, 4.5.2)."""
    data = text.encode()
    if len(data) > slot.room:
        raise NoRoom
    if b"\n" in data:
        data = data.replace(b"\n.", b"\n..").replace(b"\n", b"\r\n")
    if slot.line_start and (data.startswith(b".") or (slot.dot_follows and not data)):
        return b"." + data
    return data


_QUOTED_LINE: Final = 72
"""Characters of a quoted line, so that a quoted dot and the soft break stay within 76 (RFC 2045, 6.7)."""
_STANDS_AS_IS = re.compile(rf"[ -\-/-<>-~][ -<>-~]{{0,{_QUOTED_LINE - 1}}}").fullmatch
_LEADING_DOT = re.compile(r"^\.", re.MULTILINE)


def _quoted(text: str) -> bytes:
    """A value in a quoted-printable body, where soft line breaks stand around it; no line begins with a dot."""
    if not text or _STANDS_AS_IS(text):
        return text.encode("ascii")
    return _LEADING_DOT.sub("=2E", quoted_printable(text)).encode("ascii")


def quoted_printable(text: str) -> str:
    """*text* (lines end with ``\\n``) in UTF-8 and quoted-printable, lines of at most 74 characters, ended by CRLF."""
    return body_encode(text.encode().decode("latin-1"), _QUOTED_LINE + 2, "\r\n")


_LINE_LIMIT: Final = 990
"""Bytes of a line in an 8-bit or 7-bit body; RFC 5321, 4.5.3.1.6 allows 998, a stuffed dot included."""
_DOT_AFTER_BREAK = re.compile(rb"(?<=\n)\.")


def stuffed(data: bytes, *, at_line_start: bool) -> bytes:
    """*data* with the dots at line starts doubled; *at_line_start* says whether its first byte begins a line."""
    data = _DOT_AFTER_BREAK.sub(b"..", data)
    return b"." + data if at_line_start and data.startswith(b".") else data


def plain_parts(template: Template, *, is_html: bool) -> list[Part] | None:
    """A leaf in UTF-8 as it is (8bit; 7bit when all is ASCII); None when a line of it is too long for that.

    Literals have ``\\n`` line ends; the last one ends a line.
    """
    kind = SlotKind.HTML_8BIT if is_html else SlotKind.TEXT_8BIT
    parts: list[Part] = []
    pieces = list(_runs(template))
    rooms = _rooms(pieces)
    if rooms is None:
        return None
    at_line_start = True
    after_open_run = False
    for index, piece in enumerate(pieces):
        if isinstance(piece, str):
            data = piece.encode().replace(b"\n", b"\r\n")
            parts.append(stuffed(data, at_line_start=at_line_start and not after_open_run))
            at_line_start, after_open_run = piece.endswith("\n"), False
        else:
            following = pieces[index + 1] if index + 1 < len(pieces) else ""
            dot_follows = at_line_start and isinstance(following, str) and following.startswith(".")
            parts.append(Slot(kind, piece, at_line_start, dot_follows, rooms[index]))
            after_open_run = True
    return parts


def _runs(template: Template) -> Iterator[str | tuple[Field, ...]]:
    """Literals, and runs of fields with nothing between them."""
    run: list[Field] = []
    for piece in template:
        if isinstance(piece, Field):
            run.append(piece)
            continue
        if run:
            yield tuple(run)
            run = []
        yield piece
    if run:
        yield tuple(run)


def _rooms(pieces: list[str | tuple[Field, ...]]) -> dict[int, int] | None:
    """The bytes that each run may fill: the runs of a line share what its literals leave. None when those are too long."""
    rooms: dict[int, int] = {}
    line, sharing = 0, list[int]()

    def end_line() -> bool:
        for index in sharing:
            rooms[index] = (_LINE_LIMIT - line) // len(sharing)
        return line <= _LINE_LIMIT

    for index, piece in enumerate(pieces):
        if not isinstance(piece, str):
            sharing.append(index)
            continue
        first, *others = piece.encode().split(b"\n")
        line += len(first)
        for other in others:
            if not end_line():
                return None
            line, sharing = len(other), []
    return rooms if end_line() else None


def quoted_parts(template: Template, *, is_html: bool) -> list[Part]:
    """A leaf in quoted-printable. A soft line break stands before and behind every slot, so that whatever a value is, no
    line is too long, none begins with a dot, and a slot never shares a line with literals."""
    kind = SlotKind.HTML_QP if is_html else SlotKind.TEXT_QP
    parts: list[Part] = []
    pieces = list(_runs(template))
    for index, piece in enumerate(pieces):
        if not isinstance(piece, str):
            parts.append(Slot(kind, piece))
            continue
        data = quoted_printable(piece).encode("ascii")
        if index > 0:
            data = b"=\r\n" + data
        if index + 1 < len(pieces) and not data.endswith(b"\n"):
            data += b"=\r\n"
        parts.append(stuffed(data, at_line_start=index == 0))
    return parts
