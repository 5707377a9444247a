"""A mailing's message: what it is made of, and its compiled form that workers render. Compiled once per mailing, by whoever
starts it; rendered in the workers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, TypeVar

import msgspec

from engine.addresses import (
    AddressError,
    HeaderValueError,
    MailboxAddress,
    check_header_value,
    parse_mailbox,
    to_ascii_domain,
)
from engine.composition import Body, Header, Tree, flatten, tree_of_texts
from engine.dkim_keys import DkimKey
from engine.eml import EmlContent, EmlError, read_eml
from engine.header_text import encode_phrase, encode_unstructured
from engine.plain_text import text_of_html
from engine.rendering import BUILT_IN_FIELDS, Renderer
from engine.template import Slot, SlotKind, Template, fields_of, parse_template
from engine.unsubscribe import mailto_template, unsubscribe_headers, url_template
from engine.verp import verp_sender

T = TypeVar("T")

_SLOT_ESTIMATE: Final = 100
"""Bytes that a personal place is counted with in the size of a message."""
_SIGNATURE_ESTIMATE: Final = 1000
_LONGEST_LIST_ID: Final = 255
"""RFC 2919, 8."""
_SELECTOR = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)*"
).fullmatch
_LIST_ID = re.compile(r"(?:(?P<phrase>[^<>]*)<)?(?P<id>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+)>?").fullmatch


_BREAKS_OUT = re.compile(rb"\r\n(?![ \t])|\r(?!\n)|(?<!\r)\n|\x00").search


class MessageError(ValueError):
    """A message can't be made. ``field`` names the field of MessageSource; the message is one sentence that begins with it."""

    def __init__(self, field: str, sentence: str) -> None:
        """*sentence* goes on where the field's name ends: "must not contain line breaks"."""
        super().__init__(f"{field.replace('_', ' ')} {sentence}")
        self.field = field


@dataclass(frozen=True, slots=True)
class MessageSource:
    """What an administrator gave: a text, an HTML text or both, or an .eml file as ``eml``. HTML alone gets its text beside it.

    ``subject``, ``text`` and ``html`` may have merge fields (:mod:`engine.template`), and so may ``list_unsubscribe_url`` and
    ``list_unsubscribe_mailto``. With ``eml``, its texts may have them, and ``subject``, ``from_name``, ``reply_to`` and the
    list fields replace those of the file where they are given. ``envelope_sender`` is ``from_address`` when empty; with
    ``verp`` each recipient gets one of its own. ``message_id_domain`` is the domain of the sender when empty.
    """

    from_address: str
    subject: str = ""
    from_name: str = ""
    reply_to: str = ""
    text: str = ""
    html: str = ""
    eml: bytes | None = None
    list_id: str = ""
    list_unsubscribe_url: str = ""
    list_unsubscribe_mailto: str = ""
    envelope_sender: str = ""
    verp: bool = False
    dkim: tuple[DkimKey, ...] = ()
    message_id_domain: str = ""


class CompiledMessage(msgspec.Struct, frozen=True, dict=True):
    """A message, ready to be rendered for any number of recipients. Made by :func:`compile_message`; travels to workers.

    ``author_domain`` is the domain of From, ``sender`` the envelope sender. ``eight_bit`` is None when the message is 7-bit
    anyway (or is signed, RFC 6376, 5.3). ``size_bytes`` is an upper estimate with values of ordinary length. ``needs_8bit``
    and ``needs_smtputf8`` say what the server must offer (a recipient's own address that is not ASCII needs SMTPUTF8 too).
    """

    headers: tuple[Header, ...]
    eight_bit: Body | None
    seven_bit: Body
    author_domain: str
    sender: str
    verp: bool
    dkim: tuple[DkimKey, ...]
    unsubscribe: Template
    fields: tuple[str, ...]
    size_bytes: int
    needs_8bit: bool
    needs_smtputf8: bool

    @cached_property
    def renderer(self) -> Renderer:
        """Renders this message; made on first use, when it reads the DKIM keys (raises DkimKeyError)."""
        return Renderer(
            self.headers,
            (self.eight_bit, self.seven_bit),
            keys=self.dkim,
            unsubscribe=self.unsubscribe,
            used=frozenset(self.fields),
        )

    def render(self, address: str, fields: Mapping[str, str] | None, token: str, *, seven_bit: bool = False) -> bytes:
        """The message for one recipient, ready for the wire: CRLF, dot-stuffed, without the line that ends it.

        *address* was checked (:meth:`MailboxAddress.address`), *fields* are the merge values, *token* is unique for the
        recipient of the mailing: Message-ID comes from it, so that a second try has the same. *seven_bit* is for servers
        without 8BITMIME. Raises DkimKeyError (first use only) and ValueError for an address or token with control characters.
        """
        return self.renderer.render(address, fields, token, seven_bit=seven_bit)

    def fields_used(self) -> frozenset[str]:
        """The merge fields that members' fields must fill, without the built-in ones."""
        return frozenset(self.fields) - BUILT_IN_FIELDS

    def sender_for(self, address: str) -> str:
        """The envelope sender for one recipient."""
        return verp_sender(self.sender, address) if self.verp else self.sender


def compile_message(source: MessageSource) -> CompiledMessage:
    """Check *source* and compile it; raises MessageError, which names the field."""
    content: Tree | Body = tree_of_texts(source.text or text_of_html(source.html), source.html)
    kept: tuple[Header, ...] = ()
    if source.eml is not None:
        eml = _read_eml(source.eml)
        source, content, kept = _completed(source, eml), eml.content, eml.headers
    elif not source.text.strip() and not source.html.strip():
        raise MessageError("text", "is empty, and there is no HTML and no .eml file either")
    sender = _mailbox(source.from_address, "from_address")
    envelope = _mailbox(source.envelope_sender, "envelope_sender") if source.envelope_sender else sender
    unsubscribe = _checked(url_template, source.list_unsubscribe_url, "list_unsubscribe_url")
    mailto = _checked(mailto_template, source.list_unsubscribe_mailto, "list_unsubscribe_mailto")
    headers = [*_headers(source, sender), *unsubscribe_headers(unsubscribe, mailto)]
    ours = {header.name.lower() for header in headers}
    headers += [header for header in kept if header.name.lower() not in ours]
    eight_bit, seven_bit = _bodies(content, signed=bool(source.dkim))
    _check_lines([*headers, *seven_bit.headers, *(eight_bit.headers if eight_bit else ())])
    return CompiledMessage(
        headers=tuple(headers),
        eight_bit=eight_bit,
        seven_bit=seven_bit,
        author_domain=sender.ascii_domain,
        sender=envelope.address,
        verp=source.verp,
        dkim=tuple(_checked_key(key) for key in source.dkim),
        unsubscribe=unsubscribe,
        fields=_fields(headers, seven_bit),
        size_bytes=_size(headers, seven_bit),
        needs_8bit=eight_bit is not None or not _is_ascii(seven_bit),
        needs_smtputf8=envelope.needs_smtputf8 or not all(_is_ascii(header) for header in headers),
    )


def _read_eml(data: bytes) -> EmlContent:
    try:
        return read_eml(data)
    except EmlError as fault:
        raise MessageError("eml", str(fault)) from fault


def _completed(source: MessageSource, eml: EmlContent) -> MessageSource:
    """*source* with what the file says where the administrator said nothing."""
    return replace(
        source,
        subject=source.subject or eml.subject,
        from_name=source.from_name or eml.from_name,
        reply_to=source.reply_to or eml.reply_to,
        list_id=source.list_id or eml.list_id,
        list_unsubscribe_url=source.list_unsubscribe_url or eml.unsubscribe_url,
        list_unsubscribe_mailto=source.list_unsubscribe_mailto or eml.unsubscribe_mailto,
    )


def _headers(source: MessageSource, sender: MailboxAddress) -> list[Header]:
    """The headers that are ours to write, List-Unsubscribe apart."""
    subject = parse_template(_one_line(source.subject, "subject"))
    if not subject:
        raise MessageError("subject", "is empty")
    constant = all(isinstance(piece, str) for piece in subject)
    encoded = encode_unstructured(source.subject.strip()) if constant else Slot(SlotKind.HEADER_TEXT, subject)
    headers = [
        Header("Date", (Slot(SlotKind.DATE),)),
        Header("From", (_named(_one_line(source.from_name, "from_name"), sender),)),
        Header("To", (Slot(SlotKind.RECIPIENT),)),
        Header("Subject", (encoded,)),
        Header("Message-ID", (b"<", Slot(SlotKind.TOKEN), b"@" + _message_id_domain(source, sender) + b">")),
    ]
    if source.reply_to:
        headers.append(Header("Reply-To", (_mailbox(source.reply_to, "reply_to").address.encode(),)))
    if source.list_id:
        headers.append(Header("List-ID", (_list_id(_one_line(source.list_id, "list_id")),)))
    return headers


def _named(name: str, mailbox: MailboxAddress) -> bytes:
    address = mailbox.address.encode()
    if not name:
        return address
    phrase = encode_phrase(name)
    return phrase + (b"\r\n <" if b"\r\n" in phrase else b" <") + address + b">"


def _message_id_domain(source: MessageSource, sender: MailboxAddress) -> bytes:
    if not source.message_id_domain:
        return sender.ascii_domain.encode("ascii")
    return _checked(to_ascii_domain, source.message_id_domain, "message_id_domain").encode("ascii")


def _list_id(text: str) -> bytes:
    """RFC 2919, 3: an optional phrase, and the identifier in angle brackets."""
    found = _LIST_ID(text)
    if found is None or len(found["id"]) > _LONGEST_LIST_ID:
        raise MessageError("list_id", "must be a name such as news.example.com, or a title and <news.example.com>")
    phrase = (found["phrase"] or "").strip().strip('"')
    return (encode_phrase(phrase) + b" <" if phrase else b"<") + found["id"].encode("ascii") + b">"


def _bodies(content: Tree | Body, *, signed: bool) -> tuple[Body | None, Body]:
    """(8-bit body where it differs, 7-bit body). A signed message is 7-bit, for a relay that recodes breaks a signature."""
    if isinstance(content, Body):
        return None, content
    try:
        seven_bit = flatten(content, seven_bit=True)
        eight_bit = None if signed else flatten(content, seven_bit=False)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as fault:
        raise MessageError("eml", "is built in a way that can't be sent") from fault
    return (None if eight_bit == seven_bit else eight_bit), seven_bit


def _fields(headers: Sequence[Header], body: Body) -> tuple[str, ...]:
    slots = (
        part
        for parts in (*(header.value for header in headers), body.parts)
        for part in parts
        if isinstance(part, Slot)
    )
    return tuple(dict.fromkeys(field.name for slot in slots for field in fields_of(slot.template)))


def _size(headers: Sequence[Header], body: Body) -> int:
    everything = [*(header.value for header in (*headers, *body.headers)), body.parts]
    shared = sum(len(part) if isinstance(part, bytes) else _SLOT_ESTIMATE for parts in everything for part in parts)
    names = sum(len(header.name) + 4 for header in (*headers, *body.headers))
    return shared + names + _SIGNATURE_ESTIMATE


def _check_lines(headers: Sequence[Header]) -> None:
    """The last look: whatever went into a header, a line of it ends where it is folded and nowhere else."""
    for header in headers:
        if any(isinstance(part, bytes) and _BREAKS_OUT(part) for part in header.value):
            raise MessageError("eml", f"has a {header.name} header that can't be sent")


def _is_ascii(item: Header | Body) -> bool:
    parts = item.value if isinstance(item, Header) else item.parts
    return all(part.isascii() for part in parts if isinstance(part, bytes))


def _checked_key(key: DkimKey) -> DkimKey:
    if _SELECTOR(key.selector) is None:
        raise MessageError("dkim", "has a selector that is no host name part")
    return replace(key, domain=_checked(to_ascii_domain, key.domain, "dkim"))


def _checked(check: Callable[[str], T], text: str, field: str) -> T:
    try:
        return check(text)
    except ValueError as fault:
        raise MessageError(field, str(fault)) from None


def _mailbox(text: str, field: str) -> MailboxAddress:
    try:
        return parse_mailbox(text)
    except AddressError as fault:
        raise MessageError(field, f"is not usable: {fault}") from None


def _one_line(text: str, field: str) -> str:
    try:
        return check_header_value(text, field)
    except HeaderValueError as fault:
        raise MessageError(field, str(fault).removeprefix(f"{field} ")) from None
