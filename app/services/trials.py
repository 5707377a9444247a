"""Test messages: a mailing of one recipient that goes through the same engine. A service: functions on the caller's session."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.changes import WORLD, bump
from app.database.schema import IdRange, Mailing, MailingContent, MailingLane, Member, Recipient, name_key
from app.services import audit, mailings, messages
from app.services.mailings import MailingView
from app.services.names import LONGEST_NAME
from app.services.problems import BadValue
from app.services.runs import BY_CHOICE, load
from engine.addresses import AddressError, MailboxAddress, parse_mailbox
from engine.ports import MailingState

EXPIRES_SECONDS = 3600.0
"""Who waits for a test message will not wait longer."""


def send_test(
    session: Session, mailing_id: int, address: str, *, actor: str, now: float, fields: Mapping[str, str] | None = None
) -> MailingView:
    """Send a mailing's message to one address, over its stream, as a mailing of its own; the mailing stays as it is.

    *fields* are the merge values; without them those of the list's member with this address, if there is one. Raises
    BadValue("address", …), and as compiling the message does.
    """
    mailing = load(session, mailing_id)
    mailbox = _mailbox(address)
    test = _mailing(session, mailing, now)
    test.content.compiled = messages.packed(messages.compile_mailing(session, mailing))
    session.add(test)
    session.flush()
    _add_recipient(session, test, mailbox, fields or _member_fields(session, mailing, mailbox))
    session.flush()
    audit.record(
        session, actor=actor, now=now, action="mailing.test", subject=f"mailing {mailing.name}", after=mailbox.address
    )
    bump(session, WORLD)
    return mailings.views(session, [test])[0]


def _mailbox(address: str) -> MailboxAddress:
    try:
        return parse_mailbox(address)
    except AddressError as error:
        raise BadValue("address", f"The address {address!r} can't be used: {error}.") from None


def _mailing(session: Session, mailing: Mailing, now: float) -> Mailing:
    stream = mailings.resolution(session, mailing)
    name = _free_name(session, mailing.name)
    content = mailing.content
    return Mailing(
        name=name,
        name_key=name_key(name),
        state=MailingState.ACTIVE,
        list_name=mailing.list_name,
        stream_id=stream.stream_id,
        stream_name=stream.stream,
        stream_rule=BY_CHOICE,
        created_at=now,
        started_at=now,
        expires_at=now + EXPIRES_SECONDS,
        total=1,
        content=MailingContent(
            from_address=content.from_address,
            from_name=content.from_name,
            reply_to=content.reply_to,
            subject=content.subject,
            envelope_sender=content.envelope_sender,
            verp=content.verp,
            text=content.text,
            html=content.html,
            eml=content.eml,
        ),
    )


def _free_name(session: Session, name: str) -> str:
    taken = set(session.scalars(select(Mailing.name_key)))
    number = 1
    while True:
        ending = f" (test {number})"
        candidate = name[: LONGEST_NAME - len(ending)] + ending
        if name_key(candidate) not in taken:
            return candidate
        number += 1


def _member_fields(session: Session, mailing: Mailing, mailbox: MailboxAddress) -> Mapping[str, str]:
    query = select(Member).where(Member.list_id == mailing.list_id, Member.address_key == mailbox.key)
    member = session.scalar(query)
    return {} if member is None else {**(member.fields or {}), "name": member.name}


def _add_recipient(session: Session, test: Mailing, mailbox: MailboxAddress, fields: Mapping[str, str]) -> None:
    lane_id, recipient_id = _take_id(session, "lanes"), _take_id(session, "recipients")
    session.add(
        MailingLane(
            id=lane_id,
            mailing_id=test.id,
            domain=mailbox.ascii_domain,
            first_id=recipient_id,
            last_id=recipient_id,
            total=1,
        )
    )
    own = {name: value for name, value in fields.items() if name != "name"}
    name = fields.get("name") or None
    session.add(
        Recipient(
            id=recipient_id,
            lane_id=lane_id,
            address=mailbox.address,
            address_key=None if mailbox.key == mailbox.address else mailbox.key,
            name=name,
            fields=own or None,
        )
    )


def _take_id(session: Session, name: str) -> int:
    row = session.get_one(IdRange, name)
    taken = row.next_id
    row.next_id += 1
    return taken
