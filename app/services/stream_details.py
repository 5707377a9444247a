"""What is told of one stream beside the table of streams: each of its addresses with state, traffic and blocks. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.schema import AddressTraffic
from app.services import addresses, stream_views
from app.services.addresses import AddressState, AddressView
from app.services.stream_views import StreamUsage, StreamView
from engine.limits import LimitRule, WarmUp

HOUR = 3600


@dataclass(frozen=True, slots=True)
class AddressLine:
    """One address of a stream. ``paused`` is its place in this stream; ``delivered`` in this hour and the last."""

    address_id: int
    ip: str
    helo: str
    state: AddressState
    fault: str
    weight: int
    paused: bool
    limits: LimitRule | None
    warm_up: WarmUp | None
    delivered: int
    open_blocks: int
    other_streams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StreamDetails:
    """One stream with its addresses, sorted numerically, and what uses it."""

    stream: StreamView
    lines: tuple[AddressLine, ...]
    usage: StreamUsage


def read(session: Session, stream_id: int, *, now: float) -> StreamDetails:
    """The details of one stream; raises Refused when it was deleted."""
    stream = stream_views.get(session, stream_id)
    known = {view.id: view for view in addresses.listing(session)}
    delivered = _delivered(session, now)
    lines = tuple(
        _line(known[bound.address_id], stream, bound.weight, delivered, paused=bound.paused)
        for bound in stream.addresses
    )
    return StreamDetails(stream, lines, stream_views.usage(session, stream_id))


def _line(
    view: AddressView, stream: StreamView, weight: int, delivered: dict[str, int], *, paused: bool
) -> AddressLine:
    return AddressLine(
        address_id=view.id,
        ip=view.ip,
        helo=view.helo,
        state=view.state,
        fault=view.fault,
        weight=weight,
        paused=paused,
        limits=view.limits,
        warm_up=view.warm_up,
        delivered=delivered.get(view.ip, 0),
        open_blocks=view.open_blocks,
        other_streams=tuple(name for name in view.streams if name != stream.name),
    )


def _delivered(session: Session, now: float) -> dict[str, int]:
    rows = session.execute(
        select(AddressTraffic.sending_address, func.sum(AddressTraffic.delivered))
        .where(AddressTraffic.hour_at > now - 2 * HOUR)
        .group_by(AddressTraffic.sending_address)
    )
    return {ip: int(number) for ip, number in rows}
