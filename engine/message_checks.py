"""What an administrator should know of a message before it goes out: a preview, and advice. Only :func:`key_advice` does I/O (it
reads key files); the rest is pure. Runs in the window, the command line and the services."""

from __future__ import annotations

import base64
import email
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from engine.dkim_keys import DkimKey, DkimKeyError
from engine.dkim_signing import load_key
from engine.message import CompiledMessage
from engine.rendering import BUILT_IN_FIELDS
from engine.template import Field, Slot, fields_of

CLIPPED_SIZE: Final = 102_400
"""Bytes of HTML behind which Gmail cuts a message off and hides the rest, the unsubscribe link included."""
_STUFFED = re.compile(rb"^\.", re.MULTILINE)
_TAG = re.compile(r"\s*([a-z])\s*=\s*([^;]*)")


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as one recipient's program reads it. ``html`` is hostile as all mail is: show it without network and scripts.

    ``headers`` are (name, decoded value); ``attachments`` the names of attached files; ``size`` bytes on the wire.
    """

    headers: tuple[tuple[str, str], ...]
    subject: str
    text: str
    html: str
    attachments: tuple[str, ...]
    size: int


def preview(message: CompiledMessage, address: str, fields: Mapping[str, str], token: str = "preview") -> Preview:  # noqa: S107
    """Render *message* for one recipient and read it back. Raises what :meth:`CompiledMessage.render` does."""
    wire = message.render(address, fields, token)
    read = email.message_from_bytes(_STUFFED.sub(b"", wire), policy=default)
    return Preview(
        headers=tuple((name, str(value)) for name, value in read.items()),
        subject=str(read["Subject"]),
        text=_body(read, "plain"),
        html=_body(read, "html"),
        attachments=tuple(
            part.get_filename() or part.get_content_type() for part in read.walk() if part.is_attachment()
        ),
        size=len(wire),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


class Level(StrEnum):
    """How much an advice matters. None of them forbids to send."""

    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to know. ``topic`` is a word for programs, ``sentence`` for people."""

    level: Level
    topic: str
    sentence: str


def advise(message: CompiledMessage, list_fields: Collection[str]) -> list[Advice]:
    """What can be said of a message by itself; *list_fields* are the names of the fields that the list's members have."""
    return [
        *_field_advice(message, list_fields),
        *_unsubscribe_advice(message),
        *_authentication_advice(message),
        *_content_advice(message),
    ]


def _field_advice(message: CompiledMessage, list_fields: Collection[str]) -> list[Advice]:
    known = {name.casefold() for name in (*list_fields, *BUILT_IN_FIELDS)}
    without_default = {field.name for field in _fields(message) if not field.default}
    advice: list[Advice] = []
    for name in sorted(without_default - BUILT_IN_FIELDS):
        if name.casefold() in known:
            sentence = f"{{{{{name}}}}} has no default: where a member has no value, nothing stands there."
            advice.append(Advice(Level.NOTE, "no_default", sentence))
        else:
            sentence = f"{{{{{name}}}}} is no field of the list and has no default: it is empty for everybody."
            advice.append(Advice(Level.PROBLEM, "unknown_field", sentence))
    return advice


def _fields(message: CompiledMessage) -> list[Field]:
    parts = [*(part for header in message.headers for part in header.value), *message.seven_bit.parts]
    return [field for part in parts if isinstance(part, Slot) for field in fields_of(part.template)]


def _unsubscribe_advice(message: CompiledMessage) -> list[Advice]:
    names = {header.name for header in message.headers}
    if "List-Unsubscribe" not in names:
        sentence = "There is no unsubscribe address: large providers refuse bulk mail without one-click unsubscribing."
        return [Advice(Level.PROBLEM, "no_unsubscribe", sentence)]
    if "List-Unsubscribe-Post" not in names:
        sentence = "Unsubscribing takes more than one click: give an https address (RFC 8058)."
        return [Advice(Level.WARNING, "no_one_click", sentence)]
    return []


def _authentication_advice(message: CompiledMessage) -> list[Advice]:
    author = message.author_domain
    advice: list[Advice] = []
    if not message.dkim:
        advice.append(Advice(Level.WARNING, "no_dkim", "The message is not signed: large providers ask for DKIM."))
    elif not any(is_aligned(key.domain, author) for key in message.dkim):
        sentence = f"No signature is for {author}, the domain of the sender: DMARC does not count it."
        advice.append(Advice(Level.WARNING, "dkim_alignment", sentence))
    if not is_aligned(message.sender.rpartition("@")[2], author):
        sentence = f"The envelope sender is not at {author}: for DMARC, SPF does not count, and DKIM must pass."
        advice.append(Advice(Level.NOTE, "spf_alignment", sentence))
    return advice


def _content_advice(message: CompiledMessage) -> list[Advice]:
    if message.size_bytes <= CLIPPED_SIZE:
        return []
    sentence = f"The message has {message.size_bytes // 1024} KiB: some providers show only the first 100."
    return [Advice(Level.NOTE, "large", sentence)]


def is_aligned(domain: str, author_domain: str) -> bool:
    """Whether a domain counts for the author's in the relaxed sense of DMARC (RFC 7489, 3.1), as far as names alone tell:
    they are the same, or one is below the other."""
    return domain == author_domain or domain.endswith(f".{author_domain}") or author_domain.endswith(f".{domain}")


def key_advice(keys: Sequence[DkimKey], records: Mapping[DkimKey, Sequence[str]]) -> list[Advice]:
    """Whether each key can be read here and is the one that the DNS publishes.

    *records* are the TXT records at ``selector._domainkey.domain``; a key that is missing there was not asked for.
    """
    advice: list[Advice] = []
    for key in keys:
        try:
            private = load_key(key)
        except DkimKeyError as fault:
            advice.append(Advice(Level.PROBLEM, "dkim_key", f"{fault}."))
            continue
        if isinstance(private, RSAPrivateKey) and private.key_size < 2048:
            sentence = f"The DKIM key of {key.domain} has {private.key_size} bits; 2048 are asked for (RFC 8301)."
            advice.append(Advice(Level.WARNING, "dkim_key_size", sentence))
        public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if key in records and not any(_publishes(record, public) for record in records[key]):
            sentence = f"{key.selector}._domainkey.{key.domain} does not publish this key: receivers can't check the signature."
            advice.append(Advice(Level.PROBLEM, "dkim_record", sentence))
    return advice


def _publishes(record: str, public: bytes) -> bool:
    """Whether a key record (RFC 6376, 3.6.1; RFC 8463, 4) holds a public key (DER)."""
    tags = {found[1]: found[2] for found in map(_TAG.match, record.split(";")) if found}
    try:
        published = base64.b64decode("".join(tags.get("p", "").split()))
    except ValueError:
        return False
    if tags.get("k", "rsa").strip() == "ed25519":
        return public.endswith(published) and len(published) == 32
    return _is_rsa_key(published, public)


def _is_rsa_key(published: bytes, public: bytes) -> bool:
    """Some publish the bare RSAPublicKey in place of a SubjectPublicKeyInfo (RFC 6376, 3.6.1 allows both readings)."""
    try:
        key = load_der_public_key(published)
    except ValueError:
        return False
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == public
