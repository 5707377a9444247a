"""The counts of lanes and of their mailings, kept in the transaction that changes their recipients. Runs in the writer's thread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlalchemy import Connection

from app.database import trail
from app.database.changes import WORLD, bump
from app.database.sql import ids, run, run_many
from engine.ports import RecipientState

ENDS: Final = (
    RecipientState.DELIVERED,
    RecipientState.FAILED,
    RecipientState.EXPIRED,
    RecipientState.STOPPED,
    RecipientState.IN_DOUBT,
)


class Place(NamedTuple):
    """Where a lane belongs."""

    mailing: int
    stream: int | None


@dataclass(slots=True)
class LaneChange:
    """What one transaction changes about a lane: recipients that come to an end (or leave one), by state."""

    ends: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    refused: int = 0
    provider: str = ""
    reply: str = ""
    at: float = 0.0


def apply_lane_changes(connection: Connection, lanes: Mapping[int, LaneChange]) -> dict[int, Place]:
    """Add to the counts of lanes and of their mailings; where each lane belongs is returned."""
    run_many(
        connection,
        "UPDATE mailing_lanes SET delivered = delivered + ?, failed = failed + ?, expired = expired + ?,"
        " stopped = stopped + ?, in_doubt = in_doubt + ?, refused = refused + ?, provider = coalesce(?, provider),"
        " last_reply = coalesce(?, last_reply), last_at = coalesce(?, last_at) WHERE id = ?",
        [
            (*_counts(change), change.refused, change.provider or None, change.reply or None, change.at or None, lane)
            for lane, change in sorted(lanes.items())
        ],
    )
    places = _places(connection, lanes)
    mailings: dict[int, list[int]] = defaultdict(lambda: [0] * len(ENDS))
    for lane, change in lanes.items():
        if lane in places:
            sums = mailings[places[lane].mailing]
            mailings[places[lane].mailing] = [a + b for a, b in zip(sums, _counts(change), strict=True)]
    run_many(
        connection,
        "UPDATE mailings SET delivered = delivered + ?, failed = failed + ?, expired = expired + ?,"
        " stopped = stopped + ?, in_doubt = in_doubt + ? WHERE id = ?",
        [(*sums, mailing) for mailing, sums in sorted(mailings.items()) if any(sums)],
    )
    return places


def move(
    connection: Connection, lanes: Iterable[int], before: RecipientState, after: RecipientState, at: float
) -> None:
    """Count recipients that went from one state to another, for each its lane."""
    changes: dict[int, LaneChange] = defaultdict(lambda: LaneChange(at=at))
    for lane in lanes:
        for state, difference in ((before, -1), (after, 1)):
            if state is not RecipientState.WAITING:
                changes[lane].ends[state.value] += difference
    if changes:
        apply_lane_changes(connection, changes)


def reopen(connection: Connection, lanes: Iterable[int], at: float) -> None:
    """Mailings that were completed are active again where recipients of these lanes wait once more; the engines are told."""
    reopened = run(
        connection,
        "UPDATE mailings SET state = 'active', finished_at = NULL, version = version + 1 WHERE state = 'completed'"
        " AND total > delivered + failed + expired + stopped + in_doubt"
        " AND id IN (SELECT mailing_id FROM mailing_lanes WHERE id IN ?[]) RETURNING name",
        (ids(connection, sorted(set(lanes))),),
    ).fetchall()
    for (name,) in reopened:
        trail.tell(connection, at, "mailing.reopen", f"mailing {name}", after="recipients of it wait once more")
    if reopened:
        bump(connection, WORLD)


def _counts(change: LaneChange) -> list[int]:
    return [change.ends.get(state, 0) for state in ENDS]


def _places(connection: Connection, lanes: Iterable[int]) -> dict[int, Place]:
    rows = run(
        connection,
        "SELECT l.id, l.mailing_id, m.stream_id FROM mailing_lanes l JOIN mailings m ON m.id = l.mailing_id"
        " WHERE l.id IN ?[]",
        (ids(connection, list(lanes)),),
    )
    return {row[0]: Place(row[1], row[2]) for row in rows}
