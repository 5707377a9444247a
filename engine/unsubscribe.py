"""The headers with which a reader leaves a list (RFC 2369, RFC 8058). Pure; runs where mailings are compiled."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from engine.addresses import AddressError, parse_mailbox
from engine.composition import Header
from engine.template import Field, Part, Slot, SlotKind, Template, parse_template

_URL = re.compile(r"https?://[^/?#\s]+(?:[/?#].*)?", re.IGNORECASE).fullmatch
_NOT_IN_URL = re.compile(r'[\x00-\x20\x7f<>"\\^`{}|]').search
_LONGEST_URI: Final = 500
"""Characters that are the same for everybody, so that long values fit behind them."""
_LINE_ROOM: Final = 970
_KEPT_IN_URL = "!#$%&'()*+,/:;=?@[]~"


def url_template(url: str) -> Template:
    """Check an http(s) URL with merge fields behind its host; an empty one gives an empty template. Raises ValueError."""
    if not url:
        return ()
    template = _uri_template(url)
    if not (isinstance(template[0], str) and _URL(template[0])):
        raise ValueError("must begin with https:// and a host name")
    return template


def mailto_template(text: str) -> Template:
    """Check a mail address, with or without "mailto:" and "?subject=…", and make it a mailto URI. Raises ValueError."""
    if not text:
        return ()
    given = text[7:] if text[:7].lower() == "mailto:" else text
    template = _uri_template(given)
    address = "".join(piece if isinstance(piece, str) else "x" for piece in template).partition("?")[0]
    try:
        parse_mailbox(address)
    except AddressError as fault:
        raise ValueError(f"is no mail address: {fault}") from None
    return ("mailto:", *template)


def _uri_template(text: str) -> Template:
    pieces: list[str | Field] = []
    for piece in parse_template(text):
        if isinstance(piece, Field):
            pieces.append(piece)
            continue
        bad = _NOT_IN_URL(piece)
        if bad is not None:
            raise ValueError(f"must not contain the character {bad[0]!r}")
        pieces.append(quote(piece, safe=_KEPT_IN_URL, errors="replace"))
    if _shared_length(pieces) > _LONGEST_URI:
        raise ValueError(f"is longer than {_LONGEST_URI} characters")
    return tuple(pieces)


def _shared_length(template: Iterable[str | Field]) -> int:
    return sum(len(piece) for piece in template if isinstance(piece, str))


def unsubscribe_headers(url: Template, mailto: Template) -> list[Header]:
    """List-Unsubscribe for the given templates (empty: none) and, with an https URL, List-Unsubscribe-Post for one click."""
    uris = [_bracketed(template) for template in (url, mailto) if template]
    if not uris:
        return []
    value = uris[0] if len(uris) == 1 else (*uris[0], b",\r\n ", *uris[1])
    headers = [Header("List-Unsubscribe", value)]
    if url and str(url[0]).lower().startswith("https:"):
        headers.append(Header("List-Unsubscribe-Post", (b"List-Unsubscribe=One-Click",)))
    return headers


def _bracketed(template: Template) -> tuple[Part, ...]:
    """The URI as a line of its own; its values share the room that such a line leaves (RFC 5322, 2.1.1)."""
    values = sum(isinstance(piece, Field) for piece in template)
    room = (_LINE_ROOM - _shared_length(template)) // max(values, 1)
    parts: list[Part] = [
        piece.encode("ascii") if isinstance(piece, str) else Slot(SlotKind.URL_VALUE, (piece,), room=room)
        for piece in template
    ]
    return (b"<", *parts, b">")
