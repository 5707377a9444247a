"""The report of blocks in groups: by stream, domain, provider or sending address, in the order of the blocks. A service; reads only."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.database.schema import StoredBlock
from app.services import blocks
from app.services.blocks import BlockFilter, BlockSort
from app.services.waiting_behind import held_by_domain, streams_of_addresses


class Grouping(StrEnum):
    """What blocks can be put together by."""

    NONE = "none"
    STREAM = "stream"
    DOMAIN = "domain"
    PROVIDER = "provider"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class BlockGroup:
    """Blocks with something in common. ``name`` is what: a stream's name ("" for addresses in none), a domain, a provider …

    ``stream_id`` is set when they are of one stream; ``held`` are the recipients that are held there.
    """

    name: str
    stream_id: int | None
    ids: array[int]
    held: int


_PROVIDER: Final = func.coalesce(func.nullif(StoredBlock.provider, ""), StoredBlock.exchanger_group)
_KEYS: Final[Mapping[Grouping, ColumnElement[str] | Any]] = {
    Grouping.STREAM: StoredBlock.sending_address,
    Grouping.DOMAIN: StoredBlock.domain,
    Grouping.PROVIDER: _PROVIDER,
    Grouping.ADDRESS: StoredBlock.sending_address,
}


def grouped(
    session: Session,
    grouping: Grouping,
    *,
    sort: BlockSort = BlockSort.SINCE,
    descending: bool = False,
    wanted: BlockFilter | None = None,
) -> list[BlockGroup]:
    """The wanted blocks in groups, in the order in which the groups' first blocks stand; totally blocked domains come first.

    A block stands in the group of each stream that uses its address, but where only one stream is wanted.
    """
    if grouping is Grouping.NONE:
        raise ValueError("blocks that are not grouped are those of app.services.blocks.ordered_ids")
    wanted = wanted or BlockFilter()
    order = blocks.ordered_ids(session, sort=sort, descending=descending, wanted=wanted, totals_first=True)
    keys = dict(_keys(session, grouping, order))
    streams = streams_of_addresses(session) if grouping is Grouping.STREAM else {}
    found: dict[tuple[str, int | None], array[int]] = {}
    for block in order:
        for group in _groups_of(keys[block], grouping, streams, wanted.stream_id):
            found.setdefault(group, array("q")).append(block)
    held = _Held.read(session)
    return [BlockGroup(name, stream, ids, held.of(grouping, name, stream)) for (name, stream), ids in found.items()]


def _keys(session: Session, grouping: Grouping, order: Sequence[int]) -> Iterable[tuple[int, str]]:
    """What each block is grouped by; all blocks are read when many are wanted."""
    query = select(StoredBlock.id, _KEYS[grouping])
    if len(order) <= blocks.PAGE:
        query = query.where(StoredBlock.id.in_(list(order)))
    return ((block, key) for block, key in session.execute(query))


def _groups_of(
    key: str,
    grouping: Grouping,
    streams: Mapping[str, tuple[tuple[int, str], ...]],
    wanted_stream: int | None,
) -> Sequence[tuple[str, int | None]]:
    if grouping is not Grouping.STREAM:
        return ((key, None),)
    named = [(name, each) for each, name in streams.get(key, ()) if wanted_stream in (None, each)]
    return named or (("", None),)


@dataclass(frozen=True, slots=True)
class _Held:
    """Held recipients, to be asked for by group."""

    by_domain: Mapping[tuple[int, str], tuple[int, str]]
    streams: Mapping[str, tuple[tuple[int, str], ...]]

    @classmethod
    def read(cls, session: Session) -> _Held:
        return cls(held_by_domain(session), streams_of_addresses(session))

    def of(self, grouping: Grouping, name: str, stream_id: int | None) -> int:
        """A domain that is held for a stream is closed to every address of that stream."""
        users = {each for each, _ in self.streams.get(name, ())} if grouping is Grouping.ADDRESS else set()
        return sum(
            number
            for (stream, domain), (number, provider) in self.by_domain.items()
            if (grouping is Grouping.STREAM and stream == stream_id)
            or (grouping is Grouping.DOMAIN and domain == name)
            or (grouping is Grouping.PROVIDER and provider == name)
            or stream in users
        )
