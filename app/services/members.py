"""Members of a list: add, edit, remove, suppress, and reading a million of them by pages. A service."""

from __future__ import annotations

import datetime
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TextIO

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.database.changes import LISTS, bump
from app.database.ids import read_ids
from app.database.schema import Member, MemberState
from app.services import audit, lists, segment_query, suppressions
from app.services.conditions import Node
from app.services.exports import write_csv
from app.services.names import check_line, is_field_name
from app.services.problems import BadValue, Refused, UnknownName
from engine.addresses import AddressError, MailboxAddress, parse_mailbox

LONGEST_VALUE = 4_096
"""Characters of one custom field."""
MOST_ROWS = 1_000
"""Members that :func:`rows` reads at once."""
_CHUNK = 500


class MemberSort(StrEnum):
    """What a table of members can be sorted by."""

    ADDRESS = "address"
    NAME = "name"
    DOMAIN = "domain"
    JOINED = "joined"


@dataclass(frozen=True, slots=True)
class MemberView:
    """One member. ``joined`` in epoch seconds; ``fields`` are its custom fields; ``suppressed``: it gets no mail."""

    id: int
    address: str
    name: str
    domain: str
    joined: float
    fields: Mapping[str, str]
    suppressed: bool


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """Which members are wanted: ``text`` stands in address or name; ``where`` are conditions of a segment."""

    text: str = ""
    where: Node | None = None


def add(
    session: Session,
    list_id: int,
    address: str,
    *,
    actor: str,
    now: float,
    name: str = "",
    fields: Mapping[str, str] | None = None,
) -> MemberView:
    """Add one member. Raises BadValue ("address", "name", "fields"), Refused when the list has this mailbox."""
    mailing_list = lists.get(session, list_id)
    member = Member(list_id=list_id, joined_at=now)
    _set(session, member, address, name, fields or {})
    session.add(member)
    session.flush()
    _record(session, "add", f"member {member.address} of {mailing_list.name}", actor, now)
    return _view(member)


def edit(
    session: Session, member_id: int, *, address: str, name: str, fields: Mapping[str, str], actor: str, now: float
) -> MemberView:
    """Set all values of a member."""
    member = _row(session, member_id)
    before = _view(member)
    _set(session, member, address, name, fields)
    session.flush()
    after = _view(member)
    if after != before:
        subject = f"member {before.address} of {lists.get(session, member.list_id).name}"
        _record(session, "edit", subject, actor, now, before=_words(before), after=_words(after))
    return after


def remove(session: Session, member_ids: Sequence[int], *, actor: str, now: float) -> int:
    """Remove members; returns how many there were. Recipients of mailings that have started are not touched."""
    removed: dict[int, list[str]] = defaultdict(list)
    for chunk in _chunks(member_ids):
        for list_id, address in session.execute(select(Member.list_id, Member.address).where(Member.id.in_(chunk))):
            removed[list_id].append(address)
        session.execute(delete(Member).where(Member.id.in_(chunk)))
    for list_id, gone in removed.items():
        subject = several(gone, lists.get(session, list_id).name)
        _record(session, "remove", subject, actor, now, before=audit.several(gone))
    return sum(map(len, removed.values()))


def suppress(session: Session, member_ids: Sequence[int], *, reason: str, actor: str, now: float) -> int:
    """Put members on the suppression list of their list: they stay members and get no mail. Returns how many were new."""
    by_list: dict[int, list[str]] = defaultdict(list)
    for chunk in _chunks(member_ids):
        for list_id, address in session.execute(select(Member.list_id, Member.address).where(Member.id.in_(chunk))):
            by_list[list_id].append(address)
    return sum(
        suppressions.add_many(session, addresses, reason=reason, actor=actor, now=now, list_id=list_id)
        for list_id, addresses in by_list.items()
    )


def get(session: Session, member_id: int) -> MemberView:
    """One member; raises Refused when it was removed."""
    return _view(_row(session, member_id))


def by_address(session: Session, list_id: int, address: str) -> MemberView:
    """One member of a list by address, in any spelling of the mailbox; raises BadValue for no address, UnknownName."""
    key = _mailbox(address).key
    member = session.scalar(select(Member).where(Member.list_id == list_id, Member.address_key == key))
    if member is None:
        raise UnknownName("member", address)
    return _view(member)


def count(session: Session, list_id: int, wanted: MemberFilter | None = None) -> int:
    """How many members of the list are wanted."""
    return session.scalar(select(func.count()).select_from(Member).where(*_conditions(list_id, wanted))) or 0


def ids(
    session: Session,
    list_id: int,
    wanted: MemberFilter | None = None,
    *,
    sort: MemberSort = MemberSort.ADDRESS,
    descending: bool = False,
    limit: int | None = None,
) -> array[int]:
    """The ids of all wanted members in order, eight bytes each, for a table that fetches its visible rows by :func:`rows`.

    *limit*: only the first so many, which is several times as fast.
    """
    column = _COLUMNS[sort]
    order = (column.desc(), Member.id.desc()) if descending else (column, Member.id)
    return read_ids(session, select(Member.id).where(*_conditions(list_id, wanted)).order_by(*order).limit(limit))


def rows(session: Session, member_ids: Sequence[int]) -> list[MemberView]:
    """The members with these ids, in this order; those removed meanwhile are left out. At most 1,000 at a time."""
    if len(member_ids) > MOST_ROWS:
        raise ValueError(f"at most {MOST_ROWS} members at a time")
    found = {member.id: member for member in session.scalars(select(Member).where(Member.id.in_(member_ids)))}
    return [_view(found[member_id]) for member_id in member_ids if member_id in found]


def every(session: Session, list_id: int, wanted: MemberFilter | None = None) -> Iterator[MemberView]:
    """All wanted members, streamed in the order of their ids: for exports and for ``member list``."""
    columns = (Member.id, Member.address, Member.name, Member.domain, Member.joined_at, Member.fields, Member.state)
    found = select(*columns).where(*_conditions(list_id, wanted)).order_by(Member.id)
    for row in session.execute(found.execution_options(yield_per=1_000)):
        suppressed = row.state is not MemberState.ACTIVE
        yield MemberView(row.id, row.address, row.name, row.domain, row.joined_at, row.fields or {}, suppressed)


def export_csv(session: Session, list_id: int, file: TextIO, wanted: MemberFilter | None = None) -> int:
    """Write members as CSV that can be imported again, joined dates in UTC; returns how many. *file* as for write_csv."""
    fields = lists.fields_of(session, list_id)
    rows = (
        (each.address, each.name, _iso(each.joined), *(each.fields.get(name, "") for name in fields))
        for each in every(session, list_id, wanted)
    )
    return write_csv(file, ("address", "name", "joined", *fields), rows)


def views(found: Iterable[Member]) -> list[MemberView]:
    """Members as they are shown."""
    return [_view(member) for member in found]


def several(addresses: Sequence[str], list_name: str) -> str:
    """Members of a list as the subject of a line of the audit trail."""
    what = f"member {addresses[0]}" if len(addresses) == 1 else f"{len(addresses):,} members"
    return f"{what} of {list_name}"


def check_value(text: str, field: str) -> str:
    """The value of a custom field in its stored form; raise BadValue(*field*) for control characters and long ones."""
    return check_line(text, field, longest=LONGEST_VALUE)


_COLUMNS: Mapping[MemberSort, InstrumentedAttribute[str] | InstrumentedAttribute[float]] = {
    MemberSort.ADDRESS: Member.address_key,
    MemberSort.NAME: Member.name,
    MemberSort.DOMAIN: Member.domain,
    MemberSort.JOINED: Member.joined_at,
}


def _conditions(list_id: int, wanted: MemberFilter | None) -> list[ColumnElement[bool]]:
    conditions = [Member.list_id == list_id]
    if wanted is not None and wanted.text.strip():
        text = wanted.text.strip()
        conditions.append(
            or_(Member.address.icontains(text, autoescape=True), Member.name.icontains(text, autoescape=True))
        )
    if wanted is not None and wanted.where is not None:
        conditions.append(segment_query.clause(wanted.where))
    return conditions


def _row(session: Session, member_id: int) -> Member:
    member = session.get(Member, member_id)
    if member is None:
        raise Refused("The member was removed in the meantime.")
    return member


def _set(session: Session, member: Member, address: str, name: str, fields: Mapping[str, str]) -> None:
    mailbox = _mailbox(address)
    if member.address_key != mailbox.key:
        _refuse_known(session, member.list_id, mailbox)
        member.address_key = mailbox.key
        barred = suppressions.is_suppressed(session, address, list_id=member.list_id)
        member.state = MemberState.SUPPRESSED if barred else MemberState.ACTIVE
    member.address, member.domain = mailbox.address, mailbox.ascii_domain
    member.name = check_line(name, "name", longest=200)
    member.fields = _checked_fields(session, member.list_id, fields) or None


def _checked_fields(session: Session, list_id: int, fields: Mapping[str, str]) -> dict[str, str]:
    """The fields with a value, under the names that the list has for them."""
    for name in fields:
        if not is_field_name(name):
            raise BadValue("fields", f"fields: {name[:80]!r} can't be the name of a field.")
    values = [check_value(value, name) for name, value in fields.items()]
    names = lists.spelled_fields(session, list_id, tuple(fields))
    return {name: value for name, value in zip(names, values, strict=True) if value}


def _refuse_known(session: Session, list_id: int, mailbox: MailboxAddress) -> None:
    with session.no_autoflush:
        known = session.scalar(
            select(Member.address).where(Member.list_id == list_id, Member.address_key == mailbox.key)
        )
    if known is not None:
        raise Refused(f"The list has a member {known} already.", [known])


def _mailbox(address: str) -> MailboxAddress:
    try:
        return parse_mailbox(address)
    except AddressError as error:
        raise BadValue("address", f"address: {error}.") from None


def _view(member: Member) -> MemberView:
    return MemberView(
        id=member.id,
        address=member.address,
        name=member.name,
        domain=member.domain,
        joined=member.joined_at,
        fields=member.fields or {},
        suppressed=member.state is not MemberState.ACTIVE,
    )


def _iso(at: float) -> str:
    return datetime.datetime.fromtimestamp(at, datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _chunks(member_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (member_ids[at : at + _CHUNK] for at in range(0, len(member_ids), _CHUNK))


def _words(view: MemberView) -> str:
    fields = (f"{name} {value}" for name, value in view.fields.items())
    return "; ".join([view.address, *([view.name] if view.name else []), *fields])


def _record(
    session: Session, verb: str, subject: str, actor: str, now: float, *, before: str = "", after: str = ""
) -> None:
    audit.record(session, actor=actor, now=now, action=f"member.{verb}", subject=subject, before=before, after=after)
    bump(session, LISTS)
