"""Tables of what sends: nodes, sending addresses, streams, their limits and warm-up plans, DKIM keys."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database.columns import NEVER_REUSED, Base, Id, Instant, words
from engine.limits import LimitScope


class AddressSwitch(StrEnum):
    """What the administrator wants of a sending address. That it can't be bound is another matter (``unusable_reason``)."""

    ENABLED = "enabled"
    PAUSED = "paused"


class Node(Base):
    """A machine that runs the sending engine, with the lease of the engine that runs there now.

    ``pid`` and ``process`` are of the engine that holds the lease, None without one; see :mod:`app.database.lease`. ``state``
    is the word of :class:`engine.ports.EngineStatus`, "stopped" without an engine, "silent" when others have put in doubt what it
    had in hand.
    """

    __tablename__ = "nodes"

    id: Mapped[Id]
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    host: Mapped[str]
    """The machine's own name for itself: only there can a lease's process be looked up."""
    pid: Mapped[int | None]
    process: Mapped[str | None]
    """What tells that process from all others that had its pid."""
    lease: Mapped[str] = mapped_column(default="")
    """A random word that the engine took with its lease; the next one takes another. Who ended well leaves none."""
    heartbeat_at: Mapped[Instant | None]
    state: Mapped[str] = mapped_column(default="stopped")
    messages_per_second: Mapped[float] = mapped_column(default=0.0)
    in_flight: Mapped[int] = mapped_column(default=0)


class SendingAddress(Base):
    """An address of a node that mail leaves from. Its limits are columns (None: no limit), as is its warm-up plan."""

    __tablename__ = "sending_addresses"
    __table_args__ = (Index(None, "node_id"), Index(None, "ip_key"), NEVER_REUSED)

    id: Mapped[Id]
    node_id: Mapped[int] = mapped_column(ForeignKey("nodes.id", ondelete="RESTRICT"))
    ip: Mapped[str] = mapped_column(unique=True)
    ip_key: Mapped[bytes]
    helo: Mapped[str]
    state: Mapped[AddressSwitch] = mapped_column(words(AddressSwitch), default=AddressSwitch.ENABLED)
    unusable_reason: Mapped[str | None]
    """Why it could not be bound when mail had to leave (product.md 2.7), None when all is well."""
    unusable_at: Mapped[Instant | None]
    connections: Mapped[int | None]
    connections_per_hour: Mapped[int | None]
    messages_per_connection: Mapped[int | None]
    messages_per_hour: Mapped[int | None]
    warm_up_started: Mapped[int | None]
    """The UTC day (epoch seconds // 86,400) that counts as the first; None: no warm-up plan."""
    warm_up_first_day: Mapped[int | None]
    warm_up_growth: Mapped[float | None]
    warm_up_last_day: Mapped[int | None]
    created_at: Mapped[Instant]

    node: Mapped[Node] = relationship()
    bindings: Mapped[list[StreamAddress]] = relationship(back_populates="address", passive_deletes=True)


class Stream(Base):
    """A named set of sending addresses that acts as one sender. ``version`` grows with every change by a person."""

    __tablename__ = "streams"
    __table_args__ = (
        Index(
            "uq_streams_default",
            "is_default",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
        NEVER_REUSED,
    )

    id: Mapped[Id]
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(default="")
    is_default: Mapped[bool] = mapped_column(default=False)
    paused: Mapped[bool] = mapped_column(default=False)
    guard: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Instant]

    bindings: Mapped[list[StreamAddress]] = relationship(
        back_populates="stream", cascade="all, delete-orphan", passive_deletes=True
    )
    limits: Mapped[list[StoredLimit]] = relationship(
        back_populates="stream", cascade="all, delete-orphan", passive_deletes=True
    )


class StreamAddress(Base):
    """A sending address in a stream."""

    __tablename__ = "stream_addresses"
    __table_args__ = (CheckConstraint("weight BETWEEN 1 AND 1000", name="weight"), Index(None, "address_id"))

    stream_id: Mapped[int] = mapped_column(ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True)
    address_id: Mapped[int] = mapped_column(ForeignKey("sending_addresses.id", ondelete="RESTRICT"), primary_key=True)
    weight: Mapped[int] = mapped_column(default=100)
    paused: Mapped[bool] = mapped_column(default=False)

    stream: Mapped[Stream] = relationship(back_populates="bindings")
    address: Mapped[SendingAddress] = relationship(back_populates="bindings")


class StoredLimit(Base):
    """A limit of a stream, or of the server when ``stream_id`` is None. See :class:`engine.limits.LimitRule`."""

    __tablename__ = "limit_rules"
    __table_args__ = (Index(None, "stream_id"),)

    id: Mapped[Id]
    stream_id: Mapped[int | None] = mapped_column(ForeignKey("streams.id", ondelete="CASCADE"))
    scope: Mapped[LimitScope] = mapped_column(words(LimitScope))
    target: Mapped[str] = mapped_column(default="")
    connections: Mapped[int | None]
    connections_per_hour: Mapped[int | None]
    messages_per_connection: Mapped[int | None]
    messages_per_hour: Mapped[int | None]

    stream: Mapped[Stream | None] = relationship(back_populates="limits")


class StoredDkimKey(Base):
    """Where the DKIM key of a sender domain is; the key itself stays in its file. ``algorithm`` is "rsa" or "ed25519"."""

    __tablename__ = "dkim_keys"

    id: Mapped[Id]
    domain: Mapped[str] = mapped_column(unique=True)
    selector: Mapped[str]
    path: Mapped[str]
    algorithm: Mapped[str]
    created_at: Mapped[Instant]
