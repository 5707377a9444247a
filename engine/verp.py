"""Envelope senders that tell which recipient a bounce is about (VERP). Pure, used in every room."""

from __future__ import annotations

import re
from urllib.parse import unquote

from engine.addresses import LOCAL_LIMIT, AddressError, parse_mailbox

_LITERAL = re.compile(r"[A-Za-z0-9!#$&'*/?^_`{|}~.-]").match
_LITERAL_OF_QUOTED = re.compile(r"[A-Za-z0-9!#$&'*/?^_`{|}~-]").match
"""Where a local part is quoted, its dots may stand where no dot is allowed outside of quotes."""


def verp_sender(sender: str, address: str) -> str:
    """*sender* with the recipient in its local part: ``bounce@a.example`` becomes ``bounce+local=domain@a.example``.

    Characters of the recipient that can't stand there are written ``%XX`` of their UTF-8 bytes. Where the result would be
    longer than a local part may be, or *sender* is quoted itself, *sender* is returned as it is.
    """
    local, _, domain = sender.rpartition("@")
    name, _, host = address.rpartition("@")
    literal = _LITERAL
    if name.startswith('"'):
        name, literal = re.sub(r"\\(.)", r"\1", name[1:-1]), _LITERAL_OF_QUOTED
    extension = "".join(chr(byte) if literal(chr(byte)) else f"%{byte:02X}" for byte in name.encode())
    result = f"{local}+{extension}={host}"
    return sender if local.startswith('"') or len(result.encode()) > LOCAL_LIMIT else f"{result}@{domain}"


def verp_recipient(text: str) -> str | None:
    """The recipient that :func:`verp_sender` has written into an address; None when there is none."""
    local, _, _ = text.rpartition("@")
    _, plus, rest = local.rpartition("+")
    extension, equals, host = rest.rpartition("=")
    if not (plus and equals and extension and host):
        return None
    name = re.sub(r'(["\\])', r"\\\1", unquote(extension, errors="replace"))
    try:
        return parse_mailbox(f'"{name}"@{host}').address
    except AddressError:
        return None
