"""What an engine writes besides outcomes: holds, pauses, alerts, completed mailings, addresses that can't be bound.

Runs in the writer's thread, in its transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from app.database import trail
from app.database.changes import ALERTS, WORLD, bump
from app.database.counts import ENDS
from app.database.schema import Mailing, SendingAddress, StoredPause, Stream
from app.database.sql import Row, run, run_many
from engine.ports import Alert, Hold, ProviderPause


def complete(connection: Connection, mailing: int, now: float, writer: str) -> bool:
    """Mark an active mailing completed when nothing of it waits; whether it is completed now."""
    changed = run(
        connection,
        "UPDATE mailings SET state = 'completed', finished_at = ?, version = version + 1 WHERE id = ? AND state = 'active'"
        " AND total <= delivered + failed + expired + stopped + in_doubt",
        (now, mailing),
    ).rowcount
    if not changed:
        return connection.scalar(select(Mailing.state).where(Mailing.id == mailing)) == "completed"
    name, *ends = connection.execute(
        select(Mailing.name, *(getattr(Mailing, end.value) for end in ENDS)).where(Mailing.id == mailing)
    ).one()
    words = (f"{count:,} {end.value.replace('_', ' ')}" for end, count in zip(ENDS, ends, strict=True) if count)
    trail.tell(connection, now, "mailing.complete", f"mailing {name}", after=", ".join(words))
    bump(connection, WORLD, writer=writer)
    return True


def set_holds(connection: Connection, add: Sequence[Hold], remove: Sequence[Hold], now: float) -> None:
    """Record holds; those of streams that are gone are left out."""
    run_many(
        connection,
        "DELETE FROM holds WHERE stream_id = ? AND domain = ?",
        [(hold.stream, hold.domain) for hold in remove],
    )
    run_many(
        connection,
        "INSERT INTO holds (stream_id, domain, since_at) SELECT id, ?, ? FROM streams WHERE id = ?"
        " ON CONFLICT (stream_id, domain) DO NOTHING",
        [(hold.domain, now, hold.stream) for hold in add],
    )


def pause(connection: Connection, wanted: ProviderPause, reason: str, at: float, writer: str) -> None:
    """Record a pause toward a provider, once."""
    same = select(StoredPause.id).where(
        StoredPause.provider == wanted.provider,
        StoredPause.stream_id.is_not_distinct_from(wanted.stream),
        StoredPause.mailing_id.is_not_distinct_from(wanted.mailing),
    )
    if connection.scalar(same) is not None:
        return
    subject = _subject(connection, wanted)
    if subject is None:
        return
    connection.execute(
        insert(StoredPause).values(
            provider=wanted.provider, stream_id=wanted.stream, mailing_id=wanted.mailing, reason=reason, since_at=at
        )
    )
    trail.tell(connection, at, "provider.pause", subject, after=f"{wanted.provider}: {reason}")
    bump(connection, WORLD, writer=writer)


def _subject(connection: Connection, wanted: ProviderPause) -> str | None:
    if wanted.stream is not None:
        name = connection.scalar(select(Stream.name).where(Stream.id == wanted.stream))
        return None if name is None else f"stream {name}"
    name = connection.scalar(select(Mailing.name).where(Mailing.id == wanted.mailing))
    return None if name is None else f"mailing {name}"


def alert(
    connection: Connection, raised: Sequence[Alert], resolved: Sequence[tuple[str, str]], now: float, writer: str
) -> None:
    """Raise alerts (one that is raised again is new, unless it stands) and resolve others."""
    run_many(
        connection,
        "UPDATE alerts SET resolved_at = ? WHERE kind = ? AND subject = ? AND resolved_at IS NULL",
        [(now, kind, subject) for kind, subject in resolved],
    )
    rows: list[Row] = [(each.kind, each.subject, each.text, each.at) for each in raised]
    run_many(
        connection,
        "INSERT INTO alerts (kind, subject, text, at) VALUES (?, ?, ?, ?) ON CONFLICT (kind, subject) DO UPDATE SET"
        " text = excluded.text,"
        " at = CASE WHEN alerts.resolved_at IS NULL THEN alerts.at ELSE excluded.at END,"
        " dismissed_at = CASE WHEN alerts.resolved_at IS NULL THEN alerts.dismissed_at END,"
        " resolved_at = NULL",
        rows,
    )
    bump(connection, ALERTS, writer=writer)


def unusable(connection: Connection, ip: str, reason: str | None, now: float, writer: str) -> None:
    """Record why an address can't be bound, or with None that it can again; a change is told once."""
    before = connection.scalar(select(SendingAddress.unusable_reason).where(SendingAddress.ip == ip).with_for_update())
    changed = run(
        connection,
        "UPDATE sending_addresses SET unusable_reason = ?, unusable_at = ? WHERE ip = ?"
        " AND coalesce(unusable_reason, '') <> coalesce(?, '')",
        (reason, now if reason is not None else None, ip, reason),
    ).rowcount
    if changed:
        action = "address.usable" if reason is None else "address.unusable"
        trail.tell(connection, now, action, f"address {ip}", before=before or "", after=reason or "")
        bump(connection, WORLD, writer=writer)
