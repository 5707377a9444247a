"""Recipients that a node has in hand, where several nodes share a database. Runs in the writer's thread, in its transaction.

A claim stands until its node records what came of it or gives it back: only the node's own journals tell what it has begun.
When nobody hears of the node any more, its recipients are in doubt by the administrator's policy. An end that keeps its
claim is such a guess: whatever the node says, once it is back, takes its place. What a person decides has no claim.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection

from app.database import counts, trail
from app.database.sql import Row, ids, run
from engine.ports import EngineSettings, RecipientState
from engine.retry import in_doubt

_DOUBT: Final = (
    "UPDATE recipients SET state = ?, attempts = attempts + 1, unanswered = coalesce(unanswered, 0) + ?,"
    " next_attempt_at = ?, last_at = ?, note = ?, claimed_by = CASE WHEN ? THEN claimed_by END"
    " WHERE claimed_by = ? AND state = 'waiting' AND attempts = ? RETURNING lane_id"
)
_UNDO: Final = (
    "UPDATE recipients SET state = 'waiting', attempts = attempts - 1, unanswered = unanswered - ?, note = NULL"
    " WHERE claimed_by IS NOT NULL AND state = ? AND {} RETURNING lane_id"
)


def doubt(connection: Connection, node: int, settings: EngineSettings, *, note: str, now: float) -> int:
    """Nobody knows what became of the recipients that a node has in hand; returns how many there were.

    Unless they are sent again they keep their claim.
    """
    tried = run(
        connection,
        "SELECT attempts FROM (SELECT id, attempts FROM recipients WHERE claimed_by = ? AND state = 'waiting'"
        " ORDER BY id FOR UPDATE) AS claimed GROUP BY attempts ORDER BY attempts",
        (node,),
    ).fetchall()
    return sum(_doubt_alike(connection, node, attempts, settings, note, now) for (attempts,) in tried)


def _doubt_alike(
    connection: Connection, node: int, attempts: int, settings: EngineSettings, note: str, now: float
) -> int:
    """The same for those with so many attempts: it is one more that got no reply."""
    decision = in_doubt(settings.in_doubt, settings.retry_schedule, attempts, now)
    is_guess = decision.state is not RecipientState.WAITING
    rows = run(
        connection,
        _DOUBT,
        (decision.state.value, _unanswered(decision.state), decision.next_attempt, now, note, is_guess, node, attempts),
    ).fetchall()
    counts.move(connection, [lane for (lane,) in rows], RecipientState.WAITING, decision.state, now)
    return len(rows)


def _unanswered(state: RecipientState) -> int:
    """One that counts as delivered by policy has its verdict."""
    return int(state is not RecipientState.DELIVERED)


def lose(connection: Connection, node: int, settings: EngineSettings, *, note: str, now: float) -> int:
    """The journals are gone that told what a node has begun: its recipients stay in doubt, and nobody has them in hand."""
    count = doubt(connection, node, settings, note=note, now=now)
    run(connection, "UPDATE recipients SET claimed_by = NULL WHERE claimed_by = ?", (node,))
    return count


def give_back(connection: Connection, node: int, keep: Collection[int], *, name: str, now: float) -> bool:
    """What a node has in hand but *keep* is for any node to send; all of it waits, and nothing is in doubt for its silence.

    *name* is the node's, for the trail. Returns whether there was any such.
    """
    lanes = _undo(connection, "claimed_by = ?", node)
    if lanes:
        words = f"{len(lanes):,} recipients whose fate was not known wait again"
        trail.tell(connection, now, "node.return", f"node {name}", after=words)
    counts.reopen(connection, lanes, now)
    freed = run(
        connection,
        "UPDATE recipients SET claimed_by = NULL WHERE claimed_by = ? AND NOT (id IN ?[])",
        (node, ids(connection, keep)),
    ).rowcount
    return bool(lanes or freed)


def let_go(connection: Connection, node: int, recipients: Collection[int]) -> bool:
    """These are for any node to send, as far as they wait in a node's hands. Returns whether there were any such."""
    freed = run(
        connection,
        "UPDATE recipients SET claimed_by = NULL WHERE claimed_by = ? AND state = 'waiting' AND id IN ?[]",
        (node, ids(connection, recipients)),
    )
    return bool(freed.rowcount)


def take_back_guesses(connection: Connection, recipients: Collection[int]) -> list[int]:
    """Let recipients wait again in the hands of a silent node: it has been heard of. Returns their lanes."""
    return _undo(connection, "id IN ?[]", ids(connection, recipients))


def _undo(connection: Connection, which: str, parameter: object) -> list[int]:
    lanes: list[int] = []
    for state in (RecipientState.IN_DOUBT, RecipientState.DELIVERED):
        parameters: Row = (_unanswered(state), state.value, parameter)
        found = [lane for (lane,) in run(connection, _UNDO.format(which), parameters)]
        counts.move(connection, found, state, RecipientState.WAITING, 0.0)
        lanes += found
    return lanes


def has_any(connection: Connection, node: int) -> bool:
    """Whether a node has recipients in hand."""
    return run(connection, "SELECT 1 FROM recipients WHERE claimed_by = ? LIMIT 1", (node,)).first() is not None
