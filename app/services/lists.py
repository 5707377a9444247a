"""Mailing lists of a site. A service: functions on the caller's session."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class ListView:
    """One list. ``fields`` are its custom fields, sorted; ``stream`` is its own association's name, None: it inherits."""

    id: int
    name: str
    description: str
    site_id: int
    site: str
    stream: str | None
    members: int
    segments: int
    fields: tuple[str, ...]


def create(session: Session, *, name: str, site_id: int, actor: str, now: float, description: str = "") -> ListView:
    """Create a list. Names are unique on the server without regard to case. Raises BadValue, Refused when taken."""
    raise NotImplementedError


def edit(
    session: Session, list_id: int, *, name: str, site_id: int, description: str, actor: str, now: float
) -> ListView:
    """Set name, site and description."""
    raise NotImplementedError


def delete(session: Session, list_id: int, *, actor: str, now: float) -> None:
    """Delete a list with its members, segments and suppressions; refused while unfinished mailings go to it, with their names."""
    raise NotImplementedError


def get(session: Session, list_id: int) -> ListView:
    """One list; raises Refused when it was deleted."""
    raise NotImplementedError


def by_name(session: Session, name: str) -> ListView:
    """One list by its name without regard to case; raises UnknownName."""
    raise NotImplementedError


def listing(session: Session, *, site_id: int | None = None) -> list[ListView]:
    """All lists, or those of a site, by name; in a fixed number of queries."""
    raise NotImplementedError
