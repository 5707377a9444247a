"""What is shown of one mailing while it runs: its domains, its pace, its last replies. A service; reads only."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.schema import Mailing, MailingLane, StoredHold, StreamTraffic
from app.services.runs import lane_waiting, load, numbers
from engine.ports import MailingState

PAGE = 1000
PACE_SECONDS = 60
"""Over how long the present rate is measured."""


class DomainSort(StrEnum):
    """What the table of a mailing's domains can be sorted by."""

    DOMAIN = "domain"
    PROVIDER = "provider"
    TOTAL = "total"
    DELIVERED = "delivered"
    FAILED = "failed"
    WAITING = "waiting"
    IN_DOUBT = "in_doubt"
    LAST_AT = "last_at"


@dataclass(frozen=True, slots=True)
class DomainRow:
    """What became of a mailing's recipients at one domain. ``waiting`` is without the ``held``; ``id`` is that of the lane.

    ``last_reply`` is the newest reply that was no delivery, ``last_at`` when anything happened there last (epoch seconds).
    """

    id: int
    domain: str
    provider: str
    total: int
    delivered: int
    failed: int
    expired: int
    stopped: int
    in_doubt: int
    waiting: int
    held: int
    last_reply: str
    last_at: float | None


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a mailing goes. ``rate`` in messages a second; ``seconds_left`` None when nobody can know."""

    rate: float
    seconds_left: float | None


def domain_ids(
    session: Session, mailing_id: int, *, sort: DomainSort = DomainSort.TOTAL, descending: bool = True
) -> array[int]:
    """The ids of a mailing's domains in order, for a table that fetches its visible rows by :func:`domains`."""
    column = _COLUMNS[sort]
    order = column.desc().nulls_last() if descending else column.asc().nulls_last()
    query = select(MailingLane.id).where(MailingLane.mailing_id == mailing_id).order_by(order, MailingLane.domain)
    return array("q", session.scalars(query))


def domains(session: Session, mailing_id: int, lane_ids: Sequence[int]) -> list[DomainRow]:
    """These domains of a mailing, in this order. At most 1,000 at a time."""
    wanted = list(lane_ids)[:PAGE]
    held = _held_domains(session, mailing_id)
    query = select(MailingLane).where(MailingLane.mailing_id == mailing_id, MailingLane.id.in_(wanted))
    found = {lane.id: _row(lane, held) for lane in session.scalars(query)}
    return [found[each] for each in wanted if each in found]


def last_replies(session: Session, mailing_id: int, *, limit: int = 50) -> list[DomainRow]:
    """The domains that refused or deferred something last, newest first."""
    query = (
        select(MailingLane)
        .where(MailingLane.mailing_id == mailing_id, MailingLane.last_reply != "")
        .order_by(MailingLane.last_at.desc(), MailingLane.id)
        .limit(limit)
    )
    held = _held_domains(session, mailing_id)
    return [_row(lane, held) for lane in session.scalars(query)]


def pace(session: Session, mailing_id: int, *, now: float) -> Pace:
    """How fast a mailing goes now, and how long the rest of its recipients takes at this pace, held ones apart."""
    mailing = load(session, mailing_id)
    found = numbers(session, [mailing_id])[mailing_id]
    if mailing.state is not MailingState.ACTIVE:
        return Pace(0.0, None)
    rate = _stream_rate(session, mailing, now) * _share(session, mailing)
    return Pace(rate, found.waiting / rate if rate > 0 else None)


def _stream_rate(session: Session, mailing: Mailing, now: float) -> float:
    """Messages a second that the mailing's stream came to an end with, lately."""
    since = int(now) - PACE_SECONDS
    start = max(since, int(mailing.started_at or 0))
    query = select(func.sum(StreamTraffic.delivered + StreamTraffic.failed)).where(
        StreamTraffic.stream_id == mailing.stream_id, StreamTraffic.bucket_at > since
    )
    return int(session.scalar(query) or 0) / max(1.0, min(PACE_SECONDS, now - start))


def _share(session: Session, mailing: Mailing) -> float:
    """The mailing's part in what its stream does: by what waits of each that goes over it."""
    query = select(Mailing).where(Mailing.state == MailingState.ACTIVE, Mailing.stream_id == mailing.stream_id)
    waiting = {each.id: each.waiting for each in session.scalars(query)}
    return waiting.get(mailing.id, 0) / (sum(waiting.values()) or 1)


_COLUMNS: Mapping[DomainSort, Any] = {
    DomainSort.DOMAIN: MailingLane.domain,
    DomainSort.PROVIDER: MailingLane.provider,
    DomainSort.TOTAL: MailingLane.total,
    DomainSort.DELIVERED: MailingLane.delivered,
    DomainSort.FAILED: MailingLane.failed,
    DomainSort.WAITING: lane_waiting(),
    DomainSort.IN_DOUBT: MailingLane.in_doubt,
    DomainSort.LAST_AT: MailingLane.last_at,
}


def _held_domains(session: Session, mailing_id: int) -> frozenset[str]:
    query = (
        select(StoredHold.domain)
        .join(Mailing, Mailing.stream_id == StoredHold.stream_id)
        .where(Mailing.id == mailing_id)
    )
    return frozenset(session.scalars(query))


def _row(lane: MailingLane, held: frozenset[str]) -> DomainRow:
    waiting = lane.total - lane.delivered - lane.failed - lane.expired - lane.stopped - lane.in_doubt
    is_held = lane.domain in held
    return DomainRow(
        id=lane.id,
        domain=lane.domain,
        provider=lane.provider,
        total=lane.total,
        delivered=lane.delivered,
        failed=lane.failed,
        expired=lane.expired,
        stopped=lane.stopped,
        in_doubt=lane.in_doubt,
        waiting=0 if is_held else waiting,
        held=waiting if is_held else 0,
        last_reply=lane.last_reply,
        last_at=lane.last_at,
    )
