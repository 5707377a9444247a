"""The append-only trail of what people and the engine changed: written by every service, read by the activity page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session


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
    """Add one line to the trail, in the transaction of the change itself."""
    raise NotImplementedError


def page(session: Session, *, before_id: int | None = None, limit: int = 200, containing: str = "") -> list[AuditEntry]:
    """Up to *limit* entries older than *before_id* (None: from the newest), newest first.

    *containing* keeps those that have this text in actor, action, subject, before or after.
    """
    raise NotImplementedError


def every(session: Session, *, since: float | None = None) -> Iterator[AuditEntry]:
    """All entries from *since* (epoch seconds) on, oldest first, streamed: for an export."""
    raise NotImplementedError
