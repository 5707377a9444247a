"""Mailings as values: one, all, with their numbers and the stream that they go over. A service: functions on the caller's session."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from app.database.schema import Mailing, Stream, name_key
from app.services import associations
from app.services.associations import Resolution, ResolutionRule
from app.services.problems import UnknownName, near_names
from app.services.runs import Numbers, held_numbers, load, numbers_of
from engine.ports import MailingState


@dataclass(frozen=True, slots=True)
class MailingView:
    """One mailing. Times in epoch seconds, None where there is none.

    ``stream`` is where it goes, or would go if it were started now; ``rule`` chose it. ``own_stream_id`` is its own choice.
    ``list_id`` and ``segment_id`` are None when there is none, or no longer; the names stay. ``version`` grows with every
    change by a person.
    """

    id: int
    name: str
    state: MailingState
    list_id: int | None
    list_name: str
    segment_id: int | None
    segment_name: str
    own_stream_id: int | None
    stream_id: int
    stream: str
    rule: ResolutionRule
    subject: str
    hourly_ceiling: int | None
    expiry_hours: float | None
    expires_at: float | None
    scheduled_at: float | None
    started_at: float | None
    finished_at: float | None
    created_at: float
    version: int
    numbers: Numbers


def get(session: Session, mailing_id: int) -> MailingView:
    """One mailing; raises Refused when it was deleted."""
    return views(session, [load(session, mailing_id)])[0]


def by_name(session: Session, name: str) -> MailingView:
    """One mailing by its name without regard to case; raises UnknownName."""
    mailing = session.scalar(_all().where(Mailing.name_key == name_key(name)))
    if mailing is None:
        raise UnknownName("mailing", name, near_names(name, session.scalars(select(Mailing.name))))
    return views(session, [mailing])[0]


def listing(session: Session, *, states: Sequence[MailingState] = ()) -> list[MailingView]:
    """All mailings, or those in *states*, newest first."""
    query = _all().order_by(Mailing.id.desc())
    if states:
        query = query.where(Mailing.state.in_(states))
    return views(session, list(session.scalars(query)))


def by_ids(session: Session, mailing_ids: Collection[int]) -> list[MailingView]:
    """Those of these mailings that are there, newest first."""
    return views(session, list(session.scalars(_all().where(Mailing.id.in_(mailing_ids)).order_by(Mailing.id.desc()))))


def views(session: Session, mailings: Sequence[Mailing]) -> list[MailingView]:
    """Rows of mailings as values, in their order."""
    held = held_numbers(session, [mailing.id for mailing in mailings if mailing.waiting])
    return [_view(session, mailing, held.get(mailing.id, 0)) for mailing in mailings]


def resolution(session: Session, mailing: Mailing) -> Resolution:
    """The stream of a mailing with the rule that chose it: fixed once it was started, by association before."""
    if mailing.stream_rule:
        return Resolution(mailing.stream_id or 0, mailing.stream_name, ResolutionRule(mailing.stream_rule))
    if mailing.list_id is None:
        own = mailing.own_stream or session.scalars(select(Stream).where(Stream.is_default)).one()
        rule = ResolutionRule.MAILING if mailing.own_stream else ResolutionRule.DEFAULT
        return Resolution(own.id, own.name, rule)
    return associations.resolve(
        session, list_id=mailing.list_id, segment_id=mailing.segment_id, mailing_stream_id=mailing.own_stream_id
    )


def _all() -> Select[Mailing]:
    return select(Mailing).options(
        joinedload(Mailing.content), joinedload(Mailing.stream), joinedload(Mailing.own_stream)
    )


def _view(session: Session, mailing: Mailing, held: int) -> MailingView:
    found = resolution(session, mailing)
    return MailingView(
        id=mailing.id,
        name=mailing.name,
        state=mailing.state,
        list_id=mailing.list_id,
        list_name=mailing.list_name,
        segment_id=mailing.segment_id,
        segment_name=mailing.segment_name,
        own_stream_id=mailing.own_stream_id,
        stream_id=found.stream_id,
        stream=found.stream,
        rule=found.rule,
        subject=mailing.content.subject,
        hourly_ceiling=mailing.hourly_ceiling,
        expiry_hours=mailing.expiry_hours,
        expires_at=mailing.expires_at,
        scheduled_at=mailing.scheduled_at,
        started_at=mailing.started_at,
        finished_at=mailing.finished_at,
        created_at=mailing.created_at,
        version=mailing.version,
        numbers=numbers_of(mailing, held),
    )
