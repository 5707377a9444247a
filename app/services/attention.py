"""What a person should look at, from all corners in one list, the worst first: for the overview. A service; reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.schema import Mailing, SendingAddress, StoredHold, Stream
from app.services import alerts
from app.services.alerts import AlertView, PauseView
from app.services.waiting_behind import held_by_domain
from engine.ports import MailingState


class AttentionKind(StrEnum):
    """What it is, the worst first."""

    TOTAL_BLOCK = "total_block"
    STREAM_PAUSED = "stream_paused"
    """The contagion guard stopped a stream at one provider."""
    MAILING_REFUSED = "mailing_refused"
    """A mailing stopped at a provider that refuses it for what it is."""
    UNUSABLE_ADDRESS = "unusable_address"
    IN_DOUBT = "in_doubt"
    ALERT = "alert"
    MAILING_PAUSED = "mailing_paused"


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing. ``target`` is the id of the stream, pause, address, mailing or alert that it is about, by its kind.

    ``name`` is what that is called, ``place`` the provider or domain, ``number`` recipients, ``domains`` how many of them
    are held, ``text`` words of the engine (no words of strangers). ``alert`` is the id of an alert that can be dismissed, 0:
    there is none. ``at`` is when it began, in epoch seconds.
    """

    kind: AttentionKind
    target: int
    name: str
    at: float
    place: str = ""
    number: int = 0
    domains: int = 0
    text: str = ""
    alert: int = 0


_ALERTS_SHOWN_OTHERWISE = frozenset({"total_block", "unusable_address"})
"""Kinds of alerts that stand in the list by what they are about, for as long as that lasts."""


def listing(session: Session) -> list[Attention]:
    """Everything that waits for a person, the worst first, the newest first among equals."""
    pauses = alerts.pauses(session)
    found = [
        *_total_blocks(session),
        *map(_pause, pauses),
        *_unusable(session),
        *_in_doubt(session),
        *_alerts(alerts.listing(session), pauses),
        *_paused_mailings(session),
    ]
    order = list(AttentionKind)
    return sorted(found, key=lambda each: (order.index(each.kind), -each.at))


def _total_blocks(session: Session) -> Iterator[Attention]:
    """One line for each stream and provider, however many domains of it are held."""
    held = held_by_domain(session)
    query = select(StoredHold.stream_id, Stream.name, StoredHold.domain, StoredHold.since_at).join(
        Stream, Stream.id == StoredHold.stream_id
    )
    places: dict[tuple[int, str, str], list[tuple[str, float, int]]] = defaultdict(list)
    for stream_id, name, domain, since in session.execute(query):
        number, provider = held.get((stream_id, domain), (0, ""))
        places[stream_id, name, provider or domain].append((domain, since, number))
    for (stream_id, name, place), domains in places.items():
        yield Attention(
            AttentionKind.TOTAL_BLOCK,
            stream_id,
            name,
            min(since for _, since, _ in domains),
            place=domains[0][0] if len(domains) == 1 else place,
            number=sum(number for _, _, number in domains),
            domains=len(domains),
        )


def _pause(pause: PauseView) -> Attention:
    kind = AttentionKind.STREAM_PAUSED if pause.owner == "stream" else AttentionKind.MAILING_REFUSED
    return Attention(kind, pause.id, pause.name, pause.since, place=pause.provider, text=pause.reason)


def _unusable(session: Session) -> Iterator[Attention]:
    query = select(SendingAddress).where(SendingAddress.unusable_reason.is_not(None)).order_by(SendingAddress.ip_key)
    since = {alert.subject: alert.at for alert in alerts.listing(session) if alert.kind == "unusable_address"}
    for address in session.scalars(query):
        yield Attention(
            AttentionKind.UNUSABLE_ADDRESS,
            address.id,
            address.ip,
            since.get(address.ip, 0.0),
            text=address.unusable_reason or "",
        )


def _in_doubt(session: Session) -> Iterator[Attention]:
    query = select(Mailing).where(Mailing.in_doubt > 0)
    for mailing in session.scalars(query):
        at = mailing.finished_at or mailing.started_at or mailing.created_at
        yield Attention(AttentionKind.IN_DOUBT, mailing.id, mailing.name, at, number=mailing.in_doubt)


def _alerts(found: Iterable[AlertView], pauses: Iterable[PauseView]) -> Iterator[Attention]:
    shown = {f"{pause.name} → {pause.provider}" for pause in pauses}
    for alert in found:
        if alert.kind not in _ALERTS_SHOWN_OTHERWISE and alert.subject not in shown:
            yield Attention(
                AttentionKind.ALERT,
                alert.id,
                alert.subject,
                alert.at,
                place=alert.kind,
                text=alert.text,
                alert=alert.id,
            )


def _paused_mailings(session: Session) -> Iterator[Attention]:
    for mailing in session.scalars(select(Mailing).where(Mailing.state == MailingState.PAUSED)):
        at = mailing.started_at or mailing.created_at
        yield Attention(AttentionKind.MAILING_PAUSED, mailing.id, mailing.name, at, number=mailing.waiting)
