"""Sites: the host names that group lists. A service: functions on the caller's session."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.database.changes import LISTS, WORLD, bump
from app.database.schema import MailingList, Site, Stream
from app.services import audit
from app.services.problems import BadValue, Refused, UnknownName, names_of, near_names
from engine.addresses import AddressError, to_ascii_domain


@dataclass(frozen=True, slots=True)
class SiteView:
    """One site. ``stream`` is its own association's name, None when it inherits."""

    id: int
    host: str
    stream: str | None
    lists: int


def create(session: Session, host: str, *, actor: str, now: float) -> SiteView:
    """Create a site. Raises BadValue("host", …), Refused when there is one."""
    site = Site(host=_free_host(session, host), created_at=now)
    session.add(site)
    session.flush()
    _record(session, "create", site.host, actor, now)
    return get(session, site.id)


def rename(session: Session, site_id: int, host: str, *, actor: str, now: float) -> SiteView:
    """Give a site another host name."""
    site = _row(session, site_id)
    before = site.host
    if _host(host) != before:
        site.host = _free_host(session, host)
        session.flush()
        _record(session, "rename", before, actor, now, before=before, after=site.host)
    return get(session, site_id)


def delete(session: Session, site_id: int, *, actor: str, now: float) -> None:
    """Delete a site; refused while it has lists, with their names."""
    site = _row(session, site_id)
    names = session.scalars(
        select(MailingList.name).where(MailingList.site_id == site_id).order_by(MailingList.name_key)
    ).all()
    if names:
        raise Refused(f"{site.host} has lists ({names_of(names)}); delete or move them first.", names)
    session.delete(site)
    session.flush()
    _record(session, "delete", site.host, actor, now, before=site.host)


def get(session: Session, site_id: int) -> SiteView:
    """One site; raises Refused when it was deleted."""
    found = _views(session, Site.id == site_id)
    if not found:
        raise _gone()
    return found[0]


def by_host(session: Session, host: str) -> SiteView:
    """One site by its host name; raises UnknownName."""
    try:
        found = _views(session, Site.host == _host(host))
    except BadValue:
        found = []
    if not found:
        raise UnknownName("site", host, near_names(host, session.scalars(select(Site.host))))
    return found[0]


def listing(session: Session) -> list[SiteView]:
    """All sites, by host."""
    return _views(session)


def _views(session: Session, *conditions: ColumnElement[bool]) -> list[SiteView]:
    lists = select(func.count()).where(MailingList.site_id == Site.id).scalar_subquery()
    rows = session.execute(
        select(Site.id, Site.host, Stream.name, lists)
        .outerjoin(Stream, Stream.id == Site.stream_id)
        .where(*conditions)
        .order_by(Site.host)
    )
    return [SiteView(site_id, host, stream, number) for site_id, host, stream, number in rows]


def _row(session: Session, site_id: int) -> Site:
    site = session.get(Site, site_id)
    if site is None:
        raise _gone()
    return site


def _gone() -> Refused:
    return Refused("The site was deleted in the meantime.")


def _host(text: str) -> str:
    try:
        return to_ascii_domain(text)
    except AddressError as error:
        raise BadValue("host", f"host: {str(error).replace('the domain', 'the host name')}.") from None


def _free_host(session: Session, text: str) -> str:
    host = _host(text)
    if session.scalar(select(Site.id).where(Site.host == host)) is not None:
        raise Refused(f"There is a site {host} already.", [host])
    return host


def _record(
    session: Session, verb: str, host: str, actor: str, now: float, *, before: str = "", after: str = ""
) -> None:
    audit.record(
        session, actor=actor, now=now, action=f"site.{verb}", subject=f"site {host}", before=before, after=after
    )
    bump(session, WORLD, LISTS)
