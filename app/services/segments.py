"""Segments: saved selections of a list's members. A service: functions on the caller's session."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.services.conditions import Node
from app.services.members import MemberView


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
    raise NotImplementedError


def edit(session: Session, segment_id: int, *, name: str, where: object, actor: str, now: float) -> SegmentView:
    """Set name and conditions. Mailings that have started keep the recipients that they have."""
    raise NotImplementedError


def delete(session: Session, segment_id: int, *, actor: str, now: float) -> None:
    """Delete a segment; refused while unfinished mailings go to it, with their names."""
    raise NotImplementedError


def get(session: Session, segment_id: int) -> SegmentView:
    """One segment; raises Refused when it was deleted."""
    raise NotImplementedError


def by_name(session: Session, name: str, *, list_id: int | None = None) -> SegmentView:
    """One segment by its name; raises UnknownName, and Refused when several lists have one of this name."""
    raise NotImplementedError


def listing(session: Session, *, list_id: int | None = None) -> list[SegmentView]:
    """All segments, or those of a list, by list and name."""
    raise NotImplementedError


def read_where(session: Session, list_id: int, where: object) -> Node:
    """Check conditions against the fields of a list, for a live count in an editor. Raises BadValue("where", …)."""
    raise NotImplementedError


def count(session: Session, list_id: int, where: Node) -> int:
    """How many members the conditions select, suppressed ones included."""
    raise NotImplementedError


def sample(session: Session, list_id: int, where: Node, *, limit: int = 20) -> list[MemberView]:
    """Some of the members that the conditions select, by address."""
    raise NotImplementedError
