"""Tables of refusals: blocks, their pairs and history, the administrator's own rules, replies kept for the rule lab."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database.columns import DATA, NEVER_REUSED, Base, Id, Instant, words
from engine.blocks import BlockEventKind, BlockState
from engine.replies import Scope, Stage, Verdict


class StoredBlock(Base):
    """The record that a pair is refused; see :class:`engine.blocks.Block` for what each column means.

    Cleared ones stay, with their history. ``version`` grows with every change by anyone.
    """

    __tablename__ = "blocks"
    __table_args__ = (
        Index(
            "ix_blocks_open",
            "state",
            sqlite_where=text("state <> 'cleared'"),
            postgresql_where=text("state <> 'cleared'"),
        ),
        Index(None, "sending_address", "state"),
        Index(None, "domain", "state"),
        NEVER_REUSED,
    )

    id: Mapped[Id]
    state: Mapped[BlockState] = mapped_column(words(BlockState))
    sending_address: Mapped[str]
    sending_key: Mapped[bytes]
    mx_address: Mapped[str]
    mx_key: Mapped[bytes]
    mx_host: Mapped[str]
    domain: Mapped[str]
    exchanger_group: Mapped[str]
    provider: Mapped[str]
    scope: Mapped[Scope] = mapped_column(words(Scope))
    stage: Mapped[Stage] = mapped_column(words(Stage))
    code: Mapped[int]
    enhanced: Mapped[str]
    rule: Mapped[str]
    since_at: Mapped[Instant]
    permanent: Mapped[bool] = mapped_column(default=False)
    last_probe_at: Mapped[Instant | None]
    next_probe_at: Mapped[Instant | None]
    probe_interval: Mapped[float | None]
    probe_requested: Mapped[bool] = mapped_column(default=False)
    probe_note: Mapped[str] = mapped_column(default="")
    probes: Mapped[int] = mapped_column(default=0)
    last_recipient: Mapped[str] = mapped_column(default="")
    hits: Mapped[list[float]] = mapped_column(DATA, default=list)
    threshold_count: Mapped[int | None]
    threshold_seconds: Mapped[int | None]
    ramp_step: Mapped[int] = mapped_column(default=0)
    ramp_since_at: Mapped[Instant | None]
    note: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[Instant]
    reason: Mapped[str]
    advice: Mapped[str]
    reply: Mapped[str]

    pairs: Mapped[list[StoredBlockPair]] = relationship(
        back_populates="block",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="StoredBlockPair.at, StoredBlockPair.mx_key",
    )


class StoredBlockPair(Base):
    """One MX address under a block, with the reply that was met there first."""

    __tablename__ = "block_pairs"

    block_id: Mapped[int] = mapped_column(ForeignKey("blocks.id", ondelete="CASCADE"), primary_key=True)
    mx_address: Mapped[str] = mapped_column(primary_key=True)
    mx_key: Mapped[bytes]
    mx_host: Mapped[str]
    code: Mapped[int]
    at: Mapped[Instant]
    reply: Mapped[str]

    block: Mapped[StoredBlock] = relationship(back_populates="pairs")


class StoredBlockEvent(Base):
    """One line of a block's history. Only added to: with it a block stays, too."""

    __tablename__ = "block_events"
    __table_args__ = (Index(None, "block_id", "id"), Index(None, "at"), NEVER_REUSED)

    id: Mapped[Id]
    block_id: Mapped[int] = mapped_column(ForeignKey("blocks.id", ondelete="RESTRICT"))
    kind: Mapped[BlockEventKind] = mapped_column(words(BlockEventKind))
    at: Mapped[Instant]
    actor: Mapped[str] = mapped_column(default="engine")
    text: Mapped[str] = mapped_column(default="")
    mx_address: Mapped[str] = mapped_column(default="")
    reply: Mapped[str] = mapped_column(default="")


class OwnRule(Base):
    """A rule of the administrator. ``position`` orders them; ``body`` is the rest of :class:`engine.rules.Rule` as data."""

    __tablename__ = "own_rules"
    __table_args__ = (Index(None, "position"), NEVER_REUSED)

    id: Mapped[Id]
    rule_id: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int]
    enabled: Mapped[bool] = mapped_column(default=True)
    shadow: Mapped[bool] = mapped_column(default=False)
    body: Mapped[dict[str, Any]] = mapped_column(DATA)
    version: Mapped[int] = mapped_column(default=1)


class MetReply(Base):
    """A reply that refused something, kept for the rule lab; the newest of each kind, the oldest are forgotten."""

    __tablename__ = "met_replies"
    __table_args__ = (Index("uq_met_replies_digest", "digest", unique=True), Index(None, "at"), NEVER_REUSED)

    id: Mapped[Id]
    digest: Mapped[bytes]
    """Of stage, sending address and text."""
    text: Mapped[str]
    stage: Mapped[Stage | None] = mapped_column(words(Stage))
    own_ip: Mapped[str] = mapped_column(default="")
    verdict: Mapped[Verdict] = mapped_column(words(Verdict))
    rule: Mapped[str] = mapped_column(default="")
    at: Mapped[Instant]
    count: Mapped[int] = mapped_column(default=1)
