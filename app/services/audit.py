"""The append-only trail of what people and the engine changed: written by every service, read by the activity page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from app.database.schema import AuditLine

LONGEST_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change. ``at`` in epoch seconds; ``before`` and ``after`` in words, "" where there is none.

    ``action`` is "<kind>.<verb>", for example "stream.rename"; ``subject`` is what it was done to ("stream news").
    """

    id: int
    at: float
    actor: str
    action: str
    subject: str
    before: str
    after: str


def record(
    session: Session, *, actor: str, now: float, action: str, subject: str, before: str = "", after: str = ""
) -> None:
    """Add one line to the trail, in the transaction of the change itself. Long words are shortened."""
    session.add(
        AuditLine(
            at=now,
            actor=actor,
            action=action,
            subject=_short(subject),
            before=_short(before),
            after=_short(after),
        )
    )


def record_many(session: Session, *, actor: str, now: float, action: str, subjects: Iterable[tuple[str, str]]) -> None:
    """One line for each subject, given with what it is afterwards; fast for any number of them."""
    rows = [
        {
            "at": now,
            "actor": actor,
            "action": action,
            "subject": _short(subject),
            "before": "",
            "after": _short(after),
        }
        for subject, after in subjects
    ]
    if rows:
        session.execute(insert(AuditLine), rows)


def page(session: Session, *, before_id: int | None = None, limit: int = 200, containing: str = "") -> list[AuditEntry]:
    """Up to *limit* entries older than *before_id* (None: from the newest), newest first.

    *containing* keeps those that have this text in actor, action, subject, before or after.
    """
    wanted = select(AuditLine).order_by(AuditLine.id.desc()).limit(limit)
    if before_id is not None:
        wanted = wanted.where(AuditLine.id < before_id)
    if containing:
        columns = (AuditLine.actor, AuditLine.action, AuditLine.subject, AuditLine.before, AuditLine.after)
        wanted = wanted.where(or_(*(column.icontains(containing, autoescape=True) for column in columns)))
    return [_entry(line) for line in session.scalars(wanted)]


def every(session: Session, *, since: float | None = None) -> Iterator[AuditEntry]:
    """All entries from *since* (epoch seconds) on, oldest first, streamed: for an export."""
    wanted = select(AuditLine).order_by(AuditLine.id).execution_options(yield_per=1000)
    if since is not None:
        wanted = wanted.where(AuditLine.at >= since)
    for line in session.scalars(wanted):
        yield _entry(line)


def several(names: Sequence[str]) -> str:
    """Many things that were changed at once in words, "" for a single one: that is the subject of its line itself."""
    return "" if len(names) == 1 else ", ".join(names)


def _entry(line: AuditLine) -> AuditEntry:
    return AuditEntry(line.id, line.at, line.actor, line.action, line.subject, line.before, line.after)


def _short(words: str) -> str:
    return words if len(words) <= LONGEST_WORDS else f"{words[: LONGEST_WORDS - 1]}…"
