"""The report of blocks: which there are, sorted and filtered by the database, with who waits behind each. A service.

Reads only; what a person does to a block is in :mod:`app.services.block_actions`.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.orm import Session

from app.database.ids import read_ids
from app.database.schema import (
    SendingAddress,
    StoredBlock,
    StoredBlockEvent,
    StoredBlockPair,
    StreamAddress,
)
from app.services.id_arrays import rows_of, without
from app.services.problems import UnknownName
from app.services.waiting_behind import NOBODY, Waiting
from engine.blocks import BlockEventKind, BlockState, RefusedPair
from engine.pairs import IPText
from engine.replies import Scope, Stage

PAGE = 1000
"""Rows that one call of :func:`rows` reads at most."""


class BlockSort(StrEnum):
    """What the report can be sorted by."""

    STATE = "state"
    STREAMS = "streams"
    SENDING_ADDRESS = "sending_address"
    DOMAIN = "domain"
    PROVIDER = "provider"
    MX_HOST = "mx_host"
    MX_ADDRESS = "mx_address"
    SCOPE = "scope"
    STAGE = "stage"
    CODE = "code"
    REASON = "reason"
    REPLY = "reply"
    RULE = "rule"
    SINCE = "since"
    LAST_PROBE = "last_probe"
    NEXT_PROBE = "next_probe"
    HELD = "held"
    PROBES = "probes"


@dataclass(frozen=True, slots=True)
class BlockFilter:
    """Which blocks are wanted. ``states`` empty: all that are not cleared. ``text`` stands in any of the words of a row.

    ``domain`` also finds the blocks of the exchangers that refused that domain for another one's mail.
    """

    text: str = ""
    states: frozenset[BlockState] = frozenset()
    with_cleared: bool = False
    stream_id: int | None = None
    provider: str = ""
    domain: str = ""
    sending_address: str = ""


@dataclass(frozen=True, slots=True)
class BlockView:
    """One block as the report shows it. Times in epoch seconds.

    ``streams`` are the names of the streams that use the sending address; ``held`` the recipients that are held behind the
    block; ``is_total``: its domain is totally blocked for one of these streams. ``pairs`` are all pairs of a widened block.
    """

    id: int
    state: BlockState
    streams: tuple[str, ...]
    sending_address: IPText
    mx_address: IPText
    mx_host: str
    domain: str
    group: str
    provider: str
    scope: Scope
    stage: Stage
    code: int
    enhanced: str
    reply: str
    rule: str
    reason: str
    advice: str
    since: float
    last_probe: float | None
    next_probe: float | None
    probes: int
    probe_note: str
    probe_requested: bool
    note: str
    held: int
    is_total: bool
    pairs: tuple[RefusedPair, ...]


@dataclass(frozen=True, slots=True)
class BlockEventView:
    """One line of a block's history. ``at`` in epoch seconds."""

    id: int
    block_id: int
    kind: BlockEventKind
    at: float
    actor: str
    text: str
    reply: str
    mx_address: str


def ordered_ids(
    session: Session,
    *,
    sort: BlockSort = BlockSort.SINCE,
    descending: bool = False,
    wanted: BlockFilter | None = None,
    totals_first: bool = False,
    limit: int | None = None,
) -> array[int]:
    """The ids of the wanted blocks in order, eight bytes each, for a table that fetches its visible rows by :func:`rows`.

    Empty values stand last in both directions; equal ones in the order of ids. *totals_first*: those of totally blocked
    domains come before all others. *limit*: only the first so many, which is several times as fast.
    """
    condition = _condition(session, wanted or BlockFilter())
    waiting = Waiting.read(session) if totals_first or sort in (BlockSort.STREAMS, BlockSort.HELD) else NOBODY
    totals = _totals(session, waiting) if totals_first else frozenset()
    if sort is BlockSort.HELD:
        ids = _by_held(session, condition, waiting, descending=descending)
    else:
        column = waiting.rank_of_streams() if sort is BlockSort.STREAMS else _COLUMNS[sort]
        order = column.desc().nulls_last() if descending else column.asc().nulls_last()
        query = select(StoredBlock.id).where(condition).order_by(order, StoredBlock.id)
        if limit is None:
            ids = read_ids(session, query)
        else:
            ids = read_ids(session, query.limit(limit + len(totals)))
            if totals:  # they may stand anywhere
                others = without(ids, rows_of(ids, totals).values())
                ids = read_ids(session, query.where(StoredBlock.id.in_(totals))) + others
    return _totals_first(ids, totals)[:limit]


def rows(session: Session, ids: Sequence[int]) -> list[BlockView]:
    """The blocks with these ids, in this order; unknown ones are left out. At most 1,000 at a time."""
    return _rows(session, ids[:PAGE], Waiting.read(session))


def _rows(session: Session, ids: Sequence[int], waiting: Waiting) -> list[BlockView]:
    stored = session.execute(select(*_VIEWED).where(StoredBlock.id.in_(list(ids)))).all()
    widened = [row.id for row in stored if row.scope is Scope.GROUP]
    pairs = _pairs(session, widened) if widened else {}
    found = {row.id: _view(row, waiting, pairs.get(row.id, ())) for row in stored}
    return [found[each] for each in ids if each in found]


def listing(session: Session, wanted: BlockFilter | None = None) -> Iterator[BlockView]:
    """All wanted blocks, oldest first, read page by page."""
    ids = ordered_ids(session, wanted=wanted)
    waiting = Waiting.read(session)
    for start in range(0, len(ids), PAGE):
        yield from _rows(session, ids[start : start + PAGE], waiting)


def get(session: Session, block_id: int) -> BlockView:
    """One block, a cleared one too; raises UnknownName."""
    found = rows(session, [block_id])
    if not found:
        raise UnknownName("block", str(block_id))
    return found[0]


def history(session: Session, block_id: int) -> list[BlockEventView]:
    """Everything that happened to one block, oldest first; raises UnknownName."""
    if session.scalar(select(StoredBlock.id).where(StoredBlock.id == block_id)) is None:
        raise UnknownName("block", str(block_id))
    query = select(StoredBlockEvent).where(StoredBlockEvent.block_id == block_id).order_by(StoredBlockEvent.id)
    return [_event(event) for event in session.scalars(query)]


def event_ids(session: Session, *, descending: bool = True, since: float | None = None) -> array[int]:
    """The ids of all events of all blocks in order of time, for the table of the history."""
    order = StoredBlockEvent.id.desc() if descending else StoredBlockEvent.id.asc()
    query = select(StoredBlockEvent.id).order_by(order)
    if since is not None:
        query = query.where(StoredBlockEvent.at >= since)
    return read_ids(session, query)


def events(session: Session, ids: Sequence[int]) -> list[BlockEventView]:
    """The events with these ids, in this order. At most 1,000 at a time."""
    wanted = list(ids)[:PAGE]
    found = {
        event.id: _event(event)
        for event in session.scalars(select(StoredBlockEvent).where(StoredBlockEvent.id.in_(wanted)))
    }
    return [found[each] for each in wanted if each in found]


_COLUMNS: Mapping[BlockSort, Any] = {
    BlockSort.STATE: StoredBlock.state,
    BlockSort.SENDING_ADDRESS: StoredBlock.sending_key,
    BlockSort.DOMAIN: StoredBlock.domain,
    BlockSort.PROVIDER: StoredBlock.provider,
    BlockSort.MX_HOST: StoredBlock.mx_host,
    BlockSort.MX_ADDRESS: StoredBlock.mx_key,
    BlockSort.SCOPE: StoredBlock.scope,
    BlockSort.STAGE: StoredBlock.stage,
    BlockSort.CODE: StoredBlock.code,
    BlockSort.REASON: StoredBlock.reason,
    BlockSort.REPLY: StoredBlock.reply,
    BlockSort.RULE: StoredBlock.rule,
    BlockSort.SINCE: StoredBlock.since_at,
    BlockSort.LAST_PROBE: StoredBlock.last_probe_at,
    BlockSort.NEXT_PROBE: StoredBlock.next_probe_at,
    BlockSort.PROBES: StoredBlock.probes,
}


_VIEWED: Final = tuple(
    StoredBlock.__table__.c[name]
    for name in (
        "id",
        "state",
        "sending_address",
        "mx_address",
        "mx_host",
        "domain",
        "exchanger_group",
        "provider",
        "scope",
        "stage",
        "code",
        "enhanced",
        "reply",
        "rule",
        "reason",
        "advice",
        "since_at",
        "last_probe_at",
        "next_probe_at",
        "permanent",
        "probes",
        "probe_note",
        "probe_requested",
        "note",
    )
)
"""What a view is made of: the other columns would be decoded for nothing."""


def _behind(session: Session, condition: ColumnElement[bool], waiting: Waiting) -> Mapping[int, tuple[int, bool]]:
    """(held recipients, whether it is a total block) of the blocks that somebody may wait behind."""
    columns = (
        StoredBlock.state,
        StoredBlock.sending_address,
        StoredBlock.domain,
        StoredBlock.provider,
        StoredBlock.exchanger_group,
    )
    query = select(StoredBlock.id, *columns).where(condition, waiting.concerns())
    return {row[0]: waiting.behind(*row[1:]) for row in session.execute(query)}


def _by_held(session: Session, condition: ColumnElement[bool], waiting: Waiting, *, descending: bool) -> array[int]:
    behind = {block: number for block, (number, _) in _behind(session, condition, waiting).items() if number}
    ids = read_ids(session, select(StoredBlock.id).where(condition).order_by(StoredBlock.id))
    others = without(ids, rows_of(ids, behind.keys()).values())
    ranked = array("q", sorted(sorted(behind), key=behind.__getitem__, reverse=descending))
    return ranked + others if descending else others + ranked


def _totals(session: Session, waiting: Waiting) -> frozenset[int]:
    """The blocks of totally blocked domains."""
    behind = _behind(session, StoredBlock.id.is_not(None), waiting) if waiting.held else {}
    return frozenset(block for block, (_, is_total) in behind.items() if is_total)


def _totals_first(ids: array[int], totals: frozenset[int]) -> array[int]:
    """*ids* with those of total blocks before the others, each part in its order."""
    if not totals:
        return ids
    found = rows_of(ids, totals)
    return array("q", found) + without(ids, found.values())


def _condition(session: Session, wanted: BlockFilter) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    if wanted.states:
        parts.append(StoredBlock.state.in_(wanted.states))
    elif not wanted.with_cleared:
        parts.append(StoredBlock.state != BlockState.CLEARED)
    if wanted.stream_id is not None:
        bound = (
            select(SendingAddress.ip)
            .join(StreamAddress, StreamAddress.address_id == SendingAddress.id)
            .where(StreamAddress.stream_id == wanted.stream_id)
        )
        parts.append(StoredBlock.sending_address.in_(bound))
    if wanted.provider:
        parts.append(or_(StoredBlock.provider == wanted.provider, StoredBlock.exchanger_group == wanted.provider))
    if wanted.domain:
        parts.append(_of_domain(session, wanted.domain))
    if wanted.sending_address:
        parts.append(StoredBlock.sending_address == wanted.sending_address)
    if wanted.text:
        parts.append(_contains(wanted.text))
    return and_(*parts) if parts else StoredBlock.id.is_not(None)


def _of_domain(session: Session, domain: str) -> ColumnElement[bool]:
    """The block of a group's address stands for all domains of the group, whichever was refused first."""
    query = select(StoredBlock.exchanger_group).where(StoredBlock.domain == domain).distinct()
    return or_(StoredBlock.domain == domain, StoredBlock.exchanger_group.in_(list(session.scalars(query))))


def _contains(text: str) -> ColumnElement[bool]:
    columns = (
        StoredBlock.sending_address,
        StoredBlock.domain,
        StoredBlock.provider,
        StoredBlock.mx_host,
        StoredBlock.mx_address,
        StoredBlock.reason,
        StoredBlock.reply,
        StoredBlock.rule,
        StoredBlock.note,
    )
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def _pairs(session: Session, ids: Iterable[int]) -> Mapping[int, tuple[RefusedPair, ...]]:
    query = (
        select(StoredBlockPair)
        .where(StoredBlockPair.block_id.in_(list(ids)))
        .order_by(StoredBlockPair.at, StoredBlockPair.mx_key)
    )
    found: dict[int, list[RefusedPair]] = defaultdict(list)
    for pair in session.scalars(query):
        found[pair.block_id].append(RefusedPair(IPText(pair.mx_address), pair.mx_host, pair.code, pair.reply, pair.at))
    return {block: tuple(pairs) for block, pairs in found.items()}


def _view(row: Row[Any], waiting: Waiting, pairs: tuple[RefusedPair, ...]) -> BlockView:
    held, is_total = waiting.behind(row.state, row.sending_address, row.domain, row.provider, row.exchanger_group)
    return BlockView(
        id=row.id,
        state=row.state,
        streams=waiting.names(row.sending_address),
        sending_address=IPText(row.sending_address),
        mx_address=IPText(row.mx_address),
        mx_host=row.mx_host,
        domain=row.domain,
        group=row.exchanger_group,
        provider=row.provider,
        scope=row.scope,
        stage=row.stage,
        code=row.code,
        enhanced=row.enhanced,
        reply=row.reply,
        rule=row.rule,
        reason=row.reason,
        advice=row.advice,
        since=row.since_at,
        last_probe=row.last_probe_at,
        next_probe=None if row.permanent else row.next_probe_at,
        probes=row.probes,
        probe_note=row.probe_note,
        probe_requested=row.probe_requested,
        note=row.note,
        held=held,
        is_total=is_total,
        pairs=pairs,
    )


def _event(event: StoredBlockEvent) -> BlockEventView:
    return BlockEventView(
        event.id, event.block_id, event.kind, event.at, event.actor, event.text, event.reply, event.mx_address
    )
