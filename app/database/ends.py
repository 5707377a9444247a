"""Ends that no reply gives: expired, stopped, suppressed, and what a person decides about recipients in doubt.

For the queue and for services, in the transaction of the caller; the counts of lanes and mailings follow. Callers bump.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from app.database.counts import LaneChange, apply_lane_changes, move
from app.database.sql import Row, ids, run
from engine.ports import RecipientState

SUPPRESSED: Final = "suppressed"
EXPIRED_WHILE_HELD: Final = "expired while held"
NOTICED_WITHIN: Final = 10.0
"""Seconds within which an engine notices that its clock was set back."""

_END: Final = "UPDATE recipients SET state = ?, note = ?, last_at = ?, next_attempt_at = NULL, claimed_by = NULL"


def end_range(
    connection: Connection,
    lane: int,
    first: int,
    last: int,
    *,
    state: RecipientState,
    note: str,
    now: float,
    node: int | None = None,
) -> int:
    """End the waiting recipients of a lane whose ids are *first* to *last*; returns how many there were.

    With *node* those stay as they are that another node has in hand: it ends them itself.
    """
    statement = _END + " WHERE id BETWEEN ? AND ? AND lane_id = ? AND state = 'waiting'"
    parameters: Row = (state.value, note or None, now, first, last, lane)
    if node is not None:
        statement += " AND (claimed_by IS NULL OR claimed_by = ?)"
        parameters += (node,)
    count = run(connection, statement, parameters).rowcount
    if count:
        apply_lane_changes(connection, {lane: LaneChange(ends={state.value: count}, at=now)})
    return count


def end_mailing(connection: Connection, mailing: int, *, state: RecipientState, note: str = "", now: float) -> int:
    """End all waiting recipients of a mailing, held ones included; returns how many there were."""
    lanes = run(
        connection,
        "SELECT id, first_id, last_id FROM mailing_lanes WHERE mailing_id = ?"
        " AND total > delivered + failed + expired + stopped + in_doubt ORDER BY id",
        (mailing,),
    ).fetchall()
    return sum(end_range(connection, *lane, state=state, note=note, now=now) for lane in lanes)


def bring_forward(connection: Connection, now: float, by: float, *, latest: float, shared: bool) -> int:
    """A clock was set back *by* so many seconds to *now*: whom it made wait waits that much less, until *latest* at most.

    Who was deferred since is left alone, and where nodes share a database so is everybody whom a clock has made wait that is
    not ahead of this one. Returns how many would have waited longer.
    """
    since = 0.0 if shared else now - NOTICED_WITHIN
    return run(
        connection,
        "UPDATE recipients SET next_attempt_at = CASE WHEN next_attempt_at - ? < ? THEN next_attempt_at - ? ELSE ? END"
        " WHERE state = 'waiting' AND next_attempt_at IS NOT NULL AND next_attempt_at > ?"
        " AND (coalesce(last_at, 0) > ? OR coalesce(last_at, 0) < ? OR next_attempt_at > ?)",
        (by, latest, by, latest, now, now, since, latest),
    ).rowcount


def end_unwanted(connection: Connection, recipients: Sequence[int], *, now: float) -> int:
    """End those of *recipients* that wait as stopped, because they are suppressed or unsubscribed; returns how many."""
    return _change(connection, recipients, RecipientState.WAITING, RecipientState.STOPPED, SUPPRESSED, now)


def settle(connection: Connection, recipients: Sequence[int], *, to: RecipientState, note: str, now: float) -> int:
    """What a person decides about recipients in doubt: delivered, failed, stopped, or waiting, to be sent again.

    Others are left as they are; returns how many were settled. A mailing that was completed must be made active again by
    the caller when recipients wait again.
    """
    return _change(connection, recipients, RecipientState.IN_DOUBT, to, note, now)


def _change(
    connection: Connection,
    recipients: Sequence[int],
    before: RecipientState,
    after: RecipientState,
    note: str,
    now: float,
) -> int:
    rows = run(
        connection,
        _END + " WHERE id IN ?[] AND state = ? RETURNING lane_id",
        (after.value, note or None, now, ids(connection, recipients), before.value),
    ).fetchall()
    move(connection, [lane for (lane,) in rows], before, after, now)
    return len(rows)
