"""What a person does to members in a table, so that it can be taken back: remove, suppress. A service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.changes import LISTS, bump
from app.database.schema import Member, Suppression
from app.services import audit, lists, members
from app.services.problems import Refused

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Removal:
    """Members that were removed, as they were: what :func:`put_back` takes."""

    rows: tuple[Mapping[str, Any], ...]


def remove(session: Session, member_ids: Sequence[int], *, actor: str, now: float) -> Removal:
    """Remove members."""
    kept: list[Mapping[str, Any]] = []
    for at in range(0, len(member_ids), _CHUNK):
        found = session.scalars(select(Member).where(Member.id.in_(member_ids[at : at + _CHUNK])))
        kept.extend(_values(member) for member in found)
    members.remove(session, member_ids, actor=actor, now=now)
    return Removal(tuple(kept))


def list_of(session: Session, member_id: int) -> int:
    """The list that a member belongs to; raises Refused when it was removed."""
    found = session.scalar(select(Member.list_id).where(Member.id == member_id))
    if found is None:
        raise Refused("The member was removed in the meantime.")
    return found


def put_back(session: Session, removal: Removal, *, actor: str, now: float) -> int:
    """Make removed members members again; those whose mailbox has joined anew are left out. Refused when none could be."""
    back: dict[int, list[str]] = defaultdict(list)
    for values in removal.rows:
        same = select(Member.id).where(Member.list_id == values["list_id"], Member.address_key == values["address_key"])
        if session.scalar(same) is None:
            session.add(Member(**values))
            back[values["list_id"]].append(values["address"])
    if not back:
        raise Refused("These members have joined the list again already.")
    session.flush()
    for list_id, addresses in back.items():
        subject = members.several(addresses, lists.get(session, list_id).name)
        words = audit.several(addresses)
        audit.record(session, actor=actor, now=now, action="member.restore", subject=subject, after=words)
    bump(session, LISTS)
    return sum(map(len, back.values()))


def suppress(session: Session, member_ids: Sequence[int], *, reason: str, actor: str, now: float) -> tuple[int, ...]:
    """Suppress members for their list; the ids of the entries that are new, for suppressions.remove to take back."""
    last = session.scalar(select(func.max(Suppression.id))) or 0
    members.suppress(session, member_ids, reason=reason, actor=actor, now=now)
    return tuple(session.scalars(select(Suppression.id).where(Suppression.id > last).order_by(Suppression.id)))


def _values(member: Member) -> Mapping[str, Any]:
    return {column.key: getattr(member, column.key) for column in Member.__table__.columns}
