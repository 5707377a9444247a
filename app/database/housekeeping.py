"""Forgets what only the charts of past days needed, so that no table grows but history. Runs in the writer's thread."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from app.database.sql import run

STREAM_TRAFFIC_DAYS: Final = 7
ADDRESS_TRAFFIC_DAYS: Final = 90
ALERT_DAYS: Final = 30
_DAY: Final = 86_400
EVERY: Final = 3600.0
"""Seconds between two rounds."""


def tidy(connection: Connection, now: float) -> None:
    """Delete old traffic, and alerts that were settled long ago."""
    run(connection, "DELETE FROM stream_traffic WHERE bucket_at < ?", (int(now) - STREAM_TRAFFIC_DAYS * _DAY,))
    run(connection, "DELETE FROM address_traffic WHERE hour_at < ?", (int(now) - ADDRESS_TRAFFIC_DAYS * _DAY,))
    settled = now - ALERT_DAYS * _DAY
    run(connection, "DELETE FROM alerts WHERE resolved_at < ? OR dismissed_at < ?", (settled, settled))
