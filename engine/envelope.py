"""What is said for one job: MAIL and RCPT by what the server offers, and the content. Pure, in the worker process.

A job that can't be sent to this server, or to any, gets a reply of our own making.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.addresses import AddressError, parse_mailbox
from engine.dkim_keys import DkimKeyError
from engine.judgement import Judged
from engine.message import CompiledMessage
from engine.replies import Classification, Reply, Stage, Verdict
from engine.wire import Job

log = logging.getLogger(__name__)

_NEEDS_A_LOOK: Final = re.compile(r'[<> "\\]').search


@dataclass(frozen=True, slots=True)
class Offers:
    """The extensions that a server offers. ``size`` is False when SIZE is not offered."""

    pipelining: bool = False
    size: bool = False
    eight_bit: bool = False
    smtputf8: bool = False

    @classmethod
    def of(cls, extensions: Mapping[str, str]) -> Offers:
        """From the keywords of an EHLO reply, in lower case."""
        return cls(
            pipelining="pipelining" in extensions,
            size="size" in extensions,
            eight_bit="8bitmime" in extensions,
            smtputf8="smtputf8" in extensions,
        )


@dataclass(frozen=True, slots=True)
class Envelope:
    """The commands for one job, each with its CRLF."""

    mail: bytes
    rcpt: bytes


class Unsendable(Exception):  # noqa: N818 - it is an outcome
    """A job that can't be sent here; carries what a reply would have been."""

    def __init__(self, stage: Stage, text: str, verdict: Verdict, rule: str, reason: str) -> None:
        """*text* is the reply with its code, *rule* the id that stands for it."""
        super().__init__(text)
        reply = Reply(int(text[:3]), text[4:9], text)
        self.judged = Judged(stage, reply, Classification(verdict, rule=rule, reason=reason))


def write_envelope(message: CompiledMessage, job: Job, offers: Offers) -> Envelope:
    """The envelope of a job; raises Unsendable."""
    address = checked_path(job.address)
    ascii_address = address.isascii()
    if not ascii_address and not offers.smtputf8:
        raise Unsendable(
            Stage.RCPT,
            "550 5.6.7 The destination does not offer SMTPUTF8, which this address needs (not sent)",
            Verdict.RECIPIENT,
            "local.smtputf8.address",
            "can't be reached there: its address is not ASCII",
        )
    return Envelope(
        _mail_command(message, address, offers, utf8=message.needs_smtputf8 or not ascii_address),
        b"RCPT TO:<%b>\r\n" % address.encode(),
    )


def write_content(message: CompiledMessage, job: Job, offers: Offers) -> bytes:
    """The content, without the last dot; raises Unsendable."""
    try:
        return message.render(job.address, job.fields, job.token, seven_bit=not offers.eight_bit)
    except Exception as error:
        log.exception("the message for recipient %d can't be made", job.recipient)
        raise Unsendable(
            Stage.DATA,
            "554 5.6.0 The message could not be made (not sent)",
            Verdict.CONTENT,
            "local.render",
            f"was not tried: the message could not be made: {type(error).__name__}",
        ) from error


def _mail_command(message: CompiledMessage, address: str, offers: Offers, *, utf8: bool) -> bytes:
    if message.needs_smtputf8 and not offers.smtputf8:
        raise Unsendable(
            Stage.MAIL,
            "550 5.6.7 The destination does not offer SMTPUTF8, which this message needs (not sent)",
            Verdict.POLICY,
            "local.smtputf8.message",
            "does not take messages whose sender is not ASCII",
        )
    _check_keys(message)
    parts = [b"MAIL FROM:<%b>" % checked_path(message.sender_for(address), may_be_empty=True).encode()]
    if offers.size:
        parts.append(b"SIZE=%d" % message.size_bytes)
    if offers.eight_bit and message.needs_8bit:
        parts.append(b"BODY=8BITMIME")
    if utf8:
        parts.append(b"SMTPUTF8")
    return b" ".join(parts) + b"\r\n"


def _check_keys(message: CompiledMessage) -> None:
    """The keys are read on first use; what can't be signed is not sent."""
    try:
        message.renderer  # noqa: B018 - made on first use
    except DkimKeyError as error:
        raise Unsendable(
            Stage.MAIL,
            f"451 4.7.5 The message can't be signed: {error} (not sent)",
            Verdict.POLICY,
            "local.dkim",
            "was not tried: the DKIM key can't be used",
        ) from error


def checked_path(address: str, *, may_be_empty: bool = False) -> str:
    """The last look before the wire: addresses were checked when they came in, and none may break out of a command.

    Raises Unsendable.
    """
    if "@" in address[1:-1] and address.isprintable() and not _NEEDS_A_LOOK(address):
        return address
    if may_be_empty and not address:
        return address
    try:
        if parse_mailbox(address).address == address:
            return address
    except AddressError:
        pass
    raise Unsendable(
        Stage.RCPT,
        "553 5.1.3 The address can't be written in an SMTP command (not sent)",
        Verdict.RECIPIENT,
        "local.address",
        "can't be reached: the address is not valid",
    )
