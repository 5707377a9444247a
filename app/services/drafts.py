"""Mailings before they are sent: written down, copied, scheduled, started. A service: functions on the caller's session."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database import snapshot
from app.database.changes import WORLD, bump
from app.database.schema import Mailing, MailingContent, MailingList, Segment, Stream, name_key
from app.services import alerts, audit, mailings, messages, segments
from app.services.mailings import MailingView
from app.services.messages import Content
from app.services.names import check_name, free_copy_name
from app.services.problems import BadValue, Problem, Refused, StaleEdit
from app.services.runs import DRAFT_STATES, load
from app.services.segment_query import clause
from app.settings import EXPIRY_HOURS, value_of
from engine.blocks import ENGINE
from engine.ports import MailingState

NOT_STARTED = "not_started"
"""The kind of the alert about a scheduled mailing that could not be started."""

HIGHEST_CEILING = 1_000_000_000
LONGEST_EXPIRY_HOURS = 8_760.0


@dataclass(frozen=True, slots=True)
class Draft:
    """What an administrator decides about a mailing before it starts.

    ``stream_id`` None: by association. ``hourly_ceiling`` in messages, ``expiry_hours`` None: the setting counts.
    """

    name: str
    list_id: int
    content: Content
    segment_id: int | None = None
    stream_id: int | None = None
    hourly_ceiling: int | None = None
    expiry_hours: float | None = None


def create(session: Session, draft: Draft, *, actor: str, now: float) -> MailingView:
    """Write down a mailing. Raises BadValue naming the field, Refused when the name is taken."""
    mailing = Mailing(created_at=now, version=1, content=MailingContent())
    with session.no_autoflush:
        _set(session, mailing, draft)
    session.add(mailing)
    return _changed(session, mailing, "create", actor=actor, now=now)


def edit(session: Session, base: MailingView, draft: Draft, *, actor: str, now: float) -> MailingView:
    """Set all values of a draft that was read as *base*; refused once it has started, StaleEdit when it was changed."""
    mailing = load(session, base.id)
    _must_be_draft(mailing, "edited")
    if mailing.version != base.version:
        raise StaleEdit(f"Mailing {mailing.name}", ())
    name, before = mailing.name, _words(mailing)
    _set(session, mailing, draft)
    mailing.version += 1
    session.flush()
    _record(session, "edit", name, actor, now, before=before, after=_words(mailing))
    return mailings.views(session, [mailing])[0]


def read_draft(session: Session, mailing_id: int) -> Draft:
    """A mailing in the form that :func:`edit` takes; refused when its list is gone."""
    mailing = load(session, mailing_id)
    if mailing.list_id is None:
        raise Refused(f"The list of mailing {mailing.name} was deleted.")
    return Draft(
        name=mailing.name,
        list_id=mailing.list_id,
        content=messages.read(mailing),
        segment_id=mailing.segment_id,
        stream_id=mailing.own_stream_id,
        hourly_ceiling=mailing.hourly_ceiling,
        expiry_hours=mailing.expiry_hours,
    )


def duplicate(session: Session, mailing_id: int, *, actor: str, now: float, name: str | None = None) -> MailingView:
    """A new draft with the same message, recipients and stream choice; without *name* it gets a free one."""
    draft = read_draft(session, mailing_id)
    free = name or free_copy_name(draft.name, list(session.scalars(select(Mailing.name))))
    return create(session, replace(draft, name=free), actor=actor, now=now)


def delete(session: Session, mailing_id: int, *, actor: str, now: float) -> None:
    """Delete a draft; refused once it has started, because its recipients are the record of what was sent."""
    mailing = load(session, mailing_id)
    _must_be_draft(mailing, "deleted")
    _record(session, "delete", mailing.name, actor, now, before=_words(mailing))
    session.delete(mailing)
    session.flush()


def schedule(session: Session, mailing_id: int, at: float, *, actor: str, now: float) -> MailingView:
    """Let the engine start a draft at an instant (epoch seconds); again to change it. Raises BadValue("at", …), Refused."""
    mailing = load(session, mailing_id)
    _must_be_draft(mailing, "scheduled")
    if at <= now:
        raise BadValue("at", "The time to start at has passed already.")
    _check_targets(mailing)
    messages.compile_mailing(session, mailing)
    mailing.state = MailingState.SCHEDULED
    mailing.scheduled_at = at
    mailing.version += 1
    return _changed(session, mailing, "schedule", actor=actor, now=now)


def unschedule(session: Session, mailing_id: int, *, actor: str, now: float) -> MailingView:
    """Make a scheduled mailing a draft again."""
    mailing = load(session, mailing_id)
    if mailing.state is not MailingState.SCHEDULED:
        raise Refused(f"Mailing {mailing.name} is {mailing.state.value}, not scheduled.")
    return _unschedule(session, mailing, actor=actor, now=now)


def start(session: Session, mailing_id: int, *, actor: str, now: float) -> MailingView:
    """Fix stream, message and recipients, and let the engine send.

    Needs no engine: whichever runs, or comes, takes it up. Raises Refused when it has started, its list or segment is gone,
    nobody would get it, or its DKIM key can't be used; BadValue when its message can't be made any more.
    """
    mailing = load(session, mailing_id)
    _must_be_draft(mailing, "started")
    _check_targets(mailing)
    found = mailings.resolution(session, mailing)
    compiled = messages.compile_mailing(session, mailing)
    mailing.content.compiled = messages.packed(compiled)
    mailing.stream_id = found.stream_id
    mailing.stream_name = found.stream
    mailing.stream_rule = found.rule.value
    mailing.state = MailingState.ACTIVE
    mailing.started_at = now
    mailing.expires_at = now + (mailing.expiry_hours or value_of(session, EXPIRY_HOURS)) * 3600
    mailing.version += 1
    session.flush()
    where = None if mailing.segment_id is None else clause(segments.get(session, mailing.segment_id).where)
    if snapshot.start_mailing_rows(session, mailing.id, where=where, with_fields=bool(compiled.fields_used())) == 0:
        raise Refused(f"Mailing {mailing.name} has nobody to go to: {_nobody(mailing)}.")
    session.refresh(mailing, ["total"])
    return _changed(session, mailing, "start", actor=actor, now=now)


def start_due(session: Session, *, now: float) -> list[str]:
    """Start the scheduled mailings whose time has come; returns the names of all that were due.

    One that can't be started becomes a draft again, and an alert says why.
    """
    due = select(Mailing).where(Mailing.state == MailingState.SCHEDULED, Mailing.scheduled_at <= now)
    names = []
    for mailing in session.scalars(due.order_by(Mailing.scheduled_at, Mailing.id)).all():
        names.append(mailing.name)
        try:
            with session.begin_nested():
                start(session, mailing.id, actor=ENGINE, now=now)
        except Problem as problem:
            session.refresh(mailing)
            _unschedule(session, mailing, actor=ENGINE, now=now, why=problem.sentence)
            alerts.raise_alert(session, NOT_STARTED, mailing.name, problem.sentence, now=now)
    return names


def next_due(session: Session) -> float | None:
    """When the next scheduled mailing starts (epoch seconds), None when none is scheduled."""
    return session.scalar(select(func.min(Mailing.scheduled_at)).where(Mailing.state == MailingState.SCHEDULED))


def _unschedule(session: Session, mailing: Mailing, *, actor: str, now: float, why: str = "") -> MailingView:
    mailing.state = MailingState.DRAFT
    mailing.scheduled_at = None
    mailing.version += 1
    return _changed(session, mailing, "unschedule", actor=actor, now=now, why=why)


def _check_targets(mailing: Mailing) -> None:
    if mailing.list_id is None:
        raise Refused(f"The list of mailing {mailing.name} was deleted; choose another.")
    if mailing.segment_name and mailing.segment_id is None:
        raise Refused(f"The segment of mailing {mailing.name} was deleted; choose another.")


def _nobody(mailing: Mailing) -> str:
    target = f"segment {mailing.segment_name}" if mailing.segment_name else f"list {mailing.list_name}"
    return f"{target} has no members that may be mailed"


def _set(session: Session, mailing: Mailing, draft: Draft) -> None:
    name = check_name(draft.name)
    other = session.execute(select(Mailing.id, Mailing.name).where(Mailing.name_key == name_key(name))).first()
    if other is not None and other.id != mailing.id:
        raise Refused(f"There is a mailing {other.name} already.", (other.name,))
    mailing_list = session.get(MailingList, draft.list_id)
    if mailing_list is None:
        raise BadValue("list", "The list was deleted; choose another.")
    segment = _segment(session, draft)
    if draft.stream_id is not None and session.get(Stream, draft.stream_id) is None:
        raise BadValue("stream", "The stream was deleted; choose another.")
    mailing.name = name
    mailing.name_key = name_key(name)
    mailing.mailing_list = mailing_list
    mailing.list_name = mailing_list.name
    mailing.segment = segment
    mailing.segment_name = segment.name if segment else ""
    mailing.own_stream_id = draft.stream_id
    mailing.hourly_ceiling = _ceiling(draft.hourly_ceiling)
    mailing.expiry_hours = _expiry(draft.expiry_hours)
    messages.store(mailing.content, draft.content, mailing_list)


def _segment(session: Session, draft: Draft) -> Segment | None:
    if draft.segment_id is None:
        return None
    segment = session.get(Segment, draft.segment_id)
    if segment is None or segment.list_id != draft.list_id:
        raise BadValue("segment", "The list has no such segment any more; choose another.")
    return segment


def _ceiling(value: int | None) -> int | None:
    if value is not None and not 1 <= value <= HIGHEST_CEILING:
        raise BadValue("hourly_ceiling", f"The messages an hour must be 1 to {HIGHEST_CEILING:,}, not {value:,}.")
    return value


def _expiry(value: float | None) -> float | None:
    if value is not None and not 0 < value <= LONGEST_EXPIRY_HOURS:
        raise BadValue("expiry_hours", f"The expiry hours must be more than 0 and at most {LONGEST_EXPIRY_HOURS:,.0f}.")
    return value


def _must_be_draft(mailing: Mailing, verb: str) -> None:
    if mailing.state not in DRAFT_STATES:
        raise Refused(f"Mailing {mailing.name} is {mailing.state.value} and can't be {verb}.")


def _changed(session: Session, mailing: Mailing, verb: str, *, actor: str, now: float, why: str = "") -> MailingView:
    """*why* is told in place of what the mailing is."""
    session.flush()
    _record(session, verb, mailing.name, actor, now, after=why or _words(mailing))
    return mailings.views(session, [mailing])[0]


def _words(mailing: Mailing) -> str:
    target = f"list {mailing.list_name}" + (f", segment {mailing.segment_name}" if mailing.segment_name else "")
    return f"{mailing.name}: {target}, subject {mailing.content.subject!r}"


def _record(
    session: Session, verb: str, name: str, actor: str, now: float, *, before: str = "", after: str = ""
) -> None:
    audit.record(
        session, actor=actor, now=now, action=f"mailing.{verb}", subject=f"mailing {name}", before=before, after=after
    )
    bump(session, WORLD)
