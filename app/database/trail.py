"""What the engine adds to the trail of changes. Runs in the transaction of the change itself."""

from __future__ import annotations

from sqlalchemy import Connection, insert

from app.database.schema import AuditLine
from engine.blocks import ENGINE


def tell(connection: Connection, at: float, action: str, subject: str, *, before: str = "", after: str = "") -> None:
    """Add one line; *before* and *after* in words."""
    connection.execute(
        insert(AuditLine).values(at=at, actor=ENGINE, action=action, subject=subject, before=before, after=after)
    )
