"""Blocks and their history in the database (:class:`engine.ports.BlockLedger`): lives on the engine's loop, works in threads."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from sqlalchemy import Connection, RowMapping, Table, bindparam, insert, select, update

from app.database.changes import BLOCKS, PERSON, bump
from app.database.database import Database
from app.database.lease import Lease
from app.database.outcomes import HOUR
from app.database.schema import StoredBlock, StoredBlockEvent, StoredBlockPair
from app.database.sql import ids, is_sqlite, run, run_many, storable
from app.database.writer import Writer
from engine.blocks import Block, BlockEvent, BlockEventKind, BlockState, RefusedPair
from engine.pairs import ExchangerGroup, IPText, ip_sort_key
from engine.replies import REPLY_LIMIT, Threshold

_BLOCKS: Final = cast("Table", StoredBlock.__table__)
_PAIRS: Final = cast("Table", StoredBlockPair.__table__)
_EVENTS: Final = cast("Table", StoredBlockEvent.__table__)
_REFUSALS: Final = frozenset(
    {BlockEventKind.REFUSED, BlockEventKind.BLOCKED, BlockEventKind.WIDENED, BlockEventKind.PROBE_REFUSED}
)
_SAME: Final = (
    "mx_host",
    "domain",
    "provider",
    "scope",
    "state",
    "stage",
    "code",
    "enhanced",
    "reply",
    "rule",
    "reason",
    "advice",
    "permanent",
    "probe_interval",
    "probe_requested",
    "probe_note",
    "probes",
    "last_recipient",
    "ramp_step",
    "note",
    "version",
)
"""What a block and its row call by one name."""

Change = tuple[Block, BlockEvent]


class DatabaseLedger:
    """The ledger of one engine. Writer, lease and database belong to the caller."""

    def __init__(self, database: Database, writer: Writer, lease: Lease) -> None:
        self._database = database
        self._writer = writer
        self._lease = lease

    async def load(self) -> Sequence[Block]:
        """All blocks that are not cleared."""

        def work() -> Sequence[Block]:
            with self._database.read() as session:
                return load(session.connection())

        return await asyncio.to_thread(work)

    async def save(self, changes: Sequence[Change]) -> Sequence[Block]:
        """Write blocks with the event that changed each, in one transaction; see :class:`engine.ports.BlockLedger`."""
        taken = tuple(changes)
        return await self._writer.run(lambda connection: save(connection, taken, writer=self._lease.word), len(taken))


def load(connection: Connection) -> list[Block]:
    """All blocks that are not cleared, in the order of their ids."""
    rows = connection.execute(select(_BLOCKS).where(_BLOCKS.c.state != BlockState.CLEARED))
    return _blocks(connection, rows.mappings().all())


def find(connection: Connection, block_ids: Sequence[int]) -> list[Block]:
    """The blocks with these ids, cleared ones too, in the order of their ids."""
    rows = run(connection, "SELECT id FROM blocks WHERE id IN ?[] ORDER BY id", (ids(connection, block_ids),))
    known = [row[0] for row in rows]
    found: list[Block] = []
    for start in range(0, len(known), 500):
        chosen = connection.execute(select(_BLOCKS).where(_BLOCKS.c.id.in_(known[start : start + 500])))
        found += _blocks(connection, chosen.mappings().all())
    return sorted(found, key=lambda block: block.id)


def save(connection: Connection, changes: Sequence[Change], *, writer: str = PERSON) -> list[Block]:
    """Write blocks with the event that changed each, in the caller's transaction; returns every block as it now stands.

    A new block has id 0. One that somebody else changed since it was read (``version``) is not written, and neither is its
    event; the stored one is returned in its place.
    """
    results: list[Block] = []
    written = 0
    for some in _without_repeats(changes):
        known = [block for block, _ in some if block.id]
        lost = _lost(connection, known)
        _update(connection, [change for change in some if change[0].id and change[0].id not in lost])
        stored = [lost.get(block.id) or _stored(connection, block, event.at) for block, event in some]
        saved = [(block, event) for block, (old, event) in zip(stored, some, strict=True) if old.id not in lost]
        _save_pairs(connection, [block for block, _ in saved])
        _append_events(connection, [(block.id, event) for block, event in saved])
        _count_refusals(connection, saved)
        results += stored
        written += len(saved)
    if written:
        bump(connection, BLOCKS, writer=writer)
    return results


def append_event(connection: Connection, block_id: int, event: BlockEvent) -> None:
    """Add a line to a block's history without a change of the block."""
    _append_events(connection, [(block_id, event)])


def _append_events(connection: Connection, events: Sequence[tuple[int, BlockEvent]]) -> None:
    rows = [
        {
            "block_id": block_id,
            "kind": event.kind,
            "at": event.at,
            "actor": event.actor,
            "text": storable(event.text),
            "mx_address": event.mx_address,
            "reply": storable(event.reply, REPLY_LIMIT),
        }
        for block_id, event in events
    ]
    if rows:
        connection.execute(insert(_EVENTS), rows)


def _without_repeats(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """The changes in runs, in order: in each no block occurs twice, for the second builds on what the first has written."""
    some: list[Change] = []
    seen: set[int] = set()
    for change in changes:
        number = change[0].id
        if number in seen:
            yield some
            some, seen = [], set()
        some.append(change)
        if number:
            seen.add(number)
    if some:
        yield some


def _lost(connection: Connection, known: Sequence[Block]) -> dict[int, Block]:
    """Of these blocks those that somebody else changed since they were read, as they stand now."""
    if not known:
        return {}
    rows = run(
        connection,
        "SELECT id, version FROM blocks WHERE id IN ?[] ORDER BY id"
        if is_sqlite(connection)  # where only one writes at a time
        else "SELECT id, version FROM blocks WHERE id IN ?[] ORDER BY id FOR UPDATE",
        (ids(connection, [block.id for block in known]),),
    )
    versions: dict[int, int] = {row[0]: row[1] for row in rows}
    behind = [block.id for block in known if versions[block.id] != block.version]
    return {block.id: block for block in find(connection, behind)}


def _stored(connection: Connection, block: Block, at: float) -> Block:
    """A block as it is after its change: a new one is written here, and has its id then."""
    if block.id:
        return replace(block, version=block.version + 1)
    values = _values(block) | {"version": 1, "changed_at": at}
    number = connection.execute(insert(_BLOCKS).values(values).returning(_BLOCKS.c.id)).scalar_one()
    return replace(block, id=number, version=1)


def _update(connection: Connection, changes: Sequence[Change]) -> None:
    """Write blocks of which nobody else has changed one."""
    rows = [
        _values(block) | {"version": block.version + 1, "changed_at": event.at, "which": block.id}
        for block, event in changes
    ]
    if rows:
        connection.execute(update(_BLOCKS).where(_BLOCKS.c.id == bindparam("which")), rows)


def _values(block: Block) -> dict[str, Any]:
    return {
        "state": block.state,
        "sending_address": block.sending_address,
        "sending_key": ip_sort_key(block.sending_address),
        "mx_address": block.mx_address,
        "mx_key": ip_sort_key(block.mx_address),
        "mx_host": block.mx_host,
        "domain": block.domain,
        "exchanger_group": block.group,
        "provider": block.provider,
        "scope": block.scope,
        "stage": block.stage,
        "code": block.code,
        "enhanced": block.enhanced,
        "rule": block.rule,
        "since_at": block.since,
        "permanent": block.permanent,
        "last_probe_at": block.last_probe,
        "next_probe_at": block.next_probe,
        "probe_interval": block.probe_interval,
        "probe_requested": block.probe_requested,
        "probe_note": storable(block.probe_note),
        "probes": block.probes,
        "last_recipient": block.last_recipient,
        "hits": list(block.hits),
        "threshold_count": block.threshold.count if block.threshold else None,
        "threshold_seconds": block.threshold.period_seconds if block.threshold else None,
        "ramp_step": block.ramp_step,
        "ramp_since_at": block.ramp_since,
        "note": storable(block.note),
        "reason": storable(block.reason),
        "advice": storable(block.advice),
        "reply": storable(block.reply, REPLY_LIMIT),
    }


def _save_pairs(connection: Connection, blocks: Sequence[Block]) -> None:
    """Write the pairs of those blocks whose pairs are not what is stored."""
    stored = _pairs(connection, [block.id for block in blocks])
    changed = [block for block in blocks if set(block.pairs) != set(stored.get(block.id, ()))]
    if not changed:
        return
    run(connection, "DELETE FROM block_pairs WHERE block_id IN ?[]", (ids(connection, [each.id for each in changed]),))
    run_many(
        connection,
        "INSERT INTO block_pairs (block_id, mx_address, mx_key, mx_host, code, at, reply) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (block_id, mx_address) DO NOTHING",
        [
            (
                block.id,
                pair.mx_address,
                ip_sort_key(pair.mx_address),
                pair.mx_host,
                pair.code,
                pair.at,
                storable(pair.reply, REPLY_LIMIT),
            )
            for block in changed
            for pair in block.pairs
        ],
    )


def _count_refusals(connection: Connection, saved: Sequence[Change]) -> None:
    refusals = Counter(
        (int(event.at) - int(event.at) % HOUR, block.sending_address, block.provider)
        for block, event in saved
        if event.kind in _REFUSALS
    )
    run_many(
        connection,
        "INSERT INTO address_traffic (hour_at, sending_address, provider, delivered, failed, deferred, in_doubt, blocked)"
        " VALUES (?, ?, ?, 0, 0, 0, 0, ?) ON CONFLICT (hour_at, sending_address, provider) DO UPDATE SET"
        " blocked = address_traffic.blocked + excluded.blocked",
        [(*key, count) for key, count in sorted(refusals.items())],
    )


def _blocks(connection: Connection, rows: Sequence[RowMapping]) -> list[Block]:
    pairs = _pairs(connection, [row["id"] for row in rows])
    return sorted((_block(row, pairs.get(row["id"], ())) for row in rows), key=lambda block: block.id)


def _pairs(connection: Connection, block_ids: Collection[int]) -> dict[int, tuple[RefusedPair, ...]]:
    found: dict[int, list[RefusedPair]] = defaultdict(list)
    rows = run(
        connection,
        "SELECT block_id, mx_address, mx_host, code, reply, at FROM block_pairs WHERE block_id IN ?[] ORDER BY at, mx_key",
        (ids(connection, block_ids),),
    )
    for row in rows:
        found[row[0]].append(RefusedPair(IPText(row[1]), row[2], row[3], row[4], row[5]))
    return {block_id: tuple(of_block) for block_id, of_block in found.items()}


def _block(row: RowMapping, pairs: tuple[RefusedPair, ...]) -> Block:
    threshold = None
    if row["threshold_count"] is not None:
        threshold = Threshold(row["threshold_count"], row["threshold_seconds"])
    return Block(
        id=row["id"],
        sending_address=IPText(row["sending_address"]),
        mx_address=IPText(row["mx_address"]),
        group=ExchangerGroup(row["exchanger_group"]),
        since=row["since_at"],
        pairs=pairs,
        last_probe=row["last_probe_at"],
        next_probe=row["next_probe_at"],
        hits=tuple(row["hits"]),
        threshold=threshold,
        ramp_since=row["ramp_since_at"],
        **{name: row[name] for name in _SAME},
    )
