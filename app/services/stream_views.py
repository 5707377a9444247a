"""Mail streams as they are shown: one with all it has, all with their numbers. Reads only; changes are in ``streams``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.database.schema import (
    AddressSwitch,
    Mailing,
    MailingLane,
    MailingList,
    Segment,
    SendingAddress,
    Site,
    StoredBlock,
    StoredHold,
    Stream,
    StreamAddress,
    StreamTraffic,
    name_key,
)
from app.services import lists
from app.services.addresses import OPEN_BLOCKS, AddressState, state_of
from app.services.limits import from_rows
from app.services.problems import Refused, UnknownName, near_names
from engine.limits import LimitRule
from engine.pairs import IPText, ip_sort_key
from engine.ports import MailingState

DEFAULT_WEIGHT = 100
RATE_SECONDS = 20
"""The rate "now" is that of the last 20 to 30 seconds: whole intervals of ten seconds, and the present one."""
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Binding:
    """A sending address in a stream, as an administrator gives it: ``ip`` in any spelling, ``weight`` 1 to 1000."""

    ip: str
    weight: int = DEFAULT_WEIGHT
    paused: bool = False


@dataclass(frozen=True, slots=True)
class BoundAddressView:
    """A sending address in a stream. ``state`` is that of the address itself, ``paused`` of its place in this stream."""

    address_id: int
    ip: IPText
    helo: str
    state: AddressState
    weight: int
    paused: bool


@dataclass(frozen=True, slots=True)
class StreamView:
    """One stream with its addresses (sorted numerically) and its own limits. ``version`` grows with every change."""

    id: int
    name: str
    description: str
    is_default: bool
    paused: bool
    guard: bool
    addresses: tuple[BoundAddressView, ...]
    limits: tuple[LimitRule, ...]
    version: int

    def bindings(self) -> tuple[Binding, ...]:
        """The addresses in the form that :class:`StreamEdit` takes."""
        return tuple(Binding(each.ip, each.weight, each.paused) for each in self.addresses)


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One line of the table of streams. ``sites``, ``lists``, ``segments`` count those associated with it by themselves."""

    id: int
    name: str
    is_default: bool
    paused: bool
    addresses: int
    closed_addresses: int
    """Those of ``addresses`` that are paused, here or everywhere, or unusable."""
    sites: int
    lists: int
    segments: int
    messages_per_second: float
    delivered_today: int
    """Since midnight UTC."""
    blocks: int
    """Blocks on its addresses that are neither cleared, nor suspect, nor exempt."""
    held: int


@dataclass(frozen=True, slots=True)
class StreamUsage:
    """What would have to move if a stream were deleted: names of unfinished mailings, and the number of associations."""

    mailings: tuple[str, ...]
    associations: int


def get(session: Session, stream_id: int) -> StreamView:
    """One stream; raises Refused when it was deleted."""
    found = _views(session, select(Stream).where(Stream.id == stream_id))
    if not found:
        raise gone()
    return found[0]


def by_name(session: Session, name: str) -> StreamView:
    """One stream by its name without regard to case; raises UnknownName."""
    found = _views(session, select(Stream).where(Stream.name_key == name_key(name)))
    if not found:
        raise UnknownName("stream", name, near_names(name, session.scalars(select(Stream.name))))
    return found[0]


def default(session: Session) -> StreamView:
    """The default stream."""
    return _views(session, select(Stream).where(Stream.is_default))[0]


def every(session: Session) -> list[StreamView]:
    """All streams, by name, the default first."""
    return _views(session, select(Stream).order_by(Stream.is_default.desc(), Stream.name_key))


def usage(session: Session, stream_id: int) -> StreamUsage:
    """What uses a stream, for the question before it is deleted."""
    names = session.scalars(select(Mailing.name).where(unfinished_over(stream_id)).order_by(Mailing.name_key)).all()
    return StreamUsage(tuple(names), sum(_number(session, model, stream_id) for model in (Site, MailingList, Segment)))


def unfinished_over(stream_id: int) -> ColumnElement[bool]:
    """The mailings that chose a stream and have not started, and those that have recipients to send over it."""
    not_started = Mailing.state.in_((MailingState.DRAFT, MailingState.SCHEDULED))
    return and_(
        lists.unfinished(),
        or_(and_(not_started, Mailing.own_stream_id == stream_id), and_(~not_started, Mailing.stream_id == stream_id)),
    )


def gone() -> Refused:
    """What is said of a stream that somebody deleted since it was shown."""
    return Refused("The stream was deleted in the meantime.")


def listing(session: Session, *, now: float) -> list[StreamRow]:
    """All streams with their numbers, by name, the default first; in a fixed number of queries."""
    streams = session.scalars(select(Stream).order_by(Stream.is_default.desc(), Stream.name_key)).all()
    addresses = _address_counts(session)
    used = [_associations(session, model) for model in (Site, MailingList, Segment)]
    since = now // 10 * 10 - RATE_SECONDS
    recent = _delivered(session, since)
    today = _delivered(session, now // DAY_SECONDS * DAY_SECONDS)
    blocks = _blocks(session)
    held = _held(session)
    return [
        StreamRow(
            id=stream.id,
            name=stream.name,
            is_default=stream.is_default,
            paused=stream.paused,
            addresses=addresses[stream.id][0],
            closed_addresses=addresses[stream.id][1],
            sites=used[0].get(stream.id, 0),
            lists=used[1].get(stream.id, 0),
            segments=used[2].get(stream.id, 0),
            messages_per_second=recent.get(stream.id, 0) / (now - since),
            delivered_today=today.get(stream.id, 0),
            blocks=blocks.get(stream.id, 0),
            held=held.get(stream.id, 0),
        )
        for stream in streams
    ]


def _views(session: Session, wanted: Select[Stream]) -> list[StreamView]:
    loaded = wanted.options(
        selectinload(Stream.bindings).options(joinedload(StreamAddress.address)), selectinload(Stream.limits)
    )
    return [_view(stream) for stream in session.scalars(loaded)]


def _view(stream: Stream) -> StreamView:
    return StreamView(
        id=stream.id,
        name=stream.name,
        description=stream.description,
        is_default=stream.is_default,
        paused=stream.paused,
        guard=stream.guard,
        addresses=tuple(
            BoundAddressView(
                address_id=binding.address_id,
                ip=IPText(binding.address.ip),
                helo=binding.address.helo,
                state=state_of(binding.address.state, binding.address.unusable_reason),
                weight=binding.weight,
                paused=binding.paused,
            )
            for binding in sorted(stream.bindings, key=lambda each: ip_sort_key(each.address.ip))
        ),
        limits=from_rows(stream.limits, origin=f"stream {stream.name}"),
        version=stream.version,
    )


def _number(session: Session, model: type[Site | MailingList | Segment], stream_id: int) -> int:
    return session.scalar(select(func.count()).select_from(model).where(model.stream_id == stream_id)) or 0


def _associations(session: Session, model: type[Site | MailingList | Segment]) -> Mapping[int | None, int]:
    counted = select(model.stream_id, func.count()).where(model.stream_id.is_not(None)).group_by(model.stream_id)
    return dict(session.execute(counted).all())


def _address_counts(session: Session) -> Mapping[int, tuple[int, int]]:
    """(all, closed ones) by stream."""
    counts: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    rows = session.execute(
        select(
            StreamAddress.stream_id,
            or_(
                StreamAddress.paused,
                SendingAddress.state != AddressSwitch.ENABLED,
                SendingAddress.unusable_reason.is_not(None),
            ),
        ).join(SendingAddress)
    )
    for stream_id, closed in rows:
        every, shut = counts[stream_id]
        counts[stream_id] = (every + 1, shut + bool(closed))
    return counts


def _delivered(session: Session, since: float) -> Mapping[int, int]:
    rows = session.execute(
        select(StreamTraffic.stream_id, func.sum(StreamTraffic.delivered))
        .where(StreamTraffic.bucket_at >= int(since))
        .group_by(StreamTraffic.stream_id)
    )
    return {stream_id: int(number) for stream_id, number in rows}


def _blocks(session: Session) -> Mapping[int, int]:
    rows = session.execute(
        select(StreamAddress.stream_id, func.count())
        .join(SendingAddress)
        .join(StoredBlock, StoredBlock.sending_address == SendingAddress.ip)
        .where(StoredBlock.state.in_(OPEN_BLOCKS))
        .group_by(StreamAddress.stream_id)
    )
    return dict(rows.all())


def _held(session: Session) -> Mapping[int, int]:
    """Recipients that wait at domains that are held for their stream."""
    ended = (
        MailingLane.delivered + MailingLane.failed + MailingLane.expired + MailingLane.stopped + MailingLane.in_doubt
    )
    rows = session.execute(
        select(StoredHold.stream_id, func.sum(MailingLane.total - ended))
        .join(Mailing, Mailing.stream_id == StoredHold.stream_id)
        .join(MailingLane, and_(MailingLane.mailing_id == Mailing.id, MailingLane.domain == StoredHold.domain))
        .where(Mailing.state.in_((MailingState.ACTIVE, MailingState.PAUSED)))
        .group_by(StoredHold.stream_id)
    )
    return {stream_id: int(number) for stream_id, number in rows}
