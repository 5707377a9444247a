"""The MIME tree of a message, flattened once per mailing into shared bytes and slots. Runs where mailings are compiled.

The standard library builds and flattens the tree, with a mark in place of each text; the texts go in behind it, each in the
encoding that is safe for it.
"""

from __future__ import annotations

import io
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from email import policy
from email.generator import BytesGenerator
from email.message import EmailMessage, Message
from typing import Final

import msgspec

from engine.template import Part, Template, parse_template, plain_parts, quoted_parts, stuffed

WIRE_POLICY: Final = policy.SMTP.clone(max_line_length=78, cte_type="8bit")
"""CRLF, headers of at most 78 characters, bodies as they are."""

_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_NEW_LINES = re.compile(r"\r\n?|\n")
_WIRE_NEW_LINES = re.compile(rb"\r\n|\r|\n")
"""The generator leaves the line ends of some payloads alone, and a bare LF must never be sent (RFC 5321, 2.3.8)."""
_LONG_LINE = re.compile(rb"[^\n]{998,}\r\n|[^\n]{1000,}")


class Header(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One header field: its name, and its value as parts (folded, without the last CRLF)."""

    name: str
    value: tuple[Part, ...]


class Body(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The MIME headers of a message and its body: CRLF, dot-stuffed, the last part ends with CRLF."""

    headers: tuple[Header, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One text of the message: its part of the tree, the mark that stands for it there, and what it says."""

    part: Message
    mark: str
    template: Template
    is_html: bool


@dataclass(frozen=True, slots=True)
class Tree:
    """A MIME tree whose root has MIME headers only, and its texts."""

    root: EmailMessage
    leaves: tuple[Leaf, ...]


def make_leaf(part: Message, text: str, *, is_html: bool) -> Leaf:
    """Put a mark into *part*, a text/* of the tree, and remember the text itself. Line ends become ``\\n``, the last included."""
    mark = f"text-{secrets.token_hex(16)}"
    text = _NOT_TEXT.sub("", _NEW_LINES.sub("\n", text)).rstrip("\n") + "\n"
    part.set_payload(mark)
    part.set_param("charset", "utf-8")
    return Leaf(part, mark, parse_template(text, is_html=is_html), is_html)


def tree_of_texts(text: str, html: str) -> Tree:
    """text/plain, text/html, or multipart/alternative with both (RFC 2046, 5.1.4: the richest last)."""
    root = EmailMessage(policy=WIRE_POLICY)
    if not html:
        root.set_content("")
        return Tree(root, (make_leaf(root, text, is_html=False),))
    if not text:
        root.set_content("", subtype="html")
        return Tree(root, (make_leaf(root, html, is_html=True),))
    root.set_content("")
    root.add_alternative("", subtype="html")
    plain, rich = root.iter_parts()
    for part in (plain, rich):
        del part["MIME-Version"]
    return Tree(root, (make_leaf(plain, text, is_html=False), make_leaf(rich, html, is_html=True)))


def flatten(tree: Tree, *, seven_bit: bool) -> Body:
    """The tree as parts, in UTF-8 where that is safe or, with *seven_bit*, in quoted-printable. Raises ValueError.

    A text without slots that is ASCII with short lines goes as 7bit either way.
    """
    texts: dict[bytes, Sequence[Part]] = {}
    widest = "7bit"
    for leaf in tree.leaves:
        encoding, parts = _encode(leaf, seven_bit=seven_bit)
        _set_encoding(leaf.part, encoding)
        texts[leaf.mark.encode("ascii")] = parts
        widest = encoding if encoding == "8bit" else widest
    for part in tree.root.walk():
        if part.is_multipart():  # RFC 2045, 6.4: a multipart says so when a part of it is 8bit
            _set_encoding(part, widest)
    buffer = io.BytesIO()
    BytesGenerator(buffer, mangle_from_=False, policy=WIRE_POLICY).flatten(tree.root)
    head, _, body = _WIRE_NEW_LINES.sub(b"\r\n", buffer.getvalue()).partition(b"\r\n\r\n")
    if _LONG_LINE.search(body):
        raise ValueError("has a line of more than 998 characters in a part that can't be encoded anew")
    return Body(_headers(head), _insert(body, texts))


def _set_encoding(part: Message, encoding: str) -> None:
    del part["Content-Transfer-Encoding"]
    part["Content-Transfer-Encoding"] = encoding


def _encode(leaf: Leaf, *, seven_bit: bool) -> tuple[str, list[Part]]:
    plain = plain_parts(leaf.template, is_html=leaf.is_html)
    if plain is not None:
        if all(isinstance(part, bytes) and part.isascii() for part in plain):
            return "7bit", plain
        if not seven_bit:
            return "8bit", plain
    return "quoted-printable", quoted_parts(leaf.template, is_html=leaf.is_html)


def _headers(head: bytes) -> tuple[Header, ...]:
    lines = re.split(rb"\r\n(?![ \t])", head)
    pairs = (line.partition(b":") for line in lines)
    return tuple(Header(name.decode("ascii"), (value.strip(b" "),)) for name, _, value in pairs)


def _insert(body: bytes, texts: dict[bytes, Sequence[Part]]) -> tuple[Part, ...]:
    """The flattened body with each mark's line replaced by its text, dot-stuffed; neighbouring bytes are joined."""
    marks = b"|".join(texts) or b"(?!)"
    parts: list[Part] = []
    for index, piece in enumerate(re.split(b"(" + marks + b")", body)):
        if index % 2:
            parts.extend(texts[piece])
        else:
            parts.append(stuffed(piece, at_line_start=True))
    joined = join_bytes(parts)
    last = joined[-1] if joined else b""
    if not (isinstance(last, bytes) and last.endswith(b"\r\n")):
        joined.append(b"\r\n")
    return tuple(join_bytes(joined))


def join_bytes(parts: Sequence[Part]) -> list[Part]:
    """*parts* with neighbouring bytes made one, empty ones dropped."""
    joined: list[Part] = []
    for part in parts:
        if isinstance(part, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += part
        elif part:
            joined.append(part)
    return joined


def has_slots(parts: Sequence[Part]) -> bool:
    """Whether anything in *parts* is personal."""
    return not all(isinstance(part, bytes) for part in parts)
