"""Finds anything by its name: streams, addresses, sites, lists, segments, mailings, blocked domains, recipients. A service."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.database.schema import (
    Mailing,
    MailingList,
    Member,
    Segment,
    SendingAddress,
    Site,
    StoredBlock,
    Stream,
)

SHORTEST_MEMBER = 3
"""Letters from which on members are looked for."""


class FoundKind(StrEnum):
    """What was found."""

    STREAM = "stream"
    ADDRESS = "address"
    SITE = "site"
    LIST = "list"
    SEGMENT = "segment"
    MAILING = "mailing"
    DOMAIN = "domain"
    """A domain that has blocks."""
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing. ``id`` is that of its row, 0 for a domain; ``detail`` says where it is: a member's list, a segment's list."""

    kind: FoundKind
    id: int
    name: str
    detail: str = ""


def anything(session: Session, text: str, *, each: int = 8) -> list[Found]:
    """Up to *each* of every kind whose name has *text* in it, without regard to case; members by the beginning of their address.

    Members are found from three letters on, so that a million of them are not read.
    """
    wanted = text.strip()
    if not wanted:
        return []
    return [
        *_named(session, FoundKind.STREAM, Stream.id, Stream.name, wanted, each),
        *_named(session, FoundKind.ADDRESS, SendingAddress.id, SendingAddress.ip, wanted, each, SendingAddress.helo),
        *_named(session, FoundKind.MAILING, Mailing.id, Mailing.name, wanted, each),
        *_named(session, FoundKind.LIST, MailingList.id, MailingList.name, wanted, each),
        *_named(session, FoundKind.SEGMENT, Segment.id, Segment.name, wanted, each),
        *_named(session, FoundKind.SITE, Site.id, Site.host, wanted, each),
        *_domains(session, wanted.lower(), each),
        *_members(session, wanted.lower(), each),
    ]


def _named(
    session: Session,
    kind: FoundKind,
    identity: InstrumentedAttribute[int],
    name: InstrumentedAttribute[str],
    text: str,
    most: int,
    detail: InstrumentedAttribute[str] | None = None,
) -> list[Found]:
    shown = name if detail is None else detail
    matches = name.icontains(text, autoescape=True)
    if detail is not None:
        matches |= detail.icontains(text, autoescape=True)
    rows = session.execute(select(identity, name, shown).where(matches).order_by(name).limit(most))
    return [Found(kind, row[0], row[1], row[2] if detail is not None else "") for row in rows]


def _domains(session: Session, text: str, most: int) -> list[Found]:
    query = (
        select(StoredBlock.domain)
        .where(StoredBlock.domain.icontains(text, autoescape=True))
        .distinct()
        .order_by(StoredBlock.domain)
        .limit(most)
    )
    return [Found(FoundKind.DOMAIN, 0, domain) for domain in session.scalars(query)]


def _members(session: Session, text: str, most: int) -> list[Found]:
    """By a range of keys in each list, which an index answers; ``\\U0010ffff`` is behind all that begin with *text*."""
    if len(text) < SHORTEST_MEMBER:
        return []
    query = (
        select(Member.id, Member.address, MailingList.name)
        .select_from(MailingList)
        .join(Member, Member.list_id == MailingList.id)
        .where(Member.address_key >= text, Member.address_key < f"{text}\U0010ffff")
        .limit(most)
    )
    return [Found(FoundKind.MEMBER, row[0], row[1], row[2]) for row in session.execute(query)]
