"""What a mailing says: checked when it is written down, compiled when it starts. A service: functions on the caller's session."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.schema import Mailing, MailingContent, MailingList, StoredDkimKey
from app.services.problems import BadValue, Refused
from engine.addresses import AddressError, HeaderValueError, check_header_value, parse_mailbox
from engine.dkim_keys import DkimAlgorithm, DkimKey, DkimKeyError
from engine.message import CompiledMessage, MessageError, MessageSource, compile_message

_NAMED_ADDRESS = re.compile(r"(?P<name>.*?)\s*<(?P<address>[^<>]*)>\s*", re.DOTALL).fullmatch
_NAME = "name"
"""The merge field that every member has beside those of its list."""
_NOT_IN_LABEL = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Content:
    """What an administrator wrote: a text, an HTML text or both, or an .eml file; see :class:`engine.message.MessageSource`.

    Empty ``from_address``, ``from_name``, ``list_id_header``, ``unsubscribe_url`` and ``unsubscribe_mailto`` are taken from
    the list.
    """

    from_address: str = ""
    from_name: str = ""
    reply_to: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    eml: bytes | None = None
    envelope_sender: str = ""
    verp: bool = False
    list_id_header: str = ""
    unsubscribe_url: str = ""
    unsubscribe_mailto: str = ""


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What is known of a message before it goes out. ``missing`` are merge fields that no member field of the list fills."""

    size_bytes: int
    fields: tuple[str, ...]
    missing: tuple[str, ...]
    has_unsubscribe: bool
    signed: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as one recipient would get it: ``raw`` are its bytes with CRLF, without dot-stuffing."""

    raw: bytes
    facts: MessageFacts


def parse_sender(text: str) -> tuple[str, str]:
    """(name, address) of ``A <a@example.com>`` or ``a@example.com``; raises BadValue("from", …)."""
    found = _NAMED_ADDRESS(text.strip())
    name, address = (found["name"], found["address"]) if found else ("", text)
    try:
        name = check_header_value(name, "from").strip('"')
        return name.strip(), parse_mailbox(address).address
    except HeaderValueError as error:
        raise BadValue("from", f"{_sentence(str(error))}") from None
    except AddressError as error:
        raise BadValue("from", f"The from address {address.strip()!r} can't be used: {error}.") from None


def store(row: MailingContent, content: Content, mailing_list: MailingList | None) -> None:
    """Write *content* into the row of a draft to *mailing_list*, checked; raises BadValue naming the field."""
    _check(content, mailing_list)
    row.from_address = content.from_address
    row.from_name = content.from_name
    row.reply_to = content.reply_to
    row.subject = content.subject
    row.text = content.text
    row.html = content.html
    row.eml = content.eml
    row.envelope_sender = content.envelope_sender
    row.verp = content.verp
    row.list_id_header = content.list_id_header
    row.unsubscribe_url = content.unsubscribe_url
    row.unsubscribe_mailto = content.unsubscribe_mailto


def read(mailing: Mailing) -> Content:
    """What a mailing says, as it was written down."""
    row = mailing.content
    return Content(
        from_address=row.from_address,
        from_name=row.from_name,
        reply_to=row.reply_to,
        subject=row.subject,
        text=row.text,
        html=row.html,
        eml=row.eml,
        envelope_sender=row.envelope_sender,
        verp=row.verp,
        list_id_header=row.list_id_header,
        unsubscribe_url=row.unsubscribe_url,
        unsubscribe_mailto=row.unsubscribe_mailto,
    )


def _check(content: Content, mailing_list: MailingList | None) -> None:
    bodies = [content.text, content.html]
    if content.eml is not None and any(bodies):
        raise BadValue("eml", "Give either an .eml file or a text, not both.")
    if content.eml is None and not any(body.strip() for body in bodies):
        raise BadValue("text", "The text is empty; give a text, an HTML text or an .eml file.")
    _compiled(_source(content, mailing_list, ()))


def compile_mailing(session: Session, mailing: Mailing) -> CompiledMessage:
    """The message of a mailing, with the headers of its list and the DKIM key of its sender's domain.

    Raises BadValue naming the field, Refused when the DKIM key can't be used.
    """
    content = read(mailing)
    compiled = _compiled(_source(content, mailing.mailing_list, _keys(session, _sender(content, mailing.mailing_list))))
    try:
        _ = compiled.renderer
    except DkimKeyError as error:
        raise Refused(_sentence(str(error))) from None
    return compiled


def packed(compiled: CompiledMessage) -> bytes:
    """A compiled message as it is stored beside its mailing."""
    return msgspec.msgpack.encode(compiled)


def unpacked(data: bytes) -> CompiledMessage:
    """A compiled message as :func:`packed` stored it."""
    return msgspec.msgpack.decode(data, type=CompiledMessage)


def facts(session: Session, mailing: Mailing) -> MessageFacts:
    """What is known of a mailing's message now."""
    return _facts(compile_mailing(session, mailing), mailing.mailing_list)


def preview(session: Session, mailing: Mailing, *, address: str, fields: Mapping[str, str]) -> Preview:
    """The message as *address* with the merge values *fields* would get it; raises BadValue("address", …) and as compile."""
    try:
        mailbox = parse_mailbox(address)
    except AddressError as error:
        raise BadValue("address", f"The address {address!r} can't be used: {error}.") from None
    compiled = compile_mailing(session, mailing)
    wire = compiled.render(mailbox.address, fields, "preview")
    raw = wire[1:] if wire.startswith(b"..") else wire
    return Preview(raw.replace(b"\r\n..", b"\r\n."), _facts(compiled, mailing.mailing_list))


def _facts(compiled: CompiledMessage, mailing_list: MailingList | None) -> MessageFacts:
    used = compiled.fields_used()
    known = {_NAME, *(mailing_list.fields if mailing_list else ())}
    return MessageFacts(
        size_bytes=compiled.size_bytes,
        fields=tuple(sorted(used)),
        missing=tuple(sorted(used - known)),
        has_unsubscribe=any(header.name == "List-Unsubscribe" for header in compiled.headers),
        signed=bool(compiled.dkim),
    )


def _compiled(source: MessageSource) -> CompiledMessage:
    try:
        return compile_message(source)
    except MessageError as error:
        raise BadValue(error.field, _sentence(str(error))) from None


def _sender(content: Content, mailing_list: MailingList | None) -> str:
    return content.from_address or (mailing_list.from_address if mailing_list else "")


def _source(content: Content, mailing_list: MailingList | None, keys: tuple[DkimKey, ...]) -> MessageSource:
    own = mailing_list
    return MessageSource(
        from_address=_sender(content, own),
        from_name=content.from_name or (own.from_name if own else ""),
        reply_to=content.reply_to,
        subject=content.subject,
        text=content.text,
        html=content.html,
        eml=content.eml,
        envelope_sender=content.envelope_sender,
        verp=content.verp,
        list_id=content.list_id_header or (_list_id(own) if own else ""),
        list_unsubscribe_url=content.unsubscribe_url or (own.unsubscribe_url if own else ""),
        list_unsubscribe_mailto=content.unsubscribe_mailto or (own.unsubscribe_mailto if own else ""),
        dkim=keys,
    )


def _list_id(mailing_list: MailingList) -> str:
    """The list's own List-ID or, without one, its name and site (RFC 2919, 3: a label under a domain of its owner)."""
    if mailing_list.list_id_header:
        return mailing_list.list_id_header
    label = _NOT_IN_LABEL.sub("-", mailing_list.name_key).strip("-")[:63].strip("-") or f"list-{mailing_list.id}"
    return f"{label}.{mailing_list.site.host}"


def _keys(session: Session, sender: str) -> tuple[DkimKey, ...]:
    try:
        domain = parse_mailbox(sender).ascii_domain
    except AddressError:
        return ()
    stored = session.scalars(select(StoredDkimKey).where(StoredDkimKey.domain == domain))
    return tuple(DkimKey(key.domain, key.selector, key.path, DkimAlgorithm(key.algorithm)) for key in stored)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"
