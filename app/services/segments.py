"""Segments: saved selections of a list's members. A service: functions on the caller's session."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from app.database.changes import LISTS, WORLD, bump
from app.database.schema import Mailing, MailingList, Member, Segment, Stream, name_key
from app.services import audit, conditions, lists, segment_query
from app.services.conditions import Condition, Group, Node
from app.services.members import MemberView, views
from app.services.names import check_name
from app.services.problems import Refused, UnknownName, names_of, near_names


@dataclass(frozen=True, slots=True)
class SegmentView:
    """One segment. ``stream`` is its own association's name, None when it inherits."""

    id: int
    name: str
    list_id: int
    list_name: str
    where: Node
    stream: str | None


def create(session: Session, *, name: str, list_id: int, where: object, actor: str, now: float) -> SegmentView:
    """Create a segment. *where* is data as :func:`app.services.conditions.parse` takes it, its JSON text, or a Node.

    Raises BadValue ("name", "where"), Refused when the list has a segment of this name.
    """
    node = read_where(session, list_id, where)
    segment = Segment(list_id=list_id, conditions=conditions.to_data(node), created_at=now)
    _set_name(session, segment, name)
    session.add(segment)
    session.flush()
    view = get(session, segment.id)
    _record(session, "create", view, actor, now, after=_words(view))
    return view


def edit(session: Session, segment_id: int, *, name: str, where: object, actor: str, now: float) -> SegmentView:
    """Set name and conditions. Mailings that have started keep the recipients that they have."""
    before = get(session, segment_id)
    node = read_where(session, before.list_id, where)
    segment = _row(session, segment_id)
    _set_name(session, segment, name)
    segment.conditions = conditions.to_data(node)
    session.flush()
    after = get(session, segment_id)
    if after != before:
        _record(session, "edit", before, actor, now, before=_words(before), after=_words(after))
    return after


def delete(session: Session, segment_id: int, *, actor: str, now: float) -> None:
    """Delete a segment; refused while unfinished mailings go to it, with their names."""
    view = get(session, segment_id)
    lists.refuse_while_mailed(session, Mailing.segment_id == segment_id, view.name)
    session.delete(_row(session, segment_id))
    session.flush()
    _record(session, "delete", view, actor, now, before=_words(view))


def get(session: Session, segment_id: int) -> SegmentView:
    """One segment; raises Refused when it was deleted."""
    found = _views(session, Segment.id == segment_id)
    if not found:
        raise _gone()
    return found[0]


def by_name(session: Session, name: str, *, list_id: int | None = None) -> SegmentView:
    """One segment by its name; raises UnknownName, and Refused when several lists have one of this name."""
    scope = [] if list_id is None else [Segment.list_id == list_id]
    found = _views(session, Segment.name_key == name_key(name), *scope)
    if not found:
        raise UnknownName("segment", name, near_names(name, session.scalars(select(Segment.name).where(*scope))))
    if len(found) > 1:
        owners = [view.list_name for view in found]
        raise Refused(f"Several lists have a segment {found[0].name} ({names_of(owners)}); name the list.", owners)
    return found[0]


def listing(session: Session, *, list_id: int | None = None) -> list[SegmentView]:
    """All segments, or those of a list, by list and name."""
    return _views(session) if list_id is None else _views(session, Segment.list_id == list_id)


def read_where(session: Session, list_id: int, where: object) -> Node:
    """Check conditions against the fields of a list, for a live count in an editor. Raises BadValue("where", …)."""
    fields = lists.fields_of(session, list_id)
    if isinstance(where, Condition | Group):
        where = conditions.to_data(where)
    return conditions.parse_text(where, fields) if isinstance(where, str) else conditions.parse(where, fields)


def selected(list_id: int, where: Node) -> ColumnElement[bool]:
    """The condition on ``members`` for those of a list whom the conditions select."""
    return (Member.list_id == list_id) & segment_query.clause(where)


def count(session: Session, list_id: int, where: Node) -> int:
    """How many members the conditions select, suppressed ones included."""
    return session.scalar(select(func.count()).select_from(Member).where(selected(list_id, where))) or 0


def sample(session: Session, list_id: int, where: Node, *, limit: int = 20) -> list[MemberView]:
    """Some of the members that the conditions select, by address."""
    wanted = select(Member).where(selected(list_id, where)).order_by(Member.address_key).limit(limit)
    return views(session.scalars(wanted))


def _views(session: Session, *wanted: ColumnElement[bool]) -> list[SegmentView]:
    rows = session.execute(
        select(Segment, Stream.name)
        .join(MailingList, MailingList.id == Segment.list_id)
        .outerjoin(Stream, Stream.id == Segment.stream_id)
        .options(joinedload(Segment.mailing_list))
        .where(*wanted)
        .order_by(MailingList.name_key, Segment.name_key)
    )
    return [
        SegmentView(
            id=segment.id,
            name=segment.name,
            list_id=segment.list_id,
            list_name=segment.mailing_list.name,
            where=conditions.parse(segment.conditions, segment.mailing_list.fields),
            stream=stream,
        )
        for segment, stream in rows
    ]


def _row(session: Session, segment_id: int) -> Segment:
    segment = session.get(Segment, segment_id)
    if segment is None:
        raise _gone()
    return segment


def _gone() -> Refused:
    return Refused("The segment was deleted in the meantime.")


def _set_name(session: Session, segment: Segment, name: str) -> None:
    name = check_name(name)
    with session.no_autoflush:
        other = session.scalar(
            select(Segment).where(Segment.list_id == segment.list_id, Segment.name_key == name_key(name))
        )
    if other is not None and other is not segment:
        raise Refused(f"The list has a segment {other.name!r} already.", [other.name])
    segment.name, segment.name_key = name, name_key(name)


def _words(view: SegmentView) -> str:
    return f"{view.name}: {json.dumps(conditions.to_data(view.where), ensure_ascii=False)}"


def _record(
    session: Session, verb: str, view: SegmentView, actor: str, now: float, *, before: str = "", after: str = ""
) -> None:
    subject = f"segment {view.name} of {view.list_name}"
    audit.record(session, actor=actor, now=now, action=f"segment.{verb}", subject=subject, before=before, after=after)
    bump(session, WORLD, LISTS)
