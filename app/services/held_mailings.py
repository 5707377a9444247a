"""Whose recipients wait behind a block: the mailings and domains, with their numbers. A service; reads only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.database.schema import Mailing, MailingLane, SendingAddress, StoredHold, StreamAddress
from app.services.blocks import BlockView
from app.services.runs import lane_waiting
from app.services.waiting_behind import CLOSED_STATES


@dataclass(frozen=True, slots=True)
class HeldLane:
    """The recipients of one mailing that are held at one domain. ``id`` is that of the lane."""

    id: int
    mailing_id: int
    mailing: str
    domain: str
    recipients: int


def behind(session: Session, view: BlockView, *, limit: int = 200) -> list[HeldLane]:
    """Who waits behind a block, most first; nobody does unless a domain behind it is totally blocked."""
    if view.state not in CLOSED_STATES:
        return []
    streams = (
        select(StreamAddress.stream_id)
        .join(SendingAddress, SendingAddress.id == StreamAddress.address_id)
        .where(SendingAddress.ip == view.sending_address)
    )
    providers = [each for each in (view.provider, view.group) if each]
    waiting = lane_waiting()
    query = (
        select(MailingLane.id, Mailing.id, Mailing.name, MailingLane.domain, waiting)
        .join(Mailing, Mailing.id == MailingLane.mailing_id)
        .join(StoredHold, and_(StoredHold.stream_id == Mailing.stream_id, StoredHold.domain == MailingLane.domain))
        .where(
            Mailing.stream_id.in_(streams),
            Mailing.state.in_(("active", "paused", "stopped")),
            or_(MailingLane.domain == view.domain, MailingLane.provider.in_(providers)),
            waiting > 0,
        )
        .order_by(waiting.desc(), MailingLane.id)
        .limit(limit)
    )
    return [HeldLane(*row) for row in session.execute(query)]
