"""Who a mailing would go to, and what stands in its way on a stream, before it is started. A service; reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import Session

from app.database.schema import (
    AddressSwitch,
    MailingLane,
    Member,
    MemberState,
    SendingAddress,
    StoredBlock,
    StoredHold,
    StreamAddress,
    Suppression,
)
from app.services import segment_query, segments, suppressions
from app.services.members import MemberView, views
from app.services.waiting_behind import CLOSED_STATES


@dataclass(frozen=True, slots=True)
class Share:
    """The recipients at one provider, or at one domain whose provider no mailing has met yet."""

    name: str
    recipients: int
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who would get a mailing. ``selected`` members are in the list or segment; of them ``recipients`` get mail.

    ``suppressed`` and ``unsubscribed`` do not. A list has each mailbox once, so there are no duplicates to take off.
    ``shares`` are the recipients by provider, most first.
    """

    selected: int
    recipients: int
    suppressed: int
    unsubscribed: int
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A destination of the mailing where the stream is refused now.

    ``blocked`` of the ``addresses`` of the stream that may be used are refused there. ``held``: no address is open, so that
    the recipients wait.
    """

    name: str
    recipients: int
    blocked: int
    addresses: int
    held: bool


def audience(session: Session, list_id: int, segment_id: int | None) -> Audience:
    """Count the recipients of a mailing to a list, or to one of its segments. Raises Refused when the segment is gone."""
    chosen = _chosen(session, list_id, segment_id)
    numbers = dict(session.execute(select(Member.state, func.count()).where(chosen).group_by(Member.state)).all())
    active = chosen & (Member.state == MemberState.ACTIVE) & ~_barred(list_id)
    domains = dict(session.execute(select(Member.domain, func.count()).where(active).group_by(Member.domain)).all())
    selected, recipients = sum(numbers.values()), sum(domains.values())
    unsubscribed = numbers.get(MemberState.UNSUBSCRIBED, 0)
    return Audience(
        selected=selected,
        recipients=recipients,
        suppressed=selected - recipients - unsubscribed,
        unsubscribed=unsubscribed,
        shares=_shares(domains, _providers(session)),
    )


def some_members(
    session: Session, list_id: int, segment_id: int | None, *, containing: str = "", limit: int = 20
) -> list[MemberView]:
    """Some members whose values a preview can show, by address."""
    wanted = _chosen(session, list_id, segment_id)
    if containing.strip():
        wanted &= Member.address.icontains(containing.strip(), autoescape=True)
    return views(session.scalars(select(Member).where(wanted).order_by(Member.address_key).limit(limit)))


def obstacles(session: Session, stream_id: int, shares: Sequence[Share]) -> list[Obstacle]:
    """Where a stream is refused of all places that a mailing goes to, those that hold recipients first."""
    pool = set(
        session.scalars(
            select(SendingAddress.ip)
            .join(StreamAddress, StreamAddress.address_id == SendingAddress.id)
            .where(
                StreamAddress.stream_id == stream_id,
                SendingAddress.state == AddressSwitch.ENABLED,
                ~StreamAddress.paused,
            )
        )
    )
    blocked = _blocked_addresses(session, pool)
    held = set(session.scalars(select(StoredHold.domain).where(StoredHold.stream_id == stream_id)))
    found = []
    for share in shares:
        refused = set().union(*(blocked.get(name, set()) for name in (share.name, *share.domains)))
        is_held = any(domain in held for domain in share.domains) or (bool(pool) and refused == pool)
        if refused or is_held:
            found.append(Obstacle(share.name, share.recipients, len(refused), len(pool), is_held))
    return sorted(found, key=lambda each: (not each.held, -each.recipients, each.name))


def _chosen(session: Session, list_id: int, segment_id: int | None) -> ColumnElement[bool]:
    in_list = Member.list_id == list_id
    if segment_id is None:
        return in_list
    return in_list & segment_query.clause(segments.get(session, segment_id).where)


def _barred(list_id: int) -> ColumnElement[bool]:
    found = select(Suppression.id).where(
        Suppression.address_key == Member.address_key, suppressions.holds_for(literal(list_id))
    )
    return found.correlate(Member).exists()


def _providers(session: Session) -> Mapping[str, str]:
    """The providers of domains that former mailings went to."""
    query = select(MailingLane.domain, func.max(MailingLane.provider)).where(MailingLane.provider != "")
    return dict(session.execute(query.group_by(MailingLane.domain)).all())


def _shares(domains: Mapping[str, int], providers: Mapping[str, str]) -> tuple[Share, ...]:
    members: dict[str, list[str]] = defaultdict(list)
    for domain in domains:
        members[providers.get(domain, domain)].append(domain)
    shares = [Share(name, sum(domains[each] for each in own), tuple(sorted(own))) for name, own in members.items()]
    return tuple(sorted(shares, key=lambda share: (-share.recipients, share.name)))


def _blocked_addresses(session: Session, pool: set[str]) -> Mapping[str, set[str]]:
    """The addresses of *pool* that are refused, by provider, by exchanger group and by the domain that they met it for."""
    query = select(
        StoredBlock.sending_address, StoredBlock.provider, StoredBlock.exchanger_group, StoredBlock.domain
    ).where(StoredBlock.state.in_(CLOSED_STATES))
    found: dict[str, set[str]] = defaultdict(set)
    for ip, *names in session.execute(query):
        if ip in pool:
            for name in filter(None, names):
                found[name].add(ip)
    return found
