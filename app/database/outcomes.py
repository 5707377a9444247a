"""Records what attempts came to: the recipients' rows, and the counts and traffic that follow from rows that really changed.

Runs in the writer's thread, in its transaction. Outcomes are keyed by (recipient, attempt): a replay changes nothing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection

from app.database.changes import RECIPIENTS, bump
from app.database.claims import take_back_guesses
from app.database.counts import ENDS, LaneChange, Place, apply_lane_changes, reopen
from app.database.sql import Row, exact_json, ids, is_sqlite, run, run_many, storable
from engine.ports import Outcome, RecipientState
from engine.replies import REPLY_LIMIT, Verdict

TRAFFIC_SECONDS: Final = 10
HOUR: Final = 3600
MET_AT_ONCE: Final = 20
"""Replies of one transaction that are kept for the rule lab."""
MET_KEPT: Final = 20_000

_OURS: Final = frozenset({"expired", "stopped"})
"""Ends that people and clocks give to recipients that may be in flight; what the destination says then is the truth."""
_TOLD: Final = frozenset({RecipientState.DELIVERED, RecipientState.FAILED, RecipientState.IN_DOUBT})
_IN_DOUBT: Final = frozenset({RecipientState.IN_DOUBT, RecipientState.WAITING})
"""What becomes of a recipient whose attempt got no reply, unless the policy calls it delivered."""
_ABOUT_THE_SENDER: Final = frozenset({Verdict.CONTENT, Verdict.SENDER_DOMAIN, Verdict.POLICY})


class _Stored(NamedTuple):
    """A row as far as an outcome can meet it."""

    recipient: int
    lane: int
    state: str
    attempts: int
    next_attempt_at: float | None
    claimed_by: int | None = None

    @property
    def is_guess(self) -> bool:
        """What it came to was not known: its node is silent (:mod:`app.database.claims`)."""
        return self.claimed_by is not None and self.state != RecipientState.WAITING


def record(connection: Connection, outcomes: Sequence[Outcome], *, writer: str) -> None:
    """Record outcomes in the order given; those of unknown recipients, replays and contradictions of an end are ignored."""
    stored = _stored(connection, {outcome.recipient for outcome in outcomes})
    guessed = _take_back_guesses(connection, stored, outcomes)
    rows: dict[int, Row] = {}
    lanes: dict[int, LaneChange] = defaultdict(LaneChange)
    counted: list[tuple[Outcome, int]] = []
    for outcome in outcomes:
        before = stored.get(outcome.recipient)
        if before is None:
            continue
        after = _after(before, outcome)
        if after is None:
            continue
        stored[outcome.recipient] = after
        rows[outcome.recipient] = _row(outcome, after)
        _note(lanes[before.lane], before.state, after.state, outcome)
        counted.append((outcome, before.lane))
    if rows:
        _write(connection, [rows[recipient] for recipient in sorted(rows)], lanes, counted)
        bump(connection, RECIPIENTS, writer=writer)
    if guessed:
        reopen(connection, guessed, max(outcome.at for outcome in outcomes))


def _write(
    connection: Connection,
    rows: Sequence[Row],
    lanes: Mapping[int, LaneChange],
    counted: Sequence[tuple[Outcome, int]],
) -> None:
    """Rows, and everything that is counted of the outcomes that changed them."""
    _update_recipients(connection, rows)
    _count_unanswered(connection, [outcome for outcome, _ in counted])
    places = apply_lane_changes(connection, lanes)
    _count_traffic(connection, counted, places)
    _keep_replies(connection, [outcome for outcome, _ in counted])


def _take_back_guesses(
    connection: Connection, stored: dict[int, _Stored], outcomes: Sequence[Outcome]
) -> Collection[int]:
    """Where a node was silent it is believed now: *stored* is as it was before anybody guessed. Returns the lanes."""
    guessed = {
        outcome.recipient
        for outcome in outcomes
        if (before := stored.get(outcome.recipient)) is not None
        and before.is_guess
        and outcome.attempt >= before.attempts
    }
    if not guessed:
        return ()
    lanes = take_back_guesses(connection, sorted(guessed))
    stored.update(_stored(connection, guessed))
    return lanes


_STORED_SQLITE: Final = (
    "SELECT json_group_array(json_array(id, lane_id, state, attempts, " + exact_json("next_attempt_at") + "))"  # noqa: S608 - constants only
    " FROM recipients WHERE id IN ?[]"
)
"""Nodes don't share a file: nothing is claimed."""
_STORED_POSTGRESQL: Final = (
    "SELECT id, lane_id, state, attempts, next_attempt_at, claimed_by FROM recipients WHERE id IN ?[] ORDER BY id"
    " FOR UPDATE"
)
"""In the order of ids, so that two engines never wait for each other."""
_read_stored: Final = msgspec.json.Decoder(list[_Stored]).decode


def _stored(connection: Connection, recipients: Iterable[int]) -> dict[int, _Stored]:
    parameters = (ids(connection, sorted(recipients)),)
    if is_sqlite(connection):
        found = _read_stored(run(connection, _STORED_SQLITE, parameters).scalar_one())
    else:
        found = [_Stored(*row) for row in run(connection, _STORED_POSTGRESQL, parameters)]
    return {row.recipient: row for row in found}


def _after(before: _Stored, outcome: Outcome) -> _Stored | None:
    """The row after the outcome; None when it changes nothing."""
    if before.attempts >= outcome.attempt:
        return None
    attempts = outcome.attempt if outcome.charged else max(before.attempts, outcome.attempt - 1)
    if outcome.state in ENDS:
        open_end = before.state in _OURS and outcome.state in _TOLD
        if before.state != RecipientState.WAITING and not open_end:
            return None
        return _Stored(before.recipient, before.lane, outcome.state.value, attempts, None)
    if before.state != RecipientState.WAITING:
        return None
    after = _Stored(before.recipient, before.lane, before.state, attempts, outcome.next_attempt)
    return None if after == before else after


def _row(outcome: Outcome, after: _Stored) -> Row:
    return (
        after.state,
        after.attempts,
        after.next_attempt_at,
        outcome.at,
        outcome.stage.value if outcome.stage else None,
        outcome.code or None,
        outcome.verdict.value,
        outcome.rule or None,
        outcome.sending_address or None,
        outcome.mx_address or None,
        storable(outcome.reply, REPLY_LIMIT) or None,
        outcome.recipient,
    )


_ROWS_A_STATEMENT: Final = (128, 8, 1)
"""So many rows are updated by one statement: each statement lets go of the interpreter once, and has to wait to get it back."""
_UPDATE_FROM_VALUES: Final = (
    "UPDATE recipients SET state = column1, attempts = column2, next_attempt_at = column3, last_at = column4,"
    " stage = column5, code = column6, verdict = column7, rule = column8,"
    " sending_address = coalesce(column9, sending_address), mx_address = column10, reply = column11,"
    " note = NULL, claimed_by = NULL FROM (VALUES {}) WHERE id = column12"
)
_UPDATE_FROM_ARRAYS: Final = (
    "UPDATE recipients r SET state = n.state, attempts = n.attempts, next_attempt_at = n.next_attempt_at,"
    " last_at = n.last_at, stage = n.stage, code = n.code, verdict = n.verdict, rule = n.rule,"
    " sending_address = coalesce(n.sending_address, r.sending_address), mx_address = n.mx_address, reply = n.reply,"
    " note = NULL, claimed_by = NULL"
    " FROM unnest(%s::text[], %s::bigint[], %s::float8[], %s::float8[], %s::text[], %s::bigint[], %s::text[], %s::text[],"
    " %s::text[], %s::text[], %s::text[], %s::bigint[]) AS n (state, attempts, next_attempt_at, last_at, stage, code,"
    " verdict, rule, sending_address, mx_address, reply, id) WHERE r.id = n.id"
)


def _update_recipients(connection: Connection, rows: Sequence[Row]) -> None:
    if is_sqlite(connection):
        for some in _portions(rows):
            run(connection, _update_of(len(some)), tuple(chain.from_iterable(some)))
    else:
        columns = tuple(list(column) for column in zip(*rows, strict=True))
        connection.exec_driver_sql(_UPDATE_FROM_ARRAYS, columns)


def _count_unanswered(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Attempts that were cut off behind the last dot; one that counts as delivered by policy has its verdict."""
    unanswered = [
        (outcome.recipient,)
        for outcome in outcomes
        if outcome.sending_address and outcome.charged and not outcome.reply and outcome.state in _IN_DOUBT
    ]
    run_many(connection, "UPDATE recipients SET unanswered = coalesce(unanswered, 0) + 1 WHERE id = ?", unanswered)


def _portions(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """All rows, in portions of few sizes, so that their statements are prepared once."""
    start = 0
    for size in _ROWS_A_STATEMENT:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size


@cache
def _update_of(count: int) -> str:
    """SQLite's statement that updates *count* rows."""
    return _UPDATE_FROM_VALUES.format(", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"] * count))


def _note(change: LaneChange, before: str, after: str, outcome: Outcome) -> None:
    if before != RecipientState.WAITING:
        change.ends[before] -= 1
    if after != RecipientState.WAITING:
        change.ends[after] += 1
    if after == RecipientState.FAILED and outcome.verdict in _ABOUT_THE_SENDER:
        change.refused += 1
    change.provider = outcome.provider or change.provider
    if outcome.state is not RecipientState.DELIVERED:
        change.reply = storable(outcome.reply, REPLY_LIMIT) or change.reply
    change.at = max(change.at, outcome.at)


_KIND: Final = {
    RecipientState.DELIVERED: 0,
    RecipientState.FAILED: 1,
    RecipientState.WAITING: 2,
    RecipientState.IN_DOUBT: 3,
}


def _count_traffic(connection: Connection, counted: Sequence[tuple[Outcome, int]], places: Mapping[int, Place]) -> None:
    """Delivered, failed, deferred and in doubt, by stream and ten seconds, and by sending address, provider and hour."""
    streams: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    addresses: dict[tuple[int, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for outcome, lane in counted:
        kind = _KIND.get(outcome.state)
        if kind is None:
            continue
        instant = int(outcome.at)
        stream = places[lane].stream if lane in places else None
        if stream is not None:
            streams[stream, instant - instant % TRAFFIC_SECONDS][kind] += 1
        if outcome.sending_address:
            addresses[instant - instant % HOUR, outcome.sending_address, outcome.provider][kind] += 1
    run_many(
        connection,
        "INSERT INTO stream_traffic (stream_id, bucket_at, delivered, failed, deferred) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (stream_id, bucket_at) DO UPDATE SET delivered = stream_traffic.delivered + excluded.delivered,"
        " failed = stream_traffic.failed + excluded.failed, deferred = stream_traffic.deferred + excluded.deferred",
        [(*key, *counts[:3]) for key, counts in sorted(streams.items())],
    )
    run_many(
        connection,
        "INSERT INTO address_traffic (hour_at, sending_address, provider, delivered, failed, deferred, in_doubt, blocked)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (hour_at, sending_address, provider) DO UPDATE SET"
        " delivered = address_traffic.delivered + excluded.delivered, failed = address_traffic.failed + excluded.failed,"
        " deferred = address_traffic.deferred + excluded.deferred, in_doubt = address_traffic.in_doubt + excluded.in_doubt",
        [(*key, *counts) for key, counts in sorted(addresses.items())],
    )


def _keep_replies(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Some of the replies that refused something, for the rule lab."""
    told = [each for each in outcomes if each.reply and each.state is not RecipientState.DELIVERED][:MET_AT_ONCE]
    if told:
        run_many(
            connection,
            "INSERT INTO met_replies (digest, text, stage, own_ip, verdict, rule, at, count)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (digest) DO UPDATE SET at = excluded.at,"
            " verdict = excluded.verdict, rule = excluded.rule, count = met_replies.count + 1",
            sorted(_met(outcome) for outcome in told),
        )
        run(connection, "DELETE FROM met_replies WHERE id <= (SELECT max(id) FROM met_replies) - ?", (MET_KEPT,))


def _met(outcome: Outcome) -> Row:
    text = storable(outcome.reply, REPLY_LIMIT)
    stage = outcome.stage.value if outcome.stage else None
    digest = hashlib.blake2b("\0".join((stage or "", outcome.sending_address, text)).encode(), digest_size=16)
    return (digest.digest(), text, stage, outcome.sending_address, outcome.verdict.value, outcome.rule, outcome.at)
