"""An .eml file as the content of a mailing: its texts become templates, its attachments are encoded anew, and of its headers only
what may go to many people stays. Runs where mailings are compiled; the file is hostile input."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from email.errors import MessageError as ParserError
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import Compat32, compat32
from email.utils import collapse_rfc2231_value, parseaddr
from typing import Final

from engine.composition import WIRE_POLICY, Body, Header, Leaf, Tree, make_leaf
from engine.header_text import encode_unstructured, on_one_line
from engine.template import stuffed

EML_LIMIT: Final = 50 * 1024 * 1024
"""Bytes of a file at most."""
_DEEPEST: Final = 20
_MOST_PARTS: Final = 500
_MOST_HEADERS: Final = 100
_LONGEST_VALUE: Final = 2000
_LONGEST_ENCODED: Final = 16 * _LONGEST_VALUE
"""As encoded words (RFC 2047) that may take. To decode more costs time that grows with its square."""
_LONGEST_HEAD: Final = 256 * 1024
"""Bytes of all headers of a file together."""

_NOT_KEPT = frozenset(
    [
        "apparently-to",
        "authentication-results",
        "bcc",
        "cc",
        "content-length",
        "date",
        "delivered-to",
        "domainkey-signature",
        "errors-to",
        "envelope-to",
        "from",
        "lines",
        "list-id",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "message-id",
        "mime-version",
        "received",
        "received-spf",
        "reply-to",
        "return-path",
        "return-receipt-to",
        "sender",
        "status",
        "subject",
        "to",
        "x-envelope-from",
        "x-envelope-to",
        "x-keywords",
        "x-original-to",
        "x-received",
        "x-status",
        "x-uid",
        "x-uidl",
        "x-virus-scanned",
        "dkim-signature",
    ]
)
"""Headers that are ours to write, tell of another transport, or would show one reader another's address."""
_PREFIXES_NOT_KEPT = ("resent-", "arc-", "content-", "x-mozilla-", "x-spam-", "x-ms-exchange-", "x-gm-", "x-google-")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}").fullmatch
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}").fullmatch
_PARAMETER = re.compile(r"[a-z][a-z0-9-]{0,30}").fullmatch
_PLAIN_VALUE = re.compile(r"[ -~]{1,900}").fullmatch
_SEALED = frozenset({"multipart/signed", "multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
_BOUNDARY_END = re.compile(rb"\r?\n\r?\n")
_HEAD_END = re.compile(rb"\r\n?\r\n?|\n\r?\n")
_NEW_LINES = re.compile(rb"\r\n?|\n")
_LONG_LINE = re.compile(rb"[^\r\n]{997}")
_URI = re.compile(r"<\s*((?:https?|mailto):[^<>\s]+)\s*>", re.IGNORECASE)


class EmlError(ValueError):
    """The file can't be used; the message is one sentence part that follows "eml"."""


@dataclass(frozen=True, slots=True)
class EmlContent:
    """What is used of an .eml file. ``content`` is a Body when a signature or encryption forbids to touch it."""

    content: Tree | Body
    headers: tuple[Header, ...]
    subject: str = ""
    from_name: str = ""
    reply_to: str = ""
    list_id: str = ""
    unsubscribe_url: str = ""
    unsubscribe_mailto: str = ""


def read_eml(data: bytes) -> EmlContent:
    """Read an .eml file (RFC 5322 with MIME; any line ends). Raises EmlError."""
    if len(data) > EML_LIMIT:
        raise EmlError(f"is larger than {EML_LIMIT // 1024 // 1024} MiB")
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if not _HEAD_END.search(data, 0, _LONGEST_HEAD) and len(data) > _LONGEST_HEAD:
        raise EmlError(f"has more than {_LONGEST_HEAD // 1024} KiB of headers")
    try:
        message = BytesParser(_Part, policy=compat32).parsebytes(data)
        if not message.keys():
            raise EmlError("has no headers; it must be a mail message as a mail program saves it")
        content = _sealed(message, data) if message.get_content_type() in _SEALED else _Reader().tree(message)
    except (ParserError, LookupError, ValueError, TypeError, AttributeError, RecursionError) as fault:
        if isinstance(fault, EmlError):
            raise
        raise EmlError("is damaged or built in a way that can't be read") from fault
    uris = _URI.findall(_text_of(message, "List-Unsubscribe"))
    return EmlContent(
        content,
        tuple(_kept_headers(message)),
        subject=_text_of(message, "Subject"),
        from_name=parseaddr(_text_of(message, "From"))[0],
        reply_to=parseaddr(_text_of(message, "Reply-To"))[1],
        list_id=_text_of(message, "List-ID"),
        unsubscribe_url=next((uri for uri in uris if not uri.lower().startswith("mailto:")), ""),
        unsubscribe_mailto=next((uri for uri in uris if uri.lower().startswith("mailto:")), ""),
    )


def _text_of(message: Message, name: str) -> str:
    values = message.get_all(name, [])
    return _decoded(str(values[0])) if values else ""


def _decoded(value: str) -> str:
    """A header value as text on one line, whatever is wrong with it."""
    raw = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\r", "").replace("\n", "")
    raw = raw[:_LONGEST_ENCODED]
    try:
        return on_one_line(str(make_header(decode_header(raw))))[:_LONGEST_VALUE]
    except (ParserError, LookupError, ValueError, TypeError):
        return on_one_line(raw)[:_LONGEST_VALUE]


def _settled(value: str) -> str:
    """The same for a value that the standard library writes: it would decode an encoded word once more, line ends in it too."""
    return _decoded(value).replace("=?", "= ?")


def _kept_headers(message: Message) -> list[Header]:
    kept: dict[str, Header] = {}
    for name, value in message.items()[:_MOST_HEADERS]:
        lower = name.lower()
        if _HEADER_NAME(name) and lower not in _NOT_KEPT and not lower.startswith(_PREFIXES_NOT_KEPT):
            kept.setdefault(lower, Header(name, (encode_unstructured(_decoded(str(value))),)))
    return list(kept.values())


def _sealed(message: Message, data: bytes) -> Body:
    """A message that is signed or encrypted as a whole: its bytes stay, with CRLF and dots doubled."""
    found = _BOUNDARY_END.search(data)
    body = _NEW_LINES.sub(b"\r\n", data[found.end() :] if found else b"")
    if _LONG_LINE.search(body) or b"\0" in body:
        raise EmlError("is signed or encrypted and has a line of more than 998 characters, or a NUL")
    headers = []
    for name in ("Content-Type", "Content-Transfer-Encoding", "Content-Disposition"):
        value = on_one_line(str(message.get(name, "")).replace("\r", "").replace("\n", ""))
        if _PLAIN_VALUE(value):
            headers.append(Header(name, (value.encode("ascii"),)))
    end = b"" if body.endswith(b"\r\n") else b"\r\n"
    return Body((Header("MIME-Version", (b"1.0",)), *headers), (stuffed(body, at_line_start=True) + end,))


class _Part(Message):
    """A part that refuses to have too many others in it while they are found: the standard parser compares each line with the
    boundaries of all levels around it, and takes minutes for a file that is made for that.
    """

    def __init__(self, policy: Compat32 = compat32) -> None:
        super().__init__(policy)
        self.root = self
        self.depth = 0
        """How many are around it."""
        self.parts = 1
        """Of the root: how many were found."""

    def attach(self, payload: Message) -> None:  # type: ignore[override] # the parser attaches what it has made of this class
        """Take up a part that is about to be parsed; raises EmlError."""
        if isinstance(payload, _Part):
            payload.root, payload.depth = self.root, self.depth + 1
            self.root.parts += 1
            if payload.depth > _DEEPEST or self.root.parts > _MOST_PARTS:
                raise EmlError(f"has more than {_MOST_PARTS} parts or more than {_DEEPEST} levels")
        super().attach(payload)


class _Reader:
    """Builds a clean tree out of a parsed one: known Content headers only, every leaf in an encoding that is safe."""

    def __init__(self) -> None:
        self._leaves: list[Leaf] = []

    def tree(self, message: Message) -> Tree:
        root = self._copy(message)
        root["MIME-Version"] = "1.0"
        return Tree(root, tuple(self._leaves))

    def _copy(self, part: Message) -> EmailMessage:
        copy = EmailMessage(policy=WIRE_POLICY)
        kind = part.get_content_type()
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list) and payload:
            _set_type(copy, part, kind)
            for child in payload:
                if isinstance(child, Message):
                    copy.attach(self._copy(child))
        elif kind in {"text/plain", "text/html"} and not _is_attachment(part):
            _set_type(copy, part, kind)
            _copy_content_headers(copy, part)
            self._leaves.append(make_leaf(copy, _text(part), is_html=kind == "text/html"))
        else:
            _copy_attachment(copy, part, kind)
        return copy


def _is_attachment(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_filename() is not None


def _text(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    for charset in (part.get_param("charset"), "utf-8", "latin-1"):
        try:
            return data.decode(collapse_rfc2231_value(charset)) if charset else data.decode()
        except (LookupError, ValueError):
            continue
    return ""


def _set_type(copy: EmailMessage, part: Message, kind: str) -> None:
    """Content-Type with the parameters that still hold; boundary and charset are made anew."""
    copy["Content-Type"] = kind if _TYPE(kind) else "application/octet-stream"
    for name, value in part.get_params([], unquote=True)[1:]:
        _set_parameter(copy, "Content-Type", name.lower(), collapse_rfc2231_value(value))


def _set_parameter(copy: EmailMessage, header: str, name: str, value: str) -> None:
    if _PARAMETER(name) and name not in {"boundary", "charset"} and value:
        copy.set_param(name, _settled(value)[:200], header=header, charset="" if value.isascii() else "utf-8")


def _copy_content_headers(copy: EmailMessage, part: Message) -> None:
    for name in ("Content-ID", "Content-Location", "Content-Description", "Content-Language"):
        value = _settled(str(part.get(name, "")))
        if _PLAIN_VALUE(value):
            copy[name] = value
    disposition = part.get_content_disposition()
    if disposition:
        copy["Content-Disposition"] = disposition if disposition in {"inline", "attachment"} else "attachment"
        filename = part.get_filename()
        if filename:
            _set_parameter(copy, "Content-Disposition", "filename", filename)


def _copy_attachment(copy: EmailMessage, part: Message, kind: str) -> None:
    """Anything that is not merged: as it is when it is short-lined ASCII text or a message, in base64 otherwise."""
    data = _attached_bytes(part)
    as_it_is = (
        kind.startswith(("text/", "message/")) and data.isascii() and not _LONG_LINE.search(data) and b"\0" not in data
    )
    if not as_it_is and kind.startswith(("message/", "multipart/")):
        kind = "application/octet-stream"  # RFC 2046, 5.2.1: a message/rfc822 must not be in base64
    _set_type(copy, part, kind)
    _copy_content_headers(copy, part)
    if as_it_is:
        copy.set_payload(_NEW_LINES.sub(b"\n", data).decode("ascii"))
        copy["Content-Transfer-Encoding"] = "7bit"
        if kind.startswith("text/"):
            copy.set_param("charset", "utf-8")
    else:
        copy.set_payload(base64.encodebytes(data).decode("ascii"))
        copy["Content-Transfer-Encoding"] = "base64"


def _attached_bytes(part: Message) -> bytes:
    payload = part.get_payload()
    if isinstance(payload, list):
        return b"\n".join(child.as_bytes() for child in payload if isinstance(child, Message))
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""
