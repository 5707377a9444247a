"""Members of a list: add, edit, remove, suppress, and reading a million of them by pages. A service."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from app.services.conditions import Node


class MemberSort(StrEnum):
    """What a table of members can be sorted by."""

    ADDRESS = "address"
    NAME = "name"
    DOMAIN = "domain"
    JOINED = "joined"


@dataclass(frozen=True, slots=True)
class MemberView:
    """One member. ``joined`` in epoch seconds; ``fields`` are its custom fields; ``suppressed``: it gets no mail."""

    id: int
    address: str
    name: str
    domain: str
    joined: float
    fields: Mapping[str, str]
    suppressed: bool


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """Which members are wanted: ``text`` stands in address or name; ``where`` are conditions of a segment."""

    text: str = ""
    where: Node | None = None


def add(
    session: Session,
    list_id: int,
    address: str,
    *,
    actor: str,
    now: float,
    name: str = "",
    fields: Mapping[str, str] | None = None,
) -> MemberView:
    """Add one member. Raises BadValue ("address", "name", "fields"), Refused when the list has this mailbox."""
    raise NotImplementedError


def edit(
    session: Session, member_id: int, *, address: str, name: str, fields: Mapping[str, str], actor: str, now: float
) -> MemberView:
    """Set all values of a member."""
    raise NotImplementedError


def remove(session: Session, member_ids: Sequence[int], *, actor: str, now: float) -> int:
    """Remove members; returns how many there were. Recipients of mailings that have started are not touched."""
    raise NotImplementedError


def suppress(session: Session, member_ids: Sequence[int], *, reason: str, actor: str, now: float) -> int:
    """Put members on the suppression list of their list: they stay members and get no mail. Returns how many were new."""
    raise NotImplementedError


def get(session: Session, member_id: int) -> MemberView:
    """One member; raises Refused when it was removed."""
    raise NotImplementedError


def by_address(session: Session, list_id: int, address: str) -> MemberView:
    """One member of a list by address, in any spelling of the mailbox; raises UnknownName."""
    raise NotImplementedError


def count(session: Session, list_id: int, wanted: MemberFilter | None = None) -> int:
    """How many members of the list are wanted."""
    raise NotImplementedError


def ids(
    session: Session,
    list_id: int,
    wanted: MemberFilter | None = None,
    *,
    sort: MemberSort = MemberSort.ADDRESS,
    descending: bool = False,
) -> array[int]:
    """The ids of all wanted members in order, eight bytes each, for a table that fetches its visible rows by :func:`rows`."""
    raise NotImplementedError


def rows(session: Session, member_ids: Sequence[int]) -> list[MemberView]:
    """The members with these ids, in this order; those removed meanwhile are left out. At most 1,000 at a time."""
    raise NotImplementedError


def every(session: Session, list_id: int, wanted: MemberFilter | None = None) -> Iterator[MemberView]:
    """All wanted members, streamed by key in the order of their ids: for exports and for ``member list``."""
    raise NotImplementedError
