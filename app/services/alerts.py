"""What a person should look at: alerts, and the providers that streams and mailings wait at. A service."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.changes import ALERTS, WORLD, bump
from app.database.schema import Mailing, StoredAlert, StoredPause, Stream
from app.services import audit
from app.services.problems import Refused


@dataclass(frozen=True, slots=True)
class AlertView:
    """One thing to look at. ``kind`` is the engine's word, ``subject`` what it is about, ``at`` when it began."""

    id: int
    kind: str
    subject: str
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class PauseView:
    """A stream or a mailing that waits toward a provider until a person resumes it. ``owner`` is "stream" or "mailing"."""

    id: int
    provider: str
    owner: str
    owner_id: int
    name: str
    reason: str
    since: float


def listing(session: Session) -> list[AlertView]:
    """What is neither resolved nor dismissed, newest first."""
    query = (
        select(StoredAlert)
        .where(StoredAlert.resolved_at.is_(None), StoredAlert.dismissed_at.is_(None))
        .order_by(StoredAlert.at.desc(), StoredAlert.id.desc())
    )
    return [AlertView(alert.id, alert.kind, alert.subject, alert.text, alert.at) for alert in session.scalars(query)]


def raise_alert(session: Session, kind: str, subject: str, text: str, *, now: float) -> None:
    """Raise an alert; one of the same kind and subject is brought up to date."""
    alert = session.scalar(select(StoredAlert).where(StoredAlert.kind == kind, StoredAlert.subject == subject))
    if alert is None:
        alert = StoredAlert(kind=kind, subject=subject)
        session.add(alert)
    alert.text = text
    alert.at = now
    alert.resolved_at = None
    alert.dismissed_at = None
    session.flush()
    bump(session, ALERTS)


def dismiss(session: Session, alert_id: int, *, actor: str, now: float) -> None:
    """Take an alert off the list, until it is raised anew."""
    alert = session.get(StoredAlert, alert_id)
    if alert is None or alert.resolved_at is not None:
        raise Refused("This alert is resolved already.")
    alert.dismissed_at = now
    audit.record(session, actor=actor, now=now, action="alert.dismiss", subject=alert.subject, before=alert.text)
    session.flush()
    bump(session, ALERTS)


def pauses(session: Session) -> list[PauseView]:
    """Where streams and mailings wait toward a provider, oldest first."""
    query = (
        select(StoredPause, Stream.name, Mailing.name)
        .outerjoin(Stream, Stream.id == StoredPause.stream_id)
        .outerjoin(Mailing, Mailing.id == StoredPause.mailing_id)
        .order_by(StoredPause.since_at, StoredPause.id)
    )
    return [_pause(pause, stream or mailing or "") for pause, stream, mailing in session.execute(query).all()]


def lift(session: Session, pause_id: int, *, actor: str, now: float) -> PauseView:
    """Let a stream or a mailing send toward the provider again."""
    pause = session.get(StoredPause, pause_id)
    if pause is None:
        raise Refused("Mail goes to this provider again already.")
    view = next(each for each in pauses(session) if each.id == pause_id)
    session.delete(pause)
    subject = f"{view.owner} {view.name}"
    audit.record(
        session, actor=actor, now=now, action="pause.lift", subject=subject, before=f"paused at {view.provider}"
    )
    session.flush()
    bump(session, WORLD, ALERTS)
    return view


def _pause(pause: StoredPause, name: str) -> PauseView:
    owner, owner_id = ("stream", pause.stream_id) if pause.stream_id is not None else ("mailing", pause.mailing_id)
    return PauseView(pause.id, pause.provider, owner, owner_id or 0, name, pause.reason, pause.since_at)
