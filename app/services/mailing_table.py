"""The table of mailings as a window shows it: ids in any order, and rows with their pace. A service; reads only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session

from app.database.schema import Mailing
from app.services import alerts, mailings, reports
from app.services.alerts import PauseView
from app.services.mailings import MailingView
from app.services.reports import DomainRow, Pace
from engine.ports import MailingState

_NO_PACE = Pace(0.0, None)
_RANKS: Mapping[MailingState, int] = {
    state: rank
    for rank, state in enumerate(
        (
            MailingState.ACTIVE,
            MailingState.PAUSED,
            MailingState.SCHEDULED,
            MailingState.DRAFT,
            MailingState.STOPPED,
            MailingState.COMPLETED,
        )
    )
}
"""What a person looks at first stands first."""


class MailingSort(StrEnum):
    """What the table can be sorted by."""

    NAME = "name"
    TARGET = "target"
    STREAM = "stream"
    STATE = "state"
    DONE = "done"
    RATE = "rate"
    TIME_LEFT = "time_left"
    STARTED = "started"


@dataclass(frozen=True, slots=True)
class MailingRow:
    """A mailing with its pace now."""

    view: MailingView
    pace: Pace


@dataclass(frozen=True, slots=True)
class MailingDetails:
    """What stands beside the table of one mailing. ``pauses``: the providers where it, or its stream, waits."""

    row: MailingRow
    replies: tuple[DomainRow, ...]
    pauses: tuple[PauseView, ...]


def ids(
    session: Session, sort: MailingSort | None = None, *, descending: bool = False, text: str = "", now: float
) -> list[int]:
    """The ids of the mailings that have *text* in name, list, segment or stream; without *sort* running ones first, newest
    of each state first."""
    query = select(Mailing.id)
    if text.strip():
        columns = (Mailing.name, Mailing.list_name, Mailing.segment_name, Mailing.stream_name)
        query = query.where(or_(*(column.icontains(text.strip(), autoescape=True) for column in columns)))
    by_state = case(_RANKS, value=Mailing.state)
    if sort is None or sort in _BY_PACE:
        found = list(session.scalars(query.order_by(by_state, Mailing.id.desc())))
        return found if sort is None else _by_pace(session, found, _BY_PACE[sort], descending=descending, now=now)
    column = by_state if sort is MailingSort.STATE else _COLUMNS[sort]
    order = column.desc().nulls_last() if descending else column.asc().nulls_last()
    return list(session.scalars(query.order_by(order, Mailing.id.desc())))


def rows(session: Session, mailing_ids: Sequence[int], *, now: float) -> list[MailingRow]:
    """These mailings, in this order; those that were deleted are left out."""
    found = {view.id: view for view in mailings.by_ids(session, mailing_ids)}
    return [row(session, found[each], now=now) for each in mailing_ids if each in found]


def row(session: Session, view: MailingView, *, now: float) -> MailingRow:
    """One mailing with its pace."""
    active = view.state is MailingState.ACTIVE
    return MailingRow(view, reports.pace(session, view.id, now=now) if active else _NO_PACE)


def details(session: Session, mailing_id: int, *, now: float) -> MailingDetails | None:
    """One mailing; None when it was deleted."""
    found = mailings.by_ids(session, [mailing_id])
    if not found:
        return None
    view = found[0]
    waits = {("mailing", view.id), ("stream", view.stream_id)}
    pauses = tuple(pause for pause in alerts.pauses(session) if (pause.owner, pause.owner_id) in waits)
    replies = tuple(reports.last_replies(session, mailing_id))
    return MailingDetails(row(session, view, now=now), replies, pauses)


def _by_pace(
    session: Session, found: list[int], value: Callable[[Pace], float | None], *, descending: bool, now: float
) -> list[int]:
    """The active ones by their pace, the others behind them as they stand: they have none."""
    wanted = select(Mailing.id).where(Mailing.state == MailingState.ACTIVE, Mailing.id.in_(found))
    paces = {each: value(reports.pace(session, each, now=now)) for each in session.scalars(wanted)}
    known = {each: pace for each, pace in paces.items() if pace is not None}
    first = sorted(known, key=lambda each: (known[each], each), reverse=descending)
    return [*first, *(each for each in found if each not in known)]


_BY_PACE: Mapping[MailingSort, Callable[[Pace], float | None]] = {
    MailingSort.RATE: lambda pace: pace.rate,
    MailingSort.TIME_LEFT: lambda pace: pace.seconds_left,
}
_COLUMNS: Mapping[MailingSort, Any] = {
    MailingSort.NAME: Mailing.name_key,
    MailingSort.TARGET: Mailing.list_name,
    MailingSort.STREAM: Mailing.stream_name,
    MailingSort.DONE: case((Mailing.total > 0, 1.0 * Mailing.delivered / Mailing.total)),
    MailingSort.STARTED: Mailing.started_at,
}
