"""Reads the next recipients of many lanes from SQLite with one statement, which gives one value. Runs in a reading thread.

The driver lets go of the interpreter at each row that it steps to and then waits to get it back, milliseconds while the
engine's loop is busy. So SQLite itself puts the rows together, as JSON that is decoded at once. Fresh recipients are read by
ranges of ids: a lane's rows stand in a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection

from app.database.sql import run
from engine.ports import Batch, ReadRequest, Waiting

_WIDER: Final = 8
"""A range without anybody who waits is followed by one that is so many times wider."""

_FOUND: Final = (
    "SELECT r.id, r.lane_id, r.address, r.attempts,"
    " CASE WHEN r.name IS NULL THEN r.fields"
    " ELSE json_patch(json_object('name', r.name), coalesce(r.fields, '{}')) END AS fields,"
    " coalesce(r.sending_address, '') AS sending_address,"
    " iif(coalesce(r.verdict, '') IN ('content', 'sender_domain', 'policy'), 'true', 'false') AS bound,"
    " coalesce(m.state, 'active') <> 'active' OR EXISTS (SELECT 1 FROM suppressions s"
    "  WHERE s.address_key = coalesce(r.address_key, r.address) AND (s.list_id IS NULL OR s.list_id = q.list_id)) AS unwanted"
)
_FRESH: Final = (
    "WITH q (list_id, after, last) AS MATERIALIZED (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)),"  # noqa: S608 - constants only
    f" found AS ({_FOUND} FROM q CROSS JOIN recipients r LEFT JOIN members m ON m.id = r.member_id"
    " WHERE r.id > q.after AND r.id <= q.last AND r.state = 'waiting' AND r.next_attempt_at IS NULL)"
)
_DUE: Final = (
    "WITH q (list_id) AS (VALUES (?)),"
    f" found AS ({_FOUND} FROM q CROSS JOIN recipients r LEFT JOIN members m ON m.id = r.member_id"
    " WHERE r.lane_id = ? AND r.next_attempt_at IS NOT NULL AND r.next_attempt_at <= ? AND r.state = 'waiting'"
    " ORDER BY r.next_attempt_at, r.id LIMIT ?)"
)
_IN_ONE: Final = (
    " SELECT json_group_array(json_array(id, lane_id, address, attempts, json(fields), sending_address, json(bound)))"
    " FILTER (WHERE NOT unwanted), json_group_array(json_array(lane_id, id)) FILTER (WHERE unwanted) FROM found"
)

_read_rows: Final = msgspec.json.Decoder(list[Waiting]).decode
_read_unwanted: Final = msgspec.json.Decoder(list[tuple[int, int]]).decode
_write: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class LaneEnds:
    """What a read needs to know of a lane."""

    last_id: int
    list_id: int


Answer = tuple[Batch, tuple[int, ...]]
"""The answer to one request, and the rows among those looked at that must not be mailed any more."""


class _Rows:
    """What one statement found, by lane, in order."""

    def __init__(self, connection: Connection, statement: str, parameters: tuple[object, ...]) -> None:
        wanted, unwanted = run(connection, statement + _IN_ONE, parameters).one()
        self.wanted: dict[int, list[Waiting]] = defaultdict(list)
        self.unwanted: dict[int, list[int]] = defaultdict(list)
        for row in _read_rows(wanted):
            self.wanted[row.lane].append(row)
        for lane, recipient in _read_unwanted(unwanted):
            self.unwanted[lane].append(recipient)


def read_fresh(
    connection: Connection, requests: Iterable[ReadRequest], lanes: Mapping[int, LaneEnds]
) -> dict[int, Answer]:
    """Answer requests for recipients that were never deferred, by lane."""
    answers: dict[int, Answer] = {}
    ranges = {request.lane: (request, request.after_id, request.limit) for request in requests}
    while ranges:
        wanted = [
            (lanes[lane].list_id, after, min(after + width, lanes[lane].last_id))
            for lane, (_, after, width) in ranges.items()
        ]
        found = _Rows(connection, _FRESH, (_write(wanted).decode(),))
        ahead = {}
        for (lane, (request, _, width)), (_, _, last) in zip(ranges.items(), wanted, strict=True):
            ends = last >= lanes[lane].last_id
            if found.wanted[lane] or found.unwanted[lane] or ends:
                answers[lane] = _cut(found.wanted[lane], found.unwanted[lane], request.limit, last, ends=ends)
            else:
                ahead[lane] = (request, last, width * _WIDER)
        ranges = ahead
    return answers


def _cut(wanted: list[Waiting], unwanted: Sequence[int], limit: int, last: int, *, ends: bool) -> Answer:
    """Not more than was asked for: what stands behind that is read again."""
    if len(wanted) > limit:
        del wanted[limit:]
        last, ends = wanted[-1].id, False
    return Batch(tuple(wanted), last if wanted or unwanted else 0, ends), tuple(
        each for each in unwanted if each <= last
    )


def read_due(connection: Connection, request: ReadRequest, lane: LaneEnds) -> Answer:
    """Answer a request for deferred recipients."""
    found = _Rows(connection, _DUE, (lane.list_id, request.lane, request.due_by, request.limit))
    wanted, unwanted = found.wanted[request.lane], found.unwanted[request.lane]
    batch = Batch(tuple(wanted), wanted[-1].id if wanted else 0, len(wanted) + len(unwanted) < request.limit)
    return batch, tuple(unwanted)
