"""Reads the next recipients of many lanes in one hop: the queue's hot path. Runs in a reading thread.

Fresh recipients are read along the primary key, deferred ones along their own small index. On SQLite nothing is written
for that, since one engine reads. On PostgreSQL, which nodes may share, rows are claimed for the node that reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from app.database.sql import Row, ids, is_sqlite, run
from app.database.tables.lists import MemberState
from engine.ports import Batch, ReadRequest, Waiting
from engine.replies import Verdict

_ABOUT_THE_SENDER: Final = frozenset({Verdict.CONTENT, Verdict.SENDER_DOMAIN, Verdict.POLICY})
"""Refusals that another sending address may not go round (product.md 4.6)."""


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to one request, and the rows among those looked at that must not be mailed any more."""

    batch: Batch
    unwanted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Lane:
    id: int
    last_id: int
    list_id: int


_COLUMNS: Final = (
    "SELECT r.id, r.address, r.attempts, r.name, r.fields, r.sending_address, r.verdict, m.state, EXISTS (SELECT 1 FROM suppressions s"
    " WHERE s.address_key = coalesce(r.address_key, r.address) AND (s.list_id IS NULL OR s.list_id = ?))"
    " FROM recipients r LEFT JOIN members m ON m.id = r.member_id"
)
_FRESH: Final = " WHERE r.id > ? AND r.id <= ? AND r.state = 'waiting' AND r.next_attempt_at IS NULL"
_FRESH_ORDER: Final = " ORDER BY r.id LIMIT ?"
_DUE: Final = (
    " WHERE r.lane_id = ? AND r.next_attempt_at IS NOT NULL AND r.next_attempt_at <= ? AND r.state = 'waiting'"
)
_DUE_ORDER: Final = " ORDER BY r.next_attempt_at, r.id LIMIT ?"
_OURS: Final = " AND (r.claimed_by IS NULL OR r.claimed_by = ?)"
_CLAIM: Final = " FOR UPDATE OF r SKIP LOCKED"


def read(connection: Connection, requests: Sequence[ReadRequest], node: int) -> dict[int, Found]:
    """Answer each request, by lane; lanes that are gone are answered as exhausted."""
    lanes = _lanes(connection, [request.lane for request in requests])
    found = {}
    for request in requests:
        lane = lanes.get(request.lane)
        found[request.lane] = _answer(connection, request, lane, node) if lane else Found(Batch((), 0, True), ())
    if not is_sqlite(connection):
        _claim(connection, found, node)
    return found


def _lanes(connection: Connection, wanted: Sequence[int]) -> dict[int, _Lane]:
    rows = run(
        connection,
        "SELECT l.id, l.last_id, m.list_id FROM mailing_lanes l JOIN mailings m ON m.id = l.mailing_id WHERE l.id IN ?[]",
        (ids(connection, wanted),),
    )
    return {row[0]: _Lane(row[0], row[1], row[2] or 0) for row in rows}


def _answer(connection: Connection, request: ReadRequest, lane: _Lane, node: int) -> Found:
    sqlite = is_sqlite(connection)
    ours, claim = ("", "") if sqlite else (_OURS, _CLAIM)
    claimant = () if sqlite else (node,)
    if request.due_by is None:
        statement = _COLUMNS + _FRESH + ours + _FRESH_ORDER + claim
        parameters: Row = (lane.list_id, request.after_id, lane.last_id, *claimant, request.limit)
    else:
        statement = _COLUMNS + _DUE + ours + _DUE_ORDER + claim
        parameters = (lane.list_id, lane.id, request.due_by, *claimant, request.limit)
    rows = run(connection, statement, parameters).fetchall()
    wanted, unwanted = [], []
    for row in rows:
        if row[8] or row[7] not in (None, MemberState.ACTIVE.value):
            unwanted.append(row[0])
        else:
            wanted.append(_waiting(lane.id, row))
    last_id = rows[-1][0] if rows else 0
    return Found(Batch(tuple(wanted), last_id, len(rows) < request.limit), tuple(unwanted))


def _waiting(lane: int, row: Sequence[Any]) -> Waiting:
    name, fields = row[3], row[4]
    values: dict[str, str] = (msgspec.json.decode(fields) if isinstance(fields, str) else fields) or {}
    if name:
        values.setdefault("name", name)
    return Waiting(row[0], lane, row[1], row[2], values, row[5] or "", row[6] in _ABOUT_THE_SENDER)


def _claim(connection: Connection, found: Mapping[int, Found], node: int) -> None:
    claimed = [row.id for answer in found.values() for row in answer.batch.rows]
    if claimed:
        run(connection, "UPDATE recipients SET claimed_by = ? WHERE id IN ?[]", (node, ids(connection, claimed)))


def release_claims(connection: Connection, nodes: Sequence[int]) -> int:
    """Give back what these nodes had claimed, because their engines are gone; returns how many recipients that were."""
    return run(
        connection,
        "UPDATE recipients SET claimed_by = NULL WHERE claimed_by IS NOT NULL AND claimed_by IN ?[]",
        (ids(connection, nodes),),
    ).rowcount
