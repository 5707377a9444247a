"""A mailing before it is sent, as one form has it: looked at without being stored, stored, started in one transaction. A service."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.schema import Mailing, MailingContent, MailingList, name_key
from app.services import drafts, lists, messages, trials
from app.services.drafts import Draft
from app.services.mailings import MailingView
from app.services.messages import Content
from app.services.names import check_name
from app.services.problems import BadValue, Refused
from engine.addresses import AddressError, parse_mailbox
from engine.dkim_keys import DkimKeyError
from engine.message import CompiledMessage
from engine.message_checks import Advice, Preview, advise, preview

SOMEBODY = "someone@example.com"
"""Whom a preview is for while the list has no members."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose values a preview shows."""

    address: str
    name: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """A message as one person would get it, and what can be said of it."""

    message: CompiledMessage
    preview: Preview
    advice: tuple[Advice, ...]


def look(session: Session, content: Content, list_id: int | None, person: Person | None) -> Look:
    """Compile a message that is not stored, for a list; writes nothing.

    Raises BadValue naming the field of the form, Refused when the DKIM key can't be used.
    """
    mailing_list = session.get(MailingList, list_id) if list_id is not None else None
    _check_sender(content, mailing_list)
    row = MailingContent()
    messages.store(row, content, mailing_list)
    mailing = Mailing(content=row, mailing_list=mailing_list)
    with session.no_autoflush:
        compiled = messages.compile_mailing(session, mailing)
    whom = person or Person(SOMEBODY, "", {})
    values = {**whom.fields, "name": whom.name}
    try:
        shown = preview(compiled, parse_mailbox(whom.address).address, values)
    except AddressError as error:
        raise BadValue("address", f"The address {whom.address!r} can't be used: {error}.") from None
    except DkimKeyError as error:
        raise Refused(f"{error}.") from None
    known = lists.fields_of(session, list_id) if list_id is not None else ()
    return Look(compiled, shown, tuple(advise(compiled, known)))


def check_name_is_free(session: Session, name: str, own_id: int | None) -> None:
    """Raise BadValue("name", …) when a mailing can't be called so: it is no name, or another mailing's."""
    wanted = check_name(name)
    found = session.execute(select(Mailing.id, Mailing.name).where(Mailing.name_key == name_key(wanted))).first()
    if found is not None and found.id != own_id:
        raise BadValue("name", f"There is a mailing {found.name} already.")


def store(session: Session, base: MailingView | None, draft: Draft, *, actor: str, now: float) -> MailingView:
    """Write down a draft: a new one, or the one that was read as *base*. Raises as create and edit of drafts do."""
    if base is None:
        return drafts.create(session, draft, actor=actor, now=now)
    return drafts.edit(session, base, draft, actor=actor, now=now)


def launch(
    session: Session, base: MailingView | None, draft: Draft, at: float | None, *, actor: str, now: float
) -> MailingView:
    """Write down a mailing and start it now, or schedule it for *at* (epoch seconds): both or neither."""
    stored = store(session, base, draft, actor=actor, now=now)
    if at is None:
        return drafts.start(session, stored.id, actor=actor, now=now)
    return drafts.schedule(session, stored.id, at, actor=actor, now=now)


def try_out(
    session: Session, base: MailingView | None, draft: Draft, address: str, *, actor: str, now: float
) -> tuple[MailingView, MailingView]:
    """Write down a mailing and send its message to one address; (the mailing, the test)."""
    stored = store(session, base, draft, actor=actor, now=now)
    return stored, trials.send_test(session, stored.id, address, actor=actor, now=now)


def _check_sender(content: Content, mailing_list: MailingList | None) -> None:
    """Say of a sender that neither the form nor the list has that it is missing, rather than that it is no address."""
    listed = mailing_list.from_address if mailing_list is not None else ""
    if not content.from_address.strip() and not listed:
        raise BadValue("from_address", "The sender's address is missing: neither you nor the list gives one.")
