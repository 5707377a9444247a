"""Suppressed addresses: never mailed, everywhere or for one list, also when they are imported again. A service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class SuppressionView:
    """One suppressed mailbox. ``list_name`` None: for all lists. ``at`` in epoch seconds."""

    id: int
    address: str
    list_id: int | None
    list_name: str | None
    reason: str
    at: float
    actor: str


def add(session: Session, address: str, *, reason: str, actor: str, now: float, list_id: int | None = None) -> bool:
    """Suppress a mailbox for one list, or for all; False when it was. Takes effect at once, also for mailings under way.

    Raises BadValue("address", …).
    """
    raise NotImplementedError


def add_many(
    session: Session, addresses: Iterable[str], *, reason: str, actor: str, now: float, list_id: int | None = None
) -> int:
    """Suppress many mailboxes; returns how many were new. Nothing is written when one is bad (BadValue names it)."""
    raise NotImplementedError


def remove(session: Session, suppression_ids: Iterable[int], *, actor: str, now: float) -> int:
    """Let mailboxes be mailed again; returns how many."""
    raise NotImplementedError


def is_suppressed(session: Session, address: str, *, list_id: int) -> bool:
    """Whether mail of this list may not go to this mailbox."""
    raise NotImplementedError


def page(
    session: Session, *, after_id: int = 0, limit: int = 200, containing: str = "", list_id: int | None = None
) -> list[SuppressionView]:
    """Up to *limit* entries in the order of their ids; *list_id* keeps those of one list and those of all."""
    raise NotImplementedError
