"""Mailing lists of a site. A service: functions on the caller's session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.database.changes import LISTS, WORLD, bump
from app.database.schema import Mailing, MailingList, Member, Segment, Site, Stream, name_key
from app.services import audit
from app.services.names import check_line, check_name, check_text
from app.services.problems import BadValue, Refused, UnknownName, names_of, near_names
from engine.addresses import AddressError, parse_mailbox, to_ascii_domain
from engine.ports import MailingState
from engine.unsubscribe import mailto_template, url_template

UNFINISHED = (MailingState.DRAFT, MailingState.SCHEDULED, MailingState.ACTIVE, MailingState.PAUSED)
"""States of mailings from which mail may still leave; of a stopped one it may while recipients wait for its resumption."""


@dataclass(frozen=True, slots=True)
class ListView:
    """One list. ``fields`` are its custom fields, in the order in which they were first met.

    ``stream`` is its own association's name, None when it inherits. ``from_address``, ``from_name``, ``list_id`` (RFC 2919),
    ``unsubscribe_url`` and ``unsubscribe_mailto`` are what new mailings start with, "" where nothing is set.
    """

    id: int
    name: str
    description: str
    site_id: int
    site: str
    stream: str | None
    members: int
    segments: int
    fields: tuple[str, ...]
    from_address: str
    from_name: str
    list_id: str
    unsubscribe_url: str
    unsubscribe_mailto: str


@dataclass(frozen=True, slots=True)
class ListEdit:
    """The new values of a list; all of them are set."""

    name: str
    site_id: int
    description: str = ""
    from_address: str = ""
    from_name: str = ""
    list_id: str = ""
    unsubscribe_url: str = ""
    unsubscribe_mailto: str = ""


def create(session: Session, *, name: str, site_id: int, actor: str, now: float, description: str = "") -> ListView:
    """Create a list. Names are unique on the server without regard to case. Raises BadValue, Refused when taken."""
    mailing_list = MailingList(created_at=now, fields=[])
    _set(session, mailing_list, ListEdit(name, site_id, description))
    session.add(mailing_list)
    session.flush()
    view = get(session, mailing_list.id)
    _record(session, "create", view.name, actor, now, after=_words(view))
    return view


def edit(session: Session, list_id: int, edit: ListEdit, *, actor: str, now: float) -> ListView:
    """Set all values of a list. Raises BadValue naming the field, Refused when the name is taken."""
    before = get(session, list_id)
    _set(session, _row(session, list_id), edit)
    session.flush()
    after = get(session, list_id)
    if after != before:
        _record(session, "edit", before.name, actor, now, before=_words(before), after=_words(after))
    return after


def delete(session: Session, list_id: int, *, actor: str, now: float) -> None:
    """Delete a list with its members, segments and suppressions.

    Refused while unfinished mailings go to it, with their names.
    """
    view = get(session, list_id)
    refuse_while_mailed(session, Mailing.list_id == list_id, view.name)
    wanted = select(Segment.name).where(Segment.list_id == list_id).order_by(Segment.name_key)
    gone = [f"{view.members} members", *(f"segment {name}" for name in session.scalars(wanted))]
    session.delete(_row(session, list_id))
    session.flush()
    _record(session, "delete", view.name, actor, now, before=", ".join(gone))


def refuse_while_mailed(session: Session, condition: ColumnElement[bool], what: str) -> None:
    """Raise Refused with the names of the unfinished mailings that the condition finds."""
    names = session.scalars(select(Mailing.name).where(unfinished(), condition).order_by(Mailing.name_key)).all()
    if names:
        raise Refused(f"Unfinished mailings go to {what} ({names_of(names)}); stop or delete them first.", names)


def unfinished() -> ColumnElement[bool]:
    """The mailings that may still send."""
    ended = Mailing.delivered + Mailing.failed + Mailing.expired + Mailing.stopped + Mailing.in_doubt
    kept = and_(Mailing.state == MailingState.STOPPED, Mailing.total > ended)
    return or_(Mailing.state.in_(UNFINISHED), kept)


def get(session: Session, list_id: int) -> ListView:
    """One list; raises Refused when it was deleted."""
    found = _views(session, MailingList.id == list_id)
    if not found:
        raise _gone()
    return found[0]


def by_name(session: Session, name: str) -> ListView:
    """One list by its name without regard to case; raises UnknownName."""
    found = _views(session, MailingList.name_key == name_key(name))
    if not found:
        raise UnknownName("list", name, near_names(name, session.scalars(select(MailingList.name))))
    return found[0]


def listing(session: Session, *, site_id: int | None = None) -> list[ListView]:
    """All lists, or those of a site, by name; in a fixed number of queries."""
    return _views(session) if site_id is None else _views(session, MailingList.site_id == site_id)


def fields_of(session: Session, list_id: int) -> tuple[str, ...]:
    """The custom fields of a list; raises Refused when it was deleted."""
    return tuple(_row(session, list_id).fields)


def spelled_fields(session: Session, list_id: int, names: Sequence[str]) -> tuple[str, ...]:
    """The names of custom fields as the list spells them; those that it did not have in any case are its own from now on."""
    mailing_list = _row(session, list_id)
    spelling = {name.casefold(): name for name in mailing_list.fields}
    spelled = tuple(spelling.setdefault(name.casefold(), name) for name in names)
    if len(spelling) > len(mailing_list.fields):
        mailing_list.fields = list(spelling.values())
    return spelled


def _views(session: Session, *conditions: ColumnElement[bool]) -> list[ListView]:
    members = select(func.count()).where(Member.list_id == MailingList.id).scalar_subquery()
    segments = select(func.count()).where(Segment.list_id == MailingList.id).scalar_subquery()
    rows = session.execute(
        select(MailingList, Site.host, Stream.name, members, segments)
        .join(Site, Site.id == MailingList.site_id)
        .outerjoin(Stream, Stream.id == MailingList.stream_id)
        .where(*conditions)
        .order_by(MailingList.name_key)
    )
    return [
        ListView(
            id=row.id,
            name=row.name,
            description=row.description,
            site_id=row.site_id,
            site=host,
            stream=stream,
            members=member_count,
            segments=segment_count,
            fields=tuple(row.fields),
            from_address=row.from_address,
            from_name=row.from_name,
            list_id=row.list_id_header,
            unsubscribe_url=row.unsubscribe_url,
            unsubscribe_mailto=row.unsubscribe_mailto,
        )
        for row, host, stream, member_count, segment_count in rows
    ]


def _row(session: Session, list_id: int) -> MailingList:
    mailing_list = session.get(MailingList, list_id)
    if mailing_list is None:
        raise _gone()
    return mailing_list


def _gone() -> Refused:
    return Refused("The list was deleted in the meantime.")


def _set(session: Session, mailing_list: MailingList, edit: ListEdit) -> None:
    name = check_name(edit.name)
    with session.no_autoflush:
        other = session.scalar(select(MailingList).where(MailingList.name_key == name_key(name)))
        site = session.get(Site, edit.site_id)
    if other is not None and other is not mailing_list:
        raise Refused(f"There is a list {other.name!r} already.", [other.name])
    if site is None:
        raise Refused("The site was deleted in the meantime.")
    mailing_list.name, mailing_list.name_key = name, name_key(name)
    mailing_list.site_id = edit.site_id
    mailing_list.description = check_text(edit.description, "description")
    mailing_list.from_address = _mailbox(edit.from_address, "from_address")
    mailing_list.from_name = check_line(edit.from_name, "from_name", longest=200)
    mailing_list.list_id_header = _list_id(edit.list_id)
    mailing_list.unsubscribe_url = _template(edit.unsubscribe_url, "unsubscribe_url", url_template)
    mailing_list.unsubscribe_mailto = _template(edit.unsubscribe_mailto, "unsubscribe_mailto", mailto_template)


def _mailbox(text: str, field: str) -> str:
    if not text.strip():
        return ""
    try:
        return parse_mailbox(text).address
    except AddressError as error:
        raise BadValue(field, f"{field}: {error}.") from None


def _template(text: str, field: str, check: Callable[[str], object]) -> str:
    """A line that *check* (of :mod:`engine.unsubscribe`) accepts."""
    line = check_line(text, field)
    try:
        check(line)
    except ValueError as error:
        raise BadValue(field, f"{field}: {error}.") from None
    return line


def _list_id(text: str) -> str:
    """The identifier of a list, in the form of a host name (RFC 2919, 2 and 3)."""
    try:
        return to_ascii_domain(text) if text.strip() else ""
    except AddressError as error:
        raise BadValue("list_id", f"list_id: {str(error).replace('the domain', 'the identifier')}.") from None


def _words(view: ListView) -> str:
    parts = [f"name {view.name}", f"site {view.site}"]
    optional = (
        ("description", view.description),
        ("list id", view.list_id),
        ("from", f"{view.from_name} {view.from_address}".strip()),
        ("unsubscribe", f"{view.unsubscribe_url} {view.unsubscribe_mailto}".strip()),
    )
    return "; ".join([*parts, *(f"{label} {value}" for label, value in optional if value)])


def _record(
    session: Session, verb: str, name: str, actor: str, now: float, *, before: str = "", after: str = ""
) -> None:
    audit.record(
        session, actor=actor, now=now, action=f"list.{verb}", subject=f"list {name}", before=before, after=after
    )
    bump(session, WORLD, LISTS)
