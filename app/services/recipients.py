"""The recipients of a mailing: listed, paged, exported. A service: functions on the caller's session, which change nothing."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select
from sqlalchemy.orm import Session

from app.database.ids import read_ids
from app.database.schema import Mailing, MailingLane, Recipient, StoredHold
from app.services import exports
from app.services.problems import BadValue, UnknownName
from app.services.runs import lane_waiting, load, recipient_range
from engine.addresses import AddressError, parse_mailbox
from engine.ports import RecipientState
from engine.replies import Stage, Verdict

PAGE = 1000
"""Rows that one call of :func:`rows` reads at most."""
_READ_AT_ONCE = 10_000

_LIVE_STATES = (RecipientState.WAITING, RecipientState.IN_FLIGHT, RecipientState.HELD)


@dataclass(frozen=True, slots=True)
class RecipientView:
    """One recipient. ``state`` HELD and IN_FLIGHT are kinds of waiting. Times in epoch seconds, None where there is none.

    ``attempts`` counts tries that had a verdict; one that left a recipient in doubt had none.
    ``sent_via`` and ``mx_address`` are the pair of the last attempt, ``code`` and ``reply`` what was said there.
    """

    id: int
    address: str
    domain: str
    state: RecipientState
    attempts: int
    next_attempt: float | None
    last_at: float | None
    sent_via: str
    mx_address: str
    stage: Stage | None
    code: int | None
    reply: str
    verdict: Verdict | None
    rule: str
    note: str


@dataclass(frozen=True, slots=True)
class RecipientFilter:
    """Which recipients are wanted. ``text`` stands in the address."""

    state: RecipientState | None = None
    domain: str = ""
    text: str = ""


def parse_state(text: str) -> RecipientState:
    """Read the word of a state; raises BadValue("state", …)."""
    try:
        return RecipientState(text.strip().lower().replace("-", "_").replace(" ", "_"))
    except ValueError:
        raise BadValue("state", f"The state must be one of {', '.join(RecipientState)}, not {text!r}.") from None


def ids(
    session: Session, mailing_id: int, wanted: RecipientFilter | None = None, *, limit: int | None = None
) -> array[int]:
    """The ids of the wanted recipients in the order of the queue, for a table that fetches its visible rows by :func:`rows`.

    *limit*: only the first so many.
    """
    query = select(Recipient.id).where(_condition(session, mailing_id, wanted or RecipientFilter()))
    return read_ids(session, query.order_by(Recipient.id).limit(limit))


def rows(session: Session, mailing_id: int, recipient_ids: Sequence[int]) -> list[RecipientView]:
    """The recipients with these ids, in this order; unknown ones are left out. At most 1,000 at a time."""
    wanted = list(recipient_ids)[:PAGE]
    held = _held_lanes(session, mailing_id)
    query = _columns().where(MailingLane.mailing_id == mailing_id, Recipient.id.in_(wanted))
    found = {row.id: _view(row, held) for row in session.execute(query)}
    return [found[each] for each in wanted if each in found]


def listing(session: Session, mailing_id: int, wanted: RecipientFilter | None = None) -> Iterator[RecipientView]:
    """All wanted recipients in the order of the queue, read part by part."""
    load(session, mailing_id)
    held = _held_lanes(session, mailing_id)
    condition = _condition(session, mailing_id, wanted or RecipientFilter())
    last = 0
    while True:
        query = _columns().where(condition, Recipient.id > last).order_by(Recipient.id).limit(_READ_AT_ONCE)
        part = session.execute(query).all()
        yield from (_view(row, held) for row in part)
        if len(part) < _READ_AT_ONCE:
            return
        last = part[-1].id


def find(session: Session, mailing_id: int, address: str) -> RecipientView:
    """One recipient by address, in any spelling of the mailbox; raises BadValue("address", …), UnknownName."""
    try:
        mailbox = parse_mailbox(address)
    except AddressError as error:
        raise BadValue("address", f"The address {address!r} can't be used: {error}.") from None
    lane = and_(MailingLane.mailing_id == mailing_id, MailingLane.domain == mailbox.ascii_domain)
    first_last = session.execute(select(MailingLane.first_id, MailingLane.last_id).where(lane)).first()
    if first_last is not None:
        inside = Recipient.id.between(*first_last)
        for recipient_id, candidate in session.execute(select(Recipient.id, Recipient.address).where(inside)):
            if candidate == mailbox.address or parse_mailbox(candidate).key == mailbox.key:
                return rows(session, mailing_id, [recipient_id])[0]
    raise UnknownName("recipient of this mailing", address)


def export_csv(session: Session, mailing_id: int, file: TextIO, wanted: RecipientFilter | None = None) -> int:
    """Write the wanted recipients as CSV that no spreadsheet runs anything of; returns their number."""
    header = ("address", "state", "attempts", "sent_via", "mx_address", "code", "reply")
    return exports.write_csv(file, header, _cells(listing(session, mailing_id, wanted)))


def _cells(views: Iterable[RecipientView]) -> Iterator[tuple[object, ...]]:
    for view in views:
        code = "" if view.code is None else view.code
        yield view.address, view.state.value, view.attempts, view.sent_via, view.mx_address, code, view.reply


def _columns() -> Select[*tuple[Any, ...]]:
    return select(
        Recipient.id,
        Recipient.address,
        Recipient.state,
        Recipient.attempts,
        Recipient.unanswered,
        Recipient.next_attempt_at,
        Recipient.last_at,
        Recipient.sending_address,
        Recipient.mx_address,
        Recipient.stage,
        Recipient.code,
        Recipient.reply,
        Recipient.verdict,
        Recipient.rule,
        Recipient.note,
        Recipient.claimed_by,
        Recipient.lane_id,
        MailingLane.domain,
    ).join(MailingLane, MailingLane.id == Recipient.lane_id)


def _condition(session: Session, mailing_id: int, wanted: RecipientFilter) -> ColumnElement[bool]:
    parts = [recipient_range(session, mailing_id)]
    if wanted.state is not None:
        parts.append(_in_state(session, mailing_id, wanted.state))
    if wanted.domain:
        lane = select(MailingLane.id).where(
            MailingLane.mailing_id == mailing_id, MailingLane.domain == wanted.domain.lower()
        )
        parts.append(Recipient.lane_id.in_(lane))
    if wanted.text:
        parts.append(Recipient.address.icontains(wanted.text, autoescape=True))
    return and_(*parts)


def _in_state(session: Session, mailing_id: int, state: RecipientState) -> ColumnElement[bool]:
    if state not in _LIVE_STATES:
        return Recipient.state == state
    held = Recipient.lane_id.in_(sorted(_held_lanes(session, mailing_id)))
    waiting = Recipient.state == RecipientState.WAITING
    if state is RecipientState.HELD:
        return and_(waiting, held, Recipient.claimed_by.is_(None))
    if state is RecipientState.IN_FLIGHT:
        return or_(Recipient.state == state, and_(waiting, Recipient.claimed_by.is_not(None)))
    return and_(waiting, ~held, Recipient.claimed_by.is_(None))


def _held_lanes(session: Session, mailing_id: int) -> frozenset[int]:
    """The lanes of the mailing whose domain is totally blocked for its stream."""
    query = (
        select(MailingLane.id)
        .join(Mailing, Mailing.id == MailingLane.mailing_id)
        .join(StoredHold, and_(StoredHold.stream_id == Mailing.stream_id, StoredHold.domain == MailingLane.domain))
        .where(Mailing.id == mailing_id, lane_waiting() > 0)
    )
    return frozenset(session.scalars(query))


def _view(row: Row[Any], held: frozenset[int]) -> RecipientView:
    return RecipientView(
        id=row.id,
        address=row.address,
        domain=row.domain,
        state=_state(row, held),
        attempts=row.attempts - (row.unanswered or 0),
        next_attempt=row.next_attempt_at,
        last_at=row.last_at,
        sent_via=row.sending_address or "",
        mx_address=row.mx_address or "",
        stage=row.stage,
        code=row.code,
        reply=row.reply or "",
        verdict=row.verdict,
        rule=row.rule or "",
        note=row.note or "",
    )


def _state(row: Row[Any], held: frozenset[int]) -> RecipientState:
    state: RecipientState = row.state
    if state is not RecipientState.WAITING:
        return state
    if row.claimed_by is not None:
        return RecipientState.IN_FLIGHT
    return RecipientState.HELD if row.lane_id in held else state
