"""Tables of the program itself: settings, audit trail, alerts, traffic, counters of changes and of ids."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.database.columns import NEVER_REUSED, Base, Id, Instant


class StoredSetting(Base):
    """A setting that differs from its default; see :mod:`app.settings`."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class AuditLine(Base):
    """One change by a person or the engine. Only added to; ``before`` and ``after`` in words."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "at"), NEVER_REUSED)

    id: Mapped[Id]
    at: Mapped[Instant]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    before: Mapped[str] = mapped_column(default="")
    after: Mapped[str] = mapped_column(default="")


class StoredAlert(Base):
    """Something a person should look at, until it is resolved by the engine or dismissed by a person."""

    __tablename__ = "alerts"
    __table_args__ = (Index("uq_alerts_kind_subject", "kind", "subject", unique=True),)

    id: Mapped[Id]
    kind: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    at: Mapped[Instant]
    resolved_at: Mapped[Instant | None]
    dismissed_at: Mapped[Instant | None]


class StreamTraffic(Base):
    """What a stream did in ten seconds. ``bucket_at`` is their first instant."""

    __tablename__ = "stream_traffic"
    __table_args__ = (Index(None, "bucket_at"), {"sqlite_with_rowid": False})

    stream_id: Mapped[int] = mapped_column(ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True)
    bucket_at: Mapped[int] = mapped_column(primary_key=True)
    delivered: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    deferred: Mapped[int] = mapped_column(default=0)


class AddressTraffic(Base):
    """What a sending address did at a provider in one hour. ``hour_at`` is its first instant."""

    __tablename__ = "address_traffic"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hour_at: Mapped[int] = mapped_column(primary_key=True)
    sending_address: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    delivered: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    deferred: Mapped[int] = mapped_column(default=0)
    blocked: Mapped[int] = mapped_column(default=0)
    in_doubt: Mapped[int] = mapped_column(default=0)


class ChangeCounter(Base):
    """Grows whenever *writer* changes something of the topic; see :mod:`app.database.changes`."""

    __tablename__ = "change_counters"

    topic: Mapped[str] = mapped_column(primary_key=True)
    writer: Mapped[str] = mapped_column(primary_key=True)
    """"" for people, else the word of an engine's lease."""
    value: Mapped[int] = mapped_column(default=0)


class IdRange(Base):
    """The next free id of tables whose ids are taken in contiguous ranges ("recipients", "lanes")."""

    __tablename__ = "id_ranges"

    name: Mapped[str] = mapped_column(primary_key=True)
    next_id: Mapped[int]
