"""The history of all blocks as a table: events sorted and filtered by the database, with the block of each. A service; reads only."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TextIO

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.database.ids import read_ids
from app.database.schema import StoredBlock, StoredBlockEvent
from app.services import exports
from app.services.block_words import utc
from engine.blocks import BlockEventKind

PAGE: Final = 1000
"""Rows that one call of :func:`rows` reads at most."""


class EventSort(StrEnum):
    """What the history can be sorted by."""

    AT = "at"
    KIND = "kind"
    ACTOR = "actor"
    SENDING_ADDRESS = "sending_address"
    DOMAIN = "domain"
    MX_ADDRESS = "mx_address"
    TEXT = "text"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event with the block that it happened to. ``at`` in epoch seconds; ``mx_address`` is the event's, else the block's."""

    id: int
    block_id: int
    at: float
    kind: BlockEventKind
    actor: str
    sending_address: str
    domain: str
    provider: str
    mx_address: str
    text: str
    reply: str


def ids(
    session: Session,
    *,
    sort: EventSort = EventSort.AT,
    descending: bool = True,
    containing: str = "",
    block_id: int | None = None,
) -> array[int]:
    """The ids of the wanted events in order, for a table that fetches its visible rows by :func:`rows`.

    *containing* stands in actor, text, reply, sending address or domain; *block_id* keeps the events of one block.
    """
    column = _COLUMNS[sort]
    query = select(StoredBlockEvent.id)
    if containing or sort in _OF_BLOCK:
        query = query.join(StoredBlock, StoredBlock.id == StoredBlockEvent.block_id)
    if containing:
        query = query.where(or_(*(each.icontains(containing, autoescape=True) for each in _SEARCHED)))
    if block_id is not None:
        query = query.where(StoredBlockEvent.block_id == block_id)
    last = StoredBlockEvent.id.desc() if descending else StoredBlockEvent.id.asc()
    first = [] if sort is EventSort.AT else [column.desc() if descending else column.asc()]
    return read_ids(session, query.order_by(*first, last))


def rows(session: Session, event_ids: Sequence[int]) -> list[EventRow]:
    """The events with these ids, in this order; unknown ones are left out. At most 1,000 at a time."""
    wanted = list(event_ids)[:PAGE]
    found = {row[0]: _row(row) for row in session.execute(_rows().where(StoredBlockEvent.id.in_(wanted)))}
    return [found[each] for each in wanted if each in found]


def export_csv(session: Session, file: TextIO, event_ids: Sequence[int]) -> int:
    """Write these events as CSV that no spreadsheet runs anything of; returns their number. Times in UTC."""
    header = ("time", "event", "actor", "block", "sending_address", "domain", "provider", "mx_address", "text", "reply")
    return exports.write_csv(file, header, _cells(session, event_ids))


def _cells(session: Session, event_ids: Sequence[int]) -> Iterator[tuple[object, ...]]:
    for start in range(0, len(event_ids), PAGE):
        for row in rows(session, event_ids[start : start + PAGE]):
            yield (
                utc(row.at),
                row.kind.value,
                row.actor,
                row.block_id,
                row.sending_address,
                row.domain,
                row.provider,
                row.mx_address,
                row.text,
                row.reply,
            )


_COLUMNS: Final[Mapping[EventSort, Any]] = {
    EventSort.AT: StoredBlockEvent.id,
    EventSort.KIND: StoredBlockEvent.kind,
    EventSort.ACTOR: StoredBlockEvent.actor,
    EventSort.SENDING_ADDRESS: StoredBlock.sending_key,
    EventSort.DOMAIN: StoredBlock.domain,
    EventSort.MX_ADDRESS: StoredBlock.mx_key,
    EventSort.TEXT: StoredBlockEvent.text,
    EventSort.REPLY: StoredBlockEvent.reply,
}
_OF_BLOCK: Final = frozenset({EventSort.SENDING_ADDRESS, EventSort.DOMAIN, EventSort.MX_ADDRESS})
_SEARCHED: Final = (
    StoredBlockEvent.actor,
    StoredBlockEvent.text,
    StoredBlockEvent.reply,
    StoredBlock.sending_address,
    StoredBlock.domain,
    StoredBlock.provider,
)


def _rows() -> Select[*tuple[Any, ...]]:
    return select(
        StoredBlockEvent.id,
        StoredBlockEvent.block_id,
        StoredBlockEvent.at,
        StoredBlockEvent.kind,
        StoredBlockEvent.actor,
        StoredBlock.sending_address,
        StoredBlock.domain,
        StoredBlock.provider,
        StoredBlockEvent.mx_address,
        StoredBlockEvent.text,
        StoredBlockEvent.reply,
        StoredBlock.mx_address,
    ).join(StoredBlock, StoredBlock.id == StoredBlockEvent.block_id)


def _row(row: Any) -> EventRow:
    values = list(row)
    first_mx = values.pop()
    values[8] = values[8] or first_mx
    return EventRow(*values)
