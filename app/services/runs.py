"""What a person does to a mailing that has started: pause, resume, stop, move, settle what is in doubt. A service.

Functions on the caller's session. How a mailing is written down and started is in :mod:`app.services.drafts`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import Session

from app.database.changes import HOLDS, RECIPIENTS, WORLD, bump
from app.database.schema import Mailing, MailingLane, Recipient, StoredHold, StoredPause, Stream
from app.services import audit
from app.services.problems import BadValue, Refused
from app.settings import EXPIRY_HOURS, value_of
from engine.ports import MailingState, RecipientState

DRAFT_STATES = (MailingState.DRAFT, MailingState.SCHEDULED)
"""The states in which a mailing has no recipients yet."""
RUNNING_STATES = (MailingState.ACTIVE, MailingState.PAUSED)
"""The states in which a mailing is under way."""

BY_CHOICE = "mailing"
"""The rule of a stream that was chosen for the mailing itself."""

_IDS_AT_ONCE = 500


class WaitingFate(StrEnum):
    """What becomes of the waiting recipients of a mailing that is stopped: they end, or they wait until it is resumed."""

    STOPPED = "stopped"
    KEEP = "keep"


class Settlement(StrEnum):
    """What a person decides about recipients in doubt."""

    DELIVERED = "delivered"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Numbers:
    """What became of a mailing's recipients. ``waiting`` includes those in flight and the deferred, not the ``held``."""

    total: int = 0
    delivered: int = 0
    failed: int = 0
    expired: int = 0
    stopped: int = 0
    in_doubt: int = 0
    waiting: int = 0
    held: int = 0

    @property
    def done(self) -> int:
        """Recipients with a final outcome."""
        return self.total - self.waiting - self.held


def load(session: Session, mailing_id: int) -> Mailing:
    """The row of a mailing; raises Refused when it was deleted."""
    mailing = session.get(Mailing, mailing_id)
    if mailing is None:
        raise Refused("This mailing was deleted.")
    return mailing


# Numbers


def lane_waiting() -> ColumnElement[int]:
    """What waits of a lane, in SQL: recipients without a final outcome."""
    lane = MailingLane
    return lane.total - lane.delivered - lane.failed - lane.expired - lane.stopped - lane.in_doubt


def held_numbers(session: Session, mailing_ids: Sequence[int]) -> Mapping[int, int]:
    """How many recipients of each mailing are held; mailings without any are left out."""
    if not mailing_ids:
        return {}
    query = (
        select(Mailing.id, func.sum(lane_waiting()))
        .join(StoredHold, StoredHold.stream_id == Mailing.stream_id)
        .join(MailingLane, and_(MailingLane.mailing_id == Mailing.id, MailingLane.domain == StoredHold.domain))
        .where(Mailing.id.in_(mailing_ids))
        .group_by(Mailing.id)
    )
    return {mailing: int(number) for mailing, number in session.execute(query)}


def numbers_of(mailing: Mailing, held: int) -> Numbers:
    """The numbers of a row, *held* of its waiting recipients being held."""
    held = min(held, mailing.waiting)
    return Numbers(
        total=mailing.total,
        delivered=mailing.delivered,
        failed=mailing.failed,
        expired=mailing.expired,
        stopped=mailing.stopped,
        in_doubt=mailing.in_doubt,
        waiting=mailing.waiting - held,
        held=held,
    )


def numbers(session: Session, mailing_ids: Sequence[int]) -> Mapping[int, Numbers]:
    """The numbers of mailings by id, in two queries whatever their size."""
    held = held_numbers(session, mailing_ids)
    rows = session.scalars(select(Mailing).where(Mailing.id.in_(mailing_ids)))
    return {mailing.id: numbers_of(mailing, held.get(mailing.id, 0)) for mailing in rows}


# Actions


def pause(session: Session, mailing_id: int, *, actor: str, now: float) -> Numbers:
    """Hand out no more recipients until the mailing is resumed; those in flight finish."""
    mailing = load(session, mailing_id)
    if mailing.state is not MailingState.ACTIVE:
        raise Refused(f"Mailing {mailing.name} is {mailing.state.value} and can't be paused.")
    return _set_state(session, mailing, MailingState.PAUSED, "pause", actor=actor, now=now)


def resume(session: Session, mailing_id: int, *, actor: str, now: float) -> Numbers:
    """Go on with a paused mailing, with one that was stopped and kept its recipients, and where it waits at a provider."""
    mailing = load(session, mailing_id)
    lifted = session.execute(delete(StoredPause).where(StoredPause.mailing_id == mailing_id).returning(StoredPause.id))
    anew = bool(lifted.all()) and mailing.state is MailingState.ACTIVE
    kept = mailing.state is MailingState.STOPPED and mailing.waiting > 0
    if not (anew or kept or mailing.state is MailingState.PAUSED):
        raise Refused(f"Mailing {mailing.name} is {mailing.state.value} and can't be resumed.")
    mailing.finished_at = None
    return _set_state(session, mailing, MailingState.ACTIVE, "resume", actor=actor, now=now)


def stop(
    session: Session, mailing_id: int, *, actor: str, now: float, waiting: WaitingFate = WaitingFate.STOPPED
) -> Numbers:
    """End a mailing; *waiting* says what becomes of the recipients that have no outcome. Those in flight finish."""
    mailing = load(session, mailing_id)
    again = mailing.state is MailingState.STOPPED and mailing.waiting > 0 and waiting is WaitingFate.STOPPED
    if mailing.state not in RUNNING_STATES and not again:
        raise Refused(f"Mailing {mailing.name} is {mailing.state.value} and can't be stopped.")
    if waiting is WaitingFate.STOPPED:
        _end_waiting(session, mailing, now)
    mailing.finished_at = now
    return _set_state(session, mailing, MailingState.STOPPED, "stop", actor=actor, now=now)


def move(session: Session, mailing_id: int, stream_id: int, *, actor: str, now: float) -> Numbers:
    """Send a mailing over another stream: of one that has started the waiting and held recipients (product.md 3.3)."""
    mailing = load(session, mailing_id)
    stream = session.get(Stream, stream_id)
    if stream is None:
        raise Refused("The stream was deleted in the meantime.")
    if mailing.state is MailingState.COMPLETED or (mailing.state is MailingState.STOPPED and not mailing.waiting):
        raise Refused(f"Mailing {mailing.name} is {mailing.state.value}; nothing of it is left to move.")
    before = mailing.stream_name
    mailing.own_stream_id = stream.id
    if mailing.state not in DRAFT_STATES:
        mailing.stream_id = stream.id
        mailing.stream_name = stream.name
        mailing.stream_rule = BY_CHOICE
    mailing.version += 1
    return _done(session, mailing, "move", actor=actor, now=now, before=before, after=stream.name)


def settle_in_doubt(
    session: Session,
    mailing_id: int,
    how: Settlement,
    *,
    actor: str,
    now: float,
    recipient_ids: Sequence[int] | None = None,
) -> int:
    """Decide about recipients in doubt (product.md 6.6), all of the mailing or those named; returns how many there were.

    Sent again, they wait once more, and a completed mailing goes on. Refused when one that is named is not in doubt.
    """
    mailing = load(session, mailing_id)
    if how is Settlement.AGAIN and mailing.state is MailingState.STOPPED and mailing.waiting:
        raise Refused(f"Mailing {mailing.name} is stopped; resume it first.")
    lanes = _settle(session, mailing, how, recipient_ids, now)
    number = sum(lanes.values())
    if number == 0:
        raise Refused(f"Mailing {mailing.name} has no recipients in doubt.")
    mailing.in_doubt -= number
    if how is Settlement.DELIVERED:
        mailing.delivered += number
    else:
        _go_on(session, mailing, now)
    words = f"{number} recipients in doubt: {how.value}"
    _done(session, mailing, "settle", actor=actor, now=now, before="", after=words)
    return number


def recipient_range(session: Session, mailing_id: int) -> ColumnElement[bool]:
    """The condition for the recipients of a mailing: their ids are one range."""
    query = select(func.min(MailingLane.first_id), func.max(MailingLane.last_id))
    first, last = session.execute(query.where(MailingLane.mailing_id == mailing_id)).one()
    return Recipient.id.between(first or 0, last or -1)


def _end_waiting(session: Session, mailing: Mailing, now: float) -> None:
    own = recipient_range(session, mailing.id)
    session.execute(
        update(Recipient)
        .where(own, Recipient.state == RecipientState.WAITING)
        .values(state=RecipientState.STOPPED, next_attempt_at=None, last_at=now)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(MailingLane)
        .where(MailingLane.mailing_id == mailing.id)
        .values(stopped=MailingLane.stopped + lane_waiting())
        .execution_options(synchronize_session=False)
    )
    mailing.stopped += mailing.waiting


def _settle(
    session: Session, mailing: Mailing, how: Settlement, wanted: Sequence[int] | None, now: float
) -> Mapping[int, int]:
    """Change the recipients and their lanes; returns how many of each lane."""
    own = and_(recipient_range(session, mailing.id), Recipient.state == RecipientState.IN_DOUBT)
    changes: dict[str, object] = (
        {"state": RecipientState.DELIVERED, "last_at": now}
        if how is Settlement.DELIVERED
        else {"state": RecipientState.WAITING, "next_attempt_at": now, "last_at": now}
    )
    lanes: dict[int, int] = {}
    for condition in _parts(own, wanted):
        statement = update(Recipient).where(condition).values(changes).returning(Recipient.lane_id)
        for lane in session.execute(statement.execution_options(synchronize_session=False)).scalars():
            lanes[lane] = lanes.get(lane, 0) + 1
    if wanted is not None and sum(lanes.values()) != len(set(wanted)):
        raise Refused("Some of these recipients are not in doubt.")
    for lane, number in lanes.items():
        row = session.get_one(MailingLane, lane)
        row.in_doubt -= number
        if how is Settlement.DELIVERED:
            row.delivered += number
    return lanes


def _parts(own: ColumnElement[bool], wanted: Collection[int] | None) -> Sequence[ColumnElement[bool]]:
    if wanted is None:
        return [own]
    ids = sorted(set(wanted))
    return [
        and_(own, Recipient.id.in_(ids[start : start + _IDS_AT_ONCE])) for start in range(0, len(ids), _IDS_AT_ONCE)
    ]


def _go_on(session: Session, mailing: Mailing, now: float) -> None:
    """A mailing whose recipients are sent again is active once more, and they get its whole time anew."""
    if mailing.state in (MailingState.COMPLETED, MailingState.STOPPED):
        mailing.state = MailingState.ACTIVE
        mailing.finished_at = None
    hours = mailing.expiry_hours or value_of(session, EXPIRY_HOURS)
    mailing.expires_at = max(mailing.expires_at or 0.0, now + hours * 3600)


def _set_state(
    session: Session, mailing: Mailing, state: MailingState, verb: str, *, actor: str, now: float
) -> Numbers:
    before, mailing.state = mailing.state, state
    mailing.version += 1
    return _done(session, mailing, verb, actor=actor, now=now, before=before.value, after=state.value)


def _done(session: Session, mailing: Mailing, verb: str, *, actor: str, now: float, before: str, after: str) -> Numbers:
    session.flush()
    audit.record(
        session,
        actor=actor,
        now=now,
        action=f"mailing.{verb}",
        subject=f"mailing {mailing.name}",
        before=before,
        after=after,
    )
    bump(session, WORLD, RECIPIENTS, HOLDS)
    return numbers(session, [mailing.id])[mailing.id]


def checked_fate(text: str) -> WaitingFate:
    """Read what becomes of the waiting recipients; raises BadValue("waiting", …)."""
    try:
        return WaitingFate(text.strip().lower())
    except ValueError:
        raise BadValue("waiting", f"The waiting recipients can be stopped or keep, not {text!r}.") from None
