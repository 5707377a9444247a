"""Sites: the host names that group lists. A service: functions on the caller's session."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class SiteView:
    """One site. ``stream`` is its own association's name, None when it inherits."""

    id: int
    host: str
    stream: str | None
    lists: int


def create(session: Session, host: str, *, actor: str, now: float) -> SiteView:
    """Create a site. Raises BadValue("host", …), Refused when there is one."""
    raise NotImplementedError


def rename(session: Session, site_id: int, host: str, *, actor: str, now: float) -> SiteView:
    """Give a site another host name."""
    raise NotImplementedError


def delete(session: Session, site_id: int, *, actor: str, now: float) -> None:
    """Delete a site; refused while it has lists, with their names."""
    raise NotImplementedError


def get(session: Session, site_id: int) -> SiteView:
    """One site; raises Refused when it was deleted."""
    raise NotImplementedError


def by_host(session: Session, host: str) -> SiteView:
    """One site by its host name; raises UnknownName."""
    raise NotImplementedError


def listing(session: Session) -> list[SiteView]:
    """All sites, by host."""
    raise NotImplementedError
