"""Tables of whom mail goes to: sites, lists, members, segments, suppressed addresses."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database.columns import DATA, NEVER_REUSED, Base, Id, Instant, words


class MemberState(StrEnum):
    """Whether a member gets mail; only ACTIVE ones do. Suppressed mailboxes stand in a table of their own, too."""

    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"


class Site(Base):
    """An internet host name that groups lists. ``stream_id`` is its association, None: inherit."""

    __tablename__ = "sites"
    __table_args__ = (Index(None, "stream_id"), NEVER_REUSED)

    id: Mapped[Id]
    host: Mapped[str] = mapped_column(unique=True)
    """Lower case, A-labels."""
    stream_id: Mapped[int | None] = mapped_column(ForeignKey("streams.id", ondelete="SET NULL"))
    created_at: Mapped[Instant]

    lists: Mapped[list[MailingList]] = relationship(back_populates="site", passive_deletes=True)


class MailingList(Base):
    """A mailing list of a site. ``stream_id`` is its association, None: inherit. The other columns are defaults of mailings."""

    __tablename__ = "lists"
    __table_args__ = (Index(None, "site_id"), Index(None, "stream_id"), NEVER_REUSED)

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="RESTRICT"))
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(default="")
    display_name: Mapped[str] = mapped_column(default="")
    list_id_header: Mapped[str] = mapped_column(default="")
    """For List-ID (RFC 2919)."""
    from_address: Mapped[str] = mapped_column(default="")
    from_name: Mapped[str] = mapped_column(default="")
    unsubscribe_url: Mapped[str] = mapped_column(default="")
    unsubscribe_mailto: Mapped[str] = mapped_column(default="")
    fields: Mapped[list[str]] = mapped_column(DATA, default=list)
    """The names of its custom fields, in the order in which they were first met."""
    stream_id: Mapped[int | None] = mapped_column(ForeignKey("streams.id", ondelete="SET NULL"))
    created_at: Mapped[Instant]

    site: Mapped[Site] = relationship(back_populates="lists")
    segments: Mapped[list[Segment]] = relationship(
        back_populates="mailing_list", cascade="all, delete-orphan", passive_deletes=True
    )


class Member(Base):
    """A member of a list.

    ``address`` is :attr:`engine.addresses.MailboxAddress.address`, ``address_key`` its ``key``, ``domain`` its
    ``ascii_domain``. ``fields`` are texts by the names of the list's custom fields.
    """

    __tablename__ = "members"
    __table_args__ = (Index("uq_members_list_id_address_key", "list_id", "address_key", unique=True), NEVER_REUSED)

    id: Mapped[Id]
    list_id: Mapped[int] = mapped_column(ForeignKey("lists.id", ondelete="CASCADE"))
    address: Mapped[str]
    address_key: Mapped[str]
    domain: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    joined_at: Mapped[Instant]
    state: Mapped[MemberState] = mapped_column(words(MemberState), default=MemberState.ACTIVE)
    fields: Mapped[dict[str, Any] | None] = mapped_column(DATA)


class Segment(Base):
    """A saved selection of a list's members. ``conditions`` are data; names are unique in their list."""

    __tablename__ = "segments"
    __table_args__ = (
        Index("uq_segments_list_id_name_key", "list_id", "name_key", unique=True),
        Index(None, "stream_id"),
        NEVER_REUSED,
    )

    id: Mapped[Id]
    list_id: Mapped[int] = mapped_column(ForeignKey("lists.id", ondelete="CASCADE"))
    name: Mapped[str]
    name_key: Mapped[str]
    conditions: Mapped[dict[str, Any]] = mapped_column(DATA)
    stream_id: Mapped[int | None] = mapped_column(ForeignKey("streams.id", ondelete="SET NULL"))
    created_at: Mapped[Instant]

    mailing_list: Mapped[MailingList] = relationship(back_populates="segments")


class Suppression(Base):
    """A mailbox that is never mailed, for one list or, with ``list_id`` None, for all."""

    __tablename__ = "suppressions"
    __table_args__ = (
        Index(
            "uq_suppressions_list",
            "address_key",
            "list_id",
            unique=True,
            sqlite_where=text("list_id IS NOT NULL"),
            postgresql_where=text("list_id IS NOT NULL"),
        ),
        Index(
            "uq_suppressions_everywhere",
            "address_key",
            unique=True,
            sqlite_where=text("list_id IS NULL"),
            postgresql_where=text("list_id IS NULL"),
        ),
        Index(None, "list_id"),
    )

    id: Mapped[Id]
    address_key: Mapped[str]
    list_id: Mapped[int | None] = mapped_column(ForeignKey("lists.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(default="")
    actor: Mapped[str] = mapped_column(default="")
    at: Mapped[Instant]
