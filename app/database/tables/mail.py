"""Tables of the queue: mailings, their contents, lanes and recipients, and what is held."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database.columns import DATA, NEVER_REUSED, Base, Id, Instant, words
from app.database.tables.lists import MailingList, Segment
from app.database.tables.senders import Stream
from engine.ports import MailingState, RecipientState
from engine.replies import Stage, Verdict


class Mailing(Base):
    """One message to one list or segment over one stream.

    ``own_stream_id`` is the mailing's own choice (None: by association). ``stream_id`` and ``stream_rule`` ("mailing",
    "segment", "list", "site", "default") are set at the start. Names of list, segment and stream outlive these.
    ``total`` … ``in_doubt`` are the sums over its lanes, kept in the transaction that changes a lane; what waits is the rest.
    """

    __tablename__ = "mailings"
    __table_args__ = (
        Index(None, "state"),
        Index(None, "list_id"),
        Index(None, "segment_id"),
        Index(None, "stream_id"),
        Index(None, "own_stream_id"),
        NEVER_REUSED,
    )

    id: Mapped[Id]
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[MailingState] = mapped_column(words(MailingState), default=MailingState.DRAFT)
    list_id: Mapped[int | None] = mapped_column(ForeignKey("lists.id", ondelete="SET NULL"))
    list_name: Mapped[str]
    segment_id: Mapped[int | None] = mapped_column(ForeignKey("segments.id", ondelete="SET NULL"))
    segment_name: Mapped[str] = mapped_column(default="")
    own_stream_id: Mapped[int | None] = mapped_column(ForeignKey("streams.id", ondelete="SET NULL"))
    stream_id: Mapped[int | None] = mapped_column(ForeignKey("streams.id", ondelete="SET NULL"))
    stream_name: Mapped[str] = mapped_column(default="")
    stream_rule: Mapped[str] = mapped_column(default="")
    hourly_ceiling: Mapped[int | None]
    expiry_hours: Mapped[float | None]
    """From the start on; None: the setting counts."""
    expires_at: Mapped[Instant | None]
    scheduled_at: Mapped[Instant | None]
    started_at: Mapped[Instant | None]
    finished_at: Mapped[Instant | None]
    created_at: Mapped[Instant]
    version: Mapped[int] = mapped_column(default=1)
    total: Mapped[int] = mapped_column(default=0)
    delivered: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    expired: Mapped[int] = mapped_column(default=0)
    stopped: Mapped[int] = mapped_column(default=0)
    in_doubt: Mapped[int] = mapped_column(default=0)

    mailing_list: Mapped[MailingList | None] = relationship()
    segment: Mapped[Segment | None] = relationship()
    stream: Mapped[Stream | None] = relationship(foreign_keys=[stream_id])
    own_stream: Mapped[Stream | None] = relationship(foreign_keys=[own_stream_id])
    content: Mapped[MailingContent] = relationship(
        back_populates="mailing", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def waiting(self) -> int:
        """Recipients without a final outcome, those in flight and held included."""
        return self.total - self.delivered - self.failed - self.expired - self.stopped - self.in_doubt


class MailingContent(Base):
    """What a mailing says (:class:`engine.message.MessageSource`), and its compiled form once it was started."""

    __tablename__ = "mailing_contents"

    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id", ondelete="CASCADE"), primary_key=True)
    from_address: Mapped[str]
    from_name: Mapped[str] = mapped_column(default="")
    reply_to: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(default="")
    envelope_sender: Mapped[str] = mapped_column(default="")
    verp: Mapped[bool] = mapped_column(default=False)
    unsubscribe_url: Mapped[str] = mapped_column(default="")
    unsubscribe_mailto: Mapped[str] = mapped_column(default="")
    list_id_header: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="", deferred=True)
    html: Mapped[str] = mapped_column(default="", deferred=True)
    eml: Mapped[bytes | None] = mapped_column(deferred=True)
    compiled: Mapped[bytes | None] = mapped_column(deferred=True)
    """MessagePack of :class:`engine.message.CompiledMessage`."""

    mailing: Mapped[Mailing] = relationship(back_populates="content")


class MailingLane(Base):
    """The recipients of one mailing at one domain: the ids ``first_id`` … ``last_id``, and what became of them so far.

    What waits is ``total`` less the five ends; :attr:`waiting` says so in SQL and in Python. ``provider`` is "" until the
    first outcome tells it.
    """

    __tablename__ = "mailing_lanes"
    __table_args__ = (
        Index("uq_mailing_lanes_mailing_id_domain", "mailing_id", "domain", unique=True),
        Index(None, "first_id"),
    )

    id: Mapped[Id]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id", ondelete="CASCADE"))
    domain: Mapped[str]
    provider: Mapped[str] = mapped_column(default="")
    first_id: Mapped[int]
    last_id: Mapped[int]
    total: Mapped[int]
    delivered: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    expired: Mapped[int] = mapped_column(default=0)
    stopped: Mapped[int] = mapped_column(default=0)
    in_doubt: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    """Of ``failed``: for content, sender domain or policy (product.md 4.6)."""
    last_reply: Mapped[str] = mapped_column(default="")
    last_at: Mapped[Instant | None]


class Recipient(Base):
    """One address of one mailing: one row of the queue.

    ``state`` is WAITING or an end; that one is held follows from :class:`StoredHold`, that one is in flight is known to its
    engine only. ``next_attempt_at`` is None for those that were never deferred. Rows are read by ranges of ids: what is
    hot has no index but the primary key. ``fields`` are the merge values as they were at the start.
    """

    __tablename__ = "recipients"
    __table_args__ = (
        Index(
            "ix_recipients_deferred",
            "lane_id",
            "next_attempt_at",
            sqlite_where=text("next_attempt_at IS NOT NULL"),
            postgresql_where=text("next_attempt_at IS NOT NULL"),
        ),
        Index(
            "ix_recipients_claimed",
            "claimed_by",
            sqlite_where=text("claimed_by IS NOT NULL"),
            postgresql_where=text("claimed_by IS NOT NULL"),
        ),
        # Room in each page for the one update that most rows get: no index is touched then (PostgreSQL, README.HOT).
        {"postgresql_with": {"fillfactor": 50}},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lane_id: Mapped[int]
    member_id: Mapped[int | None]
    """The member that it was made of, who may be gone since."""
    state: Mapped[RecipientState] = mapped_column(words(RecipientState), default=RecipientState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    unanswered: Mapped[int | None]
    """How many of the attempts were cut off behind the last dot: they had no verdict."""
    next_attempt_at: Mapped[Instant | None]
    claimed_by: Mapped[int | None]
    """The node that has it in hand, only where several nodes share a database; with an end: the silent node that may know more."""
    last_at: Mapped[Instant | None]
    """When ``state`` or the last reply came."""
    stage: Mapped[Stage | None] = mapped_column(words(Stage))
    code: Mapped[int | None]
    verdict: Mapped[Verdict | None] = mapped_column(words(Verdict))
    rule: Mapped[str | None]
    sending_address: Mapped[str | None]
    mx_address: Mapped[str | None]
    address: Mapped[str]
    address_key: Mapped[str | None]
    """What suppressed mailboxes are found by, where it differs from ``address``."""
    name: Mapped[str | None]
    fields: Mapped[dict[str, Any] | None] = mapped_column(DATA)
    note: Mapped[str | None]
    """How an end came about that no reply tells: "expired while held", "suppressed"."""
    reply: Mapped[str | None]


class StoredHold(Base):
    """A domain whose recipients wait for a stream, because it is totally blocked there; computed by the engine."""

    __tablename__ = "holds"

    stream_id: Mapped[int] = mapped_column(ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True)
    domain: Mapped[str] = mapped_column(primary_key=True)
    since_at: Mapped[Instant]


class StoredPause(Base):
    """A stream or a mailing that waits toward one provider until the administrator resumes it."""

    __tablename__ = "provider_pauses"
    __table_args__ = (Index(None, "stream_id"), Index(None, "mailing_id"))

    id: Mapped[Id]
    provider: Mapped[str]
    stream_id: Mapped[int | None] = mapped_column(ForeignKey("streams.id", ondelete="CASCADE"))
    mailing_id: Mapped[int | None] = mapped_column(ForeignKey("mailings.id", ondelete="CASCADE"))
    reason: Mapped[str]
    since_at: Mapped[Instant]
