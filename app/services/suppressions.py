"""Suppressed mailboxes: never mailed, everywhere or for one list, also when they are imported again. A service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, SQLColumnExpression, delete, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from app.database.changes import LISTS, RECIPIENTS, bump
from app.database.schema import MailingList, Member, MemberState, Suppression
from app.services import audit
from app.services.names import check_line
from app.services.problems import BadValue, Refused
from engine.addresses import AddressError, parse_mailbox

CHUNK = 500
"""Values of one IN list."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SuppressionView:
    """One suppressed mailbox. ``list_name`` None: for all lists. ``at`` in epoch seconds."""

    id: int
    address: str
    list_id: int | None
    list_name: str | None
    reason: str
    at: float
    actor: str


def add(session: Session, address: str, *, reason: str, actor: str, now: float, list_id: int | None = None) -> bool:
    """Suppress a mailbox for one list, or for all; False when it was. Takes effect at once, also for mailings under way.

    Raises BadValue("address", …).
    """
    return add_many(session, [address], reason=reason, actor=actor, now=now, list_id=list_id) == 1


def add_many(
    session: Session, addresses: Iterable[str], *, reason: str, actor: str, now: float, list_id: int | None = None
) -> int:
    """Suppress many mailboxes; returns how many were new. Nothing is written when one is bad (BadValue names it)."""
    keys = dict.fromkeys(mailbox_key(address) for address in addresses)
    reason = check_line(reason, "reason", longest=500)
    list_name = _list_name(session, list_id)
    fresh: list[str] = []
    for chunk in _chunks(list(keys)):
        known = set(
            session.scalars(
                select(Suppression.address_key).where(Suppression.address_key.in_(chunk), _of_list(list_id))
            )
        )
        fresh.extend(key for key in chunk if key not in known)
    if not fresh:
        return 0
    rows = [{"address_key": key, "list_id": list_id, "reason": reason, "actor": actor, "at": now} for key in fresh]
    session.execute(insert(Suppression), rows)
    _mark_members(session, fresh, list_id)
    _record(session, "add", fresh, list_name, actor, now, reason)
    return len(fresh)


def remove(session: Session, suppression_ids: Iterable[int], *, actor: str, now: float) -> int:
    """Let mailboxes be mailed again; returns how many."""
    removed = 0
    for chunk in _chunks(list(suppression_ids)):
        rows = session.execute(
            select(Suppression.address_key, Suppression.list_id).where(Suppression.id.in_(chunk))
        ).all()
        session.execute(delete(Suppression).where(Suppression.id.in_(chunk)))
        for list_id in {row.list_id for row in rows}:
            keys = [row.address_key for row in rows if row.list_id == list_id]
            _unmark_members(session, keys, list_id)
            _record(session, "remove", keys, _list_name(session, list_id), actor, now, "")
        removed += len(rows)
    return removed


def is_suppressed(session: Session, address: str, *, list_id: int) -> bool:
    """Whether mail of this list may not go to this mailbox."""
    found = select(Suppression.id).where(Suppression.address_key == mailbox_key(address), holds_for(literal(list_id)))
    return session.scalar(found.limit(1)) is not None


def holds_for(list_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """The suppressions that hold for a list: its own, and those for all lists."""
    return or_(Suppression.list_id.is_(None), Suppression.list_id == list_id)


def page(
    session: Session, *, after_id: int = 0, limit: int = 200, containing: str = "", list_id: int | None = None
) -> list[SuppressionView]:
    """Up to *limit* entries in the order of their ids; *list_id* keeps those of one list and those of all."""
    wanted = (
        select(Suppression, MailingList.name)
        .outerjoin(MailingList, MailingList.id == Suppression.list_id)
        .where(Suppression.id > after_id)
        .order_by(Suppression.id)
        .limit(limit)
    )
    if containing:
        wanted = wanted.where(Suppression.address_key.icontains(containing, autoescape=True))
    if list_id is not None:
        wanted = wanted.where(holds_for(literal(list_id)))
    return [
        SuppressionView(row.id, row.address_key, row.list_id, list_name, row.reason, row.at, row.actor)
        for row, list_name in session.execute(wanted)
    ]


def count(session: Session) -> int:
    """How many entries there are."""
    return session.scalar(select(func.count()).select_from(Suppression)) or 0


def mailbox_key(address: str) -> str:
    """What a mailbox is compared by; raise BadValue("address", …) when it is none."""
    try:
        return parse_mailbox(address).key
    except AddressError as error:
        raise BadValue("address", f"address: {address.strip()[:100]!r}: {error}.") from None


def _mark_members(session: Session, keys: Sequence[str], list_id: int | None) -> None:
    """Show members as suppressed. Member rows are found list by list: that is what their index is for."""
    for chunk in _chunks(keys):
        session.execute(
            update(Member)
            .where(_in_lists(list_id), Member.address_key.in_(chunk), Member.state == MemberState.ACTIVE)
            .values(state=MemberState.SUPPRESSED)
            .execution_options(synchronize_session=False)
        )


def _unmark_members(session: Session, keys: Sequence[str], list_id: int | None) -> None:
    """Make members active again whom no other entry suppresses."""
    other = select(Suppression.id).where(Suppression.address_key == Member.address_key, holds_for(Member.list_id))
    for chunk in _chunks(keys):
        session.execute(
            update(Member)
            .where(
                _in_lists(list_id),
                Member.address_key.in_(chunk),
                Member.state == MemberState.SUPPRESSED,
                ~other.exists(),
            )
            .values(state=MemberState.ACTIVE)
            .execution_options(synchronize_session=False)
        )


def _in_lists(list_id: int | None) -> ColumnElement[bool]:
    return Member.list_id.in_(select(MailingList.id)) if list_id is None else Member.list_id == list_id


def _of_list(list_id: int | None) -> ColumnElement[bool]:
    return Suppression.list_id.is_(None) if list_id is None else Suppression.list_id == list_id


def _list_name(session: Session, list_id: int | None) -> str:
    if list_id is None:
        return ""
    name = session.scalar(select(MailingList.name).where(MailingList.id == list_id))
    if name is None:
        raise Refused("The list was deleted in the meantime.")
    return name


def _chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (values[at : at + CHUNK] for at in range(0, len(values), CHUNK))


def _record(
    session: Session, verb: str, keys: Sequence[str], list_name: str, actor: str, now: float, reason: str
) -> None:
    what = keys[0] if len(keys) == 1 else f"{len(keys):,} addresses"
    where = f"list {list_name}" if list_name else "all lists"
    words = [f"{what} for {where}", reason, audit.several(keys)]
    audit.record(
        session,
        actor=actor,
        now=now,
        action=f"suppression.{verb}",
        subject=what,
        **{"after" if verb == "add" else "before": ": ".join(word for word in words if word)},
    )
    bump(session, LISTS, RECIPIENTS)
