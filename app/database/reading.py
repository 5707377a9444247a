"""Reads the next recipients of many lanes in one hop: the queue's hot path. Runs in a reading thread.

Fresh recipients are read along the primary key, deferred ones along their own small index. On SQLite nothing is written
for that, since one engine reads. On PostgreSQL, which nodes may share, rows are claimed for the node that reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection

from app.database.reading_sqlite import LaneEnds, read_due, read_fresh
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


_GONE: Final = Found(Batch((), 0, exhausted=True), ())
_COLUMNS: Final = (
    "SELECT r.id, r.address, r.attempts, r.name, r.fields, r.sending_address, r.verdict, m.state, EXISTS (SELECT 1 FROM suppressions s"
    " WHERE s.address_key = coalesce(r.address_key, r.address) AND (s.list_id IS NULL OR s.list_id = ?))"
    " FROM recipients r LEFT JOIN members m ON m.id = r.member_id"
)
_CLAIM: Final = " AND (r.claimed_by IS NULL OR r.claimed_by = ?) ORDER BY {} LIMIT ? FOR UPDATE OF r SKIP LOCKED"
_FRESH: Final = " WHERE r.id > ? AND r.id <= ? AND r.state = 'waiting' AND r.next_attempt_at IS NULL" + _CLAIM.format(
    "r.id"
)
_DUE: Final = (
    " WHERE r.lane_id = ? AND r.next_attempt_at IS NOT NULL AND r.next_attempt_at <= ? AND r.state = 'waiting'"
    + _CLAIM.format("r.next_attempt_at, r.id")
)


def read(connection: Connection, requests: Sequence[ReadRequest], node: int) -> dict[int, Found]:
    """Answer each request, by lane; lanes that are gone are answered as exhausted."""
    lanes = _lanes(connection, [request.lane for request in requests])
    found = {request.lane: _GONE for request in requests}
    known = [request for request in requests if request.lane in lanes]
    if is_sqlite(connection):
        fresh = [request for request in known if request.due_by is None]
        answers = read_fresh(connection, fresh, lanes)
        answers |= {
            each.lane: read_due(connection, each, lanes[each.lane]) for each in known if each.due_by is not None
        }
        found |= {lane: Found(*answer) for lane, answer in answers.items()}
    else:
        found |= {request.lane: _answer(connection, request, lanes[request.lane], node) for request in known}
        _claim(connection, found, node)
    for request in known:
        if request.due_by is not None and found[request.lane].batch.exhausted:
            found[request.lane] = _with_next_due(connection, found[request.lane], request.lane, request.due_by)
    return found


def _with_next_due(connection: Connection, found: Found, lane: int, due_by: float) -> Found:
    statement = (
        "SELECT min(next_attempt_at) FROM recipients"
        " WHERE lane_id = ? AND next_attempt_at IS NOT NULL AND next_attempt_at > ?"
    )
    next_due = run(connection, statement, (lane, due_by)).scalar_one()
    return replace(found, batch=replace(found.batch, next_due=next_due))


def _lanes(connection: Connection, wanted: Sequence[int]) -> dict[int, LaneEnds]:
    rows = run(
        connection,
        "SELECT l.id, l.last_id, m.list_id FROM mailing_lanes l JOIN mailings m ON m.id = l.mailing_id WHERE l.id IN ?[]",
        (ids(connection, wanted),),
    )
    return {row[0]: LaneEnds(row[1], row[2] or 0) for row in rows}


def _answer(connection: Connection, request: ReadRequest, lane: LaneEnds, node: int) -> Found:
    if request.due_by is None:
        statement = _COLUMNS + _FRESH
        parameters: Row = (lane.list_id, request.after_id, lane.last_id, node, request.limit)
    else:
        statement = _COLUMNS + _DUE
        parameters = (lane.list_id, request.lane, request.due_by, node, request.limit)
    rows = run(connection, statement, parameters).fetchall()
    wanted, unwanted = [], []
    for row in rows:
        if row[8] or row[7] not in (None, MemberState.ACTIVE.value):
            unwanted.append(row[0])
        else:
            wanted.append(_waiting(request.lane, row))
    last_id = rows[-1][0] if rows else 0
    return Found(Batch(tuple(wanted), last_id, len(rows) < request.limit), tuple(unwanted))


def _waiting(lane: int, row: Sequence[Any]) -> Waiting:
    name, fields = row[3], row[4]
    values: dict[str, str] = fields or {}
    if name:
        values.setdefault("name", name)
    return Waiting(row[0], lane, row[1], row[2], values or None, row[5] or "", row[6] in _ABOUT_THE_SENDER)


def _claim(connection: Connection, found: Mapping[int, Found], node: int) -> None:
    claimed = [row.id for answer in found.values() for row in answer.batch.rows]
    if claimed:
        run(connection, "UPDATE recipients SET claimed_by = ? WHERE id IN ?[]", (node, ids(connection, claimed)))
