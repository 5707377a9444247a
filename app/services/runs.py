"""What a person does to a mailing that has started: pause, resume, stop, move, settle what is in doubt. A service.

Functions on the caller's session. How a mailing is written down and started is in :mod:`app.services.drafts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.orm import Session

from app.database import ends
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

STOPPED = "stopped with the mailing"
SETTLED = "decided by a person"


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
    own = StoredPause.mailing_id == mailing_id
    lifted = sorted(session.scalars(delete(StoredPause).where(own).returning(StoredPause.provider)))
    anew = bool(lifted) and mailing.state is MailingState.ACTIVE
    kept = mailing.state is MailingState.STOPPED and mailing.waiting > 0
    if not (anew or kept or mailing.state is MailingState.PAUSED):
        raise Refused(f"Mailing {mailing.name} is {mailing.state.value} and can't be resumed.")
    mailing.finished_at = None
    return _set_state(session, mailing, MailingState.ACTIVE, "resume", actor=actor, now=now, paused_at=lifted)


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
    ids = _in_doubt(session, mailing, recipient_ids)
    if not ids:
        raise Refused(f"Mailing {mailing.name} has no recipients in doubt.")
    state = RecipientState.DELIVERED if how is Settlement.DELIVERED else RecipientState.WAITING
    note = f"{SETTLED}: {how.value}"
    number = ends.settle(session.connection(), ids, to=state, note=note, now=now)
    session.refresh(mailing)
    bump(session, RECIPIENTS)
    if how is Settlement.AGAIN:
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
    session.flush()
    ends.end_mailing(session.connection(), mailing.id, state=RecipientState.STOPPED, note=STOPPED, now=now)
    session.refresh(mailing)
    bump(session, RECIPIENTS)


def _in_doubt(session: Session, mailing: Mailing, wanted: Sequence[int] | None) -> list[int]:
    """The ids of the recipients in doubt: all, or those that are *wanted*, every one of which must be."""
    own = (recipient_range(session, mailing.id), Recipient.state == RecipientState.IN_DOUBT)
    found = list(session.scalars(select(Recipient.id).where(*own).order_by(Recipient.id)))
    if wanted is None:
        return found
    if not set(wanted) <= set(found):
        raise Refused(f"Some of these recipients of mailing {mailing.name} are not in doubt.")
    return sorted(set(wanted))


def _go_on(session: Session, mailing: Mailing, now: float) -> None:
    """A mailing whose recipients are sent again is active once more, and they get its whole time anew."""
    if mailing.state in (MailingState.COMPLETED, MailingState.STOPPED):
        mailing.state = MailingState.ACTIVE
        mailing.finished_at = None
    hours = mailing.expiry_hours or value_of(session, EXPIRY_HOURS)
    mailing.expires_at = max(mailing.expires_at or 0.0, now + hours * 3600)


def _set_state(
    session: Session,
    mailing: Mailing,
    state: MailingState,
    verb: str,
    *,
    actor: str,
    now: float,
    paused_at: Sequence[str] = (),
) -> Numbers:
    """*paused_at* are providers toward which the mailing waited until now."""
    before = ", ".join([mailing.state.value, *(f"paused at {provider}" for provider in paused_at)])
    mailing.state = state
    mailing.version += 1
    return _done(session, mailing, verb, actor=actor, now=now, before=before, after=state.value)


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
    bump(session, WORLD, HOLDS)
    return numbers(session, [mailing.id])[mailing.id]


def checked_fate(text: str) -> WaitingFate:
    """Read what becomes of the waiting recipients; raises BadValue("waiting", …)."""
    try:
        return WaitingFate(text.strip().lower())
    except ValueError:
        raise BadValue("waiting", f"The waiting recipients can be stopped or keep, not {text!r}.") from None
